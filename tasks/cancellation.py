"""Undoing an order: what was set aside for it is free again, and nobody is asked for anything.

No Prefect here: the flow cancels as a step, the dispatcher when somebody cancelled the flow run.
"""

from sqlalchemy import update
from sqlmodel import Session, col

from adapters.database import ORDERS_CHANNEL, notify
from models.base import utc_now
from models.enums import OrderStatus, ReservationState, TaskState
from models.ledger import StepRecord
from models.results import StatusChange
from models.shipments import Shipment
from models.staff import StaffTask
from tasks.progress import move_on
from tasks.reservations import close_reservations
from tasks.worklist import tasks_of

CANCEL_ORDER = "Cancel Order"
UPDATE_INVENTORY_STOCK = "Update Inventory Stock"

_REASON_CHARACTERS = 500


def cancel(session: Session, shipment: Shipment, reason: str) -> StatusChange:
    """Undo what was done for the order: its stock is free again, its tasks are withdrawn."""
    close_reservations(session, shipment, ReservationState.RELEASED)
    notify(session, ORDERS_CHANNEL)  # somebody may wait for that stock
    session.execute(
        update(StaffTask)
        .where(*tasks_of(shipment), col(StaffTask.state) == TaskState.OPEN)
        .values(state=TaskState.WITHDRAWN)
    )
    shipment.cancelled_at = utc_now()
    move_on(shipment, OrderStatus.CANCELLED)
    shipment.order.cancel_reason = reason[:_REASON_CHARACTERS]
    shipment.problem = ""
    shipment.waits_at = shipment.ready_at = None
    return StatusChange(status=shipment.status, reason=reason)


def is_booked_out(session: Session, shipment: Shipment) -> bool:
    """Whether the goods have left the stock: from then on they are in parcels."""
    return session.get(StepRecord, (shipment.key, UPDATE_INVENTORY_STOCK, 1)) is not None
