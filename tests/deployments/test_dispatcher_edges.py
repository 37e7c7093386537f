"""What the dispatcher leaves alone, and what happens elsewhere while it looks."""

from datetime import timedelta

import psycopg
import pytest

from adapters.database.notifications import RUNS_CHANNEL
from adapters.database.sessions import database_url, transaction
from adapters.prefect.api import RunState
from adapters.settings import settings
from deployments.dispatcher import cases
from deployments.dispatcher import loop as dispatcher
from deployments.dispatcher.loop import Dispatcher
from domain.messages import said
from models.base import utc_now
from services.execution.locks import locked_shipment
from services.execution.wake_ups import claim_ready_runs
from services.orders.splits import split
from tests.deployments.played_prefect import (
    LONG_AGO,
    at_picking,
    fence_of,
    new_orders,
    prefect,
    run_of,
    sweep,
    told,
)
from tests.factories import make_cancelled, make_order
from tests.process import assert_sound, execute, rows, set_to

__all__ = ["prefect"]

ENDS = ("CRASHED", "FAILED", "COMPLETED")
by_end = pytest.mark.parametrize("kind", ENDS)


def stands(kind, since=LONG_AGO, pause_key=None):
    return RunState(kind, kind.title(), pause_key, since)


def waiting(key="picking-1"):
    return RunState("PAUSED", "Suspended", key, LONG_AGO)


def ago(seconds):
    return utc_now() - timedelta(seconds=seconds)


def requests():
    return rows("SELECT number FROM sales_order WHERE cancel_requested_at IS NOT NULL")


@pytest.mark.parametrize("kind", ["PENDING", "RUNNING", "CANCELLED", "CANCELLING", *ENDS])
def test_a_run_that_lost_its_order_is_ended_however_it_stands(process, prefect, kind):
    number = at_picking(process)
    other = process.another()
    other.run(number)
    prefect.runs[process.run_id] = stands(kind)
    prefect.runs[other.run_id] = waiting()
    before = fence_of(number)
    for _ in range(2):
        assert sweep(prefect) == 0
    assert prefect.again == []
    assert prefect.cancelled == [process.run_id]
    assert (run_of(number), fence_of(number)) == (other.run_id, before)
    assert requests() == told(number) == []


@by_end
def test_a_run_that_ended_just_now_starts_over_after_a_pause(process, prefect, kind):
    at_picking(process)
    prefect.runs[process.run_id] = stands(kind, since=ago(2))
    assert sweep(prefect) == 0
    assert prefect.again == []
    prefect.runs[process.run_id] = stands(kind, since=ago(7))
    assert sweep(prefect) == 1
    assert prefect.again == [process.run_id]


def test_a_run_without_an_order_that_crashed_just_now_starts_over_after_a_pause(shop, prefect):
    prefect.runs["day"] = stands("CRASHED", since=ago(2))
    assert sweep(prefect) == 0
    prefect.runs["day"] = stands("CRASHED", since=ago(7))
    assert sweep(prefect) == 1


@pytest.mark.parametrize("kind", ["FAILED", "CANCELLED", "CANCELLING"])
def test_a_run_without_an_order_that_ended_otherwise_is_left_alone(shop, prefect, kind):
    prefect.runs["day"] = stands(kind)
    assert sweep(prefect) == 0
    assert prefect.again == []


@by_end
def test_a_run_that_ended_for_a_reason_is_left_to_a_person(process, prefect, kind):
    at_picking(process)
    execute("UPDATE shipment SET problem = '{}'")
    prefect.runs[process.run_id] = stands(kind)
    assert sweep(prefect) == 0
    assert prefect.again == []


@pytest.mark.parametrize("kind", ["CANCELLED", "CANCELLING", *ENDS])
def test_a_run_whose_order_has_ended_is_left_alone(process, prefect, kind):
    (number,) = new_orders(1)
    process.ship(number)
    before = fence_of(number)
    prefect.runs[process.run_id] = stands(kind)
    assert sweep(prefect) == 0
    assert prefect.again == []
    assert fence_of(number) == before
    assert requests() == []


