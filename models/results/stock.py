"""What became of stock: checked, booked, counted, given up, returned."""

from typing import Literal

from pydantic import Field, computed_field

from domain.messages import Message, Plural, Value
from models.enums import LackingReason, ShortPickReason
from models.messages import MessageData
from models.results.base import StepResult

_BOOKED_OUT = Plural("{pieces} piece booked out", "{pieces} pieces booked out", "pieces")
_BOOKED_IN = Plural("{pieces} piece booked in", "{pieces} pieces booked in", "pieces")


class ShortLine(StepResult):
    """A line that stock cannot fill, and why: as a picker says, or a packer, for each reason."""

    sku: str
    wanted: int
    available: int
    why: ShortPickReason | Literal[""] = ""
    at_the_bench: tuple[LackingReason, ...] = ()

    @property
    def reason(self) -> Message | None:
        """Why, if somebody has said so."""
        if self.at_the_bench:
            reasons = {"reasons": self.at_the_bench}
            return Message("lacking-at-bench", "{reasons} at the bench", reasons)
        return Message("short-pick-reason", "{why}", {"why": self.why}) if self.why else None

    def said(self) -> Message:
        """How much there is of what is wanted, and why not more."""
        values: dict[str, Value] = {
            "sku": self.sku,
            "wanted": self.wanted,
            "available": self.available,
            "why": self.reason,
        }
        if self.reason:
            return Message(
                "shortage-why", "{sku}: {wanted} wanted, {available} available, {why}", values
            )
        return Message("shortage", "{sku}: {wanted} wanted, {available} available", values)


def _with_reasons(what: Message, reasons: tuple[Message, ...]) -> Message:
    """With why each warehouse was taken or not, where there are several."""
    if len(reasons) < 2:
        return what
    return Message("with-reasons", "{what} ({why:; })", {"what": what, "why": reasons})


class StockCheck(StepResult):
    """Whether every line was allocated, and in which warehouse; where not, nothing was.

    `reasons` has a message for each warehouse, why it was taken or not.
    """

    shortages: tuple[ShortLine, ...] = ()
    warehouse: str | None = None
    reasons: tuple[MessageData, ...] = ()

    @property
    def allocated(self) -> bool:
        """All lines are allocated."""
        return not self.shortages

    def said(self) -> Message:
        """What there is too little of, if anything."""
        if self.allocated:
            return _with_reasons(Message("lines-allocated", "all lines allocated"), self.reasons)
        short = {"lines": tuple(line.said() for line in self.shortages)}
        return _with_reasons(Message("backordered", "backordered: {lines:; }", short), self.reasons)


class StockBooked(StepResult):
    """Stock that left: pieces per SKU."""

    quantities: dict[str, int]

    def said(self) -> Message:
        """How many pieces left."""
        return Message("booked-out", _BOOKED_OUT, {"pieces": sum(self.quantities.values())})


class StockReleased(StepResult):
    """A count found too little of a product, and the order gave way to older ones."""

    sku: str
    wanted: int
    available: int
    counted_by: str
    reference: str

    def said(self) -> Message:
        """What the count left of what is wanted."""
        values: dict[str, Value] = {
            "sku": self.sku,
            "wanted": self.wanted,
            "available": self.available,
            "reference": self.reference,
            "who": self.counted_by,
        }
        return Message(
            "left-by-count",
            "{sku}: {wanted} wanted, {available} left by count {reference} of {who}",
            values,
        )


class StockReallocated(StepResult):
    """The order holds again what it gave up, maybe in another warehouse."""

    warehouse: str | None = None
    reasons: tuple[MessageData, ...] = ()

    def said(self) -> Message:
        """That nothing is missing any more."""
        again = Message("lines-allocated-again", "all lines allocated again")
        return _with_reasons(again, self.reasons)


class StockCounted(StepResult):
    """A count of a product's pieces, beside what the books had.

    `warehouse` is the code of the one that was counted, where there are several.
    """

    sku: str
    warehouse: str = ""
    before: int
    counted: int
    counted_by: str
    short_orders: tuple[int, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def difference(self) -> int:
        """Pieces more than the books had; less than 0: fewer."""
        return self.counted - self.before

    @property
    def differs(self) -> bool:
        """The books were wrong."""
        return self.counted != self.before

    def said(self) -> Message:
        """What was counted, what the books had, and which orders that puts short."""
        values: dict[str, Value] = {
            "what": self._what(),
            "counted": self.counted,
            "before": self.before,
            "difference": f"{self.difference:+}",
            "orders": tuple(map(str, self.short_orders)),
        }
        if not self.differs:
            return Message(
                "counted-as-booked", "{what}: {counted} counted, as the books had it", values
            )
        if self.short_orders:
            return Message(
                "counted-and-short",
                "{what}: {counted} counted, the books had {before} ({difference});"
                " short and with the operator: {orders}",
                values,
            )
        return Message(
            "counted-otherwise",
            "{what}: {counted} counted, the books had {before} ({difference})",
            values,
        )

    def _what(self) -> Message:
        values = {"sku": self.sku, "warehouse": self.warehouse}
        if self.warehouse:
            return Message("sku-in-warehouse", "{sku} in {warehouse}", values)
        return Message("sku", "{sku}", values)


class StockReturned(StepResult):
    """What became of a cancelled order's goods, in pieces per SKU.

    `returned` were booked out and are in stock again; others had never left it.
    """

    returned: dict[str, int] = Field(default_factory=dict)
    damaged: dict[str, int] = Field(default_factory=dict)
    missing: dict[str, int] = Field(default_factory=dict)

    def said(self) -> Message:
        """How many pieces came back, and what is not whole."""
        return but_for(self._booked(), self.damaged, self.missing)

    def _booked(self) -> Message:
        if not self.returned:
            return Message("stock-set-free", "stock set free")
        return Message("booked-in", _BOOKED_IN, {"pieces": sum(self.returned.values())})


def but_for(what: Message, damaged: dict[str, int], missing: dict[str, int]) -> Message:
    """What is back, but for what is not whole again: damaged and missing pieces by SKU."""
    lost = [
        Message("pieces-damaged", "{pieces} of {sku} damaged", {"pieces": pieces, "sku": sku})
        for sku, pieces in damaged.items()
    ]
    lost += [
        Message("pieces-missing", "{pieces} of {sku} missing", {"pieces": pieces, "sku": sku})
        for sku, pieces in missing.items()
    ]
    if not lost:
        return what
    return Message("back-but-for", "{what}; {lost}", {"what": what, "lost": tuple(lost)})
