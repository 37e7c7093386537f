import csv
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.charges import Brought, BroughtLine, ChargesDisagree, LineTerms, charge, check_total
from domain.money import from_minor, to_minor

HALF = Fraction(1, 2)

rates = st.decimals(min_value=0, max_value=Decimal("0.99999"), places=5)
shipping = st.integers(0, 10**7)


@st.composite
def brought_lines(draw):
    """A line, and what the tables say of it."""
    quantity = draw(st.integers(1, 5000))
    price = draw(st.integers(0, 10**9))
    discount = draw(st.integers(0, price))
    terms = LineTerms(draw(st.integers(0, 50_000)), draw(rates), draw(st.booleans()))
    return BroughtLine(quantity, price, discount), terms


@st.composite
def orders(draw):
    """What an order brings beside its taxes, the tables' terms, and what shipping is."""
    lines, terms = zip(*draw(st.lists(brought_lines(), min_size=1, max_size=8)), strict=True)
    discount = draw(st.integers(0, sum(line.cost_minor for line in lines)))
    fees = draw(st.one_of(st.just(0), st.integers(0, 10**6)))
    brought = Brought(lines, draw(st.booleans()), "GBP", discount_minor=discount, fees_minor=fees)
    return brought, list(terms), draw(shipping)


def a_line(price=1000, quantity=1, grams=500, rate="0.2", on_shipping=True, discount=0, tax=None):
    terms = LineTerms(grams, None if rate is None else Decimal(rate), on_shipping)
    return BroughtLine(quantity, price * quantity, discount, tax), terms


def charged(lines, shipping_minor, inclusive, **amounts):
    brought = Brought(tuple(line for line, _ in lines), inclusive, "GBP", **amounts)
    return charge(brought, [terms for _, terms in lines], shipping_minor)


def taxes(order):
    return [line.tax_minor for line in order.lines]


def of_shipping(order):
    return [line.shipping_tax_minor for line in order.lines]


# Worked by hand: quoted


def test_prices_without_tax_have_it_added():
    order = charged([a_line(1999, 2, rate="0.0825", on_shipping=False)], 500, False)
    # 39.98 × 8.25 % is 3.29835
    assert (order.items_minor, order.tax_minor, order.total_minor) == (3998, 330, 4828)


def test_prices_with_tax_contain_it():
    order = charged([a_line(12_000, 1, rate="0.2")], 600, True)
    # 126.00 contains 21.00 of 20 %
    assert (taxes(order), of_shipping(order), order.total_minor) == ([2000], [100], 12_600)


def test_shipping_is_taxed_only_where_it_is_taxed():
    taxed = charged([a_line(1000, rate="0.1", on_shipping=True)], 500, False)
    untaxed = charged([a_line(1000, rate="0.1", on_shipping=False)], 500, False)
    assert (taxed.tax_minor, taxed.total_minor) == (150, 1650)
    assert (untaxed.tax_minor, untaxed.total_minor) == (100, 1600)


def test_inclusive_tax_leaves_untaxed_shipping_alone():
    order = charged([a_line(1100, rate="0.1", on_shipping=False)], 500, True)
    assert (order.tax_minor, order.total_minor) == (100, 1600)


def test_tax_is_rounded_once_per_line_and_not_per_piece():
    order = charged([a_line(5, 100, rate="0.05")], 0, False)
    # 0.25 a piece would round to nothing: 5.00 × 5 % is 0.25
    assert order.tax_minor == 25


def test_half_a_cent_of_tax_goes_up():
    assert charged([a_line(50, rate="0.05")], 0, False).tax_minor == 3
    assert charged([a_line(49, rate="0.05")], 0, False).tax_minor == 2


def test_order_tax_is_the_sum_of_its_lines_and_not_rounded_anew():
    order = charged([a_line(10, rate="0.05"), a_line(10, rate="0.05")], 0, False)
    # 0.5 each, rounded up; the order's 1.0 would have been 1
    assert taxes(order) == [1, 1]
    assert (order.tax_minor, order.total_minor) == (2, 22)


def test_goods_and_shipping_are_rounded_together_so_that_neither_is_twice():
    order = charged([a_line(10, rate="0.05")], 10, False)
    # 0.5 each, and 1.0 of both: 1 for the goods leaves nothing for shipping
    assert (taxes(order), of_shipping(order)) == ([1], [0])


def test_shipping_follows_weight_times_quantity():
    heavy, light = a_line(grams=900, quantity=1, rate="0"), a_line(grams=50, quantity=2, rate="0")
    order = charged([heavy, light], 1000, False)
    assert [line.shipping_minor for line in order.lines] == [900, 100]


