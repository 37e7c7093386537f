"""What is proposed to somebody as a batch: the pickings that one walk fetches best."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.settings import settings
from domain.batches import Candidate, bins_apart, bins_together, propose
from domain.messages import Message, Plural, Value
from models.enums import TaskKind, TaskState
from models.results.checklists import PickingChecklist
from models.tables.orders import SalesOrder
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.access.permissions import Action, may

LOOKED_AT = 300
"""So many pickings are looked at, those first that leave first: a day's list is far longer."""

_SAVES = Plural(
    "One order, {bins} bins.", "{orders} orders, {bins} bins in place of {apart}.", "orders"
)


@dataclass(frozen=True, kw_only=True)
class ProposedBatch:
    """Pickings of one warehouse for one walk, what leaves first at the front."""

    warehouse: str
    tasks: tuple[int, ...]
    leaves_at: datetime
    bins: int
    apart: int

    def said(self) -> Message:
        """How many orders, and how much walking that saves."""
        values: dict[str, Value] = {
            "orders": len(self.tasks),
            "bins": self.bins,
            "apart": self.apart,
        }
        return Message("batch-saves", _SAVES, values)


def propose_batch(session: Session, actor: Actor) -> ProposedBatch | None:
    """What the actor may take as a batch now; None: nothing is to be picked.

    Its warehouse is that of the picking that leaves first, of those where the actor works.
    """
    first = _first(session, actor)
    if first is None or first.warehouse is None:
        return None
    there = [*free_pickings(session, actor), col(StaffTask.warehouse) == first.warehouse]
    chosen = propose(_candidates(session, there), settings().cart_totes)
    return ProposedBatch(
        warehouse=first.warehouse,
        tasks=tuple(one.task for one in chosen),
        leaves_at=min(one.leaves_at for one in chosen),
        bins=bins_together(chosen),
        apart=bins_apart(chosen),
    )


def free_pickings(session: Session, actor: Actor) -> list[ColumnElement[bool]]:
    """The conditions for pickings that the actor may take and nobody is at."""
    wanted: list[Any] = [
        StaffTask.kind == TaskKind.PICKING,
        StaffTask.state == TaskState.OPEN,
        col(StaffTask.warehouse).is_not(None),
        or_(
            col(StaffTask.taken_until).is_(None),
            col(StaffTask.taken_until) <= this_instant(session),
        ),
    ]
    if not may(actor, Action.DO_ANY_TASK):
        wanted.append(col(StaffTask.role).in_(actor.roles))
    if actor.warehouses:
        wanted.append(col(StaffTask.warehouse).in_(actor.warehouses))
    return wanted


def _first(session: Session, actor: Actor) -> StaffTask | None:
    wanted = free_pickings(session, actor)
    for condition in (_put_first(), ~_put_first()):
        if found := session.exec(_in_order(*wanted, condition).limit(1)).first():
            return found
    return None


def _candidates(session: Session, wanted: list[ColumnElement[bool]]) -> list[Candidate]:
    found: list[Candidate] = []
    for put_first in (True, False):
        condition = _put_first() if put_first else ~_put_first()
        rows = session.exec(_in_order(*wanted, condition).limit(LOOKED_AT - len(found)))
        found += [_candidate(task, put_first) for task in rows]
    return found


def _candidate(task: StaffTask, put_first: bool) -> Candidate:
    items = PickingChecklist.model_validate(task.checklist or {}).items
    bins = frozenset(item.bin for item in items)
    return Candidate(task.id, task.leaves_at, bins, put_first)


def _put_first() -> ColumnElement[bool]:
    orders = select(SalesOrder.number).where(
        col(SalesOrder.put_first_at).is_not(None), SalesOrder.number == StaffTask.order_number
    )
    return orders.exists()


def _in_order(*conditions: ColumnElement[bool]) -> Any:
    return (
        select(StaffTask)
        .where(*conditions)
        .order_by(
            col(StaffTask.leaves_at),
            col(StaffTask.promised_at),
            col(StaffTask.due_at),
            col(StaffTask.id),
        )
    )
