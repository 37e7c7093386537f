"""What is printed from the console, and where its QR codes lead."""

from sqlmodel import Session, col, select

from domain.allocation import ShipmentId
from models.enums import TaskState
from models.tables.staff import StaffTask
from services.access.actors import Actor

MOST_SHEETS = 200
"""Orders in one file, from a page."""


def task_to_do(session: Session, which: ShipmentId, actor: Actor) -> StaffTask | None:
    """The open task of a shipment; of several, that for one of the actor's roles."""
    number, shipment = which
    found = session.exec(
        select(StaffTask)
        .where(
            StaffTask.order_number == number,
            StaffTask.shipment == shipment,
            StaffTask.state == TaskState.OPEN,
        )
        .order_by(col(StaffTask.id))
    ).all()
    own = [task for task in found if task.role in actor.roles]
    return next(iter([*own, *found]), None)
