"""What is sent from the bench, and what the packer's page shows of a packing."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, StringConstraints

from domain.boxes import Box
from domain.messages import Message
from models.enums import PackingVerdict
from models.forms.base import Sku
from models.tables.packing import CODE_CHARACTERS

MOST_PARCELS = 99
Code = Annotated[str, StringConstraints(max_length=CODE_CHARACTERS)]
ParcelNumber = Annotated[int, Field(ge=1, le=MOST_PARCELS)]


class PackingScanIn(BaseModel):
    """A code that was scanned or typed at the bench, for a parcel, under a key of its own.

    With a `sku` the packer has counted a piece of it by a button.
    """

    model_config = ConfigDict(frozen=True)

    key: UUID
    parcel: ParcelNumber = 1
    code: Code = ""
    sku: Sku | None = None


class MeasuresIn(BaseModel):
    """What was measured of a parcel while it is packed; None: not yet."""

    model_config = ConfigDict(frozen=True)

    parcel: ParcelNumber
    box: str | None = Field(None, max_length=32)
    weight_grams: PositiveInt | None = Field(None, le=10_000_000)
    length_mm: PositiveInt | None = Field(None, le=5000)
    width_mm: PositiveInt | None = Field(None, le=5000)
    height_mm: PositiveInt | None = Field(None, le=5000)


@dataclass(frozen=True, kw_only=True)
class BenchLine:
    """A product to be packed, with the pieces that lie in the parcels."""

    sku: str
    name: str
    barcode: str
    asked: int
    counted: int

    @property
    def left(self) -> int:
        """The pieces that lie in no parcel yet."""
        return self.asked - self.counted


@dataclass(frozen=True, kw_only=True)
class BenchParcel:
    """A parcel in the making: its box, what lies in it by SKU, and what it should weigh with that.

    `expected_grams` is without box and filling where the box is not one of the shop's.
    """

    number: int
    items: dict[str, int]
    box: Box | None
    expected_grams: int
    weight_grams: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A packing as far as it is: lines, parcels, and the boxes that there are.

    `proposed` is the smallest box for all of it, where one is known.
    """

    task_id: int
    lines: tuple[BenchLine, ...]
    parcels: tuple[BenchParcel, ...]
    boxes: tuple[Box, ...]
    proposed: Box | None

    @property
    def all_packed(self) -> bool:
        """Every piece lies in a parcel."""
        return all(line.left == 0 for line in self.lines)

    @property
    def filled(self) -> tuple[BenchParcel, ...]:
        """The parcels in which something lies."""
        return tuple(parcel for parcel in self.parcels if parcel.items)

    @property
    def current(self) -> int:
        """The parcel that was begun last."""
        return self.parcels[-1].number


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """What became of a scan, and the parcel that the next one goes into."""

    verdict: PackingVerdict
    says: Message
    parcel: int
