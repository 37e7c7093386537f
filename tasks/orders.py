"""Steps 1, 4, 11 and 14: the order itself, from claimed to Shipped. And its cancellation."""

from prefect.runtime import flow_run
from sqlmodel import Session

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from models.enums import OrderStatus
from models.process import StepName
from models.results.orders import ClaimedOrder, Shipped, StatusChange
from models.results.shipping import LabelsBought, TrackingInfo
from models.results.work import PickupOutcome
from models.tables.shipments import Shipment, shipment_name
from services.execution.runs import ClaimedRun, OrderRun, begin_attempt
from services.execution.status import set_status, wait_for_summary
from services.orders.cancellation import cancel
from tasks.engine.runs import name_run
from tasks.engine.step import step


def retrieve_new_order(order_number: int | None, shipment: int) -> OrderRun | None:
    """Claim the order named, or the next New one that no run has claimed. None: none is left.

    From here on this attempt alone may write to the order. Raises `UnknownOrder`.
    """
    run_id = flow_run.id or ""
    claimed = claim_order(ClaimedRun(order_number, shipment, run_id))
    if claimed is None:
        return None
    name_run(shipment_name(claimed.number, claimed.shipment))
    with transaction() as session:
        return begin_attempt(session, claimed.number, claimed.shipment, run_id)


@step(StepName.RETRIEVE_NEW_ORDER)
def claim_order(session: Session, shipment: Shipment) -> ClaimedOrder:
    """Take the order up. Locking it has entered this run on its row."""
    return ClaimedOrder(number=shipment.order_number, shipment=shipment.number)


@step(StepName.UPDATE_ORDER_STATUS_TO_PROCESSING)
def update_order_status_to_processing(session: Session, shipment: Shipment) -> StatusChange:
    """The customer's order is being worked on."""
    set_status(shipment, OrderStatus.PROCESSING)
    return StatusChange(status=shipment.status)


@step(StepName.UPDATE_ORDER_WITH_TRACKING_INFO)
def update_order_with_tracking_info(
    session: Session,
    shipment: Shipment,
    labels: LabelsBought,
) -> TrackingInfo:
    """Keep carrier and tracking number with the shipment; of several parcels, the first one's.

    The audit says the same: *a shipment's tracking number is its first label's*.
    """
    shipment.carrier = labels.carrier
    shipment.tracking_number = labels.tracking_numbers[0]
    return TrackingInfo(carrier=shipment.carrier, tracking_number=shipment.tracking_number)


@step(StepName.UPDATE_ORDER_STATUS_TO_SHIPPED)
def update_order_status_to_shipped(
    session: Session, shipment: Shipment, pickup: PickupOutcome
) -> Shipped:
    """The end of the road, with the time of collection.

    A summary that is being made waits, or is waited for, so that each order falls on one side.
    """
    wait_for_summary(session)
    shipment.collected_at = pickup.collected_at
    shipment.shipped_at = this_instant(session)
    set_status(shipment, OrderStatus.SHIPPED)
    return Shipped(status=shipment.status, collected_at=pickup.collected_at)


@step(StepName.CANCEL_ORDER)
def cancel_order(session: Session, shipment: Shipment) -> StatusChange:
    """The end of the compensation. Until here the order is open: a run works on it."""
    return cancel(session, shipment, shipment.order.cancel_reason)
