import csv
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import from_minor, to_minor
from domain.pricing import LineToPrice, PricedLine, allocate, price_order, refund_for

HALF = Fraction(1, 2)

rates = st.decimals(min_value=0, max_value=Decimal("0.99999"), places=5)
lines_to_price = st.builds(
    LineToPrice,
    quantity=st.integers(1, 5000),
    unit_price_minor=st.integers(0, 10**8),
    weight_grams=st.integers(1, 50_000),
    tax_rate=rates,
    tax_on_shipping=st.booleans(),
)
orders = st.lists(lines_to_price, min_size=1, max_size=12)
shipping = st.integers(0, 10**7)
amounts = st.integers(0, 10**12)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


def a_line(price=1000, quantity=1, grams=500, rate="0.2", tax_on_shipping=True):
    return LineToPrice(quantity, price, grams, Decimal(rate), tax_on_shipping)


def taxable(line, priced):
    return priced.items_minor + (priced.shipping_minor if line.tax_on_shipping else 0)


@given(orders, shipping, shipping, st.data())
def test_less_never_costs_more_where_tax_is_inside_and_shipping_does_not_rise(
    lines, one, another, data
):
    fewer = [replace(line, quantity=data.draw(st.integers(0, line.quantity))) for line in lines]
    before = price_order(lines, max(one, another), True)
    after = price_order(fewer, min(one, another), True)
    refund = refund_for(before.total_minor, after.total_minor)
    assert before.total_minor == after.total_minor + refund


@given(orders, st.booleans())
def test_an_order_of_nothing_costs_nothing(lines, inclusive):
    nothing = price_order([replace(line, quantity=0) for line in lines], 0, inclusive)
    assert nothing.lines == (PricedLine(0, 0, 0, 0),) * len(lines)
    assert nothing.total_minor == 0


def test_what_would_cost_more_gives_nothing_back():
    assert (refund_for(100, 40), refund_for(100, 100), refund_for(100, 101)) == (60, 0, 0)


# Worked by hand


def test_prices_without_tax_have_it_added():
    order = price_order([a_line(1999, 2, rate="0.0825", tax_on_shipping=False)], 500, False)
    # 39.98 × 8.25 % is 3.29835
    assert order.lines == (PricedLine(3998, 500, 330, 4828),)
    assert order.total_minor == 4828


def test_prices_with_tax_contain_it():
    order = price_order([a_line(12_000, 1, rate="0.2")], 600, True)
    # 126.00 contains 21.00 of 20 %
    assert order.lines == (PricedLine(12_000, 600, 2100, 12_600),)


def test_shipping_is_taxed_only_where_it_is_taxed():
    taxed = price_order([a_line(1000, rate="0.1", tax_on_shipping=True)], 500, False)
    untaxed = price_order([a_line(1000, rate="0.1", tax_on_shipping=False)], 500, False)
    assert (taxed.tax_minor, taxed.total_minor) == (150, 1650)
    assert (untaxed.tax_minor, untaxed.total_minor) == (100, 1600)


def test_inclusive_tax_leaves_untaxed_shipping_alone():
    order = price_order([a_line(1100, rate="0.1", tax_on_shipping=False)], 500, True)
    assert (order.tax_minor, order.total_minor) == (100, 1600)


def test_tax_is_rounded_once_per_line_and_not_per_piece():
    order = price_order([a_line(5, 100, rate="0.05")], 0, False)
    # 0.25 a piece would round to nothing: 5.00 × 5 % is 0.25
    assert order.tax_minor == 25


def test_half_a_cent_of_tax_goes_up():
    assert price_order([a_line(50, rate="0.05")], 0, False).tax_minor == 3
    assert price_order([a_line(49, rate="0.05")], 0, False).tax_minor == 2


def test_order_tax_is_the_sum_of_its_lines_and_not_rounded_anew():
    order = price_order([a_line(10, rate="0.05"), a_line(10, rate="0.05")], 0, False)
    # 0.5 each, rounded up; the order's 1.0 would have been 1
    assert [line.tax_minor for line in order.lines] == [1, 1]
    assert (order.tax_minor, order.total_minor) == (2, 22)


def test_shipping_follows_weight_times_quantity():
    heavy, light = a_line(grams=900, quantity=1, rate="0"), a_line(grams=50, quantity=2, rate="0")
    order = price_order([heavy, light], 1000, False)
    assert [line.shipping_minor for line in order.lines] == [900, 100]


def test_lines_may_differ_in_rate():
    order = price_order([a_line(1000, rate="0.2"), a_line(1000, rate="0")], 100, False)
    assert [line.tax_minor for line in order.lines] == [210, 0]


def test_a_free_order_costs_nothing():
    order = price_order([a_line(0)], 0, True)
    assert (order.items_minor, order.tax_minor, order.total_minor) == (0, 0, 0)


def test_shipping_without_a_line_to_carry_it_is_refused():
    with pytest.raises(ValueError, match="nothing to allocate 500 to"):
        price_order([], 500, False)


@pytest.mark.parametrize(
    ("amount", "by", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (100, [0, 0, 0], [34, 33, 33]),
        (10, [0, 1, 0], [0, 10, 0]),
        (10, [1, 2, 3], [2, 3, 5]),
        (1, [1, 9], [0, 1]),
        (0, [3, 4], [0, 0]),
        (0, [], []),
        (-100, [1, 1], [-50, -50]),
    ],
)
def test_an_amount_is_allocated_by_largest_remainder(amount, by, shares):
    assert allocate(amount, by) == shares


