"""Which box a parcel's goods fit into. Grams and millimetres."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod

FILLED = 0.8
"""So much of a box's room can be filled with goods that are not cut to measure."""

Sides = tuple[int, int, int]


@dataclass(frozen=True)
class Goods:
    """So many pieces of a product. `sides` of one piece; None: nobody has measured it."""

    sides: Sides | None
    grams: int
    pieces: int


@dataclass(frozen=True)
class Box:
    """A box, with its sides inside, its own weight, and the most that it carries."""

    code: str
    sides: Sides
    grams: int
    carries_grams: int

    @property
    def volume(self) -> int:
        """The room inside, in cubic millimetres."""
        return prod(self.sides)


def by_size(boxes: Iterable[Box]) -> list[Box]:
    """The smallest box first; of two with the same room, the lighter one."""
    return sorted(boxes, key=lambda box: (box.volume, box.grams, box.code))


def smallest_box(boxes: Iterable[Box], goods: Sequence[Goods]) -> Box | None:
    """The smallest box that all the goods fit into; None if there is none, or where the sides of
    some are not known.

    They fit if each piece does, turned as it may be, if their volumes add up to no more than a
    share of the room, and if the box carries their weight. Nobody works out how to stack them: it
    is a proposal, and the packer decides.
    """
    if not goods:
        return None
    return next((box for box in by_size(boxes) if _holds(box, goods)), None)


def _holds(box: Box, goods: Sequence[Goods]) -> bool:
    measured = [(each.sides, each.pieces) for each in goods if each.sides is not None]
    if len(measured) < len(goods):
        return False
    volume = sum(prod(sides) * pieces for sides, pieces in measured)
    alone = sum(each.pieces for each in goods) == 1
    return (
        all(_goes_in(sides, box.sides) for sides, _ in measured)
        and volume <= box.volume * (1 if alone else FILLED)
        and sum(each.grams * each.pieces for each in goods) <= box.carries_grams
    )


def _goes_in(sides: Sides, room: Sides) -> bool:
    return all(side <= most for side, most in zip(sorted(sides), sorted(room), strict=True))
