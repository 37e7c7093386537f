"""Finishing a restock that was scanned: its answer is what became of the pieces."""

from typing import Any

from adapters.database.sessions import transaction
from domain.errors import PacklineError
from models.enums import TaskKind
from models.forms.picking import ALL_AS_LISTED
from models.forms.restock import DAMAGED_OR_MISSING
from models.tables.restocking import RestockedItem
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.answers.submit import answer_locked, locked_to_answer
from services.scanning.restocking import restock_lines


class NotAllStored(PacklineError):
    """Pieces of a restock are neither stored nor lost, so it is not finished."""

    message = "Nobody has said where all of {skus} is: scan it and its bin, or press a button."


def finish_scanned_restock(task_id: int, actor: Actor) -> StaffTask:
    """Finish a restock with what was stored, damaged and missing.

    Raises `NotAllStored`, and what `answer_task` raises.
    """
    with transaction() as session:
        task, shipment = locked_to_answer(session, task_id, actor)
        session.refresh(task, with_for_update=True)
        items = [item for _, item in restock_lines(session, task)]
        return answer_locked(session, shipment, task, _answer(items), actor)


def _answer(items: list[RestockedItem]) -> dict[str, Any]:
    open_skus = tuple(item.sku for item in items if item.is_open)
    if open_skus or not items:
        raise NotAllStored(skus=open_skus)
    lost = [item.model_dump(include={"sku", "damaged", "missing"}) for item in items if _lost(item)]
    answer: dict[str, Any] = {"gate": TaskKind.RESTOCK, "outcome": ALL_AS_LISTED}
    return answer | {"outcome": DAMAGED_OR_MISSING, "lost": lost} if lost else answer


def _lost(item: RestockedItem) -> int:
    return item.damaged + item.missing