def test_a_run_that_died_with_its_order_shipped_comes_to_its_end_in_prefect(process, prefect):
    (number,) = new_orders(1)
    process.ship(number)
    before = fence_of(number)
    prefect.runs[process.run_id] = stands("RUNNING")
    assert sweep(prefect) == 1
    assert prefect.again == [process.run_id]
    assert (fence_of(number), told(number)) == (before, [])
    assert process.run(number) == f"Order {number} is already Shipped."
    assert_sound()


def test_a_run_found_while_another_is_started_is_kept(process, prefect):
    """Somebody pressed Run by hand in that instant."""
    number, other = new_orders(2)
    prefect.meanwhile["start"] = lambda: process.run(number)
    sweep(prefect)
    assert run_of(number) == process.run_id
    assert run_of(other) == "run-2"
    assert rows("SELECT runs FROM shipment ORDER BY order_number") == [(0,), (1,)]


def test_every_order_has_its_own_run(shop, prefect):
    numbers = new_orders(3)
    assert sweep(prefect) == 3
    assert [run_of(number) for number in numbers] == ["run-1", "run-2", "run-3"]


def test_a_run_is_started_with_what_people_look_for_in_prefect(shop, prefect):
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1}, channel="market")
        split(session, locked_shipment(session, number), {"PLATE": 1}, said("the plate follows"))
    assert sweep(prefect) == 2
    assert prefect.started == [
        {
            "name": name,
            "parameters": {"order_number": number, "shipment": shipment},
            "tags": [f"order:{number}", "channel:market"],
        }
        for shipment, name in ((1, f"order {number}"), (2, f"order {number}, shipment 2"))
    ]
    assert rows("SELECT run_id FROM shipment ORDER BY number") == [("run-1",), ("run-2",)]


def test_a_run_that_is_gone_is_replaced_before_new_orders_are_started(
    process, prefect, monkeypatch
):
    set_to(monkeypatch, PACKLINE_START_AHEAD="1")
    number = at_picking(process)
    first, second = new_orders(2)
    execute(f"UPDATE shipment SET run_id = NULL WHERE order_number = {number}")
    execute(f"UPDATE shipment SET run_id = 'started' WHERE order_number = {first}")
    prefect.runs["started"] = stands("SCHEDULED")
    assert sweep(prefect) == 1
    assert run_of(number) == "run-1"
    assert run_of(second) is None


def test_more_runs_than_may_be_started_ahead_start_none(shop, prefect, monkeypatch):
    new_orders(4)
    assert sweep(prefect) == 4
    set_to(monkeypatch, PACKLINE_START_AHEAD="2")
    new_orders(1)
    assert sweep(prefect) == 0


def test_an_order_that_has_ended_gets_no_run(shop, prefect):
    (number,) = new_orders(1)
    with transaction() as session:
        make_cancelled(session, number)
    assert sweep(prefect) == 0
    assert prefect.started == []


def test_a_run_that_prefect_does_not_let_start_over_holds_up_no_other(process, prefect):
    first, second = at_picking(process), process.another()
    second.run(*new_orders(1))
    for run in (process, second):
        prefect.runs[run.run_id] = stands("RUNNING")
    prefect.refuses = {process.run_id}
    assert sweep(prefect) == 1
    assert prefect.again == [second.run_id]
    assert run_of(first) == process.run_id


