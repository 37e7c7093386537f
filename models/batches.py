"""A batch as its page shows it, and what a page sends."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict

from domain.messages import Message, Value
from models.enums import BatchOrderState, ShortPickReason
from models.scanning import GoodsInHand, PickingLine, ScanAct, ScanSource, storable_code


class BatchScanIn(BaseModel):
    """A scan or a press of a button, under a random key of its own."""

    model_config = ConfigDict(extra="forbid")

    key: UUID
    act: ScanAct = ScanAct.CODE
    source: ScanSource = ScanSource.SCAN
    raw: Annotated[str, BeforeValidator(storable_code)] = ""
    why: ShortPickReason | None = None


class BatchStage(StrEnum):
    """What a batch asks for next: totes on the cart, an item, the tote that it goes into, a look
    whether all is there; or nothing more.
    """

    CART = "cart"
    WALK = "walk"
    TOTE = "tote"
    CHECK = "check"
    OVER = "over"


class BatchOrder(BaseModel):
    """An order of a batch by the number of its totes on the cart. Its lines are there while it is
    in hand, in walking order; what was skipped has been moved to the end.
    """

    model_config = ConfigDict(frozen=True)

    number: int
    task: int
    take: int
    order: int
    shipment: int
    state: BatchOrderState
    totes: tuple[str, ...] = ()
    lines: tuple[PickingLine, ...] = ()
    moved: Mapping[str, int] = {}

    @property
    def in_hand(self) -> bool:
        """It is being picked."""
        return self.state == BatchOrderState.IN_HAND

    @property
    def is_settled(self) -> bool:
        """Each of its lines is full or explained."""
        return all(line.is_settled for line in self.lines)

    @property
    def counted(self) -> int:
        """Pieces that are counted."""
        return sum(line.counted for line in self.lines)

    @property
    def asked(self) -> int:
        """Pieces that are asked for."""
        return sum(line.asked for line in self.lines)

    def line(self, sku: str) -> PickingLine | None:
        """The line of a product."""
        return next((line for line in self.lines if line.sku == sku), None)


class Share(BaseModel):
    """How many pieces of an item go into which tote."""

    model_config = ConfigDict(frozen=True)

    number: int
    pieces: int

    def said(self) -> Message:
        """As the picker reads it."""
        values: dict[str, Value] = {"number": self.number, "pieces": self.pieces}
        return Message("share-of-tote", "tote {number} ×{pieces}", values)


class BatchStop(BaseModel):
    """A bin on the walk, what to fetch from it, and for which totes."""

    model_config = ConfigDict(frozen=True)

    bin: str
    sku: str
    name: str
    barcode: str
    shares: tuple[Share, ...]

    @property
    def pieces(self) -> int:
        """All that is to be fetched."""
        return sum(share.pieces for share in self.shares)


class Placing(BaseModel):
    """Pieces that were scanned and wait for the scan of the tote that they go into."""

    model_config = ConfigDict(frozen=True)

    number: int
    sku: str
    name: str
    pieces: int


class BatchState(BaseModel):
    """How a batch stands: any page of it can be made from this."""

    model_config = ConfigDict(frozen=True)

    id: int
    warehouse: str
    orders: tuple[BatchOrder, ...]
    stops: tuple[BatchStop, ...] = ()
    placing: Placing | None = None
    in_hand: tuple[GoodsInHand, ...] = ()

    @property
    def picked(self) -> tuple[BatchOrder, ...]:
        """The orders that are being picked."""
        return tuple(order for order in self.orders if order.in_hand)

    @property
    def without_tote(self) -> BatchOrder | None:
        """The next order that wants a tote on the cart."""
        return next((order for order in self.picked if not order.totes), None)

    @property
    def stop(self) -> BatchStop | None:
        """Where the picker is."""
        return self.stops[0] if self.stops else None

    @property
    def stage(self) -> BatchStage:
        """What is asked for next."""
        if not self.picked:
            return BatchStage.OVER
        if self.without_tote:
            return BatchStage.CART
        if self.placing:
            return BatchStage.TOTE
        return BatchStage.WALK if self.stops else BatchStage.CHECK

    def numbered(self, number: int) -> BatchOrder:
        """The order of that number."""
        return next(order for order in self.orders if order.number == number)
