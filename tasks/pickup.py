"""Step 13, what undoes it, and the gate where the carrier collects."""

from dataclasses import dataclass
from typing import cast

from sqlmodel import Session

from adapters.carriers.registry import carrier_named
from domain.errors import PacklineError
from models.enums import PickupState, TaskKind
from models.process import StepName
from models.results.checklists import PickupChecklist
from models.results.shipping import PickupBooked, PickupCancelled
from models.results.work import PickupOutcome
from models.tables.shipments import Shipment
from models.tables.shipping import CarrierPickup
from services.access.actors import PACKLINE
from services.execution.runs import OrderRun
from services.orders.relabelling import call_back
from services.shipping.carriers import ask_carrier
from services.shipping.labels import Booked, live_labels, replaced_numbers
from services.shipping.pickups import pickup_of
from services.worklist.gates import GATES
from services.worklist.tasks import open_task
from tasks.engine.gates import await_answer
from tasks.engine.step import step


class NoLabel(PacklineError):
    """A shipment without labels has nothing to send."""

    messages = {
        "no-label": "Order {number} has no label: press Retry on its flow run.",
        "no-label-on-part": (
            "Order {number}, shipment {shipment} has no label: press Retry on its flow run."
        ),
    }

    def __init__(self, shipment: Shipment) -> None:
        code = "no-label" if shipment.number == 1 else "no-label-on-part"
        super().__init__(code, number=shipment.order_number, shipment=shipment.number)


@dataclass(frozen=True)
class WantedPickup:
    """A collection to book."""

    key: str
    carrier: str
    parcels: int
    weight_grams: int


def want_pickup(session: Session, shipment: Shipment) -> WantedPickup:
    """Write down that the parcels want to be collected."""
    labels = live_labels(session, shipment)
    if not labels:
        raise NoLabel(shipment)
    key = f"{shipment.key}:pickup"
    pickup = pickup_of(session, shipment) or CarrierPickup(
        order_number=shipment.order_number,
        shipment=shipment.number,
        key=key,
        carrier=labels[0].carrier,
        parcels=len(labels),
        weight_grams=sum(label.weight_grams for label in labels),
    )
    session.add(pickup)
    return WantedPickup(pickup.key, pickup.carrier, pickup.parcels, pickup.weight_grams)


def book_pickup(wanted: WantedPickup) -> str:
    """Book the collection under its key; returns the carrier's reference."""
    asked = wanted.key, wanted.parcels, wanted.weight_grams
    return ask_carrier(wanted.carrier, lambda carrier: carrier.book_pickup(*asked))


@step(StepName.DISPATCH_CARRIER_PICKUP, intent=want_pickup, effect=book_pickup)
def dispatch_carrier_pickup(session: Session, shipment: Shipment, reference: str) -> PickupBooked:
    """The carrier is ordered, and the logistics coordinator has a task."""
    pickup = pickup_of(session, shipment)
    if pickup is None:
        raise NoLabel(shipment)
    pickup.reference = reference
    pickup.state = PickupState.BOOKED
    checklist = PickupChecklist(
        carrier=carrier_named(pickup.carrier).title,
        reference=reference,
        weight_grams=pickup.weight_grams,
        tracking_numbers=tuple(x.tracking_number or "" for x in live_labels(session, shipment)),
        replaced=tuple(replaced_numbers(session, shipment)),
    )
    task = open_task(session, shipment, TaskKind.CARRIER_PICKUP, checklist)
    if shipment.address_changed:
        call_back(session, shipment, PACKLINE)
    return PickupBooked(reference=reference, task_id=task.id)


def want_pickup_cancelled(session: Session, shipment: Shipment) -> list[Booked]:
    """The collection to call off, if one is wanted or booked; those of other orders stay."""
    pickup = pickup_of(session, shipment)
    return [Booked(pickup.carrier, pickup.key)] if pickup else []


def cancel_pickups(pickups: list[Booked]) -> list[Booked]:
    """Call the collection off, under its key."""
    for pickup in pickups:
        _call_off(pickup)
    return pickups


def _call_off(pickup: Booked) -> None:
    ask_carrier(pickup.carrier, lambda carrier: carrier.cancel_pickup(pickup.key))


@step(StepName.CANCEL_CARRIER_PICKUP, intent=want_pickup_cancelled, effect=cancel_pickups)
def cancel_carrier_pickup(
    session: Session, shipment: Shipment, called_off: list[Booked]
) -> PickupCancelled:
    """The carrier does not come for these parcels."""
    if pickup := pickup_of(session, shipment):
        pickup.state = PickupState.CANCELLED
    return PickupCancelled(called_off=tuple(pickup.key for pickup in called_off))


def await_carrier_pickup(order: OrderRun) -> PickupOutcome:
    """Wait until the carrier has collected the parcels, or until they go elsewhere."""
    return cast(PickupOutcome, await_answer(order, GATES[TaskKind.CARRIER_PICKUP]))
