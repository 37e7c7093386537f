"""My work: the tasks of somebody's roles and warehouses, and one task as who does it sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from console.queries.listed import Listed
from console.queries.tasks import TaskRow, open_tasks
from domain.messages import Message
from models.enums import TaskState
from models.results.checklists import Checklist
from models.scanning import GoodsInHand
from models.tables.orders import SalesOrder
from models.tables.staff import Staff, StaffTask
from services.access.actors import Actor, works_in
from services.access.permissions import Action, may
from services.scanning.state import tasks_in_hand
from services.worklist.checklists import checklist_of
from services.worklist.gate_spec import GateSpec
from services.worklist.gates import gate_of, title_message
from services.worklist.taking import is_taken, is_taken_by, may_work_on
from services.worklist.tasks import find_task

SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class WorkRow:
    """A task in somebody's list: what it is called, and how much it asks for."""

    task: TaskRow
    title: Message
    asks: Message


@dataclass(frozen=True, kw_only=True)
class ToReturn:
    """Goods that somebody has fetched for a task and that go back to their bins."""

    task: StaffTask
    goods: Sequence[GoodsInHand]


@dataclass(frozen=True, kw_only=True)
class MyWork:
    """What somebody has taken, and what else is there to be taken, what leaves first on top; before
    both, what is to be returned. `is_anything_free`: there is a next task to take, also one that is
    not shown.
    """

    mine: Sequence[WorkRow]
    others: Listed[WorkRow]
    to_return: Sequence[ToReturn]
    is_anything_free: bool


@dataclass(frozen=True, kw_only=True)
class TaskPage:
    """A task with all that its page shows.

    `now` is by the database's clock. `mine`: the reader has taken it. `may_do`: it is for the
    reader's roles and warehouses. `colleagues` are those to whom an operator may give it.
    """

    now: datetime
    task: StaffTask
    order: SalesOrder
    gate: GateSpec
    title: Message
    checklist: Checklist
    error: Message | None
    taken_by: str | None
    mine: bool
    may_do: bool
    reader: str
    colleagues: Sequence[str]

    @property
    def is_open(self) -> bool:
        """Whether it can be done now."""
        return self.task.state == TaskState.OPEN


def my_work(session: Session, actor: Actor) -> MyWork:
    """The open tasks of the actor's roles and warehouses; those taken by the actor apart."""
    mine = open_tasks(session, taken_by=actor.name, limit=SHOWN)
    found = open_tasks(session, roles=actor.roles, places=actor.warehouses, limit=SHOWN)
    ids = {row.id for row in mine}
    others = [row for row in found if row.id not in ids]
    return MyWork(
        mine=mine.each(_work_row),
        others=Listed([_work_row(row) for row in others], found.total - len(ids)),
        to_return=[
            ToReturn(task=t, goods=goods) for t, goods in tasks_in_hand(session, actor.name)
        ],
        is_anything_free=any(row.taken_by is None for row in others)
        or bool(_free_tasks(session, actor, limit=1)),
    )


def next_tasks(session: Session, actor: Actor) -> Sequence[TaskRow]:
    """What the actor goes on with: what they have taken, or else what nobody is at."""
    mine = open_tasks(session, taken_by=actor.name, limit=SHOWN)
    return mine or _free_tasks(session, actor, limit=SHOWN)


def _free_tasks(session: Session, actor: Actor, *, limit: int) -> Sequence[TaskRow]:
    places = actor.warehouses
    return open_tasks(session, roles=actor.roles, places=places, free=True, limit=limit)


def task_page(session: Session, task_id: int, actor: Actor) -> TaskPage:
    """A task, open or not, as the actor sees it. Raises `TaskNotOpen`, `UnknownGate`."""
    task = find_task(session, task_id)
    now = this_instant(session)
    gate = gate_of(task.kind)
    return TaskPage(
        now=now,
        task=task,
        order=session.get_one(SalesOrder, task.order_number),
        gate=gate,
        title=title_message(task.kind),
        checklist=checklist_of(gate, task),
        error=Message.from_data(task.error) if task.error else None,
        taken_by=task.taken_by if is_taken(task, now) else None,
        mine=is_taken_by(task, actor.name, now),
        may_do=_may_do(task, actor),
        reader=actor.name,
        colleagues=_colleagues(session, task) if may(actor, Action.GIVE_OUT_TASKS) else (),
    )


def _may_do(task: StaffTask, actor: Actor) -> bool:
    of_role = task.role in actor.roles or may(actor, Action.DO_ANY_TASK)
    return of_role and works_in(actor.warehouses, task.warehouse)


def _colleagues(session: Session, task: StaffTask) -> list[str]:
    here = session.exec(select(Staff).where(col(Staff.active)).order_by(col(Staff.name)))
    return [staff.name for staff in here if may_work_on(staff, task)]


def _work_row(row: TaskRow) -> WorkRow:
    asked = gate_of(row.kind).checklist.model_validate(row.checklist or {})
    return WorkRow(task=row, title=title_message(row.kind), asks=asked.said())
