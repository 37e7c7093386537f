"""What waits for people, as lists and sheets."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from adapters.database.clock import this_instant
from console.queries.listed import Listed
from domain.errors import PacklineError
from domain.promises import PromiseState
from domain.texts import as_key
from models.enums import ENDED, Channel, Role, TaskState
from models.messages import MessageData
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment, shipment_name
from models.tables.staff import Staff, StaffTask
from models.validation import is_printable
from services.access.actors import HasLeft
from services.inventory.warehouses import warehouse_called
from services.orders.promises import PromiseClock
from services.worklist.checklists import checklist_markdown
from services.worklist.gates import gate_of, title_of
from services.worklist.taking import is_taken
from services.worklist.tasks import ROLE_ABOVE, find_task

Condition = ColumnElement[bool] | bool


class UnknownStaff(PacklineError):
    """Nobody of that name works here."""

    message = "Nobody called {name!r} works here: import staff.csv, or give --role."

    def __init__(self, name: str) -> None:
        super().__init__(name=name)


class TaskRow(BaseModel):
    """A staff task in the list, with its order's promise and its shipment's departure, if any.

    `escalated_at` is when the role above its own was told that it is late, `taken_by` who is at it,
    `put_first` that an operator wants its order before all others. `warehouse` is the code
    of the one that holds the order's stock, once one does.
    """

    id: int
    kind: str
    title: str
    order_number: int
    shipment: int
    warehouse: str | None
    role: Role
    opened_at: datetime
    due_at: datetime
    overdue: bool
    reminded_at: datetime | None
    escalated_at: datetime | None
    departs_at: datetime | None
    promised_at: datetime
    promise: PromiseState
    put_first: bool
    taken_by: str | None
    error: MessageData | None
    checklist: dict[str, Any] | None


class TaskSheet(BaseModel):
    """A task with what it asks for, as Markdown: the same that the form in Prefect's UI shows."""

    task: TaskRow
    markdown: str


class TaskRecord(BaseModel):
    """A staff task as it is kept, with its answer, who gave it, when, and through which entrance.

    `shown` counts how often its form was put up in Prefect.
    """

    id: int
    order_number: int
    shipment: int
    warehouse: str | None
    kind: str
    round: int
    role: Role
    state: TaskState
    opened_at: datetime
    leaves_at: datetime
    promised_at: datetime
    due_at: datetime
    reminded_at: datetime | None
    reminder: str | None
    escalation_due_at: datetime | None
    escalated_at: datetime | None
    escalation: str | None
    checklist: dict[str, Any] | None
    times_presented: int
    error: MessageData | None
    taken_by: str | None
    take_number: int
    taken_at: datetime | None
    taken_until: datetime | None
    first_scan_at: datetime | None
    answer: dict[str, Any] | None
    answered_by: str | None
    answered_at: datetime | None
    answered_through: Channel | None


def open_tasks(
    session: Session,
    *,
    roles: Collection[Role] = (),
    places: Collection[str] = (),
    late: bool = False,
    warehouse: str | None = None,
    taken_by: str | None = None,
    free: bool = False,
    limit: int = 50,
) -> Listed[TaskRow]:
    """What waits for people; `late`: what was due; `taken_by`: what that person is at;
    `free`: what nobody is at.

    What was put first comes first, then what is overdue, and then what is to leave first: by
    departure, or by promise where nothing departs. `roles`: only what any of them may do; a role
    also has on its list what was escalated to it. `places`: what is not in another warehouse than
    these. Raises `UnknownWarehouse`.
    """
    clock = PromiseClock(this_instant(session))
    wanted: list[Condition] = [StaffTask.state == TaskState.OPEN]
    if roles:
        wanted.append(_concerns(roles))
    if places:
        place = col(StaffTask.warehouse)
        wanted.append(or_(place.is_(None), place.in_(places)))
    if taken_by:
        wanted += [StaffTask.taken_by == taken_by, col(StaffTask.taken_until) > clock.now]
    if free:
        until = col(StaffTask.taken_until)
        wanted.append(or_(until.is_(None), until <= clock.now))
    if late:
        wanted.append(col(StaffTask.due_at) < clock.now)
    if warehouse:
        wanted.append(StaffTask.warehouse == warehouse_called(session, warehouse).code)
    found = _most_urgent(session, wanted, clock.now, limit)
    total = len(found) if len(found) < limit else _count(session, wanted)
    return Listed([_task_row(*row, clock) for row in found], total)


