"""Turning the options of `packline done` into the answer that a task's form wants."""

import re
from dataclasses import dataclass
from typing import Any

from domain.errors import PacklineError
from models.enums import TaskKind
from models.forms.decisions import (
    CANCEL_LINE,
    CANCEL_ORDER_CHOICE,
    PICK_ELSEWHERE,
    SPLIT,
    TRY_AGAIN,
    WAIT,
)
from models.forms.picking import ALL_AS_LISTED, SOMETHING_MISSING, TOO_FEW_OF_THESE
from models.forms.restock import DAMAGED_OR_MISSING

_ANSWERED_BY = {
    TaskKind.PICKING: "picked_by",
    TaskKind.PACKING: "packed_by",
    TaskKind.CARRIER_PICKUP: "handed_over_by",
    TaskKind.SHORTAGE: "decided_by",
    TaskKind.SHORT_PICK: "decided_by",
}
"""Where the form of a gate that can cancel the order has the name of who answers."""
_SHORTAGE = (TRY_AGAIN, SPLIT, CANCEL_LINE, CANCEL_ORDER_CHOICE)
_SHORT_PICK = (TRY_AGAIN, PICK_ELSEWHERE, SPLIT, WAIT, CANCEL_LINE, CANCEL_ORDER_CHOICE)

_PIECES = r"(?P<pieces>\d{1,18})"
_FOUND = re.compile(rf"^(?P<sku>.+)={_PIECES}(?::(?P<why>[^:=]+))?$", re.ASCII)
_LOST = re.compile(rf"^(?P<sku>.+)={_PIECES}$", re.ASCII)
_OTHER_REASONS = "not in bin, wrong item, other"
_SIDE = r"(\d{1,18})"
_PARCEL = re.compile(
    rf"^{_SIDE}(?:g)?[ ,]+{_SIDE}x{_SIDE}x{_SIDE}(?:mm)?$", re.IGNORECASE | re.ASCII
)


class OptionMissing(PacklineError):
    """A task of this kind needs an option that was not given."""

    message = "A {kind} task also needs {option}: see `packline done --help`."

    def __init__(self, kind: TaskKind, option: str) -> None:
        super().__init__(kind=kind, option=option)


class OptionMalformed(PacklineError):
    """An option is not of the form it should have."""

    message = "{option} {given!r} is not understood: write it like {example}."

    def __init__(self, option: str, given: str, example: str) -> None:
        super().__init__(option=option, given=given, example=example)


class GivenTwice(PacklineError):
    """A product stands twice under one option."""

    message = "{option} names {sku} twice: give it once, with all its pieces."

    def __init__(self, option: str, sku: str) -> None:
        super().__init__(option=option, sku=sku)


class CannotBeCancelled(PacklineError):
    """The order of such a task is cancelled in another way."""

    message = "A {kind} task has no --cancel: see `packline done --help`, or `packline cancel`."

    def __init__(self, kind: TaskKind) -> None:
        super().__init__(kind=kind)


@dataclass(frozen=True)
class DoneOptions:
    """What was given to `packline done`; each kind of task takes some of it."""

    by: str
    found: list[str]
    rest: bool
    parcels: list[str]
    confirmation: str | None
    at: str | None
    decision: str | None
    note: str
    damaged: list[str]
    missing: list[str]
    cancel: str


def answer_for(kind: TaskKind, given: DoneOptions) -> dict[str, Any]:
    """The answer to a task of that kind. Raises `PacklineError`."""
    if given.cancel:
        return cancel_answer(kind, given.by, given.cancel)
    match kind:
        case TaskKind.PICKING:
            return picking_answer(given.by, given.found, rest=given.rest)
        case TaskKind.PACKING:
            return packing_answer(given.by, given.parcels)
        case TaskKind.CARRIER_PICKUP:
            return pickup_answer(given.by, given.confirmation, given.at)
        case TaskKind.RESTOCK:
            return restock_answer(given.by, given.damaged, given.missing)
        case TaskKind.HOLD:
            return hold_answer(given.by, given.decision, given.note)
        case TaskKind.SHORTAGE | TaskKind.SHORT_PICK:
            return decision_answer(kind, given.by, given.decision, given.note)


