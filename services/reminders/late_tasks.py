"""Tasks that are late: whose task it is gets reminded, and after a while the role above is told.

A late task is marked, and the mail that tells of it is written, in one transaction: each task is in
one reminder, and in one escalation at the most, whatever crashes and however many dispatchers look.
A mail tells a role of all tasks that one look found, but those who work in some warehouses only of
what is there. It is sent afterwards, outside of any
transaction; while the mail server is away it stays in the outbox.
"""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, text, true
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.locks import LOOKING, advisory_lock
from adapters.database.sessions import transaction
from adapters.documents.rendering import late_tasks_mail
from adapters.failpoints import failpoint
from adapters.settings import settings
from adapters.settings.shop_clock import in_working_hours
from domain.errors import Unavailable
from models.enums import EventKind, MessageState, Role, SweepPart, TaskState
from models.events import LateTaskTold
from models.tables.catalogue import Warehouse
from models.tables.messages import Message
from models.tables.orders import SalesOrder
from models.tables.staff import Staff, StaffTask
from models.views.mails import LateTask, LateTasksView
from services.access.actors import works_in
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.execution.one_by_one import OneByOne, alone, stops_all
from services.messaging.alarm_mails import ALARM
from services.messaging.outbox import begin_sending, save_sent, send_written, write
from services.worklist.gates import GATES, title_of
from services.worklist.tasks import ROLE_ABOVE

REMINDER, ESCALATION = "reminder", "escalation"
"""What the keys of these mails begin with; the first task that they tell of follows."""

_SENT_FROM_HERE = (ALARM, ESCALATION, REMINDER)
"""The mails that no step of a flow sends."""

MANAGEMENT = "management"

_AT_ONCE = 5_000
"""So many tasks are marked in one transaction; what is beyond that waits for the next look."""

logger = logging.getLogger("packline.late")

LateRow = tuple[StaffTask, SalesOrder, Warehouse | None]
Late = Sequence[LateRow]
"""Tasks with their orders, and with their warehouses where they have one."""


class Notice(NamedTuple):
    """Who is told of whose late tasks; `to` is None for management. `tasks` are all, or those for
    which the condition holds.
    """

    of: tuple[Role, ...]
    to: Role | None
    kind: str
    tasks: ColumnElement[bool] | None = None


class Addressees(NamedTuple):
    """Who gets a mail, by name; nobody by name where it is management. `stands_in` is the role in
    whose place they get it, mostly ''.
    """

    names: tuple[str, ...]
    emails: tuple[str, ...]
    stands_in: str = ""


_REMINDERS = tuple(Notice((role,), role, REMINDER) for role in Role)
_ESCALATIONS = tuple(
    Notice(tuple(role for role in Role if ROLE_ABOVE.get(role) == above), above, ESCALATION)
    for above in (Role.OPERATOR, None)
)


def remind_and_escalate() -> int:
    """Mark the tasks that have become late, and write the mails; returns how many mails.

    0 while another process is looking. A task that somebody is answering is left alone, and so is
    one that meets trouble: that is written on its order.

    The audit says the same: *late tasks and the mails that tell of them agree*.
    """
    orders = OneByOne(SweepPart.REMIND)
    try:
        written = _look()
    except Exception as problem:
        if stops_all(problem):
            raise
        written = _look(without=_in_trouble(orders))
    if written is not None:
        orders.save()
    return written or 0


def _look(without: Collection[int] = ()) -> int | None:
    """Tell of all late tasks but some, in one transaction; returns how many mails. None: another
    process is looking.
    """
    with transaction() as session:
        if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": LOOKING}):
            return None
        written = _tell_of_all(session, col(StaffTask.id).not_in(without))
        failpoint("late tasks: marked")
    return written


def _tell_of_all(session: Session, tasks: ColumnElement[bool]) -> int:
    now = this_instant(session)
    notices = (notice._replace(tasks=tasks) for notice in (*_ESCALATIONS, *_REMINDERS))
    written = sum(_tell_of(session, notice, now) for notice in notices)
    session.flush()
    return written


def _in_trouble(orders: OneByOne) -> set[int]:
    """The late tasks of which nobody can be told."""
    which = StaffTask.id, StaffTask.order_number, StaffTask.shipment
    with transaction() as session:
        late = session.exec(select(*which).where(*_is_late(this_instant(session)))).all()
    return {
        task
        for task, order, shipment in late
        if not orders.attempt(f"Late task {task}", (order, shipment), partial(_rehearse, task))
    }


def _rehearse(task: int) -> bool:
    """Tell of one task, and undo it."""
    with transaction() as session:
        _tell_of_all(session, col(StaffTask.id) == task)
        session.rollback()
    return True


def send_reminders() -> int:
    """Send the mails that are written; returns how many the mail server took.

    What it does not take now is sent in a later round, and holds up no other mail.
    """
    with transaction() as session:
        waiting = select(Message.key).where(
            Message.state == MessageState.WRITTEN,
            or_(*(col(Message.key).startswith(f"{kind}:") for kind in _SENT_FROM_HERE)),
        )
        keys = session.exec(waiting.order_by(col(Message.id))).all()
    return sum(bool(alone(f"The mail {key}", partial(_send, key))) for key in keys)


