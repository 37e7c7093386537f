"""Whether stock suffices for an order: all of it, or none."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many pieces of a product that an order line asks for."""

    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Shortage:
    """A product of which more pieces are wanted than are available."""

    sku: str
    wanted: int
    available: int


def shortages(wanted: Sequence[Wanted], available: Mapping[str, int]) -> list[Shortage]:
    """What stands in the way of reserving everything that is wanted; empty: nothing does.

    A product that is wanted in several places counts in sum. One that is missing from `available`
    has no pieces. The shortages stand in the order in which their products are first wanted.
    """
    in_sum: Counter[str] = Counter()
    for item in wanted:
        in_sum[item.sku] += item.quantity
    return [
        Shortage(sku, quantity, available.get(sku, 0))
        for sku, quantity in in_sum.items()
        if quantity > available.get(sku, 0)
    ]
