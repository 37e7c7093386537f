"""Whether stock suffices for an order, all of it or none, and who comes first when it is short."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Which = tuple[int, int]
"""A shipment: its order's number, and its own."""


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
    """A shipment that waits for stock, with all that it wants."""

    which: Which
    wanted: tuple[Wanted, ...]


def left_over(available: Mapping[str, int], claimed: Mapping[str, int]) -> dict[str, int]:
    """What is available to an order once those before it have what they claim: pieces by SKU."""
    return {sku: max(0, pieces - claimed.get(sku, 0)) for sku, pieces in available.items()}


def fillable(
    waiting: Iterable[Waiting], available: Mapping[str, int], *, in_turn: bool
) -> list[Which]:
    """The shipments that can be filled now, those first that stand first in `waiting`.

    A shipment is filled whole or not at all. With `in_turn`, one that cannot be filled yet keeps
    all that it wants from those behind it, so that none waits for ever.
    """
    left = Counter(available)
    filled = []
    for shipment in waiting:
        fits = not shortages(shipment.wanted, left)
        if fits:
            filled.append(shipment.which)
        if fits or in_turn:
            for item in shipment.wanted:
                left[item.sku] -= item.quantity
    return filled


def giving_way(held: Mapping[Which, int], excess: int) -> list[Which]:
    """The shipments that give up what they hold until `excess` pieces are free, the newest first.

    `held` is pieces by number, the order's first. As few as that takes; all of them where even
    that is too little.
    """
    chosen: list[Which] = []
    for number in sorted(held, reverse=True):
        if excess <= 0:
            break
        chosen.append(number)
        excess -= held[number]
    return chosen
