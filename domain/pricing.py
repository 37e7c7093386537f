"""What an order costs. All amounts are whole minor units of the order's currency.

The rounding rule:

1. A line's items are quantity × unit price, exact.
2. The order's shipping is allocated over its lines in proportion to their weight, whole minor units
   by largest remainder (`allocate`), so that the shares add up to the shipping.
3. A line's tax is reckoned once, from its items (and its share of the shipping, where shipping is
   taxed), and rounded half up to the minor unit. It is never rounded per piece.
   - Prices without tax: tax = taxable × rate; total = items + shipping + tax.
   - Prices with tax: tax = taxable × rate / (1 + rate), the part of the price that is tax;
     total = items + shipping.
4. Each amount of the order is the sum of that amount over its lines, never rounded anew: what the
   lines say adds up to what the order says, exactly.

An order of which less ships is priced anew by the same rule, and the customer gets the difference
back. Nobody is charged more for getting less, though that is what the rule may say: where a lighter
parcel costs more, or where the shipping now falls to a line with a higher tax.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from domain.money import half_up


@dataclass(frozen=True, slots=True)
class LineToPrice:
    """So many pieces of one product: price and weight are of one piece; a rate of 0.2 is 20 %."""

    quantity: int
    unit_price_minor: int
    weight_grams: int
    tax_rate: Decimal
    tax_on_shipping: bool


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line's amounts: `shipping_minor` is its share of the order's shipping."""

    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """An order's amounts, each the sum over its lines, which stand in the order given."""

    lines: tuple[PricedLine, ...]
    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int


def price_order(
    lines: Sequence[LineToPrice], shipping_minor: int, prices_include_tax: bool
) -> PricedOrder:
    """Price an order by the rule at the head of this module.

    Raises `ValueError` when there is shipping to pay but no line to carry it.

    The audit says the same: *an order's amounts are the sums of its lines*.
    """
    shares = allocate(shipping_minor, [line.quantity * line.weight_grams for line in lines])
    priced = tuple(
        _price_line(line, share, prices_include_tax)
        for line, share in zip(lines, shares, strict=True)
    )
    return PricedOrder(
        lines=priced,
        items_minor=sum(line.items_minor for line in priced),
        shipping_minor=sum(line.shipping_minor for line in priced),
        tax_minor=sum(line.tax_minor for line in priced),
        total_minor=sum(line.total_minor for line in priced),
    )


def refund_for(before_minor: int, after_minor: int) -> int:
    """What comes back when an order's total falls, in minor units; nothing when it would rise."""
    return max(before_minor - after_minor, 0)


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


def _price_line(line: LineToPrice, shipping_minor: int, prices_include_tax: bool) -> PricedLine:
    items_minor = line.quantity * line.unit_price_minor
    taxable = items_minor + (shipping_minor if line.tax_on_shipping else 0)
    rate = Fraction(line.tax_rate)
    tax_minor = half_up(taxable * (rate / (1 + rate) if prices_include_tax else rate))
    tax_to_add = 0 if prices_include_tax else tax_minor
    return PricedLine(
        items_minor=items_minor,
        shipping_minor=shipping_minor,
        tax_minor=tax_minor,
        total_minor=items_minor + shipping_minor + tax_to_add,
    )
