"""The gate *picking*: warehouse staff fetch an order's goods."""

import re
from typing import Any

from domain.messages import Message, Plural, Value
from models.enums import Role, ShortPickReason, TaskKind
from models.forms.picking import (
    ALL_AS_LISTED,
    SOMETHING_MISSING,
    TOO_FEW_OF_THESE,
    PickingForm,
)
from models.results.checklists import PickingChecklist
from models.results.work import Picked
from services.worklist.descriptions import Part, Table
from services.worklist.done_options import PIECES, DoneOption
from services.worklist.gate_spec import GateSpec

_FOUND = re.compile(rf"^(?P<sku>.+)={PIECES}(?::(?P<why>[^:=]+))?$", re.ASCII)
_REASONS = ", ".join(ShortPickReason)
_OTHER_REASONS = ", ".join(why for why in ShortPickReason if why != ShortPickReason.DAMAGED)


_WALK = Plural(
    "Walk the bins in this order and pick **{pieces:,} piece**:",
    "Walk the bins in this order and pick **{pieces:,} pieces**:",
    "pieces",
)
_WALK_IN = Plural(
    "Walk the bins of **{warehouse}** in this order and pick **{pieces:,} piece**:",
    "Walk the bins of **{warehouse}** in this order and pick **{pieces:,} pieces**:",
    "pieces",
)


def walking_table(checklist: PickingChecklist) -> Table:
    """The bins to walk, with what lies in each."""
    return Table(
        ("Bin", "Pieces", "SKU", "Product", "Barcode"),
        tuple((x.bin, x.quantity, x.sku, x.name, x.barcode) for x in checklist.items),
    )


def _describe(checklist: PickingChecklist) -> list[Part]:
    values: dict[str, Value] = {"pieces": checklist.pieces, "warehouse": checklist.warehouse}
    if checklist.warehouse:
        return [Message("walk-bins-of", _WALK_IN, values), walking_table(checklist)]
    return [Message("walk-bins", _WALK, values), walking_table(checklist)]


def _found(typed: str) -> dict[str, Any] | None:
    """`MUG-01=1:damaged` as an item of the form."""
    item = _FOUND.match(typed)
    if item is None:
        return None
    why = item["why"].strip() if item["why"] else None
    return {"sku": item["sku"], "quantity": int(item["quantity"]), "why": why}


def _fill(read: dict[str, Any]) -> dict[str, Any]:
    """All as listed, or with a count for each product, or only for those that were short while the
    rest is as listed.
    """
    found = read["found"]
    short = SOMETHING_MISSING if found else ALL_AS_LISTED
    return {"outcome": TOO_FEW_OF_THESE if read.get("rest") else short, "found": found}


PICKING = GateSpec(
    kind=TaskKind.PICKING,
    title="Pick",
    role=Role.WAREHOUSE_STAFF,
    hours="picking_hours",
    checklist=PickingChecklist,
    describe=_describe,
    form=PickingForm,
    answered_by="picked_by",
    result=Picked,
    accept="services.answers.acceptance:accept_picking",
    sample={"outcome": ALL_AS_LISTED},
    fill=_fill,
    options=(
        DoneOption(
            name="--found",
            field="found",
            metavar="SKU=PIECES[:WHY]",
            help="Picking: what was found of a product; where there are fewer than listed, why:"
            f" {_REASONS}.",
            many=True,
            read=_found,
            written_like=f"'MUG-01=2:{ShortPickReason.DAMAGED}' (or {_OTHER_REASONS})",
            unique="sku",
        ),
        DoneOption(
            name="--rest",
            field="rest",
            help="Picking: all without a --found are there as listed.",
            flag=True,
        ),
    ),
)