def picking_answer(by: str, found: list[str], *, rest: bool = False) -> dict[str, Any]:
    """All as listed, or with `SKU=PIECES:WHY` for each product, or only for those that were short
    while the `rest` is as listed.
    """
    items = [_found(given) for given in found]
    _once_each("--found", items)
    outcome = TOO_FEW_OF_THESE if rest else SOMETHING_MISSING if items else ALL_AS_LISTED
    return {"gate": "picking", "picked_by": by, "outcome": outcome, "found": items}


def packing_answer(by: str, parcels: list[str]) -> dict[str, Any]:
    """One `GRAMS,LENGTHxWIDTHxHEIGHT` (millimetres) for each parcel."""
    if not parcels:
        raise OptionMissing(TaskKind.PACKING, "--parcel")
    return {"gate": "packing", "packed_by": by, "parcels": [_parcel(given) for given in parcels]}


def pickup_answer(by: str, confirmation: str | None, at: str | None) -> dict[str, Any]:
    """The carrier's confirmation number and when it took the parcels."""
    if not confirmation:
        raise OptionMissing(TaskKind.CARRIER_PICKUP, "--confirmation")
    if not at:
        raise OptionMissing(TaskKind.CARRIER_PICKUP, "--at")
    return {
        "gate": "carrier-pickup",
        "handed_over_by": by,
        "confirmation_number": confirmation,
        "collected_at": at,
    }


def decision_answer(kind: TaskKind, by: str, decision: str | None, note: str) -> dict[str, Any]:
    """What becomes of an order that cannot go on as it is."""
    if not decision:
        choices = _SHORT_PICK if kind == TaskKind.SHORT_PICK else _SHORTAGE
        raise OptionMissing(kind, f"--decision, one of: {', '.join(choices)}")
    return {"gate": str(kind), "decided_by": by, "decision": decision, "note": note}


def restock_answer(by: str, damaged: list[str], missing: list[str]) -> dict[str, Any]:
    """All as listed, or with `SKU=PIECES` for each product that is damaged or missing."""
    lost: dict[str, dict[str, Any]] = {}
    for option, given in (("damaged", damaged), ("missing", missing)):
        items = [_lost(option, text) for text in given]
        _once_each(f"--{option}", items)
        for item in items:
            lost.setdefault(item["sku"], {"sku": item["sku"]})[option] = item["quantity"]
    outcome = DAMAGED_OR_MISSING if lost else ALL_AS_LISTED
    return {
        "gate": "restock", "restocked_by": by, "outcome": outcome, "lost": list(lost.values()),
    }  # fmt: skip


def hold_answer(by: str, decision: str | None, note: str) -> dict[str, Any]:
    """Release the order, or cancel it."""
    if not decision:
        raise OptionMissing(TaskKind.HOLD, "--decision release or --decision 'cancel order'")
    return {"gate": "hold", "decided_by": by, "decision": decision, "note": note}


def cancel_answer(kind: TaskKind, by: str, reason: str) -> dict[str, Any]:
    """Cancel the order in place of what the task asks for."""
    if kind not in _ANSWERED_BY:
        raise CannotBeCancelled(kind)
    return {"gate": str(kind), _ANSWERED_BY[kind]: by, "cancel": reason}


def _once_each(option: str, items: list[dict[str, Any]]) -> None:
    given: set[str] = set()
    for item in items:
        if item["sku"] in given:
            raise GivenTwice(option, item["sku"])
        given.add(item["sku"])


def _lost(option: str, given: str) -> dict[str, Any]:
    item = _LOST.match(given.strip())
    if item is None:
        raise OptionMalformed(f"--{option}", given, "MUG-01=2")
    return {"sku": item["sku"], "quantity": int(item["pieces"])}


def _found(given: str) -> dict[str, Any]:
    item = _FOUND.match(given.strip())
    if item is None:
        raise OptionMalformed("--found", given, f"'MUG-01=2:damaged' (or {_OTHER_REASONS})")
    why = item["why"].strip() if item["why"] else None
    return {"sku": item["sku"], "quantity": int(item["pieces"]), "why": why}


def _parcel(given: str) -> dict[str, int]:
    sizes = _PARCEL.match(given.strip())
    if sizes is None:
        raise OptionMalformed("--parcel", given, "1200,300x200x100 (grams, millimetres)")
    names = ("weight_grams", "length_mm", "width_mm", "height_mm")
    return dict(zip(names, map(int, sizes.groups()), strict=True))
