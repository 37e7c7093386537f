"""What was charged for an order, as the columns of its tables keep it. No Prefect here."""

from collections.abc import Iterator
from typing import Any

from domain.charges import Charge, LineCharge
from models.imports.orders import OrderIn, OrderLineIn
from models.quotes import Quote

_BROUGHT = ("shipping_charged", "fees_charged", "discount", "tax_charged")


def order_row(order: OrderIn, charge: Charge, quote: Quote) -> dict[str, Any]:
    """The columns of `sales_order` that an order brings or gets when it is taken, but for when that
    is.
    """
    amounts = _order_amounts(order, charge)
    return order.columns() | amounts | {"quote": quote.model_dump(mode="json")}


def _order_amounts(order: OrderIn, charge: Charge) -> dict[str, Any]:
    """What was charged, and, as yet, all of it is to be paid."""
    return {
        "discount_minor": order.amount("discount") or 0,
        "shipping_charged_minor": charge.shipping_minor,
        "fees_charged_minor": charge.fees_minor,
        "fees_tax_minor": charge.fees_tax_minor,
        "tax_charged_minor": charge.tax_minor,
        "value_minor": charge.total_minor,
        "brought": brought_amounts(order),
        "items_minor": charge.items_minor,
        "shipping_minor": charge.shipping_minor,
        "fees_minor": charge.fees_minor,
        "tax_minor": charge.tax_minor,
        "total_minor": charge.total_minor,
    }


def brought_amounts(order: OrderIn) -> dict[str, int]:
    """The amounts that came with the order, by their names; no discount and no fees are 0, and
    `line_tax` is 1 where the lines have their taxes.
    """
    given = {name: order.amount(name) for name in _BROUGHT}
    brought = {name: minor for name, minor in given.items() if minor is not None}
    brought = {"discount": 0, "fees_charged": 0} | brought
    if order.brought.has_line_taxes:
        brought["line_tax"] = 1
    return brought


def line_rows(order: OrderIn, charge: Charge, quote: Quote) -> Iterator[dict[str, Any]]:
    """The rows of `order_line`, but for the order's number."""
    is_quoted = order.brought.tax_minor is None and not order.brought.has_line_taxes
    rates = {tax.tax_class: tax.rate for tax in quote.taxes}
    prices = zip(order.lines, order.unit_prices_minor(), order.brought.lines, strict=True)
    for position, (line, unit_price_minor, brought) in enumerate(prices, start=1):
        tax_class = quote.lines[position - 1].tax_class
        yield {
            "position": position,
            "unit_price_minor": unit_price_minor,
            "price_minor": brought.price_minor,
            "discount_minor": brought.discount_minor,
            "tax_rate": rates.get(tax_class) if is_quoted else None,
            **_line_columns(line, charge.lines[position - 1]),
        }


def _line_columns(line: OrderLineIn, charge: LineCharge) -> dict[str, Any]:
    return {
        "line_id": line.line_id or None,
        "sku": line.sku,
        "quantity": line.quantity,
        "order_discount_minor": charge.order_discount_minor,
        "charged_minor": charge.charged_minor,
        "tax_minor": charge.tax_minor,
        "shipping_minor": charge.shipping_minor,
        "shipping_tax_minor": charge.shipping_tax_minor,
    }