def task_sheet(session: Session, task_id: int) -> TaskSheet:
    """One task, open or not, with what it asks for. Raises `TaskNotOpen`."""
    task = find_task(session, task_id)
    order = session.get_one(SalesOrder, task.order_number)
    shipment = session.get_one(Shipment, (task.order_number, task.shipment))
    named = shipment_name(order.number, task.shipment)
    return TaskSheet(
        task=_task_row(task, order, shipment.departs_at, PromiseClock(this_instant(session))),
        markdown=checklist_markdown(gate_of(task.kind), named, task),
    )


def task_record(task: StaffTask) -> TaskRecord:
    """All that is kept of a task."""
    return TaskRecord(**task.model_dump())


def staff_called(session: Session, name: str) -> Staff:
    """Somebody who works here, with roles and warehouses. Raises `UnknownStaff`, `HasLeft`."""
    staff = session.get(Staff, as_key(name)) if is_printable(name) else None
    if staff is None:
        raise UnknownStaff(name)
    if not staff.active:
        raise HasLeft(name)
    return staff


_TASK_FIELDS = {
    "id", "kind", "order_number", "shipment", "warehouse", "role", "opened_at", "due_at",
    "reminded_at", "escalated_at", "error", "checklist",
}  # fmt: skip


def _most_urgent(
    session: Session, wanted: Sequence[Condition], now: datetime, limit: int
) -> list[tuple[StaffTask, SalesOrder, datetime | None]]:
    """The first tasks of a list, with their orders and with when their shipments depart.

    What is put first, what is overdue and the rest are read one after the other, each in the order
    of an index: so a list is begun without sorting all that is open.
    """
    overdue = col(StaffTask.due_at) < now
    put_first = col(StaffTask.order_number).in_(
        select(SalesOrder.number).where(
            col(SalesOrder.put_first_at).is_not(None), col(SalesOrder.status).not_in(ENDED)
        )
    )
    found: list[tuple[StaffTask, SalesOrder, datetime | None]] = []
    for urgency in ((put_first,), (~put_first, overdue), (~put_first, ~overdue)):
        if len(found) < limit:
            tasks = _by_departure().where(*wanted, *urgency).limit(limit - len(found))
            found += session.exec(tasks).all()
    return found


def _by_departure() -> Select[StaffTask, SalesOrder, datetime | None]:
    """Tasks with their orders and departures, what leaves first on top."""
    of_shipment = and_(
        col(Shipment.order_number) == StaffTask.order_number,
        col(Shipment.number) == StaffTask.shipment,
    )
    return (
        select(StaffTask, SalesOrder, Shipment.departs_at)
        .join(SalesOrder, col(SalesOrder.number) == StaffTask.order_number)
        .join(Shipment, of_shipment)
        .order_by(
            col(StaffTask.leaves_at),
            col(StaffTask.promised_at),
            col(StaffTask.due_at),
            col(StaffTask.id),
        )
    )


def _count(session: Session, wanted: Sequence[Condition]) -> int:
    return session.exec(select(func.count()).select_from(StaffTask).where(*wanted)).one()


def _concerns(roles: Collection[Role]) -> ColumnElement[bool]:
    """The tasks of these roles, and those of others that were escalated to them."""
    below = [lower for lower, above in ROLE_ABOVE.items() if above in roles]
    escalated = and_(col(StaffTask.role).in_(below), col(StaffTask.escalated_at).is_not(None))
    return or_(col(StaffTask.role).in_(roles), escalated)


def _task_row(
    task: StaffTask, order: SalesOrder, departs_at: datetime | None, clock: PromiseClock
) -> TaskRow:
    return TaskRow(
        departs_at=departs_at,
        title=title_of(task.kind),
        overdue=task.state == TaskState.OPEN and task.due_at < clock.now,
        promised_at=order.promised_at,
        promise=clock.state(order),
        put_first=order.put_first_at is not None,
        taken_by=task.taken_by if is_taken(task, clock.now) else None,
        **task.model_dump(include=_TASK_FIELDS),
    )