def test_lines_may_differ_in_rate():
    order = charged([a_line(1000, rate="0.2"), a_line(1000, rate="0")], 100, False)
    assert (taxes(order), of_shipping(order)) == ([200, 0], [10, 0])


def test_a_free_order_costs_nothing():
    order = charged([a_line(0)], 0, True)
    assert (order.items_minor, order.tax_minor, order.total_minor) == (0, 0, 0)


def test_shipping_without_a_line_to_carry_it_is_refused():
    with pytest.raises(ValueError, match="nothing to allocate 500 to"):
        charged([], 500, False)


def test_tax_cannot_be_quoted_without_a_rate():
    with pytest.raises(ValueError, match="no rate is known"):
        charged([a_line(rate=None)], 0, True)


def test_fees_are_taxed_as_shipping_is():
    order = charged([a_line(1000, rate="0.1")], 500, False, fees_minor=200)
    assert (taxes(order), of_shipping(order), order.fees_tax_minor) == ([100], [50], 20)
    assert (order.fees_minor, order.total_minor) == (200, 1870)
    untaxed = charged([a_line(1000, rate="0.1", on_shipping=False)], 500, False, fees_minor=200)
    assert (untaxed.fees_tax_minor, untaxed.total_minor) == (0, 1800)


def test_tax_is_that_of_what_is_left_after_discounts():
    order = charged([a_line(1000, 3, discount=600)], 0, True, discount_minor=1200)
    assert (order.items_minor, order.tax_minor, order.total_minor) == (1200, 200, 1200)


# Worked by hand: discounts


def test_a_discount_goes_by_what_lines_cost_after_their_own():
    lines = [a_line(1000, discount=400), a_line(200), a_line(200)]
    order = charged(lines, 0, True, discount_minor=100)
    assert [line.order_discount_minor for line in order.lines] == [60, 20, 20]
    assert [line.charged_minor for line in order.lines] == [540, 180, 180]


def test_a_free_line_bears_no_discount():
    order = charged([a_line(0), a_line(1000)], 0, True, discount_minor=333)
    assert [line.order_discount_minor for line in order.lines] == [0, 333]


def test_a_discount_on_all_of_the_goods_leaves_the_shipping():
    order = charged([a_line(1000), a_line(999)], 450, True, discount_minor=1999)
    assert [line.charged_minor for line in order.lines] == [0, 0]
    assert (order.tax_minor, order.total_minor) == (76, 450)  # 37.5 of each


@pytest.mark.parametrize(
    ("prices", "discount", "shares"),
    [
        ([333, 333, 333], 100, [34, 33, 33]),
        ([3 * 999, 1000], 500, [375, 125]),
        ([1, 1, 1], 2, [1, 1, 0]),
    ],
)
def test_shares_of_a_discount_go_by_largest_remainder(prices, discount, shares):
    order = charged([a_line(price) for price in prices], 0, True, discount_minor=discount)
    assert [line.order_discount_minor for line in order.lines] == shares


# Worked by hand: brought


def test_of_taxes_by_line_and_in_all_the_rest_is_shippings_and_fees():
    lines = [a_line(300, 2, tax=45), a_line(1200, tax=90)]
    order = charged(lines, 1000, False, fees_minor=500, tax_minor=285)
    assert (taxes(order), of_shipping(order), order.fees_tax_minor) == ([45, 90], [67, 33], 50)
    assert order.total_minor == 1800 + 1000 + 500 + 285


def test_taxes_by_line_alone_leave_that_of_shipping_to_be_quoted():
    order = charged([a_line(1000, tax=100)], 500, False)
    assert (taxes(order), of_shipping(order)) == ([100], [100])
    nothing_else = charged([a_line(1000, rate=None, tax=100)], 0, False)
    assert (nothing_else.tax_minor, nothing_else.total_minor) == (100, 1100)


def test_no_tax_by_line_is_a_tax_of_nothing():
    order = charged([a_line(1000, tax=0)], 0, False, tax_minor=0)
    assert (order.tax_minor, order.total_minor) == (0, 1000)


def test_tax_in_all_goes_by_what_the_tables_would_take():
    lines = [a_line(1000, rate="0.2"), a_line(1000, rate="0.1"), a_line(1000, rate="0")]
    order = charged(lines, 0, False, tax_minor=240)
    assert taxes(order) == [160, 80, 0]


def test_tax_in_all_goes_by_what_was_charged_where_a_rate_is_not_known():
    lines = [a_line(3000, rate=None), a_line(1000)]
    order = charged(lines, 1000, True, tax_minor=500)
    assert (taxes(order), of_shipping(order)) == ([300, 100], [50, 50])


