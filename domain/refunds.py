"""What comes back to a customer of a line of which pieces do not ship.

All amounts are whole minor units. Of k pieces of a line of n, half up (charged × k / n) has come
back in all, k counted over all cancellations: the last piece brings what is left, to the unit.
Tax on top goes by the same rule. Tax inside goes by what came back of the amount that it is inside
of, so that no refund has more tax than it gives back. No price rule (three for two, free from 50)
is judged again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from domain.money import half_up


class ShippingRefunds(StrEnum):
    """When what was charged for shipping comes back."""

    AT_THE_END = "at the end"
    BY_SHARE = "by share"


def for_pieces(amount_minor: int, pieces: int, of: int) -> int:
    """What so many pieces of a line have of an amount that is all its pieces', half up: so much has
    come back, in all, once they are cancelled.

    The audit says the same: *refunds of a line are its share of what was charged*.
    """
    return half_up(Fraction(amount_minor * pieces, of))


def tax_for_pieces(tax_minor: int, amount_minor: int, pieces: int, of: int, *, inside: bool) -> int:
    """What so many pieces of a line have of the tax on an amount, half up: so much has come back,
    in all, once they are cancelled. It is the pieces' part of it; of tax that is `inside`, the part
    that their amount has.

    The audit says the same: *refunds of a line are its share of what was charged*.
    """
    if inside and amount_minor:
        return for_pieces(tax_minor, for_pieces(amount_minor, pieces, of), amount_minor)
    return for_pieces(tax_minor, pieces, of)


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of which so many pieces are left of those that were ordered, for so much."""

    position: int
    left: int
    quantity: int
    charged_minor: int


def pieces_off(lines: Sequence[LineLeft], pieces: int, first: Sequence[int] = ()) -> dict[int, int]:
    """From which lines of one product, by position, so many pieces are taken off.

    Those named in `first` come first; then the one that was charged most per piece, which is in the
    customer's favour, and of equal ones the later. Raises `ValueError` if too few are left.
    """
    taken: dict[int, int] = {}
    for line in sorted(lines, key=lambda line: _favour(line, first)):
        if pieces and line.left:
            taken[line.position] = min(line.left, pieces)
            pieces -= taken[line.position]
    if pieces:
        raise ValueError(f"{pieces} more pieces than are left")
    return taken


def _favour(line: LineLeft, first: Sequence[int]) -> tuple[int, Fraction, int]:
    rank = first.index(line.position) if line.position in first else len(first)
    return rank, -Fraction(line.charged_minor, line.quantity), -line.position
