"""Step 3: what the customer pays."""

from sqlmodel import Session, col, select

from adapters.carriers import HOUSE, bands_of, zone_of
from domain.pricing import LineToPrice, PricedOrder, price_order
from domain.tax import TaxRule, tax_rule_for
from domain.zones import Tariff, quote
from models.catalogue import Product
from models.orders import SalesOrder
from models.results import OrderValue
from models.shipments import Shipment
from models.taxes import TaxRate
from tasks.step import step


@step("Calculate Total Order Value")
def calculate_total_order_value(session: Session, shipment: Shipment) -> OrderValue:
    """Items, shipping and tax, per line and in all.

    Raises `NoShippingZone`, `NoShippingRate` or `NoTaxRate` where a table lacks the destination.
    """
    order = shipment.order
    products = _products(session, order)
    classes = {product.tax_class for product in products.values()}
    rules = _tax_rules(session, order, classes)
    lines = [
        LineToPrice(
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            weight_grams=products[line.sku].weight_grams,
            tax_rate=rules[products[line.sku].tax_class].rate,
            tax_on_shipping=rules[products[line.sku].tax_class].on_shipping,
        )
        for line in order.lines
    ]
    shipping = _shipping_quote(session, order, sum(x.quantity * x.weight_grams for x in lines))
    priced = price_order(lines, shipping, order.prices_include_tax)
    _save(order, lines, priced)
    return OrderValue(
        items_minor=priced.items_minor,
        shipping_minor=priced.shipping_minor,
        tax_minor=priced.tax_minor,
        total_minor=priced.total_minor,
        currency=order.currency,
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


def _save(order: SalesOrder, lines: list[LineToPrice], priced: PricedOrder) -> None:
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
