"""No decision compares the instants of two clocks: the application's, Postgres's and Prefect's may
be hours apart (docs/decisions/0028).
"""

import asyncio
import re
import sys
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from prefect.states import Scheduled

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.prefect.api import PrefectApi, RunState, prefect_now
from console.queries.orders import list_orders
from deployments.dispatcher.loop import Dispatcher
from deployments.worker import pulse as pulse_module
from deployments.worker import worker as worker_module
from deployments.worker.pulse import Pulse
from models import base
from services.execution.errors import AnswerRefused
from services.reminders.late_tasks import remind_and_escalate
from tests.actors import answer_task
from tests.deployments.played_prefect import at_picking, new_orders, prefect
from tests.deployments.played_worker import PlayedStates, a_run, floor, tell_workers
from tests.factories import make_order
from tests.process import assert_sound, execute, form, open_task_id, process, rows

__all__ = ["floor", "prefect", "process"]

PROJECT = Path(__file__).parents[1]
OWN_CLOCK = re.compile(r"utc_now\(\)|datetime\.now\(|time\.time\(\)|date\.today\(")
MAY_LOOK = {
    "adapters/mail/smtp.py": "the Date of a mail",
    "adapters/prefect/api.py": "while Prefect is away, and can be told of nothing",
    "deployments/demo/demo.py": "who plays the staff",
    "deployments/demo/simulated_staff.py": "who plays the staff",
    "deployments/stack/mail_catcher.py": "the name of a file",
    "deployments/worker/worker.py": "Prefect's own health check of the worker, within its process",
    "models/base.py": "what all of these use",
    "services/imports/catalogue.py": "whether a warehouse opens at all, from any instant",
}
"""Where this machine's clock is looked at, and why that decides nothing."""

EITHER_WAY = pytest.mark.parametrize("hours", [-5, 5])


def test_this_machines_clock_is_looked_at_only_where_it_decides_nothing():
    found = {
        str(file.relative_to(PROJECT))
        for folder in (
            "adapters",
            "benchmarks",
            "console",
            "deployments",
            "flows",
            "models",
            "services",
            "tasks",
        )
        for file in (PROJECT / folder).rglob("*.py")
        if OWN_CLOCK.search(file.read_text())
    }
    assert found == set(MAY_LOOK)


@pytest.fixture
def our_clock(monkeypatch):
    """Set this process's clock, but for what tests ask."""
    right = base.utc_now

    def set_ahead(hours):
        for name, module in list(sys.modules.items()):
            if getattr(module, "utc_now", None) is right and not name.startswith("tests."):
                monkeypatch.setattr(module, "utc_now", lambda: right() + timedelta(hours=hours))

    return set_ahead


def in_shop(**later):
    with transaction() as session:
        return (this_instant(session) + timedelta(**later)).isoformat()


@EITHER_WAY
def test_an_order_goes_all_the_way_at_the_databases_time(process, our_clock, hours):
    our_clock(hours)
    (number,) = new_orders(1)
    for gate in ("picking", "packing"):
        process.run(number)
        process.answer(gate, number)
    process.run(number)
    with pytest.raises(AnswerRefused, match="in the future"):
        process.answer("carrier-pickup", number, collected_at=in_shop(minutes=10))
    process.answer("carrier-pickup", number, collected_at=in_shop())
    assert process.run(number) == f"Order {number} is Shipped."
    for table, column in instants():
        wrong = f"abs(extract(epoch FROM {column} - clock_timestamp())) > 600"
        assert rows(f"SELECT {column} FROM {table} WHERE {wrong}") == [], (table, column)
    assert_sound()


def instants():
    """All columns in which something is kept that has happened."""
    found = rows(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'"
    )
    to_come = {"due_at", "escalation_due_at", "promised_at", "leaves_at"}
    return [(table, column) for table, column in found if column not in to_come]


@EITHER_WAY
def test_tasks_are_late_by_the_databases_clock(process, our_clock, prefect, hours):
    late, early = at_picking(process), at_picking(process.another())
    execute(f"UPDATE staff_task SET due_at = now() - interval '1 h' WHERE order_number = {late}")
    execute(f"UPDATE staff_task SET due_at = now() + interval '1 h' WHERE order_number = {early}")
    our_clock(hours)
    assert remind_and_escalate() == 1
    assert rows("SELECT order_number FROM staff_task WHERE reminded_at IS NOT NULL") == [(late,)]


@EITHER_WAY
def test_lists_say_who_is_late_by_the_databases_clock(shop, our_clock, hours):
    with transaction() as session:
        now = this_instant(session)
        make_order(session, promised_at=now + timedelta(hours=1))
        late = make_order(session, promised_at=now - timedelta(hours=1))
        our_clock(hours)
        assert [row.number for row in list_orders(session, late=True)] == [late]


