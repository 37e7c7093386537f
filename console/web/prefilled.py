"""Forms that open with the list filled in: only what differs is to be typed.

A picker has found all as listed unless a number is made smaller; whoever restocks has everything
back unless something is said to be damaged or missing. The outcome follows from the numbers; what
was collected was collected now, unless a time is given.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.settings.shop_clock import in_shop_time
from console.queries.work import TaskPage
from models.enums import TaskKind
from models.forms.picking import ALL_AS_LISTED, SOMETHING_MISSING
from models.forms.restock import DAMAGED_OR_MISSING
from models.results.checklists import ChecklistItem, PickingChecklist

Item = dict[str, Any]


@dataclass(frozen=True)
class Prefill:
    """How a list is filled in: under which field, what for each item, and what of it differs."""

    field: str
    item: Callable[[ChecklistItem], Item]
    differs: Callable[[ChecklistItem | None, Item], bool]
    if_any_differs: str
    all_items: bool


def _found(item: ChecklistItem) -> Item:
    return {"sku": item.sku, "quantity": item.quantity}


def _is_short(listed: ChecklistItem | None, item: Item) -> bool:
    return listed is None or item.get("quantity") != str(listed.quantity) or "why" in item


def _back(item: ChecklistItem) -> Item:
    return {"sku": item.sku, "damaged": 0, "missing": 0}


def _is_lost(listed: ChecklistItem | None, item: Item) -> bool:
    return any(item.get(way, "0") != "0" for way in ("damaged", "missing"))


PREFILLED: dict[str, Prefill] = {
    TaskKind.PICKING: Prefill("found", _found, _is_short, SOMETHING_MISSING, True),
    TaskKind.RESTOCK: Prefill("lost", _back, _is_lost, DAMAGED_OR_MISSING, False),
}
"""By gate. All others open empty."""


def prefilled(shown: TaskPage) -> dict[str, Any]:
    """What stands in a task's form when it is opened."""
    prefill = PREFILLED.get(shown.gate.kind)
    if prefill is None:
        return {}
    return {prefill.field: [prefill.item(item) for item in items_of(shown)]}


def completed(shown: TaskPage, answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with the outcome that its numbers mean, and with now where no time was given."""
    prefill = PREFILLED.get(shown.gate.kind)
    if "cancel" in answer:
        return answer
    if shown.gate.kind == TaskKind.CARRIER_PICKUP:
        return {"collected_at": f"{in_shop_time(shown.now):%Y-%m-%d %H:%M}"} | answer
    if prefill is None:
        return answer
    listed = {item.sku: item for item in items_of(shown)}
    items = answer.get(prefill.field, [])
    different = [item for item in items if prefill.differs(listed.get(item.get("sku", "")), item)]
    if not different and len(items) == len(listed):
        return {name: answer[name] for name in answer if name != prefill.field} | {
            "outcome": ALL_AS_LISTED
        }
    kept = items if prefill.all_items else different
    return answer | {"outcome": prefill.if_any_differs, prefill.field: kept}


def fixed_list(shown: TaskPage) -> str:
    """The field of the form that has the task's own list; '' where there is none."""
    prefill = PREFILLED.get(shown.gate.kind)
    return prefill.field if prefill else ""


def items_of(shown: TaskPage) -> tuple[ChecklistItem, ...]:
    """The goods that a task lists."""
    return shown.checklist.items if isinstance(shown.checklist, PickingChecklist) else ()
