"""What the customer is charged, quoted by the tables in Postgres; step 3 adds it up."""

import re
from decimal import Decimal

import pytest
from sqlmodel import delete, update

from models.enums import ServiceLevel
from models.tables.catalogue import Product
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate
from services.pricing.quotes import quote_order
from tasks.pricing import calculate_total_order_value
from tests.factories import make_order, make_product, make_tariffs, order_in, the_shipment


@pytest.fixture
def catalogue(session):
    """Mugs of 300 g and plates of 500 g."""
    make_product(session, "MUG")
    make_product(session, "PLATE", weight_grams=500)
    return session


def priced(session, **given):
    """An order that was just taken; step 3 says what stands in its columns."""
    shipment = the_shipment(session, make_order(session, **given))
    value = calculate_total_order_value.body(session, shipment)
    assert amounts(value) == amounts(shipment.order)
    assert value.fees_minor == shipment.order.fees_minor
    return shipment.order


def amounts(row):
    return row.items_minor, row.shipping_minor, row.tax_minor, row.total_minor


def test_prices_with_tax_have_their_tax_inside(catalogue):
    make_tariffs(catalogue)
    order = priced(catalogue, lines={"MUG": 2}, prices_include_tax=True)
    assert amounts(order) == (2500, 395, 483, 2895)  # 2895 × 0.2 / 1.2 = 482.5


def test_prices_without_tax_have_it_added(catalogue):
    make_tariffs(catalogue, "US", "USD", rate="0.08875")
    order = priced(
        catalogue, lines={"MUG": 2}, prices_include_tax=False, country="US", currency="USD"
    )
    assert amounts(order) == (2500, 395, 257, 3152)  # 2895 × 0.08875 = 256.93


def test_shipping_goes_untaxed_where_the_table_says_so(catalogue):
    make_tariffs(catalogue, "US", "USD", rate="0.08875", on_shipping=False)
    order = priced(
        catalogue, lines={"MUG": 2}, prices_include_tax=False, country="US", currency="USD"
    )
    assert amounts(order) == (2500, 395, 222, 3117)  # 2500 × 0.08875 = 221.88


@pytest.mark.parametrize(
    ("country", "currency", "expected"),
    [("JP", "JPY", (2500, 395, 263, 2895)), ("KW", "KWD", (2500, 395, 263, 2895))],
)
def test_yen_and_dinars_are_counted_in_their_own_minor_units(
    catalogue, country, currency, expected
):
    make_tariffs(catalogue, country, currency, rate="0.1")
    order = priced(catalogue, lines={"MUG": 2}, country=country, currency=currency)
    assert amounts(order) == expected


@pytest.mark.parametrize("inclusive", [True, False])
def test_the_lines_add_up_to_the_order(catalogue, inclusive):
    make_tariffs(catalogue, rate="0.07")
    order = priced(
        catalogue, lines={"MUG": 3, "PLATE": 1}, unit_price_minor=333, prices_include_tax=inclusive
    )
    lines = [
        (line.charged_minor, line.shipping_minor, line.tax_minor + line.shipping_tax_minor)
        for line in order.lines
    ]
    assert tuple(map(sum, zip(*lines, strict=True))) == amounts(order)[:3]
    assert [line.tax_rate for line in order.lines] == [Decimal("0.07")] * 2


def test_shipping_is_shared_out_by_weight(catalogue):
    make_tariffs(catalogue)
    order = priced(catalogue, lines={"MUG": 1, "PLATE": 1})
    assert [line.shipping_minor for line in order.lines] == [148, 247]  # 395 × 3/8, 395 × 5/8


def test_heavier_goods_cost_more_to_ship(catalogue):
    make_tariffs(catalogue)
    assert priced(catalogue, lines={"MUG": 3}).shipping_minor == 395
    assert priced(catalogue, lines={"MUG": 4}).shipping_minor == 595
    assert priced(catalogue, lines={"MUG": 101}).shipping_minor == 1495 + 395


def test_each_line_has_the_rate_of_its_tax_class(catalogue):
    make_tariffs(catalogue)
    make_product(catalogue, "BOOK", tax_class="books")
    catalogue.add(TaxRate(country="GB", tax_class="books", rate=Decimal(0)))
    order = priced(catalogue, lines={"MUG": 1, "BOOK": 1})
    assert {line.sku: line.tax_rate for line in order.lines} == {
        "MUG": Decimal("0.2"),
        "BOOK": 0,
    }


def test_a_state_has_its_own_rate(catalogue):
    make_tariffs(catalogue, "US", "USD", rate="0")
    catalogue.add(TaxRate(country="US", region="NY", rate=Decimal("0.04")))
    catalogue.add(TaxRate(country="US", region="NY", postal_prefix="100", rate=Decimal("0.08875")))
    there = {"country": "US", "currency": "USD", "prices_include_tax": False}
    rates = [
        priced(catalogue, **there, region=region, postal_code=code).lines[0].tax_rate
        for region, code in (("OR", "97201"), ("NY", "12207"), ("NY", "10001"))
    ]
    assert rates == [Decimal(0), Decimal("0.04"), Decimal("0.08875")]


def test_an_order_of_nothing_but_gifts_costs_its_shipping(catalogue):
    make_tariffs(catalogue)
    assert amounts(priced(catalogue, unit_price_minor=0)) == (0, 395, 66, 395)


def test_the_result_says_what_the_customer_pays(catalogue):
    make_tariffs(catalogue)
    order = the_shipment(catalogue, make_order(catalogue))
    value = calculate_total_order_value.body(catalogue, order)
    assert (value.total_minor, value.currency) == (2895, "GBP")


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (TaxRate, "no standard tax rate for GB LS1 4AP: .+tax_rates.csv"),
        (ShippingZone, "no shipping zone for GB LS1 4AP: .+shipping_zones.csv"),
        (ShippingRate, "no shipping rate for standard .+shipping_rates.csv"),
    ],
)
def test_what_a_table_lacks_is_named_with_the_table(catalogue, table, sentence):
    make_tariffs(catalogue)
    catalogue.exec(delete(table))
    (obstacle,) = quote_order(catalogue, order_in({"MUG": 2})).obstacles()
    assert re.search(sentence, str(obstacle))


def test_a_service_level_without_rates_is_named(catalogue):
    make_tariffs(catalogue)
    catalogue.exec(delete(ShippingRate).where(ShippingRate.service_level == ServiceLevel.EXPRESS))
    order = order_in({"MUG": 2}, service_level=ServiceLevel.EXPRESS)
    (obstacle,) = quote_order(catalogue, order).obstacles()
    assert "express to zone 1 in GBP" in str(obstacle)


CHANGES = {
    "the rate": update(ShippingRate).values(price_minor=850),
    "the tax": update(TaxRate).values(rate=Decimal("0.5")),
    "shipping's tax": update(TaxRate).values(on_shipping=False),
    "the weight": update(Product).values(weight_grams=20_000),
    "the tax class": update(Product).values(tax_class="books"),
    "no zone": delete(ShippingZone),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_step_three_asks_no_table(catalogue, change):
    """An order on hold while New, or Backordered, costs what it was quoted when it came in."""
    make_tariffs(catalogue)
    shipment = the_shipment(catalogue, make_order(catalogue))
    catalogue.execute(change)
    catalogue.expire_all()
    value = calculate_total_order_value.body(catalogue, shipment)
    assert amounts(value) == (2500, 395, 483, 2895)
