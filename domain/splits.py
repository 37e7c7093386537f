"""What stays of a shipment and what is moved to another one. Pieces are counted by SKU."""

from collections.abc import Mapping

from domain.errors import PacklineError


class CannotSplit(PacklineError):
    """These pieces cannot be moved; the message says why."""


def stays(pieces: Mapping[str, int], moved: Mapping[str, int]) -> dict[str, int]:
    """What is left of a shipment's pieces once some are moved; 0 where all are.

    Raises `CannotSplit` where nothing is moved, nothing is left, or more is moved than is there.
    """
    if not any(moved.values()):
        raise CannotSplit("Nothing is to be moved to another shipment: name a product and pieces.")
    for sku, quantity in moved.items():
        if not 0 <= quantity <= pieces.get(sku, 0):
            raise CannotSplit(
                f"The shipment has {pieces.get(sku, 0)} of {sku} to move, and {quantity} were to"
                " be: correct the number."
            )
    left = {sku: quantity - moved.get(sku, 0) for sku, quantity in pieces.items()}
    if not any(left.values()):
        raise CannotSplit("Nothing would be left of the shipment: let it wait in place of that.")
    return left
