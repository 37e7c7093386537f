"""What waits at the ramp: the parcels that carriers are to collect, by their departures."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import and_, exists, or_
from sqlalchemy.orm import defer
from sqlmodel import Session, col, func, select

from adapters.carriers.registry import carrier_named
from adapters.settings.shop_clock import in_shop_time
from domain.messages import Message, Value
from models.enums import LabelState, PickupState, TaskKind, TaskState
from models.tables.handovers import LoadedParcel, MissedPickup
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment
from models.tables.shipping import CarrierPickup, ShippingLabel
from models.tables.staff import StaffTask

_WAITS = (TaskState.OPEN, TaskState.HELD)


@dataclass(frozen=True)
class RampDeparture:
    """A carrier's departure from a warehouse; `departs_at` None: the carrier has no times there."""

    carrier: str
    warehouse: str
    departs_at: datetime | None

    def said(self) -> Message:
        """The carrier, the warehouse, and when."""
        values: dict[str, Value] = {
            "carrier": carrier_named(self.carrier).title,
            "warehouse": self.warehouse,
            "at": in_shop_time(self.departs_at) if self.departs_at else None,
        }
        if self.departs_at is None:
            return Message(
                "ramp-no-departure", "{carrier}, {warehouse}, without a departure", values
            )
        return Message("ramp-departure", "{carrier}, {warehouse}, {at}", values)


@dataclass(frozen=True)
class WaitingParcel:
    """A parcel that a carrier is to collect. `aside`: why it may not leave now. `replaced` are the
    tracking numbers of its shipment's former labels, which must come off first.
    """

    task_id: int
    label_id: int
    order: int
    shipment: int
    tracking_number: str
    departure: RampDeparture
    loaded_by: str | None
    loaded_at: datetime | None
    aside: Message | None
    replaced: tuple[str, ...] = ()

    @property
    def is_loaded(self) -> bool:
        """Whether it is on board."""
        return self.loaded_at is not None


@dataclass(frozen=True)
class MissedBy:
    """Somebody has said that the carrier did not come."""

    said_by: str
    said_at: datetime


@dataclass(frozen=True)
class Ramp:
    """A departure with its parcels, and, if the carrier did not come, who said so last."""

    departure: RampDeparture
    parcels: Sequence[WaitingParcel]
    missed: MissedBy | None = None

    @property
    def loaded(self) -> Sequence[WaitingParcel]:
        """The parcels on board."""
        return [parcel for parcel in self.parcels if parcel.is_loaded]

    @property
    def left(self) -> Sequence[WaitingParcel]:
        """The parcels that are not on board."""
        return [parcel for parcel in self.parcels if not parcel.is_loaded]

    @property
    def task_ids(self) -> Sequence[int]:
        """The tasks that ask for the collection of these, each once."""
        return list(dict.fromkeys(parcel.task_id for parcel in self.parcels))


def ramps(session: Session, places: Collection[str] = ()) -> list[Ramp]:
    """All departures for which parcels wait, the first to leave on top, and those without a time
    last; `places`: only from these warehouses.
    """
    found = waiting_parcels(session, places=places)
    missed = _missed(session, {parcel.task_id for parcel in found})
    return [_ramp(departure, some, missed) for departure, some in groupby(found, _departure)]


def ramp(session: Session, departure: RampDeparture) -> Ramp:
    """One departure with what waits for it; with nothing, once all of it has left."""
    found = waiting_parcels(session, departure=departure)
    return _ramp(departure, found, _missed(session, {parcel.task_id for parcel in found}))


def waiting_parcels(
    session: Session,
    *,
    places: Collection[str] = (),
    tasks: Collection[int] | None = None,
    departure: RampDeparture | None = None,
) -> list[WaitingParcel]:
    """The parcels whose collection is asked for, or those that these tasks have asked for, in the
    order of their departures.
    """
    wanted = _with_labels()
    if tasks is None:
        wanted = wanted.where(col(StaffTask.state).in_(_WAITS))
    else:
        wanted = wanted.where(col(StaffTask.id).in_(tasks))
    if places:
        wanted = wanted.where(col(StaffTask.warehouse).in_(places))
    if departure:
        wanted = wanted.where(
            ShippingLabel.carrier == departure.carrier,
            func.coalesce(StaffTask.warehouse, "") == departure.warehouse,
            col(Shipment.departs_at).is_not_distinct_from(departure.departs_at),
        )
    return [_parcel(*row) for row in session.execute(wanted)]


def missed_ramps(session: Session, places: Collection[str] = ()) -> list[Ramp]:
    """The departures whose carrier did not come, with the parcels that wait for it still."""
    told = _told().where(col(StaffTask.state).in_(_WAITS))
    tasks = {task for task, _, _ in session.execute(told)}
    if not tasks:
        return []
    found = waiting_parcels(session, places=places, tasks=tasks)
    missed = _missed(session, tasks)
    return [_ramp(departure, some, missed) for departure, some in groupby(found, _departure)]


