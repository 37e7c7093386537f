"""What so many pieces of an order cost, by the tables of tax and shipping. No Prefect here."""

from collections.abc import Sequence
from decimal import Decimal

from sqlmodel import Session, col, select

from adapters.carriers.base import HOUSE
from domain.pricing import LineToPrice, PricedOrder, price_order
from domain.tax import TaxRule, tax_rule_for
from domain.zones import Tariff, quote
from models.tables.catalogue import Product
from models.tables.orders import OrderLine, SalesOrder
from models.tables.taxes import TaxRate
from services.pricing.tariffs import bands_of, zone_of


def price_as_ordered(session: Session, order: SalesOrder) -> None:
    """Price all that was ordered, and keep the total as the order's value. This happens once: lines
    may have been cancelled, and refunds written, before step 3.

    Raises `NoShippingZone`, `NoShippingRate` or `NoTaxRate`.
    """
    if order.value_minor is None:
        lines, priced = price(session, order, [line.quantity for line in order.lines])
        save_amounts(order, lines, priced)
        order.value_minor = order.total_minor


def price(
    session: Session, order: SalesOrder, pieces: Sequence[int]
) -> tuple[list[LineToPrice], PricedOrder]:
    """What so many pieces of each of the order's lines cost; without any, there is no shipping.

    Raises `NoShippingZone`, `NoShippingRate` or `NoTaxRate`.
    """
    products = _products(session, order)
    wanted = [(line, products[line.sku], n) for line, n in zip(order.lines, pieces, strict=True)]
    rules = _tax_rules(session, order, {product.tax_class for _, product, n in wanted if n})
    lines = [_line_to_price(line, product, n, rules) for line, product, n in wanted]
    grams = sum(line.quantity * line.weight_grams for line in lines)
    shipping = _shipping_quote(session, order, grams) if any(pieces) else 0
    return lines, price_order(lines, shipping, order.prices_include_tax)


def save_amounts(order: SalesOrder, lines: Sequence[LineToPrice], priced: PricedOrder) -> None:
    """Keep what an order and its lines cost."""
    order.items_minor = priced.items_minor
    order.shipping_minor = priced.shipping_minor
    order.tax_minor = priced.tax_minor
    order.total_minor = priced.total_minor
    for line, rule, amounts in zip(order.lines, lines, priced.lines, strict=True):
        line.items_minor = amounts.items_minor
        line.shipping_minor = amounts.shipping_minor
        line.tax_rate = rule.tax_rate
        line.tax_minor = amounts.tax_minor
        line.total_minor = amounts.total_minor


def _line_to_price(
    line: OrderLine, product: Product, quantity: int, rules: dict[str, TaxRule]
) -> LineToPrice:
    """A line keeps the rate at which it was priced first; one without pieces needs no rule."""
    rule = rules.get(product.tax_class)
    rate = line.tax_rate if line.tax_rate is not None or rule is None else rule.rate
    return LineToPrice(
        quantity=quantity,
        unit_price_minor=line.unit_price_minor,
        weight_grams=product.weight_grams,
        tax_rate=rate or Decimal(0),
        tax_on_shipping=rule is not None and rule.on_shipping,
    )


def _products(session: Session, order: SalesOrder) -> dict[str, Product]:
    skus = [line.sku for line in order.lines]
    found = session.exec(select(Product).where(col(Product.sku).in_(skus)))
    return {product.sku: product for product in found}


def _tax_rules(session: Session, order: SalesOrder, classes: set[str]) -> dict[str, TaxRule]:
    """The rule of each of the tax classes, at the order's destination."""
    found = session.exec(select(TaxRate).where(TaxRate.country == order.country))
    rules = [
        TaxRule(
            country=row.country,
            region=row.region,
            postal_prefix=row.postal_prefix,
            tax_class=row.tax_class,
            rate=row.rate,
            on_shipping=row.on_shipping,
        )
        for row in found
    ]
    return {
        tax_class: tax_rule_for(
            rules,
            country=order.country,
            region=order.region,
            postal_code=order.postal_code,
            tax_class=tax_class,
        )
        for tax_class in classes
    }


def _shipping_quote(session: Session, order: SalesOrder, grams: int) -> int:
    zone = zone_of(session, carrier=HOUSE, country=order.country, postal_code=order.postal_code)
    bands = bands_of(
        session,
        carrier=HOUSE,
        service_level=order.service_level,
        zone=zone,
        currency=order.currency,
    )
    return quote(bands, grams, Tariff(order.service_level, zone, order.currency))
