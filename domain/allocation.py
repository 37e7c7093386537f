"""Whether stock suffices for an order, all of it or none, and who comes first when it is short."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits for stock, with all that it wants."""

    number: int
    wanted: tuple[Wanted, ...]


def left_over(available: Mapping[str, int], claimed: Mapping[str, int]) -> dict[str, int]:
    """What is available to an order once those before it have what they claim: pieces by SKU."""
    return {sku: max(0, pieces - claimed.get(sku, 0)) for sku, pieces in available.items()}


def fillable(
    waiting: Iterable[Waiting], available: Mapping[str, int], *, in_turn: bool
) -> list[int]:
    """The orders that can be filled now, those first that stand first in `waiting`.

    An order is filled whole or not at all. With `in_turn`, one that cannot be filled yet keeps all
    that it wants from those behind it, so that no order waits for ever.
    """
    left = Counter(available)
    filled = []
    for order in waiting:
        fits = not shortages(order.wanted, left)
        if fits:
            filled.append(order.number)
        if fits or in_turn:
            for item in order.wanted:
                left[item.sku] -= item.quantity
    return filled


def giving_way(held: Mapping[int, int], excess: int) -> list[int]:
    """The orders that give up what they hold until `excess` pieces are free, the newest first.

    `held` is pieces by order number. As few orders as that takes; all of them where even that is
    too little.
    """
    chosen: list[int] = []
    for number in sorted(held, reverse=True):
        if excess <= 0:
            break
        chosen.append(number)
        excess -= held[number]
    return chosen
