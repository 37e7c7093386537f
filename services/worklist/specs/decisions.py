"""The operator's gates: a shortage, a short pick, a hold."""

from typing import get_args

from domain.messages import Message, Value
from models.enums import Role, TaskKind
from models.forms.decisions import (
    CANCEL_ORDER_CHOICE,
    RELEASE,
    TRY_AGAIN,
    DecisionChoice,
    HoldForm,
    ShortageDecision,
    ShortageForm,
    ShortPickDecision,
    ShortPickForm,
)
from models.results.checklists import HoldChecklist, ShortageChecklist, ShortPickChecklist
from models.results.decisions import Decision, HoldEnded
from services.worklist.descriptions import Part, Table
from services.worklist.done_options import DoneOption
from services.worklist.gate_spec import GateSpec

_WAITS = Message(
    "short-pick-waits",
    "It waits, and goes on by itself once the rest is there. You may decide otherwise.",
)
_DECIDE = Message("decide-about-the-rest", "Decide what becomes of the rest.")
_RELEASE = Message(
    "release-or-cancel", "Release it, and it goes on where it stopped; or cancel it."
)


def _decision(needed: str, example: str) -> tuple[DoneOption, ...]:
    """The decision and why, as all of these gates ask for them."""
    decision = DoneOption(
        name="--decision",
        field="decision",
        help=f"Operator: {', '.join(DecisionChoice)}.",
        needed=needed,
        example=example,
    )
    return decision, DoneOption(name="--note", field="note", help="Operator: why.")


_OFF_LINES = DoneOption(
    name="--off-line",
    field="off_lines",
    metavar="LINE",
    help="Operator: the line, by its number from 1 or the shop's id (id:ID where that is a number),"
    " off which pieces are cancelled first, where several are of one product.",
    many=True,
)
_REFUND_SHIPPING = DoneOption(
    name="--refund-shipping",
    field="refund_shipping",
    help="Operator: give the shipping back with the cancelled line.",
    flag=True,
)


def _one_of(choices: tuple[str, ...]) -> str:
    return f"--decision, one of: {', '.join(choices)}"


def _describe_shortage(checklist: ShortageChecklist) -> list[Part]:
    rows = tuple((line.sku, line.wanted, line.available) for line in checklist.shortages)
    return [
        Message("too-little-in-stock", "Too little is in stock for this order:"),
        Table(("SKU", "Ordered", "Available"), rows),
        Message(
            "split-or-cancel",
            "It goes on by itself once all of it is there. Or *split* it (what is there now ships,"
            " the rest follows), *cancel the line* (the rest never ships), or cancel the order.",
        ),
    ]


def _describe_short_pick(checklist: ShortPickChecklist) -> list[Part]:
    rows = tuple(
        (line.sku, line.wanted, line.available, line.reason) for line in checklist.shortages
    )
    return [
        Message("not-all-found", "Not every piece of this order was found, and whole:"),
        Table(("SKU", "Ordered", "Found", "Why"), rows),
        _WAITS if checklist.waits else _DECIDE,
    ]


def _describe_hold(checklist: HoldChecklist) -> list[Part]:
    return [_on_hold(checklist), _RELEASE]


def _on_hold(checklist: HoldChecklist) -> Message:
    values: dict[str, Value] = {
        "who": checklist.held_by,
        "reason": checklist.reason,
        "note": checklist.note,
    }
    if checklist.note:
        return Message(
            "held-with-note", "{who} put this order on hold, **{reason}**: {note}", values
        )
    return Message("held", "{who} put this order on hold, **{reason}**.", values)


SHORTAGE = GateSpec(
    kind=TaskKind.SHORTAGE,
    title="Decide about a shortage",
    role=Role.OPERATOR,
    hours="decision_hours",
    checklist=ShortageChecklist,
    describe=_describe_shortage,
    form=ShortageForm,
    answered_by="decided_by",
    result=Decision,
    accept="services.answers.decisions:accept_shortage",
    sample={"decision": TRY_AGAIN},
    options=(
        *_decision(_one_of(get_args(ShortageDecision)), TRY_AGAIN),
        _OFF_LINES,
        _REFUND_SHIPPING,
    ),
)

SHORT_PICK = GateSpec(
    kind=TaskKind.SHORT_PICK,
    title="Decide about a short pick",
    role=Role.OPERATOR,
    hours="decision_hours",
    checklist=ShortPickChecklist,
    describe=_describe_short_pick,
    form=ShortPickForm,
    answered_by="decided_by",
    result=Decision,
    accept="services.answers.decisions:accept_short_pick",
    sample={"decision": TRY_AGAIN},
    options=(
        *_decision(_one_of(get_args(ShortPickDecision)), TRY_AGAIN),
        _OFF_LINES,
        _REFUND_SHIPPING,
    ),
)

HOLD = GateSpec(
    kind=TaskKind.HOLD,
    title="Decide about a hold",
    role=Role.OPERATOR,
    hours="decision_hours",
    checklist=HoldChecklist,
    describe=_describe_hold,
    form=HoldForm,
    answered_by="decided_by",
    result=HoldEnded,
    accept="services.answers.acceptance:accept_hold",
    sample={"decision": RELEASE},
    options=_decision(f"--decision {RELEASE} or --decision '{CANCEL_ORDER_CHOICE}'", RELEASE),
)