@pytest.mark.parametrize("kind", ["RUNNING", "CRASHED", "CANCELLED"])
def test_a_run_that_lost_its_order_while_the_dispatcher_looked_is_left_alone(
    process, prefect, kind
):
    at_picking(process)
    lost, other = process.another(), process.another()
    (number,) = new_orders(1)
    lost.run(number)
    for run in (process, lost):
        prefect.runs[run.run_id] = stands(kind)
    prefect.meanwhile["run again"] = lambda: other.run(number)
    assert sweep(prefect) == 1
    assert prefect.again == [process.run_id]
    assert (run_of(number), fence_of(number)) == (other.run_id, 2)
    assert (number,) not in requests()


def test_an_order_that_ends_while_its_run_is_found_cancelled_is_not_to_be_cancelled(
    process, prefect
):
    at_picking(process)
    other = process.another()
    (number,) = new_orders(1)
    other.run(number)
    for run in (process, other):
        prefect.runs[run.run_id] = stands("CANCELLED")

    def ends():
        with transaction() as session:
            make_cancelled(session, number)

    prefect.meanwhile["run again"] = ends
    before = fence_of(number)
    sweep(prefect)
    assert (number,) not in requests()
    assert fence_of(number) == before


def test_a_run_that_was_deleted_and_replaced_meanwhile_keeps_its_replacement(process, prefect):
    at_picking(process)
    gone, other = process.another(), process.another()
    (number,) = new_orders(1)
    gone.run(number)
    prefect.runs[process.run_id] = stands("COMPLETED")  # the first to be treated
    prefect.meanwhile["run again"] = lambda: other.run(number)
    sweep(prefect)
    assert run_of(number) == other.run_id


def test_what_starts_over_is_not_handed_to_a_worker_as_well(process, prefect):
    number = at_picking(process)
    process.answer("picking")
    assert rows("SELECT resumable_since IS NOT NULL FROM shipment") == [(True,)]
    prefect.runs[process.run_id] = stands("CRASHED")
    assert sweep(prefect) == 1
    assert claim_ready_runs(10) == []
    assert rows("SELECT pause_key FROM shipment") == [(None,)]
    assert process.run(number) == "packing-1"


def test_what_the_dispatcher_resumes_is_not_handed_to_a_worker_as_well(process, prefect):
    number = at_picking(process)
    prefect.runs[process.run_id] = waiting()
    process.answer("picking")
    assert sweep(prefect) == 1
    assert prefect.resumed == [(process.run_id, "picking")]
    assert claim_ready_runs(10) == []
    assert process.run(number) == "packing-1"


def test_a_run_of_a_deleted_one_is_not_handed_to_a_worker(process, prefect):
    number = at_picking(process)
    process.answer("picking")
    sweep(prefect)  # Prefect knows no such run
    assert run_of(number) == "run-1"
    assert claim_ready_runs(10) == []


def test_an_answer_of_just_now_is_left_to_the_workers(process, prefect):
    at_picking(process)
    prefect.runs[process.run_id] = waiting()
    process.answer("picking")
    claim_ready_runs(10)
    assert Dispatcher(prefect).sweep() == 0
    assert prefect.resumed == []


@pytest.mark.parametrize(("handovers", "resumed"), [(2, 0), (5, 0), (7, 1)])
def test_a_run_that_is_marked_as_ready_is_left_to_the_workers_for_longer(
    process, prefect, handovers, resumed
):
    at_picking(process)
    prefect.runs[process.run_id] = waiting()
    process.answer("picking")
    seconds = handovers * settings().handover_seconds
    execute(f"UPDATE shipment SET resumable_since = now() - interval '{seconds} s'")
    execute("UPDATE step_record SET at = at - interval '1 min'")
    execute("UPDATE staff_task SET answered_at = answered_at - interval '1 min'")
    assert Dispatcher(prefect).resume_answered() == resumed


def test_the_answer_to_another_round_or_order_resumes_nothing(process, prefect):
    first, other = at_picking(process), process.another()
    (second,) = new_orders(1)
    other.run(second)
    prefect.runs[process.run_id] = waiting()
    prefect.runs[other.run_id] = waiting()
    process.answer("picking", first)
    assert sweep(prefect) == 1
    assert prefect.resumed == [(process.run_id, "picking")]
    prefect.runs[process.run_id] = waiting("picking-2")
    assert sweep(prefect) == 0


