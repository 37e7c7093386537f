"""What became of an order: claimed, priced, split, held, redirected, cancelled, shipped."""

from datetime import datetime

from models.enums import HoldReason, OrderStatus
from models.results.base import StepResult


class ClaimedOrder(StepResult):
    """The order that this run works on, and which of its shipments."""

    number: int
    shipment: int = 1

    def __str__(self) -> str:
        return "taken up"


class ShipmentSplit(StepResult):
    """Pieces by SKU that travel as another shipment, of that number, from now on."""

    shipment: int
    moved: dict[str, int]
    why: str

    def __str__(self) -> str:
        listed = ", ".join(f"{pieces} of {sku}" for sku, pieces in self.moved.items())
        return f"{listed} as shipment {self.shipment}: {self.why}"


class OrderValue(StepResult):
    """What the customer pays, in minor units."""

    items_minor: int
    shipping_minor: int
    tax_minor: int
    total_minor: int
    currency: str

    def __str__(self) -> str:
        return f"total {self.total_minor} minor units of {self.currency}"


class StatusChange(StepResult):
    """The order has a new status."""

    status: OrderStatus
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.status}{f': {self.reason}' if self.reason else ''}"


class HoldSet(StepResult):
    """Who put an order on hold, when and why; `again`: it had been before."""

    order_number: int
    reason: HoldReason
    note: str
    held_by: str
    on_hold_since: datetime
    again: bool = False


class LinesCancelled(StepResult):
    """Pieces by SKU that will not ship, and the key of the refund for them, if money comes back."""

    cancelled: dict[str, int]
    refund: str | None = None

    def __str__(self) -> str:
        listed = ", ".join(f"{pieces} of {sku}" for sku, pieces in self.cancelled.items())
        return f"{listed} will not ship"


class AddressChanged(StepResult):
    """Where an order goes now, and the key of the refund if that costs less.

    `new_labels` are the shipments whose parcels get other labels. `again`: it went there before.
    """

    order_number: int
    address: str
    refund: str = ""
    new_labels: tuple[int, ...] = ()
    again: bool = False


class OrderRefunded(StepResult):
    """What comes back to the customer: the refund of that key, if any.

    The `last` shipment of an order that goes back settles it for all of them. `unpriced` says why
    the order has no value, so that nobody knows what comes back.
    """

    last: bool
    refund: str = ""
    unpriced: str = ""

    def __str__(self) -> str:
        if not self.last:
            return "settled with the order's other shipments"
        if self.unpriced:
            return f"the order has no value: {self.unpriced}"
        return self.refund or "nothing comes back"


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