def test_negative_weights_are_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        allocate(10, [3, -1])


# Always


@given(orders, shipping, st.booleans())
def test_lines_add_up_to_the_order(lines, shipping_minor, inclusive):
    order = price_order(lines, shipping_minor, inclusive)
    for amount in ("items_minor", "shipping_minor", "tax_minor", "total_minor"):
        assert sum(getattr(line, amount) for line in order.lines) == getattr(order, amount)
    assert order.shipping_minor == shipping_minor
    assert order.items_minor == sum(line.quantity * line.unit_price_minor for line in lines)
    assert len(order.lines) == len(lines)


@given(orders, shipping, st.booleans())
def test_the_total_is_items_and_shipping_and_the_tax_they_do_not_contain(
    lines, shipping_minor, inclusive
):
    order = price_order(lines, shipping_minor, inclusive)
    for part in (order, *order.lines):
        tax_to_add = 0 if inclusive else part.tax_minor
        assert part.total_minor == part.items_minor + part.shipping_minor + tax_to_add


@pytest.mark.parametrize("currency", ["JPY", "USD", "KWD"])
@given(data=st.data(), inclusive=st.booleans())
def test_the_amounts_that_people_read_add_up_in_every_currency(currency, data, inclusive):
    places = {"JPY": 0, "USD": 2, "KWD": 3}[currency]
    prices = st.decimals(min_value=0, max_value=99_999, places=places)
    lines = [
        a_line(to_minor(price, currency), quantity, rate=rate)
        for price, quantity, rate in data.draw(
            st.lists(st.tuples(prices, st.integers(1, 99), rates), min_size=1, max_size=8)
        )
    ]
    order = price_order(lines, to_minor(data.draw(prices), currency), inclusive)

    read = [str(from_minor(line.total_minor, currency)) for line in order.lines]
    assert sum(map(Decimal, read)) == from_minor(order.total_minor, currency)
    assert all(len(text.partition(".")[2]) == places for text in read)


@given(orders, shipping)
def test_added_tax_is_the_exact_tax_to_half_a_minor_unit(lines, shipping_minor):
    for line, priced in zip(lines, price_order(lines, shipping_minor, False).lines, strict=True):
        exact = taxable(line, priced) * Fraction(line.tax_rate)
        assert -HALF < priced.tax_minor - exact <= HALF


@given(orders, shipping)
def test_contained_tax_is_the_rate_on_what_remains_to_half_a_minor_unit(lines, shipping_minor):
    for line, priced in zip(lines, price_order(lines, shipping_minor, True).lines, strict=True):
        gross = taxable(line, priced)
        net = gross / (1 + Fraction(line.tax_rate))
        assert 0 <= priced.tax_minor <= gross
        assert -HALF < priced.tax_minor - (gross - net) <= HALF


@given(amounts, weights)
def test_allocation_gives_away_all_and_no_more(amount, by):
    shares = allocate(amount, by)
    assert sum(shares) == amount
    assert len(shares) == len(by)
    assert min(shares) >= 0


@given(st.integers(-(10**12), 10**12), weights.filter(any))
def test_no_share_is_a_unit_or_more_off_its_proportion(amount, by):
    for share, weight in zip(allocate(amount, by), by, strict=True):
        assert abs(share - Fraction(amount * weight, sum(by))) < 1


@given(amounts, weights.filter(any))
def test_what_weighs_nothing_carries_nothing(amount, by):
    assert all(
        not share for share, weight in zip(allocate(amount, by), by, strict=True) if not weight
    )


@given(amounts, weights)
def test_what_weighs_more_never_carries_less(amount, by):
    shares = [share for _, share in sorted(zip(by, allocate(amount, by), strict=True))]
    assert shares == sorted(shares)


# Real rates


def test_prices_with_tax_split_into_net_and_tax_at_every_european_rate(shared_data):
    with (shared_data / "tax" / "eu_vat_rates_dated.csv").open(newline="") as file:
        vat_rates = {Decimal(row["rate"]) for row in csv.DictReader(file) if not row["stop_date"]}
    assert {Decimal("0.27"), Decimal("0.255"), Decimal("0.081")} <= vat_rates
    for rate in vat_rates:
        for net in (1, 99, 1000, 123_456):
            gross = 1000 * net * (1 + rate)
            order = price_order([a_line(int(gross), rate=str(rate))], 0, True)
            assert gross == int(gross)
            assert order.total_minor - order.tax_minor == 1000 * net


@pytest.mark.parametrize(
    ("rate", "gross", "tax"),
    [
        ("0.19", 11_900, 1900),  # Germany
        ("0.2", 1999, 333),  # France: 333.17
        ("0.255", 9999, 2032),  # Finland: 2031.67
        ("0.27", 100, 21),  # Hungary: 21.26
        ("0.21", 995, 173),  # Spain: 172.69
        ("0.10", 110, 10),  # Japan, in yen
    ],
)
def test_the_tax_in_a_price_is_as_reckoned_by_hand(rate, gross, tax):
    assert price_order([a_line(gross, rate=rate)], 0, True).tax_minor == tax
