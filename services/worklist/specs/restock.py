"""The gate where goods of a cancelled order come back to their bins."""

from collections.abc import Iterator
from typing import Any

from domain.messages import Message, Plural
from models.enums import Role, TaskKind
from models.forms.picking import ALL_AS_LISTED
from models.forms.restock import DAMAGED_OR_MISSING, RestockForm
from models.results.checklists import RestockChecklist
from models.results.work import Restocked
from services.worklist.descriptions import Part, pieces_of
from services.worklist.done_options import DoneOption, pieces_of_a_product
from services.worklist.gate_spec import GateSpec
from services.worklist.specs.picking import walking_table

_WAYS_TO_BE_LOST = ("damaged", "missing")


_TAKE_BACK = Plural(
    "The order is cancelled. Take its goods out of tote or parcel, walk the bins in this order and"
    " restock **{pieces:,} piece**:",
    "The order is cancelled. Take its goods out of tote or parcel, walk the bins in this order and"
    " restock **{pieces:,} pieces**:",
    "pieces",
)


def _describe(checklist: RestockChecklist) -> list[Part]:
    return [
        Message("restock-pieces", _TAKE_BACK, {"pieces": checklist.pieces}),
        walking_table(checklist),
        *_beside(checklist),
    ]


def _beside(checklist: RestockChecklist) -> Iterator[Message]:
    if checklist.beside:
        yield Message(
            "not-of-this-list",
            "**Not of this list**, and in its tote: {pieces}. Restock them.",
            {"pieces": pieces_of(checklist.beside)},
        )


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
