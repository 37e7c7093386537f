"""What people did: picked, packed, handed over, restocked."""

from datetime import datetime
from typing import Any

from pydantic import Field

from domain.messages import Message, Plural, Value
from models.enums import LackingReason, Role
from models.messages import MessageData
from models.results.base import StepResult
from models.results.stock import ShortLine, but_for

_PACKED = Plural(
    "{parcels} parcel, {grams:,} g, packed by {who}",
    "{parcels} parcels, {grams:,} g, packed by {who}",
    "parcels",
)
_PACKED_LIGHTER = Plural(
    "{parcels} parcel, {grams:,} g where the catalogue says {catalogue:,} g, packed by {who}",
    "{parcels} parcels, {grams:,} g where the catalogue says {catalogue:,} g, packed by {who}",
    "parcels",
)
_PICKED_AGAIN = Plural(
    "{pieces} piece is picked again, in task {task}",
    "{pieces} pieces are picked again, in task {task}",
    "pieces",
)
_TO_RESTOCK = Plural(
    "task {task}: {pieces} piece to restock", "task {task}: {pieces} pieces to restock", "pieces"
)


class TaskOpened(StepResult):
    """A staff task waits for its person."""

    task_id: int
    role: Role
    due_at: datetime

    def said(self) -> Message:
        """Which task, and whose."""
        values: dict[str, Value] = {"task": self.task_id, "role": self.role}
        return Message("task-opened", "task {task} for the {role}", values)


class Picked(StepResult):
    """How many pieces of each product were found by now, and what is still missing, with why.

    `found` are the pieces by SKU that this round of picking has found. `scanned`: they are what
    the scans of the task's last take have counted. `without_scan`: they had to be, and are not.
    """

    picked_by: str
    quantities: dict[str, int]
    missing: tuple[ShortLine, ...] = ()
    found: dict[str, int] = Field(default_factory=dict)
    scanned: bool = False
    without_scan: bool = False

    @property
    def complete(self) -> bool:
        """Everything ordered was found."""
        return not self.missing

    @property
    def asks_operator(self) -> bool:
        """What becomes of the rest is to be decided."""
        return not self.complete

    def said(self) -> Message:
        """Who picked, what is missing, and whether scans are."""
        values: dict[str, Value] = {
            "who": self.picked_by,
            "lines": tuple(line.said() for line in self.missing),
        }
        picked = Message("picked-short-by", "picked short by {who}: {lines:; }", values)
        if self.complete:
            picked = Message("picked-in-full", "picked in full by {who}", values)
        if self.without_scan:
            return Message("without-scan", "{picked}; without scan", {"picked": picked})
        return picked


class PickingUndone(StepResult):
    """A picking was said to be done by mistake: what its task found is picked again, in another."""

    task_id: int
    again: int
    pieces: int

    def said(self) -> Message:
        """How much, and in which task."""
        values: dict[str, Value] = {"pieces": self.pieces, "task": self.again}
        return Message("picked-again", _PICKED_AGAIN, values)


class Parcel(StepResult):
    """A packed parcel: grams and millimetres.

    Its box and the pieces in it by SKU are known where the packer has said so.
    """

    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    box: str | None = None
    items: dict[str, int] = Field(default_factory=dict)


class LackingPieces(StepResult):
    """Pieces of a product that a packer lacks, and why; `instead` is the SKU of what lies in their
    place, where they are wrong and that is known.
    """

    sku: str
    pieces: int
    why: LackingReason
    instead: str = ""

    @property
    def is_lost(self) -> bool:
        """They are not in stock any more; of wrong ones the right pieces lie in their bin."""
        return self.why != LackingReason.WRONG

    def said(self) -> Message:
        """How many of what, and why."""
        values: dict[str, Value] = {
            "pieces": self.pieces,
            "sku": self.sku,
            "why": self.why,
            "instead": self.instead,
        }
        if self.instead:
            return Message("pieces-wrong", "{pieces} of {sku} {why}, {instead} instead", values)
        return Message("pieces-lacking", "{pieces} of {sku} {why}", values)


class Packed(StepResult):
    """The parcels of an order; without any, what a packer lacks of it, or `picking_undone`: it was
    not picked after all. `catalogue_grams` is what its goods alone should weigh, where the packer
    has confirmed that the parcels are lighter.
    """

    packed_by: str
    parcels: tuple[Parcel, ...] = ()
    catalogue_grams: int | None = None
    lacking: tuple[LackingPieces, ...] = ()
    picking_undone: bool = False

    @property
    def complete(self) -> bool:
        """The parcels are closed."""
        return bool(self.parcels)

    @property
    def asks_operator(self) -> bool:
        """What becomes of the rest is to be decided."""
        return bool(self.lacking)

    def said(self) -> Message:
        """How many parcels, their weight together, and whether the catalogue says another; or why
        there are none.
        """
        if self.picking_undone:
            return Message("picked-first", "the goods are to be picked first")
        if self.lacking:
            lines = tuple(item.said() for item in self.lacking)
            return Message(
                "not-packed",
                "not packed by {who}: {lines:; }",
                {"who": self.packed_by, "lines": lines},
            )
        grams = sum(parcel.weight_grams for parcel in self.parcels)
        values: dict[str, Value] = {
            "parcels": len(self.parcels),
            "grams": grams,
            "who": self.packed_by,
            "catalogue": self.catalogue_grams,
        }
        if self.catalogue_grams is not None:
            return Message("packed-lighter", _PACKED_LIGHTER, values)
        return Message("packed", _PACKED, values)


class RestockAssigned(StepResult):
    """A person restocks the goods of a cancelled order; no task: nothing was picked."""

    task_id: int | None = None
    pieces: int = 0

    @property
    def needed(self) -> bool:
        """Somebody has to walk."""
        return self.task_id is not None

    def said(self) -> Message:
        """How many pieces, and in which task."""
        if not self.needed:
            return Message("nothing-was-picked", "nothing was picked")
        values = {"task": self.task_id, "pieces": self.pieces}
        return Message("to-restock", _TO_RESTOCK, values)


class Restocked(StepResult):
    """The goods of a cancelled order are back in their bins, but for these pieces per SKU.

    `returned` were booked out and are in stock again. `booked`: the stock changed with the answer;
    *Return Stock* does it where nothing was picked, and for answers older than that rule.
    """

    restocked_by: str = ""
    returned: dict[str, int] = Field(default_factory=dict)
    damaged: dict[str, int] = Field(default_factory=dict)
    missing: dict[str, int] = Field(default_factory=dict)
    booked: bool = False

    def said(self) -> Message:
        """On whose word, and what is not whole."""
        who = {"who": self.restocked_by}
        if not (self.damaged or self.missing):
            return Message("all-back", "all back, says {who}", who)
        return but_for(Message("back", "back, says {who}", who), self.damaged, self.missing)


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

    def said(self) -> Message:
        """On whose word they are gone, or that they are not."""
        if not self.collected:
            return Message(
                "parcels-go-elsewhere", "the parcels go elsewhere and get other labels first"
            )
        return Message(
            "parcels-collected",
            "collected, confirmation {number}, says {who}",
            {"number": self.confirmation_number, "who": self.handed_over_by},
        )


class GateOutcome(StepResult):
    """What became of one round of a gate: an accepted answer, or why it was refused."""

    accepted: bool
    answer: dict[str, Any] = Field(default_factory=dict)
    error: MessageData | None = None
