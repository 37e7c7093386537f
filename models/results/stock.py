"""What became of stock: checked, booked, counted, given up, returned."""

from pydantic import Field, computed_field

from models.results.base import StepResult


class ShortLine(StepResult):
    """A line that stock cannot fill."""

    sku: str
    wanted: int
    available: int
    why: str = ""

    def __str__(self) -> str:
        why = f", {self.why}" if self.why else ""
        return f"{self.sku}: {self.wanted} wanted, {self.available} available{why}"


def with_reasons(sentence: str, reasons: tuple[str, ...]) -> str:
    """With why each warehouse was taken or not, where there are several."""
    return f"{sentence} ({'; '.join(reasons)})" if len(reasons) > 1 else sentence


class StockCheck(StepResult):
    """Whether every line was allocated, and in which warehouse; where not, nothing was.

    `reasons` has a sentence for each warehouse, why it was taken or not.
    """

    shortages: tuple[ShortLine, ...] = ()
    warehouse: str | None = None
    reasons: tuple[str, ...] = ()

    @property
    def allocated(self) -> bool:
        """All lines are allocated."""
        return not self.shortages

    def __str__(self) -> str:
        if self.allocated:
            return with_reasons("all lines allocated", self.reasons)
        short = "backordered: " + "; ".join(map(str, self.shortages))
        return with_reasons(short, self.reasons)


class StockBooked(StepResult):
    """Stock that left: pieces per SKU."""

    quantities: dict[str, int]

    def __str__(self) -> str:
        return f"{sum(self.quantities.values())} pieces booked out"


class StockReleased(StepResult):
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


class StockReallocated(StepResult):
    """The order holds again what it gave up, maybe in another warehouse."""

    warehouse: str | None = None
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        return with_reasons("all lines allocated again", self.reasons)


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

    def __str__(self) -> str:
        what = f"{self.sku} in {self.warehouse}" if self.warehouse else self.sku
        if not self.differs:
            return f"{what}: {self.counted} counted, as the books had it"
        change = f"the books had {self.before} ({self.difference:+})"
        return f"{what}: {self.counted} counted, {change}{self._who_lost()}"

    def _who_lost(self) -> str:
        if not self.short_orders:
            return ""
        return f"; short and with the operator: {', '.join(map(str, self.short_orders))}"


class StockReturned(StepResult):
    """What became of a cancelled order's goods, in pieces per SKU.

    `returned` were booked out and are in stock again; others had never left it.
    """

    returned: dict[str, int] = Field(default_factory=dict)
    damaged: dict[str, int] = Field(default_factory=dict)
    missing: dict[str, int] = Field(default_factory=dict)

    def __str__(self) -> str:
        booked = f"{sum(self.returned.values())} pieces booked in" if self.returned else ""
        return f"{booked or 'stock set free'}{but_for(self.damaged, self.missing)}"


def but_for(damaged: dict[str, int], missing: dict[str, int]) -> str:
    """What is not whole again: damaged and missing pieces by SKU; `''` where there are none."""
    said = [f"{pieces} of {sku} damaged" for sku, pieces in damaged.items()]
    said += [f"{pieces} of {sku} missing" for sku, pieces in missing.items()]
    return f"; {', '.join(said)}" if said else ""
