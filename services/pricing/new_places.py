"""What the tables say of the place to which an order goes in place of another. No Prefect here."""

from collections.abc import Iterator
from decimal import Decimal

from sqlmodel import Session

from adapters.settings import settings
from domain.messages import Message, Value
from domain.tax import NoTaxRate, percent
from domain.zones import NoShippingRate, Tariff, cost_currency
from models.quotes import Quote, QuotedTax
from models.tables.orders import SalesOrder
from services.pricing.price_tables import PriceTables


def check_place(session: Session, order: SalesOrder) -> None:
    """Whether the house carrier goes to an order's address, for a price that is known.

    Raises `NoShippingZone` or `NoShippingRate`.
    """
    tables = PriceTables(session, [order])
    zone, level = tables.zone(order), order.service_level
    there = tables.currencies(level, zone)
    tariff = Tariff(level, zone, cost_currency(there, order.currency, settings().currency))
    if not tables.bands(tariff):
        raise NoShippingRate(0, 0, tariff)


def differences(session: Session, order: SalesOrder) -> Iterator[Message]:
    """What is otherwise there than in the quote that the order has: taxes by class, and the zone.

    Nothing of it changes what the customer was charged.
    """
    tables, quote = PriceTables(session, [order]), Quote.model_validate(order.quote)
    for tax in quote.taxes:
        there = _rate(tables, order, tax.tax_class)
        if there != tax.rate:
            yield _other_tax(tax, there, several=len(quote.taxes) > 1)
    if (zone := tables.zone(order)) != quote.zone:
        values = {"zone": zone, "quoted": quote.zone}
        yield Message("other-zone-there", "zone {zone}, quoted {quoted}", values)


def _rate(tables: PriceTables, order: SalesOrder, tax_class: str) -> Decimal | None:
    try:
        return tables.tax_rule(order, tax_class).rate
    except NoTaxRate:
        return None


def _other_tax(quoted: QuotedTax, there: Decimal | None, *, several: bool) -> Message:
    values: dict[str, Value] = {"charged": percent(quoted.rate), "tax_class": quoted.tax_class}
    which = "tax ({tax_class})" if several else "tax"
    if there is None:
        return Message(
            "no-tax-there", f"no {which} is known there, charged were {{charged}}", values
        )
    values["there"] = percent(there)
    text = f"{which} there would be {{there}}, charged were {{charged}}"
    return Message("other-tax-there", text, values)
