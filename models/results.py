"""What steps give back: small, frozen, and kept in the ledger as JSON.

`str(result)` is the sentence that the order's timeline shows.
"""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, computed_field

from models.enums import HoldReason, OrderStatus


class StepResult(BaseModel):
    """The base of all of them."""

    model_config = ConfigDict(frozen=True)

    def __str__(self) -> str:
        return ""


class ClaimedOrder(StepResult):
    """The order that this run works on, and which of its shipments."""

    number: int
    shipment: int = 1

    def __str__(self) -> str:
        return "taken up"


class ShortLine(StepResult):
    """A line that stock cannot fill."""

    sku: str
    wanted: int
    available: int
    why: str = ""

    def __str__(self) -> str:
        why = f", {self.why}" if self.why else ""
        return f"{self.sku}: {self.wanted} wanted, {self.available} available{why}"


def _with_reasons(sentence: str, reasons: tuple[str, ...]) -> str:
    """With why each warehouse was taken or not, where there are several."""
    return f"{sentence} ({'; '.join(reasons)})" if len(reasons) > 1 else sentence


class StockCheck(StepResult):
    """Whether every line was reserved, and in which warehouse; where not, nothing was.

    `reasons` has a sentence for each warehouse, why it was taken or not.
    """

    shortages: tuple[ShortLine, ...] = ()
    warehouse: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def reserved(self) -> bool:
        """All lines are reserved."""
        return not self.shortages

    def __str__(self) -> str:
        if self.reserved:
            return _with_reasons("all lines reserved", self.reasons)
        short = "backordered: " + "; ".join(map(str, self.shortages))
        return _with_reasons(short, self.reasons)


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


class TaskOpened(StepResult):
    """A staff task waits for its person."""

    task_id: int
    role: str
    due_at: datetime

    def __str__(self) -> str:
        return f"task {self.task_id} for the {self.role}"


class ChecklistItem(StepResult):
    """One thing to fetch."""

    sku: str
    name: str
    barcode: str
    bin: str
    quantity: int
    weight_grams: int


class PickingChecklist(StepResult):
    """What to fetch, in walking order of the bins.

    `warehouse` is the name of the one to walk through, where there are several.
    """

    items: tuple[ChecklistItem, ...]
    warehouse: str = ""

    def __str__(self) -> str:
        pieces = sum(item.quantity for item in self.items)
        where = f" in {self.warehouse}" if self.warehouse else ""
        return f"{pieces} pieces from {len(self.items)} bins{where}"


class Picked(StepResult):
    """How many pieces of each product were found by now, and what is still missing, with why."""

    picked_by: str
    quantities: dict[str, int]
    missing: tuple[ShortLine, ...] = ()

    @property
    def complete(self) -> bool:
        """Everything ordered was found."""
        return not self.missing

    def __str__(self) -> str:
        if self.complete:
            return f"picked in full by {self.picked_by}"
        return f"picked short by {self.picked_by}: " + "; ".join(map(str, self.missing))


class Parcel(StepResult):
    """A packed parcel: grams and millimetres."""

    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int


class Packed(StepResult):
    """The parcels of an order."""

    packed_by: str
    parcels: tuple[Parcel, ...]

    def __str__(self) -> str:
        grams = sum(parcel.weight_grams for parcel in self.parcels)
        return f"{len(self.parcels)} parcels, {grams} g, packed by {self.packed_by}"


class Decision(StepResult):
    """What the operator decided about an order that cannot go on, and what comes of it.

    `cancelled_lines` is the number, from 1, of the ledger's record of pieces that will not ship.
    """

    decided_by: str
    cancels: bool = False
    note: str = ""
    choice: str = ""
    waits: bool = False
    ships_what_is_there: bool = False
    cancelled_lines: int = 0

    def __str__(self) -> str:
        what = self.choice or ("cancel the order" if self.cancels else "try again")
        return f"{self.decided_by} decided: {what}{f' ({self.note})' if self.note else ''}"


