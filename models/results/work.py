"""What people did: picked, packed, handed over, restocked."""

from datetime import datetime
from typing import Any

from pydantic import Field

from models.messages import MessageData
from models.results.base import StepResult
from models.results.stock import ShortLine, but_for


class TaskOpened(StepResult):
    """A staff task waits for its person."""

    task_id: int
    role: str
    due_at: datetime

    def __str__(self) -> str:
        return f"task {self.task_id} for the {self.role}"


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


class RestockAssigned(StepResult):
    """A person restocks the goods of a cancelled order; no task: nothing was picked."""

    task_id: int | None = None
    pieces: int = 0

    @property
    def needed(self) -> bool:
        """Somebody has to walk."""
        return self.task_id is not None

    def __str__(self) -> str:
        if not self.needed:
            return "nothing was picked"
        return f"task {self.task_id}: {self.pieces} pieces to restock"


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

    def __str__(self) -> str:
        if not (self.damaged or self.missing):
            return f"all back, says {self.restocked_by}"
        return f"back, says {self.restocked_by}{but_for(self.damaged, self.missing)}"


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


class GateOutcome(StepResult):
    """What became of one round of a gate: an accepted answer, or why it was refused."""

    accepted: bool
    answer: dict[str, Any] = Field(default_factory=dict)
    error: MessageData | None = None
