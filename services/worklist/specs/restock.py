"""The gate where goods of a cancelled order come back to their bins."""

from typing import Any

from models.enums import Role, TaskKind
from models.forms.picking import ALL_AS_LISTED
from models.forms.restock import DAMAGED_OR_MISSING, RestockForm
from models.results.checklists import RestockChecklist
from models.results.work import Restocked
from services.worklist.done_options import DoneOption, pieces_of_a_product
from services.worklist.gate_spec import GateSpec
from services.worklist.markdown import counted, pieces_of
from services.worklist.specs.picking import walking_table

_WAYS_TO_BE_LOST = ("damaged", "missing")


def _describe(checklist: RestockChecklist) -> list[str]:
    return [
        "The order is cancelled. Take its goods out of tote or parcel, walk the bins in this order"
        f" and restock **{counted(checklist.pieces, 'piece')}**:",
        walking_table(checklist),
        *_beside(checklist),
    ]


def _beside(checklist: RestockChecklist) -> list[str]:
    if not checklist.beside:
        return []
    return [f"**Not of this list**, and in its tote: {pieces_of(checklist.beside)}. Restock them."]


def _lost(way: str, help: str) -> DoneOption:
    return DoneOption(
        name=f"--{way}",
        field=way,
        metavar="SKU=PIECES",
        help=help,
        many=True,
        read=pieces_of_a_product,
        written_like="MUG-01=2",
        unique="sku",
    )


def _fill(read: dict[str, Any]) -> dict[str, Any]:
    """All as listed, or with an item for each product that is damaged or missing."""
    lost: dict[str, dict[str, Any]] = {}
    for way in _WAYS_TO_BE_LOST:
        for item in read[way]:
            lost.setdefault(item["sku"], {"sku": item["sku"]})[way] = item["quantity"]
    outcome = DAMAGED_OR_MISSING if lost else ALL_AS_LISTED
    return {"outcome": outcome, "lost": list(lost.values())}


RESTOCK = GateSpec(
    kind=TaskKind.RESTOCK,
    title="Restock",
    role=Role.WAREHOUSE_STAFF,
    hours="restock_hours",
    checklist=RestockChecklist,
    describe=_describe,
    form=RestockForm,
    answered_by="restocked_by",
    result=Restocked,
    accept="services.answers.acceptance:accept_restock",
    sample={"outcome": ALL_AS_LISTED},
    fill=_fill,
    options=(
        _lost("damaged", "Restock: pieces that cannot be sold."),
        _lost("missing", "Restock: pieces that are not there."),
    ),
)
