"""What a task shows the person who does it, as data: its list, and all that is said beside it."""

from domain.messages import Message, Plural, Value
from models.enums import HoldReason
from models.results.base import StepResult
from models.results.stock import ShortLine

_PIECES = Plural("{pieces} piece", "{pieces} pieces", "pieces")
_BINS = Plural("{bins} bin", "{bins} bins", "bins")


class Checklist(StepResult):
    """The base of all of them: a task that shows nothing but what it is called."""


class ChecklistItem(StepResult):
    """One thing to fetch."""

    sku: str
    name: str
    barcode: str
    bin: str
    quantity: int
    weight_grams: int


class PickingChecklist(Checklist):
    """What to fetch, or to take back, in walking order of the bins.

    `warehouse` is the name of the one to walk through, where there are several.
    """

    items: tuple[ChecklistItem, ...] = ()
    warehouse: str = ""

    @property
    def pieces(self) -> int:
        """All pieces of the list together."""
        return sum(item.quantity for item in self.items)

    def said(self) -> Message:
        """How much to fetch, from how many places, and where there are several warehouses, in which
        one.
        """
        values: dict[str, Value] = {
            "pieces": Message("pieces-to-fetch", _PIECES, {"pieces": self.pieces}),
            "bins": Message("bins-to-walk", _BINS, {"bins": len(self.items)}),
            "warehouse": self.warehouse,
        }
        if self.warehouse:
            return Message("checklist-of-warehouse", "{pieces} from {bins} in {warehouse}", values)
        return Message("checklist", "{pieces} from {bins}", values)


class PackingChecklist(PickingChecklist):
    """What to pack, and what the goods weigh together without boxes. `to_restock` are pieces by SKU
    that were cancelled after they had been picked, `wrong` those that lay in the tote in place of
    others; '' is a product that nobody knew.
    """

    goods_grams: int = 0
    to_restock: dict[str, int] = {}
    wrong: dict[str, int] = {}


class RestockChecklist(PickingChecklist):
    """What to restock of a cancelled order. `beside` are pieces by SKU that lie with its goods and
    are none of them; '' is a product that nobody knew.
    """

    beside: dict[str, int] = {}


class PickupChecklist(Checklist):
    """The parcels that the carrier collects. `replaced` are the tracking numbers of labels that
    must come off first: the order goes elsewhere than it did when they were bought.
    """

    carrier: str
    reference: str
    weight_grams: int
    tracking_numbers: tuple[str, ...]
    replaced: tuple[str, ...] = ()


class ShortageChecklist(Checklist):
    """The lines that stock cannot fill."""

    shortages: tuple[ShortLine, ...] = ()


class ShortPickChecklist(ShortageChecklist):
    """The lines of which too little was found; `waits`: it goes on by itself once it can."""

    waits: bool = False


class HoldChecklist(Checklist):
    """Why an order is on hold, and on whose word."""

    reason: HoldReason
    note: str = ""
    held_by: str
