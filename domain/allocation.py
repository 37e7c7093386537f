"""Whether stock suffices for an order, all of it or none, and who comes first when it is short."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ShipmentId = tuple[int, int]
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


def shortages(wanted: Iterable[Wanted], available: Mapping[str, int]) -> list[Shortage]:
    """What stands in the way of allocating everything that is wanted; empty: nothing does.

    A product that is wanted in several places counts in sum. One that is missing from `available`
    has no pieces. The shortages stand in the order in which their products are first wanted.
    """
    return [
        Shortage(item.sku, item.quantity, available.get(item.sku, 0))
        for item in in_sum(wanted)
        if item.quantity > available.get(item.sku, 0)
    ]


def in_sum(wanted: Iterable[Wanted]) -> list[Wanted]:
    """Each product once, with all that is wanted of it, in the order of the first mention."""
    pieces: Counter[str] = Counter()
    for item in wanted:
        pieces[item.sku] += item.quantity
    return [Wanted(sku, quantity) for sku, quantity in pieces.items()]


def yields_to(held: Mapping[ShipmentId, int], excess: int) -> list[ShipmentId]:
    """The shipments that give up what they hold until `excess` pieces are free, in the given order.

    `held` is the pieces that each may give up. As few shipments as that takes; all of them where
    even that is too little.
    """
    chosen: list[ShipmentId] = []
    for which, pieces in held.items():
        if excess <= 0:
            break
        chosen.append(which)
        excess -= pieces
    return chosen