def test_tax_in_all_goes_by_what_was_charged_where_the_tables_take_nothing():
    lines = [a_line(3000, rate="0"), a_line(1000, rate="0")]
    order = charged(lines, 0, True, tax_minor=400, fees_minor=1000)
    assert (taxes(order), order.fees_tax_minor) == ([240, 80], 80)


def test_shipping_that_was_brought_is_shared_by_weight_and_its_tax_by_the_shares():
    lines = [a_line(grams=900), a_line(grams=100)]
    order = charged(lines, 1000, True, tax_minor=500)
    assert [line.shipping_minor for line in order.lines] == [900, 100]
    assert (taxes(order), of_shipping(order)) == ([167, 167], [149, 17])


def test_tax_where_nothing_is_charged_is_refused():
    with pytest.raises(ChargesDisagree, match="is tax on nothing"):
        charged([a_line(0)], 0, False, tax_minor=1)


def test_a_rest_of_tax_where_shipping_came_to_nothing_is_refused():
    """Shipping that is quoted may be free."""
    with pytest.raises(ChargesDisagree, match="more than the taxes of the lines"):
        charged([a_line(1000, tax=100)], 0, False, tax_minor=101)


def test_more_tax_than_is_charged_cannot_be_inside_of_it():
    with pytest.raises(ChargesDisagree, match=r"10.01 GBP is more than all .* 10.00 GBP"):
        charged([a_line(1000)], 0, True, tax_minor=1001)
    assert charged([a_line(1000)], 0, False, tax_minor=1001).tax_minor == 1001


def test_tax_that_goods_cannot_contain_is_that_of_shipping_and_fees():
    """The tables do not tax shipping, and the shop did."""
    lines = [a_line(100, on_shipping=False), a_line(100, on_shipping=False)]
    order = charged(lines, 1000, True, fees_minor=600, tax_minor=360)
    assert (taxes(order), sum(of_shipping(order)), order.fees_tax_minor) == ([100, 100], 100, 60)


def test_a_rest_of_tax_is_not_more_than_shipping_and_fees_that_contain_it():
    lines = [a_line(1000, tax=167), a_line(1000, tax=167)]
    says = "9.00 GBP is 5.66 GBP more than .* are 1.50 GBP"
    with pytest.raises(ChargesDisagree, match=says):
        charged(lines, 100, True, fees_minor=50, tax_minor=900)
    assert of_shipping(charged(lines, 100, True, fees_minor=50, tax_minor=484)) == [50, 50]
    assert sum(of_shipping(charged(lines, 100, False, tax_minor=900))) == 566


@pytest.mark.parametrize("off", [-1, 1])
@pytest.mark.parametrize("inclusive", [True, False])
def test_a_total_is_right_to_the_cent_or_both_sums_are_named(off, inclusive):
    order = charged([a_line(1000)], 450, inclusive, fees_minor=50)
    check_total(order, order.total_minor, "GBP")
    with pytest.raises(ChargesDisagree) as refused:
        check_total(order, order.total_minor + off, "GBP")
    given, added = from_minor(order.total_minor + off, "GBP"), from_minor(order.total_minor, "GBP")
    said = str(refused.value)
    assert f"{given} GBP is not what the order comes to, {added} GBP" in said
    assert "goods 10.00 GBP + shipping 4.50 GBP + fees 0.50 GBP" in said


# Always


@given(orders())
def test_parts_add_up_to_the_order(order):
    brought, terms, shipping_minor = order
    whole = charge(brought, terms, shipping_minor)
    lines = whole.lines
    assert len(lines) == len(brought.lines)
    assert sum(line.order_discount_minor for line in lines) == brought.discount_minor
    assert sum(line.shipping_minor for line in lines) == whole.shipping_minor == shipping_minor
    assert whole.fees_minor == brought.fees_minor
    goods = sum(line.cost_minor for line in brought.lines)
    assert whole.items_minor == goods - brought.discount_minor


@given(orders())
def test_no_part_is_negative_and_no_discount_is_more_than_its_line(order):
    whole = charge(*order)
    for line, given_line in zip(whole.lines, order[0].lines, strict=True):
        assert 0 <= line.charged_minor <= given_line.cost_minor
        assert min(line.tax_minor, line.shipping_minor, line.shipping_tax_minor) >= 0
    assert whole.fees_tax_minor >= 0


@given(orders())
def test_the_total_is_goods_shipping_fees_and_the_tax_they_do_not_contain(order):
    whole = charge(*order)
    tax_to_add = 0 if order[0].prices_include_tax else whole.tax_minor
    net = whole.items_minor + whole.shipping_minor + whole.fees_minor
    assert whole.total_minor == net + tax_to_add


