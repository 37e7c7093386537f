"""Scans: what a device sends, what each of them meant, and what a page shows of a picking."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from domain.messages import Message, Value
from domain.texts import storable
from models.enums import ShortPickReason

RAW_CHARACTERS = 200
MOST_SCANS = 500
"""So many come in one request: a day's work is sent in several."""
_BIG = 2**63 - 1
_SMALL = 2**31 - 1


class ScanSource(StrEnum):
    """Where a scan comes from; what a person typed may be mistyped."""

    SCAN = "scan"
    TYPED = "typed"
    CAMERA = "camera"
    COMMAND = "command"
    BUTTON = "button"
    PACKLINE = "Packline"


class ScanMeaning(StrEnum):
    """What a scan meant: pieces of a product, a bin, a tote, or something about other scans or a
    line.

    `returned`: what is in hand of a picking that has ended is in its bins again.
    """

    PIECES = "pieces"
    BIN = "bin"
    TOTE = "tote"
    UNDO = "undo"
    SHORT = "short"
    SKIP = "skip"
    RETURNED = "returned"
    UNKNOWN = "unknown"


class ScanResult(StrEnum):
    """What came of a scan."""

    COUNTED = "counted"
    LINE_DONE = "line-done"
    AT_BIN = "at-bin"
    IN_TOTE = "in-tote"
    UNDONE = "undone"
    SHORT = "short"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    RETURNED = "returned"

    WRONG_ITEM = "wrong-item"
    WRONG_BIN = "wrong-bin"
    BIN_FIRST = "bin-first"
    SURPLUS = "surplus"
    SURPLUS_CASE = "surplus-case"
    UNKNOWN_CODE = "unknown-code"
    BADGE = "badge"
    TOTE_HOLDS_ANOTHER = "tote-holds-another"
    WRONG_TOTE = "wrong-tote"
    TOTE_FIRST = "tote-first"
    ITEM_FIRST = "item-first"
    NOTHING_TO_UNDO = "nothing-to-undo"
    NOTHING_SHORT = "nothing-short"
    NOT_LISTED = "not-listed"

    GIVEN_BACK = "given-back"
    TAKEN_BY_ANOTHER = "taken-by-another"
    ON_HOLD = "on-hold"
    ALREADY_DONE = "already-done"
    WITHDRAWN = "withdrawn"


LATE = frozenset(
    {
        ScanResult.GIVEN_BACK,
        ScanResult.TAKEN_BY_ANOTHER,
        ScanResult.ON_HOLD,
        ScanResult.ALREADY_DONE,
        ScanResult.WITHDRAWN,
    }
)
"""It came too late: it is kept, and nothing of it counts."""

COUNTS = frozenset(
    {
        ScanResult.COUNTED,
        ScanResult.LINE_DONE,
        ScanResult.AT_BIN,
        ScanResult.IN_TOTE,
        ScanResult.UNDONE,
        ScanResult.SHORT,
        ScanResult.SKIPPED,
        ScanResult.CANCELLED,
    }
)
"""It changed what is counted, or where the picker is."""


def storable_code(value: Any) -> Any:
    """A code as it can be kept."""
    if not isinstance(value, str):
        return value
    return storable(value).strip(" \r\n\t")[:RAW_CHARACTERS]


class ScanAct(StrEnum):
    """What a device asks for: to take a code for what it means, or one of the buttons."""

    CODE = "code"
    UNDO = "undo"
    SHORT = "short"
    SKIP = "skip"
    RETURNED = "returned"


class ScanIn(BaseModel):
    """One scan as a device sends it, under a random key of its own.

    `undoes` is the key of the scan to undo; without one, the last that counts. `sku` is the line
    that a button is about; without one, that where the picker is. `scanned_at` is the device's
    clock, and decides nothing.
    """

    model_config = ConfigDict(extra="forbid")

    key: UUID
    take: int = Field(ge=0, le=_SMALL)
    device: UUID
    sequence: int = Field(ge=0, le=_BIG)
    act: ScanAct = ScanAct.CODE
    source: ScanSource = ScanSource.SCAN
    raw: Annotated[str, BeforeValidator(storable_code)] = ""
    undoes: UUID | None = None
    sku: str | None = Field(None, max_length=64)
    why: ShortPickReason | None = None
    scanned_at: datetime | None = None


class ScansIn(BaseModel):
    """The scans of a device, in any order."""

    model_config = ConfigDict(extra="forbid")

    scans: list[ScanIn] = Field(max_length=MOST_SCANS)


class PickingLine(BaseModel):
    """A line of a picking: what to fetch from where, and how many of it are counted.

    `codes` are its barcodes as they are compared, with the pieces that each stands for.
    """

    model_config = ConfigDict(frozen=True)

    sku: str
    name: str
    bin: str
    barcode: str
    asked: int
    counted: int = 0
    bin_seen: bool = False
    why: ShortPickReason | None = None
    codes: Mapping[str, int] = Field(default_factory=dict)

    @property
    def is_settled(self) -> bool:
        """It is full, or somebody has said why it is not."""
        return self.counted == self.asked or self.why is not None


class UndoableScan(BaseModel):
    """A scan that counts and can be undone."""

    model_config = ConfigDict(frozen=True)

    key: UUID
    sku: str
    pieces: int


class GoodsInHand(BaseModel):
    """Pieces that somebody has fetched for nothing, and the bin that they belong into."""

    model_config = ConfigDict(frozen=True)

    sku: str
    name: str
    bin: str
    pieces: int

    def said(self) -> Message:
        """How many of what, and where to."""
        values: dict[str, Value] = {"pieces": self.pieces, "name": self.name, "bin": self.bin}
        return Message("goods-in-hand", "{pieces} × {name} → {bin}", values)


class PickingState(BaseModel):
    """A picking as its page shows it, complete: nothing of it is the customer's.

    `take` is the number that scans have to carry. `undoable` are the scans that can be undone, the
    last one at the end. `version` is how many scans are kept of the task: of two states, that with
    more is the later.
    """

    model_config = ConfigDict(frozen=True)

    task: int
    take: int
    order: int
    shipment: int
    version: int
    person: str
    mine: bool
    bins_first: bool
    lines: tuple[PickingLine, ...] = ()
    undoable: tuple[UndoableScan, ...] = ()
    in_hand: tuple[GoodsInHand, ...] = ()

    @property
    def line(self) -> PickingLine | None:
        """Where the picker is: the first line that is neither full nor explained."""
        return next((line for line in self.lines if not line.is_settled), None)
