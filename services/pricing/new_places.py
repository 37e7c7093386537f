"""What the tables say of the place to which an order goes in place of another. No Prefect here."""

from collections.abc import Iterator
from decimal import Decimal

from sqlmodel import Session

from domain.messages import Message, Value
from domain.tax import NoTaxRate, percent
from models.quotes import Quote, QuotedTax
from models.tables.orders import SalesOrder
from services.pricing.price_tables import PriceTables


def look_at_place(session: Session, order: SalesOrder) -> tuple[Message, ...]:
    """What is otherwise at an order's address than in the quote that it has: taxes by class, where
    they were charged by it, and the zone. Nothing of it changes what the customer was charged.

    Raises `NoShippingZone` or `NoShippingRate` where the house carrier does not go there, or for no
    price that is known.
    """
    tables = PriceTables(session, [order])
    zone = tables.cost_tariff(order).zone
    return tuple(_differences(tables, order, zone))


def _differences(tables: PriceTables, order: SalesOrder, zone: str) -> Iterator[Message]:
    quote = Quote.model_validate(order.quote)
    charged = () if "tax_charged" in order.brought else quote.taxes  # it came: no rate was charged
    for tax in charged:
        there = _rate(tables, order, tax.tax_class)
        if there != tax.rate:
            yield _other_tax(tax, there, several=len(quote.taxes) > 1)
    if zone != quote.zone:
        values = {"zone": zone, "quoted": quote.zone}
        yield Message("other-zone-there", "zone {zone}, quoted {quoted}", values)


def _rate(tables: PriceTables, order: SalesOrder, tax_class: str) -> Decimal | None:
    try:
        return tables.tax_rule(order, tax_class).rate
    except NoTaxRate:
        return None


def _other_tax(quoted: QuotedTax, there: Decimal | None, *, several: bool) -> Message:
    values: dict[str, Value] = {
        "charged": percent(quoted.rate),
        "there": "" if there is None else percent(there),
        "tax": _tax(quoted.tax_class, several=several),
    }
    if there is None:
        return Message("no-tax-there", "no {tax} is known there, charged were {charged}", values)
    return Message(
        "other-tax-there", "{tax} there would be {there}, charged were {charged}", values
    )


def _tax(tax_class: str, *, several: bool) -> Message:
    if several:
        return Message("tax-of-class", "tax ({tax_class})", {"tax_class": tax_class})
    return Message("tax", "tax")
