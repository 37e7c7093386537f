"""Undoing an order: what was set aside for it is free again, and nobody is asked for anything.

No Prefect here: the flow cancels as a step, the dispatcher when somebody cancelled the flow run.
"""

from sqlalchemy import update
from sqlmodel import Session, col

from adapters.database import ORDERS_CHANNEL, notify
from models.base import utc_now
from models.enums import OrderStatus, ReservationState, TaskState
from models.ledger import StepRecord
from models.orders import SalesOrder
from models.results import StatusChange
from models.staff import StaffTask
from tasks.reservations import close_reservations
from tasks.subjects import order_key

CANCEL_ORDER = "Cancel Order"
UPDATE_INVENTORY_STOCK = "Update Inventory Stock"

_REASON_CHARACTERS = 500


def cancel(session: Session, order: SalesOrder, reason: str) -> StatusChange:
    """Undo what was done for the order: its stock is free again, its tasks are withdrawn."""
    close_reservations(session, order, ReservationState.RELEASED)
    notify(session, ORDERS_CHANNEL)  # somebody may wait for that stock
    session.execute(
        update(StaffTask)
        .where(col(StaffTask.order_number) == order.number, col(StaffTask.state) == TaskState.OPEN)
        .values(state=TaskState.WITHDRAWN)
    )
    order.status = OrderStatus.CANCELLED
    order.cancelled_at = utc_now()
    order.cancel_reason = reason[:_REASON_CHARACTERS]
    order.problem = ""
    order.waits_at = order.ready_at = None
    return StatusChange(status=order.status, reason=reason)


def is_booked_out(session: Session, order: SalesOrder) -> bool:
    """Whether the goods have left the stock: from then on they are in parcels."""
    return session.get(StepRecord, (order_key(order.number), UPDATE_INVENTORY_STOCK, 1)) is not None