def test_the_answer_for_one_shipment_resumes_its_run_and_not_that_of_the_other(process, prefect):
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
        split(session, locked_shipment(session, number), {"PLATE": 1}, said("the plate follows"))
    other = process.another()
    assert process.run(number) == other.run(number, 2) == "picking-1"
    prefect.runs[process.run_id] = waiting()
    prefect.runs[other.run_id] = waiting()
    process.answer("picking", number, 2)
    assert sweep(prefect) == 1
    assert prefect.resumed == [(other.run_id, "picking")]


def test_a_run_that_waits_though_its_next_task_came_with_the_answer_goes_on(process, prefect):
    """The operator sent the picker again before a worker had taken up the short pick."""
    at_picking(process)
    found = [{"sku": "MUG", "quantity": 1, "why": "not in bin"}]
    process.answer("picking", outcome="too few of these, the rest as listed", found=found)
    process.answer("short-pick", decision="try again")
    prefect.runs[process.run_id] = waiting()
    assert sweep(prefect) == 1
    assert prefect.resumed == [(process.run_id, "picking")]


def test_looking_at_every_open_order_begins_again_after_the_last(process, prefect, monkeypatch):
    monkeypatch.setattr(cases, "PAGE", 2)
    number = at_picking(process)
    prefect.runs[process.run_id] = waiting()
    looks = Dispatcher(prefect)
    assert [looks.recover() for _ in range(3)] == [0, 0, 0]
    prefect.runs[process.run_id] = stands("COMPLETED")
    assert looks.recover() + looks.recover() == 1
    assert told(number) == ["run-starts-over"]


def test_what_ended_badly_is_asked_for_since_shortly_before_the_last_look(shop, prefect):
    looks = Dispatcher(prefect)
    looks.recover()
    looks.recover()
    first, second = (utc_now() - since for since in prefect.since)
    assert timedelta(hours=23) < first < timedelta(hours=25)
    assert timedelta(minutes=4) < second < timedelta(minutes=6)


def test_what_ended_badly_while_no_dispatcher_ran_is_found(process, prefect, monkeypatch):
    at_picking(process)
    monkeypatch.setattr(dispatcher, "page_of_open_shipments", lambda *_: [])
    prefect.runs[process.run_id] = stands("CRASHED", since=ago(3600))
    assert sweep(prefect) == 1


def test_prefect_is_looked_at_once_per_round_of_the_clock(shop, prefect, monkeypatch):
    set_to(monkeypatch, PACKLINE_SWEEP_SECONDS="100")
    clock = [1000.0]
    monkeypatch.setattr(dispatcher.time, "monotonic", lambda: clock[0])
    looks = Dispatcher(prefect)
    for seconds in (0, 1, 80, 15, 1, 95):
        clock[0] += seconds
        looks.sweep()
    assert len(prefect.since) == 3


def test_the_workers_are_told_when_something_starts_over_and_not_otherwise(process, prefect):
    at_picking(process)
    prefect.runs[process.run_id] = waiting()
    with psycopg.connect(database_url(), autocommit=True) as worker:
        worker.execute(f"LISTEN {RUNS_CHANNEL}")
        sweep(prefect)
        assert list(worker.notifies(timeout=0.2, stop_after=1)) == []
        prefect.runs[process.run_id] = stands("RUNNING")
        sweep(prefect)
        assert len(list(worker.notifies(timeout=5, stop_after=1))) == 1


def test_a_sign_of_life_from_another_run_is_none_for_this_one(process, prefect):
    at_picking(process)
    execute("INSERT INTO run_heartbeat VALUES ('another', 'w', now())")
    prefect.runs[process.run_id] = stands("RUNNING")
    assert sweep(prefect) == 1
