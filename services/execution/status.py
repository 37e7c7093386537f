"""How far a shipment has come, and with it its order. No Prefect here."""

from sqlalchemy import text
from sqlmodel import Session

from adapters.database.locks import SHIPPING_AND_SUMMING_UP
from models.enums import OrderStatus
from models.tables.orders import derive_order_status
from models.tables.shipments import Shipment


def set_status(shipment: Shipment, status: OrderStatus) -> None:
    """Give a locked shipment a new status, and its order what that makes of it.

    The order has ended when its last shipment has; it was collected when the last one was.

    The audit says the same: *a shipment's status is what its ledger says*.
    """
    shipment.status = status
    order = shipment.order
    order.status = derive_order_status(one.status for one in order.shipments)
    if order.status == OrderStatus.SHIPPED:
        order.shipped_at = max(one.shipped_at for one in order.shipments if one.shipped_at)
        order.collected_at = max(one.collected_at for one in order.shipments if one.collected_at)
    if order.status == OrderStatus.CANCELLED:
        order.cancelled_at = shipment.cancelled_at


def wait_for_summary(session: Session) -> None:
    """Until this transaction ends, no day is summed up: each order that ends falls on one side."""
    lock = text("SELECT pg_advisory_xact_lock_shared(:key)")
    session.execute(lock, {"key": SHIPPING_AND_SUMMING_UP})