@given(orders())
def test_the_tax_of_goods_is_exact_to_half_a_minor_unit(order):
    brought, terms, _ = order
    for line, its in zip(charge(*order).lines, terms, strict=True):
        assert -HALF < line.tax_minor - exact(line.charged_minor, its, brought) <= HALF


@given(orders())
def test_that_of_goods_and_shipping_too(order):
    """It is what an order's tax was before the two were kept apart."""
    brought, terms, _ = order
    for line, its in zip(charge(*order).lines, terms, strict=True):
        taxable = line.charged_minor + (line.shipping_minor if its.on_shipping else 0)
        both = line.tax_minor + line.shipping_tax_minor
        assert -HALF < both - exact(taxable, its, brought) <= HALF


def exact(taxable, terms, brought):
    rate = Fraction(terms.rate)
    return taxable * (rate / (1 + rate) if brought.prices_include_tax else rate)


@given(orders())
def test_tax_that_is_inside_is_never_more_than_the_amount(order):
    brought, terms, shipping_minor = order
    whole = charge(replace(brought, prices_include_tax=True), terms, shipping_minor)
    for line in whole.lines:
        assert line.tax_minor <= line.charged_minor
        both = line.tax_minor + line.shipping_tax_minor
        assert both <= line.charged_minor + line.shipping_minor
    assert whole.tax_minor <= whole.total_minor


@given(orders(), st.data())
def test_tax_in_all_is_spread_to_the_last_minor_unit(order, data):
    brought, terms, shipping_minor = order
    quoted = charge(brought, terms, shipping_minor)
    tax = data.draw(st.integers(0, quoted.total_minor))
    given_tax = replace(brought, shipping_minor=shipping_minor, tax_minor=tax)
    spread = charge(given_tax, terms, shipping_minor)
    assert spread.tax_minor == tax
    if brought.prices_include_tax:
        assert spread.fees_tax_minor <= spread.fees_minor
        for line in spread.lines:
            assert line.tax_minor <= line.charged_minor
            assert line.shipping_tax_minor <= line.shipping_minor
    for name in ("items_minor", "shipping_minor", "fees_minor"):
        assert getattr(spread, name) == getattr(quoted, name)


@given(orders())
def test_tax_in_all_that_is_what_would_be_quoted_is_spread_so(order):
    """A shop that reckons as we do gets what we would have quoted."""
    brought, terms, shipping_minor = order
    quoted = charge(brought, terms, shipping_minor)
    its = replace(brought, shipping_minor=shipping_minor, tax_minor=quoted.tax_minor)
    spread = charge(its, terms, shipping_minor)
    if quoted.tax_minor:
        assert (taxes(spread), spread.fees_tax_minor) == (taxes(quoted), quoted.fees_tax_minor)


@given(orders(), st.data())
def test_taxes_by_line_stay_and_the_rest_is_shippings_and_fees(order, data):
    brought, terms, shipping_minor = order
    quoted = charge(brought, terms, shipping_minor)
    room = quoted.shipping_minor + quoted.fees_minor
    rest = data.draw(st.integers(0, room))
    its = replace(
        brought,
        lines=tuple(
            replace(line, tax_minor=tax)
            for line, tax in zip(brought.lines, taxes(quoted), strict=True)
        ),
        shipping_minor=shipping_minor,
        tax_minor=sum(taxes(quoted)) + rest,
    )
    kept = charge(its, terms, shipping_minor)
    assert taxes(kept) == taxes(quoted)
    assert sum(of_shipping(kept)) + kept.fees_tax_minor == rest


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
    order = charged(lines, to_minor(data.draw(prices), currency), inclusive)

    amounts = [line.charged_minor for line in order.lines] + [order.shipping_minor]
    amounts += [] if inclusive else [order.tax_minor]
    read = [str(from_minor(amount, currency)) for amount in amounts]
    assert sum(map(Decimal, read)) == from_minor(order.total_minor, currency)
    assert all(len(text.partition(".")[2]) == places for text in read)


# Real rates


def test_prices_with_tax_split_into_net_and_tax_at_every_european_rate(shared_data):
    with (shared_data / "tax" / "eu_vat_rates_dated.csv").open(newline="") as file:
        vat_rates = {Decimal(row["rate"]) for row in csv.DictReader(file) if not row["stop_date"]}
    assert {Decimal("0.27"), Decimal("0.255"), Decimal("0.081")} <= vat_rates
    for rate in vat_rates:
        for net in (1, 99, 1000, 123_456):
            gross = 1000 * net * (1 + rate)
            order = charged([a_line(int(gross), rate=str(rate))], 0, True)
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
    assert charged([a_line(gross, rate=rate)], 0, True).tax_minor == tax
