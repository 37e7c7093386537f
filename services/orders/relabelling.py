"""Parcels whose order goes elsewhere after their labels were bought. No Prefect here.

They stay in the house until they have other labels: whoever was to hand them over is asked no more,
and their run goes back to the step that makes labels.
"""

from sqlmodel import Session, col, select

from models.enums import EventKind, TaskKind, TaskState
from models.results.work import PickupOutcome
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE, Actor
from services.worklist.closing import complete_task
from services.worklist.tasks import tasks_of


def want_new_labels(session: Session, shipment: Shipment, actor: Actor) -> None:
    """Have a locked shipment's labels replaced: now, or as soon as its pickup is ordered."""
    shipment.address_changed = True
    call_back(session, shipment, actor)


def call_back(session: Session, shipment: Shipment, actor: Actor) -> None:
    """End the wait for the carrier, if the shipment waits for it."""
    waiting = select(StaffTask).where(
        *tasks_of(shipment),
        StaffTask.kind == TaskKind.CARRIER_PICKUP,
        col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD)),
    )
    if task := session.exec(waiting).first():
        outcome = PickupOutcome(handed_over_by=actor.name)
        complete_task(session, shipment, task, outcome, PACKLINE, ending=EventKind.CALLED_BACK)
