"""Why something was done: in Packline's words, in a person's, or in both.

Packline's words are messages, and are said in the language of whoever reads them. What a person has
typed stays as it is, and is kept apart from everything else (docs/decisions/0024).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.messages import Message

STOCK_IS_SHORT = Message("stock-is-short", "stock is short")
STOCK_IS_THERE = Message("stock-is-there", "the stock is there")
PICKED_SHORT = Message("picked-short", "picked short")
NOT_FOUND_IN_STOCK = Message("not-found-in-stock", "not found in stock")
WAS_ON_HOLD = Message("was-on-hold", "was on hold")
ORDER_IS_CANCELLED = Message("order-is-cancelled", "the order is cancelled")
RUN_CANCELLED = Message("run-cancelled-in-prefect", "its flow run was cancelled in Prefect")


@dataclass(frozen=True)
class Reason:
    """Why: what Packline `says`, the `note` that somebody typed, or both.

    `kept` is what the order has in its row already, where it was said before.
    """

    says: Message | None = None
    note: str = ""
    kept: str = ""

    def __str__(self) -> str:
        """In English, as the rows of orders and refunds keep it."""
        if self.kept:
            return self.kept
        if self.says and self.note:
            return f"{self.says} ({self.note})"
        return str(self.says or self.note)


def picked_short_because(reasons: Sequence[Message]) -> Message:
    """Too little was found, and other warehouses give the rest, for these reasons."""
    return Message("picked-short-why", "picked short ({reasons:; })", {"reasons": tuple(reasons)})


def no_warehouse_has_all(reasons: Sequence[Message]) -> Message:
    """Several warehouses send an order, for these reasons."""
    return Message(
        "no-warehouse-has-all",
        "no warehouse has all of it ({reasons:; })",
        {"reasons": tuple(reasons)},
    )


def pieces_by_sku(pieces: dict[str, int]) -> tuple[Message, ...]:
    """So many of each product, as the items of a list."""
    return tuple(
        Message("pieces-of-sku", "{pieces} of {sku}", {"pieces": number, "sku": sku})
        for sku, number in pieces.items()
    )
