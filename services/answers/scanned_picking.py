"""Finishing a picking that was scanned: its answer is what the scans have counted."""

from typing import Any

from adapters.database.sessions import transaction
from domain.errors import PacklineError
from models.enums import TaskKind
from models.forms.picking import ALL_AS_LISTED, SOMETHING_MISSING
from models.tables.scanning import ScannedItem
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.answers.submit import answer_locked, locked_to_answer
from services.scanning.counting import locked_items
from services.worklist.taking import NotYours, is_in_hands_of


class NotAllScanned(PacklineError):
    """Lines of a picking are neither full nor explained, so it is not finished."""

    message = "Nobody has said what became of {skus}: scan the pieces, or say why they are short."


def finish_scanned_picking(task_id: int, take: int, actor: Actor) -> StaffTask:
    """Finish a picking with what a take of it has counted.

    Raises `NotAllScanned`, `NotYours` where that take has ended, and what `answer_task` raises.
    """
    with transaction() as session:
        task, shipment = locked_to_answer(session, task_id, actor)
        session.refresh(task, with_for_update=True)
        if not is_in_hands_of(task, actor.name, take):
            raise NotYours("not-taken", task=task.id)
        answer = _answer(locked_items(session, task))
        return answer_locked(session, shipment, task, answer, actor)


def _answer(items: dict[str, ScannedItem]) -> dict[str, Any]:
    unsettled = tuple(x.sku for x in items.values() if x.counted < x.asked and not x.short_reason)
    if unsettled or not items:
        raise NotAllScanned(skus=unsettled)
    answer: dict[str, Any] = {"gate": TaskKind.PICKING, "outcome": ALL_AS_LISTED}
    if any(item.short_reason for item in items.values()):
        found = [
            {"sku": item.sku, "quantity": item.counted, "why": item.short_reason}
            for item in items.values()
        ]
        return answer | {"outcome": SOMETHING_MISSING, "found": found}
    return answer
