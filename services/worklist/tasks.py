"""The staff's worklist: tasks are opened for a role, with a time by which they are due."""

from typing import Any

from sqlalchemy import ColumnElement, update
from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time, in_working_hours
from domain.errors import PacklineError
from domain.messages import Message
from models.enums import Role, ServiceLevel, TaskKind, TaskState
from models.results.checklists import Checklist
from models.results.work import TaskOpened
from models.tables.shipments import Shipment, rows_of
from models.tables.staff import StaffTask
from services.execution.locks import IDENTITIES
from services.inventory.allocations import warehouse_of
from services.worklist.departures import look_up_departure
from services.worklist.gate_spec import GateSpec
from services.worklist.gates import gate_of

ROLE_ABOVE = {
    Role.WAREHOUSE_STAFF: Role.OPERATOR,
    Role.PACKER: Role.OPERATOR,
    Role.LOGISTICS_COORDINATOR: Role.OPERATOR,
}
"""Who is told when a role's late task stays open; above the operator is management."""

_LATENESS = {
    "due_at", "reminded_at", "reminder", "escalation_due_at", "escalated_at", "escalation",
}  # fmt: skip


class TaskNotOpen(PacklineError):
    """There is nothing to answer."""

    messages = {
        "unknown-task": "There is no task {task}: `packline tasks` lists the open ones.",
        "task-called-back": (
            "Task {task} was called back by {by}: the parcels go elsewhere, and another task comes"
            " once they have other labels. Keep them here."
        ),
        "task-picked-first": (
            "Task {task} was called back by {by}: the goods are picked again first, and another"
            " task comes once they are. Leave the tote."
        ),
        "task-done": "Task {task} was done by {by} at {at}: nothing is left to do.",
        "task-closed": "Task {task} is {state}: `packline tasks` lists the open ones.",
    }


def open_task(
    session: Session,
    shipment: Shipment,
    kind: str,
    checklist: Checklist | None = None,
) -> StaffTask:
    """Put a task for the next round of a gate on the list of its role, where the stock is.

    It is due by the hours of that warehouse, or of the shop where there is none. What is opened for
    an order on hold waits for its release, but for the question about that. Raises `UnknownGate`.

    The audit says the same: *open tasks are where their order's stock is*.
    """
    listed = checklist.model_dump(mode="json") if checklist else None
    return _open(session, shipment, gate_of(kind), checklist=listed)


def ask_again(session: Session, shipment: Shipment, task: StaffTask, error: Message) -> StaffTask:
    """Put a task on the list again whose answer was refused; that moves no deadline."""
    session.refresh(task)  # somebody may have been reminded of it meanwhile
    said = {"checklist": task.checklist, "error": error.as_data()}
    again = _open(session, shipment, gate_of(task.kind), **said)
    again.sqlmodel_update(task.model_dump(include=_LATENESS))
    session.flush()
    return again


def _open(session: Session, shipment: Shipment, gate: GateSpec, **said: Any) -> StaffTask:
    warehouse = warehouse_of(session, shipment)
    look_up_departure(session, shipment, warehouse)
    waits = shipment.order.on_hold_since is not None and gate.kind != TaskKind.HOLD
    hours = _hours(gate, shipment.order.service_level)
    task = StaffTask(
        order_number=shipment.order_number,
        shipment=shipment.number,
        warehouse=warehouse.code if warehouse else None,
        kind=gate.kind,
        round=_rounds(session, shipment, gate) + 1,
        role=gate.role,
        state=TaskState.HELD if waits else TaskState.OPEN,
        due_at=in_working_hours(this_instant(session), hours, warehouse),
        **said,
    )
    session.add(task)
    session.flush()
    return task


def _rounds(session: Session, shipment: Shipment, gate: GateSpec) -> int:
    """How often a shipment's gate has asked."""
    last = select(func.max(StaffTask.round)).where(*tasks_of(shipment), StaffTask.kind == gate.kind)
    return session.scalar(last) or 0


def _hours(gate: GateSpec, service_level: ServiceLevel) -> float:
    """Working hours until such a task is due."""
    share = settings().express_share if service_level == ServiceLevel.EXPRESS else 1
    return gate.due_hours * share


def find_task(session: Session, task_id: int, kind: str | None = None) -> StaffTask:
    """The task of that number, and of that kind. Raises `TaskNotOpen`."""
    task = session.get(StaffTask, task_id) if task_id in IDENTITIES else None
    if task is None or kind not in (None, task.kind):
        raise TaskNotOpen("unknown-task", task=task_id)
    return task


def task_of(session: Session, shipment: Shipment, *, kind: str, round: int) -> StaffTask:
    """The task of one round of a shipment's gate; it is opened before anybody waits for it."""
    of_round = select(StaffTask).where(StaffTask.kind == kind, StaffTask.round == round)
    return session.exec(of_round.where(*tasks_of(shipment))).one()


def withdraw_tasks(session: Session, shipment: Shipment) -> None:
    """Take what is open for a locked shipment off the lists."""
    session.execute(
        update(StaffTask)
        .where(*tasks_of(shipment), col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD)))
        .values(state=TaskState.WITHDRAWN)
    )


def not_open(task: StaffTask) -> TaskNotOpen:
    """What to tell somebody who comes too late."""
    if _is_called_back(task):
        return TaskNotOpen("task-called-back", task=task.id, by=task.answered_by)
    if (task.answer or {}).get("picking_undone"):
        return TaskNotOpen("task-picked-first", task=task.id, by=task.answered_by)
    if task.state == TaskState.DONE and task.answered_at:
        at = in_shop_time(task.answered_at)
        return TaskNotOpen("task-done", task=task.id, by=task.answered_by, at=at)
    return TaskNotOpen("task-closed", task=task.id, state=task.state)


def _is_called_back(task: StaffTask) -> bool:
    """Whether the carrier was not to have the parcels any more, though it was asked to."""
    ended = task.kind == TaskKind.CARRIER_PICKUP and task.state == TaskState.DONE
    return ended and not (task.answer or {}).get("collected_at")


def tasks_of(shipment: Shipment) -> tuple[ColumnElement[bool], ...]:
    """The tasks of a shipment, open or not."""
    return rows_of(StaffTask, shipment)


def opened(task: StaffTask) -> TaskOpened:
    """What a step says of a task that it has opened."""
    return TaskOpened(task_id=task.id, role=task.role, due_at=task.due_at)
