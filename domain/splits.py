"""What stays of a shipment and what is moved to another one. Pieces are counted by SKU."""

from collections.abc import Mapping

from domain.errors import PacklineError


class CannotSplit(PacklineError):
    """These pieces cannot be moved; the message says why."""

    messages = {
        "nothing-to-move": (
            "Nothing is to be moved to another shipment: name a product and pieces."
        ),
        "more-than-shipment-has": (
            "The shipment has {pieces} of {sku} to move, and {wanted} were to be:"
            " correct the number."
        ),
        "nothing-left-of-shipment": (
            "Nothing would be left of the shipment: let it wait in place of that."
        ),
        "shipment-is-packed": (
            "Order {number} is with the packers: nothing is moved off it any more."
        ),
        "part-is-packed": (
            "Order {number}, shipment {shipment} is with the packers:"
            " nothing is moved off it any more."
        ),
    }


def stays(pieces: Mapping[str, int], moved: Mapping[str, int]) -> dict[str, int]:
    """What is left of a shipment's pieces once some are moved; 0 where all are.

    Raises `CannotSplit` where nothing is moved, nothing is left, or more is moved than is there.

    The audit says the same: *each piece ordered travels with one shipment or is cancelled*.
    """
    if not any(moved.values()):
        raise CannotSplit("nothing-to-move")
    for sku, quantity in moved.items():
        if not 0 <= quantity <= pieces.get(sku, 0):
            there = pieces.get(sku, 0)
            raise CannotSplit("more-than-shipment-has", pieces=there, sku=sku, wanted=quantity)
    left = {sku: quantity - moved.get(sku, 0) for sku, quantity in pieces.items()}
    if not any(left.values()):
        raise CannotSplit("nothing-left-of-shipment")
    return left
