"""Step 3: what the customer pays. And what comes back when the order is cancelled."""

from dataclasses import replace

from sqlmodel import Session

from domain.reasons import ORDER_IS_CANCELLED, Reason
from domain.tax import NoTaxRate
from domain.zones import NoShippingRate, NoShippingZone
from models.process import StepName
from models.results.orders import OrderRefunded, OrderValue
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment
from services.access.actors import PACKLINE, Actor
from services.execution.anonymous import without_customer
from services.execution.ledger import find_record
from services.orders.cancellation import shipments_to_cancel
from services.pricing.amounts import price_as_ordered
from services.pricing.refunds import reprice
from tasks.engine.step import step

_NO_PRICE = (NoShippingZone, NoShippingRate, NoTaxRate)


@step(StepName.CALCULATE_TOTAL_ORDER_VALUE)
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


@step(StepName.REFUND_ORDER)
def refund_order(session: Session, shipment: Shipment) -> OrderRefunded:
    """Nothing of the shipment is sold; of several that go back, the last one writes the refund.

    An order that never had a price, and cannot get one, is cancelled without. Raises
    `NoShippingZone`, `NoShippingRate` or `NoTaxRate` where the rest of an order cannot be priced.
    """
    for line in shipment.goods:
        line.ordered.cancelled += line.quantity
    if not _is_last(session, shipment):
        return OrderRefunded(last=False)
    order = shipment.order
    try:
        reason = Reason(ORDER_IS_CANCELLED, kept=order.cancel_reason)
        refund = reprice(session, order, reason, _on_whose_word(order))
    except _NO_PRICE as problem:
        if order.value_minor is not None:
            raise
        return OrderRefunded(last=True, unpriced=without_customer(problem.says, order))
    return OrderRefunded(last=True, refund=refund.key if refund else "")


def _on_whose_word(order: SalesOrder) -> Actor:
    """Packline writes the refund, for the one who asked to cancel."""
    return replace(PACKLINE, name=order.cancel_requested_by or PACKLINE.name)


def _is_last(session: Session, shipment: Shipment) -> bool:
    """Whether all others that go back have come to this step before; their order is locked."""
    others = [one for one in shipments_to_cancel(session, shipment.order) if one is not shipment]
    return all(find_record(session, one.key, StepName.REFUND_ORDER, 1) for one in others)