class HoldEnded(StepResult):
    """What the operator decided about an order on hold."""

    decided_by: str
    cancels: bool
    note: str = ""

    def __str__(self) -> str:
        what = "cancel the order" if self.cancels else "release"
        return f"{self.decided_by} decided: {what}{f' ({self.note})' if self.note else ''}"


class HoldSet(StepResult):
    """Who put an order on hold, when and why; `again`: it had been before."""

    order_number: int
    reason: HoldReason
    note: str
    held_by: str
    held_at: datetime
    again: bool = False


class LinesCancelled(StepResult):
    """Pieces by SKU that will not ship, and the key of the refund for them, if money comes back."""

    cancelled: dict[str, int]
    refund: str | None = None

    def __str__(self) -> str:
        listed = ", ".join(f"{pieces} of {sku}" for sku, pieces in self.cancelled.items())
        return f"{listed} will not ship"


class StockBooked(StepResult):
    """Stock that left: pieces per SKU."""

    quantities: dict[str, int]

    def __str__(self) -> str:
        return f"{sum(self.quantities.values())} pieces booked out"


class StockGivenUp(StepResult):
    """A count found too little of a product, and the order gave way to older ones."""

    sku: str
    wanted: int
    available: int
    counted_by: str
    reference: str

    def __str__(self) -> str:
        return (
            f"{self.sku}: {self.wanted} wanted, {self.available} left by count {self.reference}"
            f" of {self.counted_by}"
        )


class StockRegained(StepResult):
    """The order holds again what it gave up, maybe in another warehouse."""

    warehouse: str | None = None
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _with_reasons("all lines reserved again", self.reasons)


class StockCounted(StepResult):
    """A count of a product's pieces, beside what the books had.

    `warehouse` is the code of the one that was counted, where there are several.
    """

    sku: str
    warehouse: str = ""
    before: int
    counted: int
    counted_by: str
    put_short: tuple[int, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def difference(self) -> int:
        """Pieces more than the books had; less than 0: fewer."""
        return self.counted - self.before

    @property
    def differs(self) -> bool:
        """The books were wrong."""
        return self.counted != self.before

    def __str__(self) -> str:
        what = f"{self.sku} in {self.warehouse}" if self.warehouse else self.sku
        if not self.differs:
            return f"{what}: {self.counted} counted, as the books had it"
        change = f"the books had {self.before} ({self.difference:+})"
        return f"{what}: {self.counted} counted, {change}{self._who_lost()}"

    def _who_lost(self) -> str:
        if not self.put_short:
            return ""
        return f"; put short and with the operator: {', '.join(map(str, self.put_short))}"


class PutBackAssigned(StepResult):
    """A person puts the goods of a cancelled order back; no task: nothing was picked."""

    task_id: int | None = None
    pieces: int = 0

    @property
    def needed(self) -> bool:
        """Somebody has to walk."""
        return self.task_id is not None

    def __str__(self) -> str:
        if not self.needed:
            return "nothing was picked"
        return f"task {self.task_id}: {self.pieces} pieces to put back"


class PutBack(StepResult):
    """The goods of a cancelled order are back in their bins, but for these pieces per SKU.

    `returned` were booked out and are in stock again. `booked`: the stock changed with the answer;
    *Return Stock* does it where nothing was picked, and for answers older than that rule.
    """

    put_back_by: str = ""
    returned: dict[str, int] = Field(default_factory=dict)
    damaged: dict[str, int] = Field(default_factory=dict)
    missing: dict[str, int] = Field(default_factory=dict)
    booked: bool = False

    def __str__(self) -> str:
        if not (self.damaged or self.missing):
            return f"all back, says {self.put_back_by}"
        return f"back, says {self.put_back_by}{_but_for(self.damaged, self.missing)}"


class StockReturned(StepResult):
    """What became of a cancelled order's goods, in pieces per SKU.

    `returned` were booked out and are in stock again; others had never left it.
    """

    returned: dict[str, int] = Field(default_factory=dict)
    damaged: dict[str, int] = Field(default_factory=dict)
    missing: dict[str, int] = Field(default_factory=dict)

    def __str__(self) -> str:
        booked = f"{sum(self.returned.values())} pieces booked in" if self.returned else ""
        return f"{booked or 'stock set free'}{_but_for(self.damaged, self.missing)}"


def _but_for(damaged: dict[str, int], missing: dict[str, int]) -> str:
    said = [f"{pieces} of {sku} damaged" for sku, pieces in damaged.items()]
    said += [f"{pieces} of {sku} missing" for sku, pieces in missing.items()]
    return f"; {', '.join(said)}" if said else ""


class PickupCancelled(StepResult):
    """The collection that was called off, by its key; none: none was ordered."""

    called_off: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.called_off:
            return "no pickup was ordered"
        return f"called off {', '.join(self.called_off)}"


class AddressChanged(StepResult):
    """Where an order goes now, and the key of the refund if that costs less.

    `new_labels` are the shipments whose parcels get other labels. `again`: it went there before.
    """

    order_number: int
    address: str
    refund: str = ""
    new_labels: tuple[int, ...] = ()
    again: bool = False


class LabelsVoided(StepResult):
    """The labels that were given back, by their keys."""

    voided: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"voided {', '.join(self.voided)}" if self.voided else "there were no labels"


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


class LabelsBought(StepResult):
    """One tracking number per parcel."""

    carrier: str
    tracking_numbers: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.carrier}: {', '.join(self.tracking_numbers)}"


