"""Cancelling an order: somebody asks for it, and its flow run undoes what was done.

The request is in Postgres before anything else happens, so it works while Prefect is away. From
then on no step forward begins, and nobody is asked for anything but what the compensation needs.
What the carrier has stays. No Prefect here.

All ask by `request_cancellation`: `packline cancel`, also for the last of its lines
(`services/answers/line_requests.py`); each gate's form (`services/answers/submit.py`); the
operator's decisions, and a setting in their place (`services/answers/decisions.py`,
`acceptance.py`); the Cancel button in Prefect's UI, through the dispatcher
(`deployments/dispatcher/recovery.py`).
"""

from sqlmodel import Session

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.settings.shop_clock import in_shop_time
from domain.errors import PacklineError
from domain.reasons import Reason
from models.enums import AllocationState, EventKind, OrderStatus
from models.events import Because
from models.process import StepName
from models.results.orders import CancellationAsked, StatusChange
from models.tables.ledger import StepRecord
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.execution.locks import cannot_be_cancelled, locked_order, locked_shipments
from services.execution.status import set_status, wait_for_summary
from services.execution.wake_ups import mark_ready
from services.inventory.allocations import close_allocations, stop_waiting
from services.orders.holds import end_hold
from services.worklist.tasks import withdraw_tasks

_REASON_CHARACTERS = 500
_NAME_CHARACTERS = 100


class CannotCancel(PacklineError):
    """There is nothing left of the order that could be cancelled."""

    messages = {
        "cancelled-already": (
            "Order {number} is Cancelled since {since}: there is nothing left to do."
        ),
        "collected-already": (
            "Order {number} was collected by the carrier: that is a return, book it once it is"
            " back."
        ),
    }

    def __init__(self, order: SalesOrder) -> None:
        is_cancelled = order.status == OrderStatus.CANCELLED
        since = in_shop_time(order.cancelled_at) if order.cancelled_at else None
        code = "cancelled-already" if is_cancelled else "collected-already"
        super().__init__(code, number=order.number, since=since)


def request_cancellation_of(number: int, reason: str, actor: Actor) -> CancellationAsked:
    """Ask to cancel an order; asked for a second time, it says who was first.

    Raises `UnknownOrder`, `CannotCancel`.
    """
    with transaction() as session:
        return request_cancellation(
            session, locked_order(session, number), Reason(note=reason), actor
        )


def request_cancellation(
    session: Session, order: SalesOrder, reason: Reason, actor: Actor
) -> CancellationAsked:
    """The same for an order that is locked already. Raises `CannotCancel`."""
    if order.cancel_requested_at is not None:
        return _asked(session, order, again=True)
    going_back = shipments_to_cancel(session, order)
    if not going_back:
        raise CannotCancel(order)
    order.cancel_requested_at = this_instant(session)
    order.cancel_requested_by = actor.name[:_NAME_CHARACTERS]
    order.cancel_reason = str(reason)[:_REASON_CHARACTERS]
    end_hold(session, order)
    why = Because(because=reason.says)
    kind = EventKind.CANCELLATION_REQUESTED
    add_event(session, order_key(order.number), kind, why, actor=actor, note=reason.note)
    for shipment in going_back:
        withdraw_tasks(session, shipment)
        stop_waiting(session, shipment)  # others may have it, long before the goods are back
        shipment.problem = None  # whatever stopped it, it goes back from there
        mark_ready(session, shipment)
    notify(session, ORDERS_CHANNEL)  # one that has no run gets one
    return _asked(session, order)


def shipments_to_cancel(session: Session, order: SalesOrder) -> list[Shipment]:
    """The shipments of a locked order that have not ended, and that no carrier has; locked."""
    shipments = locked_shipments(session, order)
    return [one for one in shipments if not cannot_be_cancelled(session, one)]


def has_left(session: Session, order: SalesOrder) -> bool:
    """Whether a carrier has something of a locked order."""
    gone = [one for one in order.shipments if cannot_be_cancelled(session, one)]
    return any(one.status != OrderStatus.CANCELLED for one in gone)


def cancel(session: Session, shipment: Shipment, reason: str) -> StatusChange:
    """Close a locked shipment: it holds and wants no stock, and its tasks are withdrawn.

    What is left of an order may be Shipped already; then the order is, from now on, and it counts
    for the day that has not been summed up.
    """
    wait_for_summary(session)
    close_allocations(session, shipment, AllocationState.RELEASED)
    notify(session, ORDERS_CHANNEL)  # somebody may wait for that stock
    withdraw_tasks(session, shipment)
    shipment.cancelled_at = this_instant(session)
    set_status(shipment, OrderStatus.CANCELLED)
    order = shipment.order
    order.cancel_reason = reason[:_REASON_CHARACTERS]
    if order.status == OrderStatus.SHIPPED:
        order.shipped_at = shipment.cancelled_at
    shipment.problem = None
    shipment.await_nothing()
    return StatusChange(status=shipment.status, reason=order.cancel_reason)


def is_booked_out(session: Session, shipment: Shipment) -> bool:
    """Whether the goods have left the stock: from then on they are in parcels."""
    return session.get(StepRecord, (shipment.key, StepName.UPDATE_INVENTORY_STOCK, 1)) is not None


def _asked(session: Session, order: SalesOrder, *, again: bool = False) -> CancellationAsked:
    return CancellationAsked(
        order_number=order.number,
        asked_by=order.cancel_requested_by or "",
        asked_at=order.cancel_requested_at or this_instant(session),
        reason=order.cancel_reason,
        again=again,
    )
