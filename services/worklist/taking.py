"""Taking a task, so that nobody else does it: until it is done, given back, or long silent.

A take is a lease with a rising number. What comes late from an earlier one, such as a scan that was
made offline, is known by that number.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time
from domain.errors import PacklineError
from models.enums import EventKind, TaskState
from models.events import OfTask, TaskGivenOut
from models.tables.staff import Staff, StaffTask
from models.validation import is_printable
from services.access.actors import Actor, works_in
from services.access.permissions import Action, may, require
from services.execution.events import add_event
from services.execution.locks import find_shipment
from services.worklist.tasks import find_task, not_open


class NotYours(PacklineError):
    """A task cannot be taken, done or given back by who wants to."""

    messages = {
        "taken-by-another": "{by} has taken task {task} at {at}: take another one, or ask {by} to"
        " give it back.",
        "other-role": "Task {task} is for {role}: take one of your own work.",
        "other-warehouse": "Task {task} is in {warehouse}: take one of your own work.",
        "not-taken": "Task {task} is not taken any more: take it again, if it is yours to do.",
        "works-elsewhere": "{name!q} cannot do task {task}: it is for {role} who work in"
        " {warehouse}.",
    }


def take(task_id: int, actor: Actor) -> StaffTask:
    """The task is the actor's until it is done or given back; taken again, it stays theirs.

    Raises `TaskNotOpen`, `NotYours`.
    """
    with transaction() as session:
        task = locked_open_task(session, task_id)
        check_may_do(task, actor)
        check_not_anothers(session, task, actor)
        now = this_instant(session)
        if task.taken_by == actor.name:  # silent for long, and nobody else came
            renew(task, now)
        else:
            take_locked(session, task, actor)
        return task


def give_back(task_id: int, actor: Actor) -> StaffTask:
    """Somebody else may take it. Raises `TaskNotOpen`, `NotYours`."""
    with transaction() as session:
        task = locked_open_task(session, task_id)
        if task.taken_by is None:
            raise NotYours("not-taken", task=task.id)
        if task.taken_by != actor.name:
            require(actor, Action.GIVE_OUT_TASKS)
        give_back_locked(session, task, actor)
        return task


def take_locked(session: Session, task: StaffTask, actor: Actor) -> None:
    """A locked task that nobody is at is the actor's."""
    _lend(task, actor.name, this_instant(session))
    _tell(session, task, EventKind.TASK_TAKEN, actor)


def give_back_locked(session: Session, task: StaffTask, actor: Actor) -> None:
    """A locked task is nobody's."""
    _free(task)
    _tell(session, task, EventKind.TASK_GIVEN_BACK, actor)


def give_out(task_id: int, to: str, actor: Actor) -> StaffTask:
    """An operator gives a task to somebody of its role, also if another one has it.

    Raises `TaskNotOpen`, `NotYours`, `NotAllowed`.
    """
    require(actor, Action.GIVE_OUT_TASKS)
    with transaction() as session:
        task = locked_open_task(session, task_id)
        staff = session.get(Staff, to) if is_printable(to) else None
        if staff is None or not staff.active or not may_work_on(staff, task):
            warehouse = task.warehouse or "-"
            named = {"name": to, "role": task.role, "warehouse": warehouse}
            raise NotYours("works-elsewhere", task=task.id, **named)
        now = this_instant(session)
        if is_taken_by(task, staff.name, now):  # what is counted in that take goes on
            return task
        _lend(task, staff.name, now)
        event = TaskGivenOut(gate=task.kind, task_id=task.id, to=staff.name)
        _tell(session, task, EventKind.TASK_GIVEN_OUT, actor, event)
        return task


def give_back_all(session: Session, actor: Actor) -> list[StaffTask]:
    """Free what somebody has taken, as when they sign out; returns what it was."""
    theirs = col(StaffTask.taken_by) == actor.name, col(StaffTask.state) == TaskState.OPEN
    in_order = select(StaffTask).where(*theirs).order_by(col(StaffTask.id)).with_for_update()
    tasks = list(session.exec(in_order.execution_options(populate_existing=True)))
    for task in tasks:
        _free(task)
        _tell(session, task, EventKind.TASK_GIVEN_BACK, actor)
    return tasks


def stay_at(session: Session, task_id: int, actor: Actor, kind: str | None = None) -> StaffTask:
    """The actor is still at a task of that kind, which they have taken.

    Raises `TaskNotOpen`, `NotYours`.
    """
    task = locked_open_task(session, task_id, kind)
    now = this_instant(session)
    if not is_taken_by(task, actor.name, now):
        check_not_anothers(session, task, actor)
        raise NotYours("not-taken", task=task.id)
    renew(task, now)
    return task


def check_may_do(task: StaffTask, actor: Actor) -> None:
    """Whether the task is where the actor works, and for one of their roles.

    Raises `NotYours`, `NotAllowed`.
    """
    if not works_in(actor.warehouses, task.warehouse):
        raise NotYours("other-warehouse", task=task.id, warehouse=task.warehouse)
    if may(actor, Action.DO_ANY_TASK):
        return
    require(actor, Action.DO_TASKS)
    if task.role not in actor.roles:
        raise NotYours("other-role", task=task.id, role=task.role)


def check_not_anothers(session: Session, task: StaffTask, actor: Actor) -> None:
    """Raises `NotYours` while somebody else has taken the task."""
    if task.taken_by == actor.name or not is_taken(task, this_instant(session)):
        return
    at = in_shop_time(task.taken_at) if task.taken_at else None
    raise NotYours("taken-by-another", task=task.id, by=task.taken_by, at=at)


def is_taken(task: StaffTask, now: datetime) -> bool:
    """Whether somebody is at it."""
    return task.taken_until is not None and task.taken_until > now


def is_taken_by(task: StaffTask, name: str, now: datetime) -> bool:
    """Whether that is who is at it."""
    return task.taken_by == name and is_taken(task, now)


def is_in_hands_of(task: StaffTask, name: str, take_number: int) -> bool:
    """Whether that take of the task is theirs, also after a long silence if nobody else came."""
    return task.taken_by == name and task.take_number == take_number


def renew(task: StaffTask, now: datetime) -> None:
    """Whoever has taken a locked task is still at it."""
    task.taken_until = now + timedelta(minutes=settings().take_minutes)


def may_work_on(staff: Staff, task: StaffTask) -> bool:
    """Whether a task is for that person, by role and warehouse."""
    return works_in(staff.warehouses, task.warehouse) and task.role in staff.roles


def locked_open_task(session: Session, task_id: int, kind: str | None = None) -> StaffTask:
    """The task, locked. Raises `TaskNotOpen`."""
    task = find_task(session, task_id, kind)
    session.refresh(task, with_for_update=True)
    if task.state != TaskState.OPEN:
        raise not_open(task)
    return task


def _lend(task: StaffTask, name: str, now: datetime) -> None:
    task.taken_by, task.taken_at = name, now
    task.take_number += 1
    renew(task, now)


def _free(task: StaffTask) -> None:
    task.taken_by = task.taken_at = task.taken_until = None


def _tell(
    session: Session, task: StaffTask, kind: EventKind, actor: Actor, event: OfTask | None = None
) -> None:
    shipment = find_shipment(session, task.order_number, task.shipment)
    of_task = event or OfTask(gate=task.kind, task_id=task.id)
    if shipment:
        add_event(session, shipment.key, kind, of_task, actor=actor)
