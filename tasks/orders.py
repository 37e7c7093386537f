"""Steps 1, 4, 11 and 14: the order itself, from claimed to Shipped. And its cancellation."""

from prefect.runtime import flow_run
from sqlalchemy import text
from sqlmodel import Session

from adapters.database import transaction
from models.base import utc_now
from models.enums import OrderStatus
from models.orders import SalesOrder
from models.results import (
    ClaimedOrder,
    Collected,
    LabelsBought,
    Shipped,
    StatusChange,
    TrackingInfo,
)
from tasks.cancellation import CANCEL_ORDER, cancel
from tasks.runs import name_run
from tasks.step import step
from tasks.subjects import RETRIEVE_NEW_ORDER, Claim, OrderRef, take_over

SHIPPING_AND_SUMMING_UP = 7_225_463_02
"""Advisory lock: orders become Shipped together, but never while a day is being summed up."""


def retrieve_new_order(order_number: int | None) -> OrderRef | None:
    """Claim the order named, or the next New order that no run has claimed. None: none is left.

    From here on this attempt alone may write to the order. Raises `UnknownOrder`.
    """
    run_id = flow_run.id or ""
    claimed = claim_order(Claim(order_number, run_id))
    if claimed is None:
        return None
    name_run(f"order {claimed.number}")
    with transaction() as session:
        return take_over(session, claimed.number, run_id)


@step(RETRIEVE_NEW_ORDER)
def claim_order(session: Session, order: SalesOrder) -> ClaimedOrder:
    """Take the order up. Locking it has entered this run on its row."""
    return ClaimedOrder(number=order.number)


@step("Update Order Status to Processing")
def update_order_status_to_processing(session: Session, order: SalesOrder) -> StatusChange:
    """The customer's order is being worked on."""
    order.status = OrderStatus.PROCESSING
    return StatusChange(status=order.status)


@step("Update Order with Tracking Info")
def update_order_with_tracking_info(
    session: Session,
    order: SalesOrder,
    labels: LabelsBought,
) -> TrackingInfo:
    """Keep carrier and tracking number with the order; of several parcels, the first one's."""
    order.carrier = labels.carrier
    order.tracking_number = labels.tracking_numbers[0]
    return TrackingInfo(carrier=order.carrier, tracking_number=order.tracking_number)


@step("Update Order Status to Shipped")
def update_order_status_to_shipped(
    session: Session, order: SalesOrder, pickup: Collected
) -> Shipped:
    """The end of the road, with the time of collection.

    A summary that is being made waits, or is waited for, so that each order falls on one side.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": SHIPPING_AND_SUMMING_UP}
    )
    order.status = OrderStatus.SHIPPED
    order.collected_at = pickup.collected_at
    order.shipped_at = utc_now()
    return Shipped(status=order.status, collected_at=pickup.collected_at)


cancel_order = step(CANCEL_ORDER)(cancel)
"""Undo what was done for the order, and why."""
