"""The lines of an order of which pieces are cancelled. No Prefect here.

Whoever picks and packs knows products; what was charged is kept by lines, of which two may be of
one product.
"""

from collections.abc import Mapping, Sequence

from domain.refunds import LineLeft, pieces_off
from models.tables.orders import OrderLine, SalesOrder


def cancel_pieces(
    order: SalesOrder, pieces: Mapping[str, int], first: Sequence[int] = ()
) -> dict[int, int]:
    """Take so many pieces by SKU off the lines of a locked order, from those at the positions
    `first` before others. Returns the pieces by the position of their line.

    The audit says the same: *lines cancel no more than was ordered*.
    """
    taken: dict[int, int] = {}
    for sku, wanted in pieces.items():
        lines = [_left(line) for line in order.lines if line.sku == sku]
        taken |= pieces_off(lines, wanted, first)
    for line in order.lines:
        line.cancelled += taken.get(line.position, 0)
    return taken


def _left(line: OrderLine) -> LineLeft:
    return LineLeft(line.position, line.shipping_pieces, line.quantity, line.charged_minor)
