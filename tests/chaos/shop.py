"""What happens in the shop while things break: orders come in, and the staff goes on working."""

import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlmodel import col, select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.database.transient import is_transient
from models.enums import ENDED, TaskState
from models.tables.orders import SalesOrder
from models.tables.staff import StaffTask
from services.audit.audit import audit
from services.execution.errors import AnswerRefused
from services.worklist.tasks import TaskNotOpen
from tests.actors import answer_task
from tests.factories import make_order, the_shipment
from tests.live import LiveStack
from tests.process import form, rows

ENDING_SECONDS = 180


def take_in(count: int = 1, **given: object) -> list[int]:
    """Hand in orders; returns their numbers."""
    with transaction() as session:
        numbers = [make_order(session, **given) for _ in range(count)]
        notify(session, ORDERS_CHANNEL)
    return numbers


def run_of(number: int) -> str | None:
    with transaction() as session:
        return the_shipment(session, number).run_id


def status_of(number: int) -> str:
    with transaction() as session:
        return str(the_shipment(session, number).status)


def open_kinds(number: int) -> list[str]:
    """What somebody is asked to do for the order."""
    with transaction() as session:
        return [str(task.kind) for task in _open_tasks(session, [number])]


def work(numbers: Iterable[int]) -> int:
    """Do every task that is open for these orders; returns how many were done."""
    with transaction() as session:
        tasks = _open_tasks(session, numbers)
    return sum(_do(task) for task in tasks)


@contextmanager
def staff_at_work(numbers: list[int]) -> Iterator[None]:
    """Let the staff do whatever comes up for these orders, meanwhile; nothing stops them."""
    enough = threading.Event()

    def go_on() -> None:
        while not enough.wait(0.1):
            try:
                work(numbers)
            except Exception as away:
                if not is_transient(away):
                    raise

    staff = threading.Thread(target=go_on, daemon=True)
    staff.start()
    try:
        yield
    finally:
        enough.set()
        staff.join()


def until_ended(live: LiveStack, numbers: list[int], patience: float = ENDING_SECONDS) -> None:
    """Leave the stack alone until every order has ended, with the staff at work."""
    with staff_at_work(numbers):
        live.until(lambda: not still_open(numbers), "all orders at their end", patience)


def still_open(numbers: list[int]) -> list[int]:
    """The orders that have not ended; all of them while the database is away."""
    ended = col(SalesOrder.status).in_(ENDED)
    try:
        with transaction() as session:
            wanted = select(SalesOrder.number).where(col(SalesOrder.number).in_(numbers), ~ended)
            return list(session.exec(wanted))
    except Exception as away:
        if not is_transient(away):
            raise
        return numbers


def assert_shipped_once(live: LiveStack, numbers: list[int], *, mails: range = range(1, 2)) -> None:
    """Every order is Shipped, each effect was had once at its receiver, and the audit passes."""
    assert {number: status_of(number) for number in numbers} == dict.fromkeys(numbers, "Shipped")
    sent = mails_by_order(live)
    wrong = {number: sent[number] for number in numbers if sent[number] not in mails}
    assert wrong == {}, live.logs()
    for number in numbers:
        assert rows(
            f"SELECT kind FROM carrier_booking WHERE key LIKE 'order:{number}:%' ORDER BY 1"
        ) == [("label",), ("pickup",)]
        assert rows(f"SELECT count(*) FROM stock_movement WHERE reference = 'order:{number}'") == [
            (1,)
        ]
    assert_audit_passes(live)


def mails_by_order(live: LiveStack) -> Counter[int]:
    """How many mails the server has got about each order."""
    words = [mail["Subject"].split() for mail in live.mail_server.mails]
    return Counter(int(word) for subject in words for word in subject if word.isdecimal())


def assert_audit_passes(live: LiveStack) -> None:
    report = audit(live.prefect)
    assert report.ok, [check for check in report.checks if not check.ok]
    assert [check for check in report.checks if check.skipped] == []


def until_waiting(live: LiveStack, number: int, key: str) -> str:
    """Wait until the order's run shows a form; returns the run.

    On a slow machine a run may have been taken for lost meanwhile: then it shows the form again.
    """

    def shows_it() -> bool:
        shown = live.prefect.state(run_of(number)).pause_key or ""
        return shown == key or shown.startswith(f"{key}-again-")

    live.until(lambda: run_of(number), f"a run of order {number}")
    live.until(shows_it, f"{number} at {key}")
    return run_of(number)


def resume(live: LiveStack, run_id: str, answer: dict[str, object]) -> dict[str, object]:
    """Fill in the form in Prefect's UI."""
    return live.ask(f"flow_runs/{run_id}/resume", {"run_input": answer})


def until_resumed(live: LiveStack, number: int, kind: str) -> None:
    """Fill in the form of a gate, as soon as the run shows it."""
    run_id = until_waiting(live, number, f"{kind}-1")
    live.until(lambda: resume(live, run_id, form(kind)).get("status") == "ACCEPT", f"{kind} taken")


def pause(seconds: float) -> None:
    """Let things go wrong for a while."""
    time.sleep(seconds)


def _do(task: StaffTask) -> bool:
    try:
        answer_task(task.id, form(str(task.kind)))
    except (TaskNotOpen, AnswerRefused):
        return False
    return True


def _open_tasks(session, numbers: Iterable[int]) -> list[StaffTask]:
    open_now = select(StaffTask).where(
        col(StaffTask.order_number).in_(list(numbers)), StaffTask.state == TaskState.OPEN
    )
    return list(session.exec(open_now))