@pytest.mark.parametrize("ours", [-5, 0, 5])
@pytest.mark.parametrize("prefects", [-5, 5])
def test_the_dispatcher_takes_the_age_of_a_run_from_prefects_clock(
    process, prefect, our_clock, ours, prefects
):
    our_clock(ours)
    prefect.ahead = timedelta(hours=prefects)
    runs = {}
    for kind, seconds in (("RUNNING", 300), ("RUNNING", 1), ("CRASHED", 7), ("CRASHED", 2)):
        run = process.another()
        run.run(*new_orders(1))
        since = prefect.now() - timedelta(seconds=seconds)
        prefect.runs[run.run_id] = RunState(kind, kind.title(), since=since)
        runs[kind, seconds] = run.run_id
    assert Dispatcher(prefect).sweep() == 2
    assert set(prefect.again) == {runs["RUNNING", 300], runs["CRASHED", 7]}
    assert abs(prefect.since[0] - prefect.now() + timedelta(days=1)) < timedelta(minutes=1)


@EITHER_WAY
def test_an_answer_is_left_to_the_workers_by_the_databases_clock(
    process, prefect, our_clock, hours
):
    our_clock(hours)
    at_picking(process)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1")
    answer_task(open_task_id("picking"), form("picking"))
    dispatcher = Dispatcher(prefect)
    assert dispatcher.resume_answered() == 0
    execute("UPDATE staff_task SET answered_at = answered_at - interval '10 s'")
    execute("UPDATE step_record SET at = at - interval '10 s'")
    execute("UPDATE shipment SET resumable_since = resumable_since - interval '1 min'")
    assert dispatcher.resume_answered() == 1


@EITHER_WAY
def test_a_worker_asks_for_what_is_due_by_prefects_clock(floor, our_clock, monkeypatch, hours):
    our_clock(hours)
    prefects = datetime.fromisoformat("2020-02-02T02:02:02+00:00")
    monkeypatch.setattr(worker_module, "prefect_now", lambda: prefects)
    run = a_run()
    floor.server.due = [run]

    async def play():
        async with floor.worker():
            tell_workers()
            await floor.until_begun(run)

    asyncio.run(play())
    assert set(floor.server.before) == {prefects}


def test_a_state_is_compared_with_the_one_from_which_the_run_began(floor, our_clock, monkeypatch):
    """Both were set by Prefect's clock, which is hours behind here."""
    monkeypatch.setattr(worker_module, "prefect_now", base.utc_now)
    began = base.utc_now() - timedelta(hours=5)
    run = a_run(state=Scheduled().model_copy(update={"timestamp": began}))
    floor.server.due = [run]
    floor.parts.last_long(run)
    stopped = RunState("CANCELLED", "Cancelled", since=began + timedelta(seconds=1))
    told = []
    monkeypatch.setattr(pulse_module, "stop_soon", lambda *given: told.append(given))

    async def play():
        async with floor.worker() as worker:
            tell_workers()
            await floor.until_begun(run)
            pulse = Pulse(worker._in_hand)
            await asyncio.to_thread(pulse.beat, PlayedStates({str(run.id): stopped}))

    asyncio.run(play())
    assert told == [(str(run.id), "CANCELLED", "Cancelled")]


def answering(date):
    """Prefect's API, whose clock says that; what it was asked."""
    asked = []

    def answer(request):
        asked.append(request.url.path)
        return httpx.Response(200, headers={"Date": date}, json=[])

    api = PrefectApi("http://prefect/api")
    api._http = httpx.Client(base_url="http://prefect/api", transport=httpx.MockTransport(answer))
    return api, asked


def test_prefects_clock_is_what_its_answers_say_and_is_asked_for_once(monkeypatch):
    api, asked = answering("Sun, 02 Feb 2020 02:02:02 GMT")
    ticks = [100.0]
    monkeypatch.setattr("adapters.prefect.api.time.monotonic", lambda: ticks[0])
    told = datetime.fromisoformat("2020-02-02T02:02:02+00:00")
    assert api.now() == told
    ticks[0] += 7
    assert api.now() == told + timedelta(seconds=7)
    assert asked == ["/api/health"]
    ticks[0] += 60
    assert api.now() == told
    api.states(["run"])
    assert asked == ["/api/health", "/api/health", "/api/flow_runs/filter"]


def test_prefect_that_is_away_can_be_told_of_nothing_and_our_clock_will_do(monkeypatch):
    nowhere = PrefectApi("http://127.0.0.1:1/api")
    monkeypatch.setattr("adapters.prefect.api._clock", lambda: nowhere)
    assert abs(prefect_now() - base.utc_now()) < timedelta(minutes=1)
