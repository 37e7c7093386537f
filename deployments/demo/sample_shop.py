"""`packline up --sample`: a shop to look at, with orders at every stage and people of each role."""

import time
from collections.abc import Callable, Iterator

from sqlmodel import col, select

from adapters.database.sessions import transaction
from deployments.demo.sample import sample_files
from deployments.demo.simulated_staff import SimulatedStaff, open_tasks
from deployments.stack.live import GoOn
from deployments.stack.stack import Say, Stack
from domain.errors import PacklineError
from models.enums import ENDED, Channel, HoldReason, Role, TaskKind
from models.imports.requests import HoldIn, PutFirstIn
from models.tables.catalogue import Product
from models.tables.orders import SalesOrder
from models.tables.staff import Staff, StaffTask
from services.access.actors import PACKLINE, who_is
from services.accounts.installation import mark_as_sample
from services.accounts.users import add_user
from services.imports.files import import_file
from services.orders.cancellation import request_cancellation_of
from services.orders.holds import put_on_hold
from services.orders.urgency import put_first

_PATIENCE_SECONDS = 240
_PAUSE_SECONDS = 0.2
_STAGES = (
    (),
    (TaskKind.PICKING,),
    (TaskKind.PICKING, TaskKind.PACKING),
    (TaskKind.PICKING, TaskKind.PACKING, TaskKind.CARRIER_PICKUP),
    (),
)
"""What is done of an order, by its number: one after the other, and again from the first."""


class SampleRefused(PacklineError):
    """The sample day is for a shop that has nothing yet."""

    messages = {
        "sample-beside-others": "There are products or orders here, and the sample day is for an"
        " empty shop: give it a data folder of its own (PACKLINE_DATA_FOLDER), or leave --sample"
        " away.",
        "sample-beside-mail-server": "The sample day would mail invented customers through {host}:"
        " leave PACKLINE_SMTP_HOST away, then its mails are caught.",
    }


def check_may_have_sample(stack: Stack) -> None:
    """Only an empty shop, and never one that mails people. Raises `SampleRefused`."""
    if not stack.catches_mail:
        host = stack.environment["PACKLINE_SMTP_HOST"]
        raise SampleRefused("sample-beside-mail-server", host=host)
    with transaction() as session:
        there = session.exec(select(Product.sku).limit(1)).first()
        if there or session.exec(select(SalesOrder.number).limit(1)).first():
            raise SampleRefused("sample-beside-others")
        mark_as_sample(session)


def bring_sample(say: Say, stack: Stack) -> Callable[[GoOn], None]:
    """Bring the sample day into an empty shop; returns what plays its staff. Names and passwords
    are said once. Raises `SampleRefused`.
    """
    check_may_have_sample(stack)
    for file in sample_files():
        import_file(file)
    say("Sign in as one of these, each in a window of their own:")
    for line in _users():
        say(line)
    return lambda go_on: play_sample(say, go_on)


def play_sample(say: Say, go_on: GoOn) -> None:
    """Bring the orders to every stage of their way, by staff who are played.

    It ends when all are where they should be, after some patience, or when `go_on` says no.
    """
    staff, deadline = SimulatedStaff(), time.monotonic() + _PATIENCE_SECONDS
    _decide()
    while go_on() and _moving() and time.monotonic() < deadline:
        for task in open_tasks():
            if task.kind in _STAGES[task.order_number % len(_STAGES)]:
                staff.do(task)
        time.sleep(_PAUSE_SECONDS)
    say("The sample day's orders are at every stage now.")


def _users() -> Iterator[str]:
    """Somebody for each role, as whom one can sign in."""
    with transaction() as session:
        staff = session.exec(select(Staff).where(col(Staff.active)).order_by(col(Staff.name))).all()
    named: set[str] = set()
    for role in Role:
        person = next(x for x in staff if role in x.roles and x.name not in named)
        named.add(person.name)
        login = person.name.split()[0].lower()
        password = add_user(person.name, login, PACKLINE, for_good=True)
        yield f"  {login:<8} {password}   {person.name}, {', '.join(person.roles)}"


def _decide() -> None:
    """One order is on hold, one comes first, and one is cancelled."""
    operator = who_is(_somebody(Role.OPERATOR), Channel.CONSOLE)
    held, first, cancelled = _numbers()[5:8]
    note = "the card was refused twice"
    put_on_hold(held, HoldIn(reason=HoldReason.FRAUD_CHECK, note=note, by=operator.name), operator)
    put_first(first, PutFirstIn(reason="a birthday tomorrow"), operator)
    request_cancellation_of(cancelled, "ordered twice", operator)


def _somebody(role: Role) -> str:
    with transaction() as session:
        staff = session.exec(select(Staff).where(col(Staff.active)).order_by(col(Staff.name)))
        return next(person.name for person in staff if role in person.roles)


def _numbers() -> list[int]:
    with transaction() as session:
        return list(session.exec(select(SalesOrder.number).order_by(col(SalesOrder.number))))


def _moving() -> bool:
    """Whether an order has yet to come to the stage where it stays."""
    wanted = {number: _STAGES[number % len(_STAGES)] for number in _open_numbers()}
    with transaction() as session:
        tasks = session.execute(select(StaffTask.order_number, StaffTask.kind, StaffTask.state))
        there = {(number, kind) for number, kind, state in tasks if state in ("open", "held")}
    waits = {number for number, kind in there if kind not in wanted.get(number, ())}
    return bool(set(wanted) - waits)


def _open_numbers() -> list[int]:
    ended = col(SalesOrder.status).in_(ENDED)
    with transaction() as session:
        return list(session.exec(select(SalesOrder.number).where(~ended)))
