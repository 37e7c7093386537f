"""Money as whole minor units: cents for USD, yen for JPY, fils for KWD.

Amounts are read exactly or not at all: nothing is rounded on the way in. Where a rule has to round
(a tax, an average), it rounds half up with `half_up`, and says so.
"""

import re
from collections.abc import Sequence
from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction

from iso4217 import Currency

from domain.errors import PacklineError
from domain.messages import Money, without_middle

LARGEST_MINOR = 10**15
"""The largest amount accepted, in minor units: thousands of them still add up within a BIGINT."""

_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)", re.ASCII)


class UnknownCurrency(PacklineError):
    """A code that ISO 4217 does not list, or lists without a minor unit, as XAU (gold)."""

    message = (
        "{currency!q} is no currency to pay in: give an ISO 4217 code in capitals, such as EUR."
    )

    def __init__(self, currency: str) -> None:
        super().__init__(currency=currency)
        self.currency = currency


class NotAnAmount(PacklineError):
    """A text that is not a plain number."""

    message = (
        "{amount!q} is not an amount:"
        " write digits with a point before the decimals, such as 1234.50."
    )

    def __init__(self, amount: str) -> None:
        super().__init__(amount=without_middle(amount))
        self.amount = amount


class TooManyDecimals(PacklineError):
    """An amount finer than its currency's minor unit."""

    message = "{amount!q} has too many decimals for {currency}: give at most {allowed}."

    def __init__(self, amount: str, currency: str, allowed: int) -> None:
        super().__init__(amount=without_middle(amount), currency=currency, allowed=allowed)
        self.amount = amount
        self.currency = currency
        self.allowed = allowed


class AmountTooLarge(PacklineError):
    """An amount beyond `LARGEST_MINOR`."""

    message = "{amount!q} {currency} is too large an amount: give at most {largest}."

    def __init__(self, amount: str, currency: str) -> None:
        largest = from_minor(LARGEST_MINOR, currency)
        super().__init__(amount=without_middle(amount), currency=currency, largest=largest)


def exponent(currency: str) -> int:
    """How many decimals the currency's minor unit is: 0 for JPY, 2 for USD, 3 for KWD.

    By ISO 4217: CLDR (Babel) gives RSD and IQD none, as they are commonly written.

    Raises `UnknownCurrency`.
    """
    try:
        decimals: int | None = Currency(currency).exponent
    except ValueError:
        raise UnknownCurrency(currency) from None
    if decimals is None:
        raise UnknownCurrency(currency)
    return decimals


def to_minor(amount: str | Decimal, currency: str) -> int:
    """The amount in minor units, exactly: `to_minor("12.5", "USD")` is 1250.

    A text is digits with an optional sign and decimal point, white space around it aside. Zeros
    beyond the minor unit change nothing and pass. The amount may be negative.

    Raises `UnknownCurrency`, `NotAnAmount`, `TooManyDecimals` or `AmountTooLarge`.
    """
    decimals = exponent(currency)
    value = _number(amount)
    if value.copy_abs() > from_minor(LARGEST_MINOR, currency):
        raise AmountTooLarge(str(amount), currency)
    exact = Context(prec=30, traps=[Inexact, InvalidOperation])
    try:
        in_minor_units = value.quantize(Decimal((0, (1,), -decimals)), context=exact)
    except Inexact:
        raise TooManyDecimals(str(amount), currency, decimals) from None
    return int(in_minor_units.scaleb(decimals, context=exact))


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount in major units, with all its decimals: `from_minor(1250, "USD")` is 12.50.

    Raises `UnknownCurrency`.
    """
    return Decimal(f"{minor}e-{exponent(currency)}")


def amount(minor: int, currency: str) -> Money:
    """An amount of minor units, to be said in a message. Raises `UnknownCurrency`."""
    return Money(from_minor(minor, currency), currency)


def half_up(value: Fraction) -> int:
    """The nearest whole number; a half goes up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def allocate(amount: int, weights: Sequence[int]) -> list[int]:
    """Split an amount over weights by largest remainder; the shares add up to the amount.

    Each share is the exact proportion, rounded down or up. What rounding down leaves goes, one
    unit each, to the largest remainders, the earlier first where they tie. Without any weight the
    split is even.

    Raises `ValueError` for a negative weight, and for an amount with nothing to split it over.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError(f"weights must not be negative: {list(weights)}")
    if not weights and amount:
        raise ValueError(f"there is nothing to allocate {amount} to")
    parts = list(weights) if any(weights) else [1] * len(weights)
    whole = sum(parts)
    shares = [amount * part // whole for part in parts]
    remainders = [amount * part % whole for part in parts]
    left = amount - sum(shares)
    for index in sorted(range(len(parts)), key=lambda index: -remainders[index])[:left]:
        shares[index] += 1
    return shares


def _number(amount: str | Decimal) -> Decimal:
    if isinstance(amount, Decimal):
        if not amount.is_finite():
            raise NotAnAmount(str(amount))
        return amount
    if not _PLAIN_NUMBER.fullmatch(plain := amount.strip()):
        raise NotAnAmount(amount)
    return Decimal(plain)
