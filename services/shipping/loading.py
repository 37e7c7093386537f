"""Loading parcels: each is on board once, and stays so until somebody takes it off again."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.settings.shop_clock import in_shop_time
from domain.messages import Message, Value
from domain.texts import as_key, shortened
from models.enums import LabelState, TaskKind, TaskState
from models.tables.handovers import LoadedParcel
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.execution.locks import is_collected, locked_shipment
from services.shipping.ramp import RampDeparture, departure_of, ramp, why_aside
from services.worklist.tasks import tasks_of


class LoadResult(StrEnum):
    """What came of scanning or ticking a parcel."""

    LOADED = "loaded"
    ALL_LOADED = "all-loaded"
    LOADED_BEFORE = "loaded-before"
    UNLOADED = "unloaded"
    NOT_LOADED = "not-loaded"
    OTHER_DEPARTURE = "other-departure"
    LAY_ASIDE = "lay-aside"
    OLD_LABEL = "old-label"
    COLLECTED = "collected"
    NOT_READY = "not-ready"
    UNKNOWN_PARCEL = "unknown-parcel"


class LoadVerdicts:
    """What is said of each result."""

    messages: ClassVar[Mapping[str, str]] = {
        "loaded": "On board: {number} ({loaded} of {total}).",
        "all-loaded": "On board: {number}. All {total} are there.",
        "loaded-before": "On board since {at}: {number} ({by}).",
        "unloaded": "Taken off again: {number}.",
        "not-loaded": "Go on: {number} is not on board.",
        "other-departure": "Leave {number}: it goes with {departure}.",
        "lay-aside": "Lay {number} aside: {why}.",
        "old-label": "Lay {number} aside: this label is not valid any more.",
        "collected": "Leave {number}: it was collected already, with order {order}.",
        "not-ready": "Leave {number}: order {order} is not ready for the carrier yet.",
        "unknown-parcel": "Scan it again: no parcel has {code}.",
    }


@dataclass(frozen=True)
class Loading:
    """What came of a scan or a tick, and what is said of it."""

    result: LoadResult
    says: Message


def load(code: str, departure: RampDeparture, actor: Actor) -> Loading:
    """Take a parcel on board, by the tracking number on its label. Scanned again, it stays there;
    one that does not belong on board is not taken. Raises `OrderInUse`.
    """
    with transaction() as session:
        label = _label(session, code)
        if label is None:
            return _loading(LoadResult.UNKNOWN_PARCEL, code=shortened(code))
        shipment = locked_shipment(session, label.order_number, label.shipment)
        session.refresh(label)
        named: dict[str, Value] = {"number": label.tracking_number, "order": label.order_number}
        refused = _refused(session, shipment, label, departure)
        if refused:
            return _loading(refused.result, **named, **refused.says.values)
        if there := session.get(LoadedParcel, label.id):
            at = in_shop_time(there.loaded_at)
            return _loading(LoadResult.LOADED_BEFORE, **named, at=at, by=there.loaded_by)
        session.add(LoadedParcel(label_id=label.id, loaded_by=actor.name))
        session.flush()
        return _counted(session, departure, named)


def unload(code: str, actor: Actor) -> Loading:
    """Take a parcel off board again, until it is collected. Raises `OrderInUse`."""
    with transaction() as session:
        label = _label(session, code)
        if label is None:
            return _loading(LoadResult.UNKNOWN_PARCEL, code=shortened(code))
        shipment = locked_shipment(session, label.order_number, label.shipment)
        named: dict[str, Value] = {"number": label.tracking_number, "order": label.order_number}
        if is_collected(session, shipment):
            return _loading(LoadResult.COLLECTED, **named)
        there = session.get(LoadedParcel, label.id, populate_existing=True)
        if there is None:
            return _loading(LoadResult.NOT_LOADED, **named)
        session.delete(there)
        return _loading(LoadResult.UNLOADED, **named)


def _label(session: Session, code: str) -> ShippingLabel | None:
    """The label with that tracking number, valid or not, however it was typed."""
    number = as_key(code).replace(" ", "").upper()
    if not number.isprintable():
        return None
    known = select(ShippingLabel).where(col(ShippingLabel.tracking_number).in_((code, number)))
    return session.exec(known).first()


def _refused(
    session: Session, shipment: Shipment, label: ShippingLabel, departure: RampDeparture
) -> Loading | None:
    """Why a parcel of a locked shipment is not taken on board; None: it is."""
    if is_collected(session, shipment) and label.state == LabelState.BOUGHT:
        return _loading(LoadResult.COLLECTED)
    if label.state != LabelState.BOUGHT:
        return _loading(LoadResult.OLD_LABEL)
    task = _task(session, shipment)
    if task is None:
        return _without_task(shipment)
    if why := why_aside(task, shipment, shipment.order):
        return _loading(LoadResult.LAY_ASIDE, why=why)
    if (its := departure_of(task, shipment, label)) != departure:
        return _loading(LoadResult.OTHER_DEPARTURE, departure=its.said())
    return None


def _without_task(shipment: Shipment) -> Loading:
    if shipment.order.cancel_requested_at is not None:
        why = Message("aside-cancelled", "order {order} is being cancelled", _order(shipment))
        return _loading(LoadResult.LAY_ASIDE, why=why)
    if shipment.address_changed:
        why = Message("aside-relabelled", "order {order} gets another label", _order(shipment))
        return _loading(LoadResult.LAY_ASIDE, why=why)
    return _loading(LoadResult.NOT_READY)


def _order(shipment: Shipment) -> dict[str, Value]:
    return {"order": shipment.order_number}


def _task(session: Session, shipment: Shipment) -> StaffTask | None:
    """The task that asks for a locked shipment's collection."""
    waits = select(StaffTask).where(
        *tasks_of(shipment),
        StaffTask.kind == TaskKind.CARRIER_PICKUP,
        col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD)),
    )
    return session.exec(waits).first()


def _counted(session: Session, departure: RampDeparture, named: dict[str, Value]) -> Loading:
    there = ramp(session, departure)
    loaded, total = len(there.loaded), len(there.parcels)
    result = LoadResult.ALL_LOADED if loaded == total else LoadResult.LOADED
    return _loading(result, **named, loaded=loaded, total=total)


def _loading(result: LoadResult, **values: Value) -> Loading:
    return Loading(result, Message(result.value, LoadVerdicts.messages[result], values))
