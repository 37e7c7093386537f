from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    LARGEST_MINOR,
    AmountTooLarge,
    NotAnAmount,
    TooManyDecimals,
    UnknownCurrency,
    allocate,
    exponent,
    from_minor,
    half_up,
    to_minor,
)

EXPONENTS = {"JPY": 0, "USD": 2, "RSD": 2, "KWD": 3, "IQD": 3, "CLF": 4}
currencies = st.sampled_from(sorted(EXPONENTS))
accepted_minor = st.integers(-LARGEST_MINOR, LARGEST_MINOR)
to_split = st.integers(0, 10**12)
weights = st.lists(st.integers(0, 10**9), min_size=1, max_size=30)


@pytest.mark.parametrize(("currency", "decimals"), EXPONENTS.items())
def test_a_currency_has_the_decimals_of_iso_4217(currency, decimals):
    assert exponent(currency) == decimals


@pytest.mark.parametrize(
    "code", ["", "usd", "US", "ZZZ", "HRK", "XAU", "XXX", " USD", "U" * 10_000]
)
def test_a_code_that_nobody_pays_in_is_refused_by_name(code):
    with pytest.raises(UnknownCurrency) as refused:
        to_minor("1", code)
    assert refused.value.currency == code
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("12.5", "USD", 1250),
        ("12", "USD", 1200),
        ("12.", "USD", 1200),
        (".5", "USD", 50),
        (" 12.50\t", "USD", 1250),
        ("+0.01", "USD", 1),
        ("-0.01", "USD", -1),
        ("-0", "USD", 0),
        ("0.000", "USD", 0),
        ("1000", "JPY", 1000),
        ("1000.00", "JPY", 1000),
        ("1.234", "KWD", 1234),
        ("0007.10", "USD", 710),
        ("0.29", "USD", 29),  # 28.999… in binary floating point
        (Decimal("19.99"), "EUR", 1999),
        (Decimal("1e3"), "EUR", 100_000),
        ("10000000000000", "USD", LARGEST_MINOR),
    ],
)
def test_an_amount_is_read_exactly(amount, currency, minor):
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "-", "abc", "1e5", "1E5", "nan", "NaN", "inf", "-Infinity", "1,50", "1,234.50",
     "1 234", "1_000", "£5", "5 GBP", "--1", "0x10", "١٢", "1.2.3", "<script>"],
)  # fmt: skip
def test_a_text_that_is_no_plain_number_is_refused(text):
    with pytest.raises(NotAnAmount) as refused:
        to_minor(text, "USD")
    assert refused.value.amount == text


@pytest.mark.parametrize("value", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_a_decimal_that_is_no_number_is_refused(value):
    with pytest.raises(NotAnAmount):
        to_minor(Decimal(value), "USD")


@pytest.mark.parametrize(
    ("amount", "currency", "allowed"),
    [
        ("1.999", "USD", 2),
        ("0.5", "JPY", 0),
        ("1.2345", "KWD", 3),
        ("0." + "0" * 5000 + "1", "USD", 2),
        (Decimal("1e-999999"), "USD", 2),
        (Decimal("0.1") + Decimal("1e-27"), "USD", 2),
    ],
)
def test_an_amount_finer_than_the_minor_unit_is_refused_and_never_rounded(
    amount, currency, allowed
):
    with pytest.raises(TooManyDecimals) as refused:
        to_minor(amount, currency)
    assert (refused.value.currency, refused.value.allowed) == (currency, allowed)


@pytest.mark.parametrize(
    "amount", ["10000000000000.01", "-10000000000000.01", "9" * 5000, Decimal("1e999999")]
)
def test_an_amount_that_sums_could_overflow_is_refused(amount):
    with pytest.raises(AmountTooLarge, match=r"at most 10000000000000\.00\."):
        to_minor(amount, "USD")


def test_a_refusal_shows_the_value_but_not_all_of_it():
    with pytest.raises(NotAnAmount) as refused:
        to_minor("x" * 10_000, "USD")
    assert "xxx" in str(refused.value)
    assert len(str(refused.value)) < 200


@given(accepted_minor, currencies)
def test_what_is_written_is_read_back(minor, currency):
    assert to_minor(from_minor(minor, currency), currency) == minor
    assert to_minor(str(from_minor(minor, currency)), currency) == minor


@given(accepted_minor, currencies)
def test_an_amount_is_written_with_all_its_decimals(minor, currency):
    written = str(from_minor(minor, currency))
    assert len(written.partition(".")[2]) == EXPONENTS[currency]


@given(st.decimals(allow_nan=True, allow_infinity=True), currencies)
def test_a_decimal_is_read_exactly_or_refused(amount, currency):
    try:
        minor = to_minor(amount, currency)
    except (NotAnAmount, TooManyDecimals, AmountTooLarge):
        return
    assert Fraction(minor) == Fraction(amount) * 10 ** EXPONENTS[currency]


@given(st.text(alphabet="0123456789.+-eE_, \tnaif٣²", max_size=12), currencies)
def test_a_text_is_read_as_the_number_it_shows_or_refused(text, currency):
    try:
        minor = to_minor(text, currency)
    except (NotAnAmount, TooManyDecimals, AmountTooLarge):
        return
    assert Fraction(minor) == Fraction(Decimal(text.strip())) * 10 ** EXPONENTS[currency]


@pytest.mark.parametrize(
    ("value", "whole"),
    [("1/2", 1), ("3/2", 2), ("5/2", 3), ("49/100", 0), ("51/100", 1), ("-1/2", 0), ("-3/2", -1)],
)
def test_a_half_goes_up(value, whole):
    assert half_up(Fraction(value)) == whole


@given(st.fractions())
def test_rounding_goes_to_the_nearest_whole(value):
    assert -Fraction(1, 2) < half_up(value) - value <= Fraction(1, 2)


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


@given(to_split, weights)
def test_allocation_gives_away_all_and_no_more(amount, by):
    shares = allocate(amount, by)
    assert sum(shares) == amount
    assert len(shares) == len(by)
    assert min(shares) >= 0


@given(st.integers(-(10**12), 10**12), weights.filter(any))
def test_no_share_is_a_unit_or_more_off_its_proportion(amount, by):
    for share, weight in zip(allocate(amount, by), by, strict=True):
        assert abs(share - Fraction(amount * weight, sum(by))) < 1


@given(to_split, weights.filter(any))
def test_what_weighs_nothing_carries_nothing(amount, by):
    assert all(
        not share for share, weight in zip(allocate(amount, by), by, strict=True) if not weight
    )


@given(to_split, weights)
def test_what_weighs_more_never_carries_less(amount, by):
    shares = [share for _, share in sorted(zip(by, allocate(amount, by), strict=True))]
    assert shares == sorted(shares)