class ShippingCost(StepResult):
    """What the carrier takes, beside what the customer was charged; minor units."""

    cost_minor: int
    charged_minor: int
    currency: str

    def __str__(self) -> str:
        return (
            f"costs {self.cost_minor}, charged {self.charged_minor} minor units of {self.currency}"
        )


class TrackingInfo(StepResult):
    """How the customer follows the order."""

    carrier: str
    tracking_number: str

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_number}"


class MailSent(StepResult):
    """A mail that the mail server took, or will never take."""

    message_id: str
    recipients: tuple[str, ...]
    problem: str = ""

    def __str__(self) -> str:
        if not self.recipients:
            return "left to the last shipment of the order"
        whom = ", ".join(self.recipients)
        return f"refused for {whom}: {self.problem}" if self.problem else f"mailed to {whom}"


class CancellationTold(MailSent):
    """The mail about a cancelled order.

    `tells` are the keys of the line notices that it stands for: lines that were cancelled before,
    and of which no mail had told the customer.
    """

    tells: tuple[str, ...] = ()


class PickupBooked(StepResult):
    """The carrier will come, and the coordinator has a task."""

    reference: str
    task_id: int

    def __str__(self) -> str:
        return f"booked as {self.reference}, task {self.task_id}"


class PickupOutcome(StepResult):
    """The carrier has the parcels. Without `collected_at` they were called back before it had them:
    they go elsewhere, and need other labels.
    """

    handed_over_by: str
    confirmation_number: str = ""
    collected_at: datetime | None = None

    @property
    def collected(self) -> bool:
        """The carrier has them."""
        return self.collected_at is not None

    def __str__(self) -> str:
        if not self.collected:
            return "the parcels go elsewhere and get other labels first"
        return f"collected, confirmation {self.confirmation_number}, says {self.handed_over_by}"


class Shipped(StatusChange):
    """The end of the road."""

    collected_at: datetime | None


class GateOutcome(StepResult):
    """What became of one round of a gate: an accepted answer, or why it was refused."""

    accepted: bool
    answer: dict[str, Any] = Field(default_factory=dict)
    complaint: str = ""


class DaySummed(StepResult):
    """A day summed up; `revenue` as in the table `daily_summary`."""

    day: date
    revision: int
    orders_received: int
    orders_shipped: int
    units_shipped: int
    backlog: int
    revenue: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.orders_shipped} orders shipped, backlog {self.backlog}"


class ReportMade(StepResult):
    """The report is written and waits in the outbox."""

    message_key: str
    subject: str
    artifact: str

    def __str__(self) -> str:
        return self.subject
