"""What the customers of a replay were charged: the file has prices only, the rest is by chance.

A third of the orders brings nothing beside prices and is quoted; a third brings discounts, of the
order and of some lines; a third brings everything, and the total that it comes to.
"""

import random
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

from benchmarks.replay_orders import PastLine, PastOrder

_CENT = Decimal("0.01")
_SHIPPING, _FEES = Decimal("4.95"), Decimal("1.50")
_TAX_INSIDE = Decimal(1) / 6
"""20 % of the price before tax."""


class Charges(NamedTuple):
    """The columns of an order beside its prices, and the discount of each of its lines."""

    of_order: dict[str, str]
    line_discounts: tuple[str, ...]


def charges_of(order: PastOrder, seed: int) -> Charges:
    """What an order brings: always the same for the same seed."""
    chance = random.Random(f"{seed} charges {order.number}")
    kind = chance.random()
    if kind < 1 / 3:
        return Charges({}, ("",) * len(order.lines))
    discounts = tuple(_part_of(line, chance) for line in order.lines)
    goods = _goods(order.lines, discounts)
    discount = _rounded_down(goods * Decimal("0.05"))
    if kind < 2 / 3:
        return Charges({"discount": str(discount)}, tuple(map(str, discounts)))
    return Charges(_in_full(goods, discount), tuple(map(str, discounts)))


def _part_of(line: PastLine, chance: random.Random) -> Decimal:
    """One line in four is a tenth cheaper."""
    price = line.pieces * Decimal(line.unit_price)
    return _rounded_down(price / 10) if chance.random() < 1 / 4 else Decimal(0)


def _goods(lines: Iterable[PastLine], discounts: Iterable[Decimal]) -> Decimal:
    return sum(
        (
            line.pieces * Decimal(line.unit_price) - discount
            for line, discount in zip(lines, discounts, strict=True)
        ),
        Decimal(0),
    )


def _in_full(goods: Decimal, discount: Decimal) -> dict[str, str]:
    total = goods - discount + _SHIPPING + _FEES
    return {
        "discount": str(discount),
        "shipping_charged": str(_SHIPPING),
        "fees_charged": str(_FEES),
        "tax_charged": str(_rounded_down(total * _TAX_INSIDE)),
        "total_charged": str(total),
    }


def _rounded_down(amount: Decimal) -> Decimal:
    return amount.quantize(_CENT, ROUND_DOWN)
