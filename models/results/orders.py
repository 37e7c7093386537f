"""What became of an order: claimed, priced, split, held, redirected, cancelled, shipped."""

from datetime import datetime

from domain.messages import Message, Value
from domain.money import amount
from domain.reasons import pieces_by_sku
from models.enums import HoldReason, OrderStatus
from models.messages import MessageData
from models.results.base import StepResult


class ClaimedOrder(StepResult):
    """The order that this run works on, and which of its shipments."""

    number: int
    shipment: int = 1

    def said(self) -> Message:
        """That somebody is at it."""
        return Message("taken-up", "taken up")


class ShipmentSplit(StepResult):
    """Pieces by SKU that travel as another shipment, of that number, from now on."""

    shipment: int
    moved: dict[str, int]
    why: MessageData

    def said(self) -> Message:
        """What went to which shipment, and why."""
        values: dict[str, Value] = {
            "pieces": pieces_by_sku(self.moved),
            "number": self.shipment,
            "why": self.why,
        }
        return Message("pieces-split", "{pieces} as shipment {number}: {why}", values)


class OrderValue(StepResult):
    """What the customer was charged, in minor units."""

    items_minor: int
    shipping_minor: int
    fees_minor: int
    tax_minor: int
    total_minor: int
    currency: str

    def said(self) -> Message:
        """The total."""
        total = amount(self.total_minor, self.currency)
        return Message("order-total", "total {total}", {"total": total})


class StatusChange(StepResult):
    """The order has a new status; why is told where somebody asked for it."""

    untold = frozenset({"reason"})

    status: OrderStatus
    reason: str = ""

    def said(self) -> Message:
        """The status."""
        return Message("new-status", "{status}", {"status": self.status})


class HoldSet(StepResult):
    """Who put an order on hold, when and why; `again`: it had been before."""

    order_number: int
    reason: HoldReason
    note: str
    held_by: str
    on_hold_since: datetime
    again: bool = False


class LinesCancelled(StepResult):
    """Pieces by SKU that will not ship, and the key of the refund for them, if money comes back.

    `lines` has the same pieces by the position of the line off which they came; `to_restock` are
    those of them that were picked before, and lie in a tote.
    """

    cancelled: dict[str, int]
    lines: dict[int, int] = {}
    to_restock: dict[str, int] = {}
    refund: str | None = None

    def said(self) -> Message:
        """What will not ship."""
        pieces = pieces_by_sku(self.cancelled)
        return Message("will-not-ship", "{pieces} will not ship", {"pieces": pieces})


class CancelledOnRequest(StepResult):
    """Pieces by SKU that will not ship; with `order`, that was all that was left of it."""

    order_number: int
    cancelled: dict[str, int]
    order: bool = False


class AddressChanged(StepResult):
    """Where an order goes now. What the customer was charged stays.

    `differs` says what the tables would have now: other taxes there, or another zone. `new_labels`
    are the shipments whose parcels get other labels. `again`: it went there before.
    """

    order_number: int
    address: str
    differs: tuple[MessageData, ...] = ()
    new_labels: tuple[int, ...] = ()
    again: bool = False


class OrderRefunded(StepResult):
    """What comes back to the customer: the refund of that key, if any.

    The `last` shipment of an order that goes back settles it for all of them.
    """

    last: bool
    refund: str = ""

    def said(self) -> Message:
        """Which refund, or that there is none."""
        if not self.last:
            return Message("settled-with-others", "settled with the order's other shipments")
        if self.refund:
            return Message("comes-back-as", "{refund}", {"refund": self.refund})
        return Message("nothing-comes-back", "nothing comes back")


class CancellationAsked(StepResult):
    """Who asked to cancel an order, when and why; `again`: somebody else had asked before."""

    order_number: int
    asked_by: str
    asked_at: datetime
    reason: str
    again: bool = False


class Shipped(StatusChange):
    """The end of the road."""

    collected_at: datetime | None