def _tell_of(session: Session, notice: Notice, now: datetime) -> int:
    """Mark the tasks that are to be told of, and write a mail about them to each group of people
    whom they concern; returns how many mails.
    """
    late = _late_tasks(session, notice, now)
    people = _people(session, notice.to) if late else []
    groups: dict[Addressees, list[LateRow]] = defaultdict(list)
    for row in late:
        groups[_addressees(people, notice.to, row[0].warehouse)].append(row)
    for addressees, rows in groups.items():
        _tell(session, notice, rows, addressees, now)
    return len(groups)


def _tell(
    session: Session, notice: Notice, late: Late, addressees: Addressees, now: datetime
) -> None:
    first, *_ = late[0]
    key = f"{notice.kind}:{first.id}"
    mail = late_tasks_mail(_view(notice, late, addressees, now))
    write(session, key, [*addressees.emails], mail)
    session.flush()
    for task, _, warehouse in late:
        if notice.kind == ESCALATION:
            task.escalated_at, task.escalation = now, key
        else:
            _mark_reminded(task, warehouse, key, now)
        _tell_timeline(session, task, notice, addressees)


def _late_tasks(session: Session, notice: Notice, now: datetime) -> Late:
    """The tasks of the notice's roles that nobody was told of, the longest overdue first."""
    found = session.exec(
        select(StaffTask, SalesOrder, Warehouse)
        .join(SalesOrder, col(SalesOrder.number) == StaffTask.order_number)
        .join(Warehouse, isouter=True, onclause=col(Warehouse.code) == StaffTask.warehouse)
        .where(
            *_is_late(now),
            col(StaffTask.role).in_(notice.of),
            _is_untold(notice.kind, now),
            true() if notice.tasks is None else notice.tasks,
        )
        .order_by(col(StaffTask.due_at), col(StaffTask.id))
        .limit(_AT_ONCE)
        .with_for_update(of=StaffTask, skip_locked=True)
    )
    return found.all()


def _is_late(now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_open = col(StaffTask.state) == TaskState.OPEN
    return is_open, col(StaffTask.escalated_at).is_(None), col(StaffTask.due_at) <= now


def _is_untold(kind: str, now: datetime) -> ColumnElement[bool]:
    if kind == ESCALATION:
        return col(StaffTask.escalation_due_at) <= now
    return col(StaffTask.reminded_at).is_(None)


def _mark_reminded(task: StaffTask, warehouse: Warehouse | None, key: str, now: datetime) -> None:
    task.reminded_at, task.reminder = now, key
    hours = settings().escalate_after_hours
    task.escalation_due_at = in_working_hours(now, hours, warehouse)


def _tell_timeline(
    session: Session, task: StaffTask, notice: Notice, addressees: Addressees
) -> None:
    kind = EventKind.ESCALATED if notice.kind == ESCALATION else EventKind.REMINDED
    told = LateTaskTold(gate=task.kind, task_id=task.id, due_at=task.due_at, names=addressees.names)
    add_event(session, order_key(task.order_number), kind, told)


def _people(session: Session, role: Role | None) -> Sequence[Staff]:
    """Everybody in the role who works here and has a mail address."""
    if role is None:
        return ()
    in_role = col(Staff.roles).contains([role])
    staff = select(Staff).where(in_role, Staff.email != "", col(Staff.active))
    return session.exec(staff.order_by(col(Staff.name))).all()


def _addressees(people: Sequence[Staff], role: Role | None, warehouse: str | None) -> Addressees:
    """Those of these people who work in the warehouse; all of them where none does, or where no
    warehouse is named; management where there is nobody.
    """
    there = [person for person in people if works_in(person.warehouses, warehouse)] or people
    if there:
        return Addressees(
            tuple(person.name for person in there), tuple(person.email for person in there)
        )
    management = tuple(str(address) for address in settings().management_emails)
    return Addressees((), management, stands_in=role or "")


def _view(notice: Notice, late: Late, addressees: Addressees, now: datetime) -> LateTasksView:
    given = settings()
    escalated = notice.kind == ESCALATION
    above = ROLE_ABOVE.get(notice.of[0])
    return LateTasksView(
        shop_name=given.shop_name,
        tasks=tuple(_late_task(task, order) for task, order, _ in late),
        escalated=escalated,
        stands_in=addressees.stands_in,
        tells_next="" if escalated else (f"the {above}" if above else MANAGEMENT),
        escalate_after_hours=given.escalate_after_hours,
        now=now,
        locale=given.locale,
        time_zone=given.time_zone,
    )


def _late_task(task: StaffTask, order: SalesOrder) -> LateTask:
    gate = GATES.get(task.kind)
    return LateTask(
        id=task.id,
        title=title_of(task.kind),
        role=task.role,
        order_number=order.number,
        shipment=task.shipment,
        service_level=order.service_level,
        due_at=task.due_at,
        promised_at=order.promised_at,
        options=gate.needed_options if gate else "",
    )


def _send(key: str) -> bool:
    """Send one mail, unless another process is at it or the mail server is away."""
    try:
        with advisory_lock(f"mail {key}") as lock:
            with transaction() as session:
                message = session.exec(select(Message).where(Message.key == key)).one()
                if message.state != MessageState.WRITTEN:
                    return False
                begin_sending(session, message)
            failpoint("reminder: intended")
            lock.check()
            delivery = send_written(message)
            with transaction() as session:
                save_sent(session, key, delivery)
    except Unavailable as away:
        logger.warning("The mail %s waits: %s", key, away)
        return False
    if delivery.problem:
        logger.warning("The mail %s: %s", key, delivery.problem)
    return delivery.sent
