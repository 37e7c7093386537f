"""What the dispatcher starts and resumes, decided on real Postgres; Prefect is played."""

import threading
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest

from adapters.database import ORDERS_CHANNEL, RUNS_CHANNEL, database_url, notify, transaction
from adapters.prefect_api import PrefectAway, PrefectRefused, RunState
from deployments import dispatcher
from models.orders import SalesOrder
from tests.factories import make_order


@dataclass
class PlayedPrefect:
    """Runs by id with their states; `away` refuses everything."""

    runs: dict[str, RunState] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    resumed: list[tuple[str, str]] = field(default_factory=list)
    away: bool = False

    def start(self, deployment, *, name, parameters, tags, idempotency_key):
        self._answer()
        run_id = self.keys.setdefault(idempotency_key, f"run-{len(self.keys) + 1}")
        self.runs.setdefault(run_id, RunState("SCHEDULED", "Scheduled"))
        return run_id

    def states(self, run_ids):
        self._answer()
        return {run_id: self.runs[run_id] for run_id in run_ids if run_id in self.runs}

    def resume(self, run_id, answer):
        self._answer()
        self.resumed.append((run_id, answer["gate"]))
        self.runs[run_id] = RunState("SCHEDULED", "Resuming")
        return True

    def close(self):
        pass

    def _answer(self):
        if self.away:
            raise PrefectAway("http://127.0.0.1:4200/api", "refused")


@pytest.fixture
def prefect():
    return PlayedPrefect()


def new_orders(count):
    with transaction() as session:
        return [make_order(session) for _ in range(count)]


def run_of(number):
    with transaction() as session:
        return session.get(SalesOrder, number).run_id


def test_a_new_order_gets_one_run_however_often_the_sweep_looks(shop, prefect):
    (number,) = new_orders(1)
    assert dispatcher.sweep(prefect) == 1
    assert dispatcher.sweep(prefect) == 0
    assert run_of(number) == "run-1"
    assert list(prefect.keys) == [f"order:{number}"]


def test_a_dispatcher_that_died_between_start_and_note_starts_no_second_run(shop, prefect):
    (number,) = new_orders(1)
    prefect.start("d", name="", parameters={}, tags=[], idempotency_key=f"order:{number}")
    dispatcher.sweep(prefect)
    assert list(prefect.runs) == ["run-1"]
    assert run_of(number) == "run-1"


def test_a_burst_waits_in_postgres_and_the_oldest_go_first(shop, prefect, monkeypatch):
    numbers = new_orders(5)
    monkeypatch.setenv("PACKLINE_START_AHEAD", "2")
    dispatcher.settings.cache_clear()
    assert dispatcher.sweep(prefect) == 2
    assert dispatcher.sweep(prefect) == 0
    assert [run_of(number) is not None for number in numbers] == [True, True, False, False, False]


def test_an_answer_from_the_console_resumes_the_waiting_run(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1")
    assert dispatcher.sweep(prefect) == 0  # a person has a task
    process.answer("picking")
    assert dispatcher.sweep(prefect) == 1
    assert prefect.resumed == [(process.run_id, "picking")]


def test_a_run_that_suspends_after_its_answer_came_is_resumed_by_a_later_sweep(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    process.answer("picking")
    prefect.runs[process.run_id] = RunState("RUNNING", "Running")
    assert dispatcher.sweep(prefect) == 0
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1")
    assert dispatcher.sweep(prefect) == 1


def test_a_short_pick_at_the_console_leads_the_run_on_to_the_operators_gate(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1")
    process.answer("picking", outcome="something is missing", found=[{"sku": "MUG", "quantity": 1}])
    assert dispatcher.sweep(prefect) == 1  # although the operator has a task now
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "short-pick-1")
    assert dispatcher.sweep(prefect) == 0
    process.answer("short-pick")
    assert dispatcher.sweep(prefect) == 1
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-2")
    assert dispatcher.sweep(prefect) == 0


def test_orders_that_workers_have_taken_up_do_not_hold_back_new_ones(process, prefect, monkeypatch):
    monkeypatch.setenv("PACKLINE_START_AHEAD", "1")
    dispatcher.settings.cache_clear()
    taken, waiting = new_orders(2)
    process.fail["Calculate Total Order Value"] = RuntimeError("no such rate")
    with pytest.raises(RuntimeError):
        process.run(taken)
    assert dispatcher.start_new_orders(prefect) == 1
    assert run_of(waiting)


def test_an_order_that_prefect_refuses_does_not_hold_up_the_others(shop, prefect, monkeypatch):
    refused, taken = new_orders(2)
    start = prefect.start

    def picky(deployment, *, parameters, **given):
        if parameters["order_number"] == refused:
            answer = httpx.Response(422, request=httpx.Request("POST", "http://127.0.0.1"))
            raise PrefectRefused(
                "x", httpx.HTTPStatusError("", request=answer.request, response=answer)
            )
        return start(deployment, parameters=parameters, **given)

    monkeypatch.setattr(prefect, "start", picky)
    assert dispatcher.start_new_orders(prefect) == 1
    assert run_of(refused) is None
    assert run_of(taken)


def test_a_pause_that_is_no_gate_of_ours_is_left_alone(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    process.answer("picking")
    prefect.runs[process.run_id] = RunState("PAUSED", "Paused", "1")
    assert dispatcher.sweep(prefect) == 0
    assert prefect.resumed == []


def test_while_prefect_is_away_orders_wait_and_go_on_when_it_is_back(shop, prefect, monkeypatch):
    monkeypatch.setenv("PACKLINE_SWEEP_SECONDS", "0.05")
    dispatcher.settings.cache_clear()
    monkeypatch.setattr(dispatcher, "PrefectApi", lambda: prefect)
    prefect.away = True
    (number,) = new_orders(1)
    with running():
        hear("")  # nothing is notified while Prefect is away
        prefect.away = False
        hear(RUNS_CHANNEL)
    assert run_of(number) == "run-1"


def test_of_two_dispatchers_one_works(shop, prefect, monkeypatch):
    monkeypatch.setenv("PACKLINE_SWEEP_SECONDS", "60")
    dispatcher.settings.cache_clear()
    monkeypatch.setattr(dispatcher, "PrefectApi", lambda: prefect)
    with psycopg.connect(database_url(), autocommit=True) as leader:
        leader.execute("SELECT pg_advisory_lock(%s)", [dispatcher.DISPATCHING])
        with running():
            (number,) = new_orders(1)
            wake()
            hear("")
            assert run_of(number) is None
            leader.execute("SELECT pg_advisory_unlock(%s)", [dispatcher.DISPATCHING])
            wake()
            hear(RUNS_CHANNEL)
            assert run_of(number) == "run-1"
            wake()


class running:  # noqa: N801  (reads as a phrase)
    """A dispatcher in a thread."""

    def __enter__(self):
        self.stop = threading.Event()
        self.thread = threading.Thread(target=dispatcher.run_forever, args=[self.stop])
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        wake()
        self.thread.join(20)
        assert not self.thread.is_alive()


def wake():
    with transaction() as session:
        notify(session, ORDERS_CHANNEL)


def hear(channel, patience=10.0):
    """Wait for a notification; with '' see that none comes for a moment."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute(f"LISTEN {RUNS_CHANNEL}")
        wait = patience if channel else 0.5
        heard = [notice.channel for notice in connection.notifies(timeout=wait, stop_after=1)]
    assert heard == ([channel] if channel else [])
