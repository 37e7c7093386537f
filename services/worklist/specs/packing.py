"""The gate *packing*: packers close, weigh and measure parcels."""

import re

from models.enums import Role, TaskKind
from models.forms.packing import PackingForm
from models.results.checklists import PackingChecklist
from models.results.work import Packed
from services.worklist.done_options import DoneOption
from services.worklist.gate_spec import GateSpec
from services.worklist.markdown import plain, table
from services.worklist.specs.picking import of_warehouse

_SIDE = r"(\d{1,18})"
_PARCEL = re.compile(
    rf"^{_SIDE}(?:g)?[ ,]+{_SIDE}x{_SIDE}x{_SIDE}(?:mm)?$", re.IGNORECASE | re.ASCII
)
_MEASURES = ("weight_grams", "length_mm", "width_mm", "height_mm")


def _describe(checklist: PackingChecklist) -> list[str]:
    where, grams = of_warehouse(checklist), checklist.goods_grams
    return [
        f"Pack these goods{where}. They weigh **{grams:,} g** together, without boxes:",
        table(
            ("Pieces", "SKU", "Product"),
            [(item.quantity, item.sku, item.name) for item in checklist.items],
        ),
        *_to_restock(checklist),
        "Then close, weigh and measure each parcel.",
    ]


def _to_restock(checklist: PackingChecklist) -> list[str]:
    if not checklist.to_restock:
        return []
    pieces = ", ".join(f"{pieces} of {plain(sku)}" for sku, pieces in checklist.to_restock.items())
    return [f"**Not to be packed**: {pieces}, cancelled after picking. Restock them."]


def _parcel(typed: str) -> dict[str, int] | None:
    """`1200,300x200x100` as a parcel of the form."""
    sizes = _PARCEL.match(typed)
    return dict(zip(_MEASURES, map(int, sizes.groups()), strict=True)) if sizes else None


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
            metavar="GRAMS,LxWxH",
            help="Packing: each parcel, in grams and mm.",
            many=True,
            read=_parcel,
            written_like="1200,300x200x100 (grams, millimetres)",
            needed="--parcel",
            example="GRAMS,LENGTHxWIDTHxHEIGHT",
        ),
        DoneOption(
            name="--weight-confirmed",
            field="weight_confirmed",
            help="Packing: weighed again, and the parcels are lighter than the catalogue says.",
            flag=True,
        ),
    ),
)