def _with_labels() -> Any:
    shipment = and_(
        col(Shipment.order_number) == StaffTask.order_number,
        col(Shipment.number) == StaffTask.shipment,
    )
    label = and_(
        col(ShippingLabel.order_number) == StaffTask.order_number,
        col(ShippingLabel.shipment) == StaffTask.shipment,
        col(ShippingLabel.state) == LabelState.BOUGHT,
    )
    rows: tuple[Any, ...] = (StaffTask, Shipment, SalesOrder, ShippingLabel, LoadedParcel)
    return (
        select(*rows)
        .select_from(StaffTask)
        .join(Shipment, shipment)
        .join(SalesOrder, col(SalesOrder.number) == StaffTask.order_number)
        .join(ShippingLabel, label)
        .outerjoin(LoadedParcel, col(LoadedParcel.label_id) == ShippingLabel.id)
        .options(defer(ShippingLabel.pdf))  # type: ignore[arg-type]
        .where(StaffTask.kind == TaskKind.CARRIER_PICKUP)
        .order_by(
            col(Shipment.departs_at).asc().nulls_last(),
            col(ShippingLabel.carrier),
            col(StaffTask.warehouse),
            col(StaffTask.order_number),
            col(StaffTask.shipment),
            col(ShippingLabel.parcel),
        )
    )


def departure_of(task: StaffTask, shipment: Shipment, label: ShippingLabel) -> RampDeparture:
    """The departure that a parcel waits for."""
    return RampDeparture(label.carrier, task.warehouse or "", shipment.departs_at)


def why_aside(task: StaffTask, shipment: Shipment, order: SalesOrder) -> Message | None:
    """Why a parcel that waits for its carrier may not leave now; None: it may."""
    values: dict[str, Value] = {"order": order.number}
    if order.cancel_requested_at is not None:
        return Message("aside-cancelled", "order {order} is being cancelled", values)
    if shipment.address_changed:
        return Message("aside-relabelled", "order {order} gets another label", values)
    if task.state == TaskState.HELD:
        return Message("aside-on-hold", "order {order} is on hold", values)
    return None


def _parcel(
    task: StaffTask,
    shipment: Shipment,
    order: SalesOrder,
    label: ShippingLabel,
    loaded: LoadedParcel | None,
) -> WaitingParcel:
    return WaitingParcel(
        task_id=task.id,
        label_id=label.id,
        order=order.number,
        shipment=shipment.number,
        tracking_number=label.tracking_number or "",
        departure=departure_of(task, shipment, label),
        loaded_by=loaded.loaded_by if loaded else None,
        loaded_at=loaded.loaded_at if loaded else None,
        aside=why_aside(task, shipment, order),
        replaced=tuple((task.checklist or {}).get("replaced", ())),
    )


def _departure(parcel: WaitingParcel) -> RampDeparture:
    return parcel.departure


def _ramp(
    departure: RampDeparture, some: Iterable[WaitingParcel], missed: dict[int, MissedBy]
) -> Ramp:
    parcels = tuple(some)
    said = [missed[parcel.task_id] for parcel in parcels if parcel.task_id in missed]
    return Ramp(departure, parcels, max(said, key=lambda one: one.said_at, default=None))


def _missed(session: Session, tasks: Collection[int]) -> dict[int, MissedBy]:
    """Who said last that the carrier did not come, by the task that waits for it."""
    told = _told().where(col(StaffTask.id).in_(tasks)).order_by(col(MissedPickup.said_at))
    return {task: MissedBy(by, at) for task, by, at in session.execute(told)}


def _told() -> Any:
    """All that was said of carriers that did not come, with the task that waits for them."""
    pickup = and_(
        col(CarrierPickup.order_number) == StaffTask.order_number,
        col(CarrierPickup.shipment) == StaffTask.shipment,
    )
    return (
        select(StaffTask.id, MissedPickup.said_by, MissedPickup.said_at)
        .join(CarrierPickup, pickup)
        .join(MissedPickup, col(MissedPickup.pickup_id) == CarrierPickup.id)
        .where(StaffTask.kind == TaskKind.CARRIER_PICKUP)
    )


def to_take_off(session: Session, places: Collection[str] = ()) -> list[str]:
    """The tracking numbers of parcels on board that are not to leave: their order was cancelled or
    goes elsewhere since they were loaded.
    """
    travels = and_(
        col(CarrierPickup.order_number) == ShippingLabel.order_number,
        col(CarrierPickup.shipment) == ShippingLabel.shipment,
    )
    waits = exists().where(
        col(StaffTask.order_number) == ShippingLabel.order_number,
        col(StaffTask.shipment) == ShippingLabel.shipment,
        col(StaffTask.kind) == TaskKind.CARRIER_PICKUP,
        col(StaffTask.state).in_(_WAITS),
    )
    elsewhere = exists().where(
        col(StaffTask.order_number) == ShippingLabel.order_number,
        col(StaffTask.shipment) == ShippingLabel.shipment,
        col(StaffTask.warehouse).not_in(places),
    )
    stray = (
        select(ShippingLabel.tracking_number)
        .join(LoadedParcel, col(LoadedParcel.label_id) == ShippingLabel.id)
        .join(CarrierPickup, travels)
        .where(
            CarrierPickup.state != PickupState.COLLECTED,
            or_(col(ShippingLabel.state) != LabelState.BOUGHT, ~waits),
        )
        .order_by(col(LoadedParcel.loaded_at))
    )
    if places:
        stray = stray.where(~elsewhere)
    return [number or "" for number in session.exec(stray)]
