"""Step 3: what the customer pays."""

from sqlmodel import Session

from models.results import OrderValue
from models.shipments import Shipment
from tasks.amounts import price_as_ordered
from tasks.step import step


@step("Calculate Total Order Value")
def calculate_total_order_value(session: Session, shipment: Shipment) -> OrderValue:
    """Items, shipping and tax, per line and in all.

    Raises `NoShippingZone`, `NoShippingRate` or `NoTaxRate` where a table lacks the destination.
    """
    order = shipment.order
    price_as_ordered(session, order)
    return OrderValue(
        items_minor=order.items_minor or 0,
        shipping_minor=order.shipping_minor or 0,
        tax_minor=order.tax_minor or 0,
        total_minor=order.total_minor or 0,
        currency=order.currency,
    )
