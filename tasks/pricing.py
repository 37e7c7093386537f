"""Step 3: what the customer was charged. And what comes back when the order is cancelled."""

from dataclasses import replace

from sqlmodel import Session

from domain.reasons import ORDER_IS_CANCELLED, Reason
from models.process import StepName
from models.results.orders import OrderRefunded, OrderValue
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment
from services.access.actors import PACKLINE, Actor
from services.execution.ledger import find_record
from services.orders.cancellation import shipments_to_cancel
from services.orders.lines import cancel_pieces
from services.pricing.settlement import refund_cancelled
from tasks.engine.step import step


@step(StepName.CALCULATE_TOTAL_ORDER_VALUE)
def calculate_total_order_value(session: Session, shipment: Shipment) -> OrderValue:
    """Add up what was charged when the order was taken: lines, shipping, fees, and their tax.

    The audit says the same: *an order's value is what was charged for its parts*.
    """
    order = shipment.order
    items = sum(line.charged_minor for line in order.lines)
    taxes = sum(line.tax_minor + line.shipping_tax_minor for line in order.lines)
    tax = taxes + order.fees_tax_minor
    net = items + order.shipping_charged_minor + order.fees_charged_minor
    return OrderValue(
        items_minor=items,
        shipping_minor=order.shipping_charged_minor,
        fees_minor=order.fees_charged_minor,
        tax_minor=tax,
        total_minor=net if order.prices_include_tax else net + tax,
        currency=order.currency,
    )


@step(StepName.REFUND_ORDER)
def refund_order(session: Session, shipment: Shipment) -> OrderRefunded:
    """Nothing of the shipment is sold; of several that go back, the last one writes the refund."""
    order = shipment.order
    cancel_pieces(order, {line.sku: line.quantity for line in shipment.goods})
    if not _is_last(session, shipment):
        return OrderRefunded(last=False)
    reason = Reason(ORDER_IS_CANCELLED, kept=order.cancel_reason)
    refund = refund_cancelled(session, order, reason, _on_whose_word(order))
    return OrderRefunded(last=True, refund=refund.key if refund else "")


def _on_whose_word(order: SalesOrder) -> Actor:
    """Packline writes the refund, for the one who asked to cancel."""
    return replace(PACKLINE, name=order.cancel_requested_by or PACKLINE.name)


def _is_last(session: Session, shipment: Shipment) -> bool:
    """Whether all others that go back have come to this step before, and none was the last one;
    their order is locked. Of those of which nothing is left, all has come back already.
    """
    others = [one for one in shipment.order.shipments if one is not shipment]
    records = {
        one.number: find_record(session, one.key, StepName.REFUND_ORDER, 1) for one in others
    }
    if any(record and record["last"] for record in records.values()):
        return False
    going_back = shipments_to_cancel(session, shipment.order)
    return all(records[one.number] for one in others if one in going_back and not one.nothing_left)
