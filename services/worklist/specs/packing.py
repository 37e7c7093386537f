"""The gate *packing*: packers close, weigh and measure parcels."""

import re
from collections.abc import Iterator
from typing import Any

from domain.messages import Message, Value
from models.enums import LackingReason, Role, TaskKind
from models.forms.packing import PackingForm
from models.results.checklists import PackingChecklist
from models.results.work import Packed
from services.worklist.descriptions import Part, Table, pieces_of
from services.worklist.done_options import PIECES, DoneOption
from services.worklist.gate_spec import GateSpec

_SIDE = r"(\d{1,18})"
_PARCEL = re.compile(
    rf"^{_SIDE}(?:g)?[ ,]+{_SIDE}x{_SIDE}x{_SIDE}(?:mm)?(?:@(.+))?$", re.IGNORECASE | re.ASCII
)
_LACKING = re.compile(rf"^(?P<sku>.+)={PIECES}:(?P<why>[^:=]+)(?::(?P<instead>.+))?$", re.ASCII)
_REASONS = ", ".join(LackingReason)
_MEASURES = ("weight_grams", "length_mm", "width_mm", "height_mm")


_CLOSE_OR_LACK = Message(
    "close-parcels-or-lack",
    "Then close, weigh and measure each parcel. Or say which pieces you lack, and why: {reasons}.",
    {"reasons": tuple(LackingReason)},
)


def _describe(checklist: PackingChecklist) -> list[Part]:
    goods = tuple((item.quantity, item.sku, item.name) for item in checklist.items)
    return [
        _goods(checklist),
        Table(("Pieces", "SKU", "Product"), goods),
        *_not_to_be_packed(checklist),
        _CLOSE_OR_LACK,
    ]


def _goods(checklist: PackingChecklist) -> Message:
    values: dict[str, Value] = {
        "warehouse": checklist.warehouse,
        "grams": checklist.goods_grams,
    }
    if checklist.warehouse:
        return Message(
            "pack-goods-of",
            "Pack these goods of **{warehouse}**. They weigh **{grams:,} g** together, without"
            " boxes:",
            values,
        )
    return Message(
        "pack-goods",
        "Pack these goods. They weigh **{grams:,} g** together, without boxes:",
        values,
    )


def _not_to_be_packed(checklist: PackingChecklist) -> Iterator[Message]:
    if checklist.to_restock:
        yield Message(
            "cancelled-after-picking",
            "**Not to be packed**: {pieces}, cancelled after picking. Restock them.",
            {"pieces": pieces_of(checklist.to_restock)},
        )
    if checklist.wrong:
        yield Message(
            "picked-in-place",
            "**Not to be packed**: {pieces}, picked in place of something else. Restock them.",
            {"pieces": pieces_of(checklist.wrong)},
        )


def _parcel(typed: str) -> dict[str, Any] | None:
    """`1200,300x200x100`, or `1200,300x200x100@M` in the box M, as a parcel of the form."""
    found = _PARCEL.match(typed)
    if found is None:
        return None
    *sizes, box = found.groups()
    parcel: dict[str, Any] = dict(zip(_MEASURES, map(int, sizes), strict=True))
    return parcel | {"box": box} if box else parcel


def _lacking(typed: str) -> dict[str, Any] | None:
    """`MUG-01=1:wrong:BOWL-03` as an item of the form."""
    item = _LACKING.match(typed)
    if item is None:
        return None
    named = {"sku": item["sku"], "quantity": int(item["quantity"]), "why": item["why"].strip()}
    return named | {"instead": item["instead"]}


PACKING = GateSpec(
    kind=TaskKind.PACKING,
    title="Pack",
    role=Role.PACKER,
    hours="packing_hours",
    checklist=PackingChecklist,
    describe=_describe,
    form=PackingForm,
    answered_by="packed_by",
    result=Packed,
    accept="services.answers.acceptance:accept_packing",
    sample={"parcels": [dict.fromkeys(_MEASURES, 1)]},
    options=(
        DoneOption(
            name="--parcel",
            field="parcels",
            metavar="GRAMS,LxWxH[@BOX]",
            help="Packing: each parcel, in grams and mm, and the code of its box.",
            many=True,
            read=_parcel,
            written_like="1200,300x200x100 (grams, millimetres)",
            needed="--parcel, or --lacking",
            unless="--lacking",
            example="GRAMS,LENGTHxWIDTHxHEIGHT",
        ),
        DoneOption(
            name="--weight-confirmed",
            field="weight_confirmed",
            help="Packing: weighed again, and the parcels are lighter than the catalogue says.",
            flag=True,
        ),
        DoneOption(
            name="--lacking",
            field="lacking",
            metavar="SKU=PIECES:WHY[:SKU]",
            help="Packing: in place of parcels, what cannot be packed, and why:"
            f" {_REASONS}; of what is wrong, also what lies there instead.",
            many=True,
            read=_lacking,
            written_like=f"MUG-01=1:{LackingReason.DAMAGED}, or"
            f" MUG-01=1:{LackingReason.WRONG}:BOWL-03 (a bowl lies there instead)",
        ),
    ),
)
