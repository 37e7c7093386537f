"""What the dispatcher starts and resumes, decided on real Postgres; Prefect is played."""

import threading
import time
from contextlib import contextmanager, suppress

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.locks import DISPATCHING
from adapters.database.notifications import ORDERS_CHANNEL, RUNS_CHANNEL, notify
from adapters.database.sessions import database_url, transaction
from adapters.prefect.api import RunState
from deployments.dispatcher import cases
from deployments.dispatcher import loop as dispatcher
from deployments.dispatcher.loop import Dispatcher
from models.base import utc_now
from models.enums import HoldReason
from models.imports.requests import HoldIn
from models.imports.stock import DeliveryIn
from services.execution.wake_ups import claim_ready_runs
from tests.actors import book, put_on_hold, release, request_cancellation_of
from tests.deployments.played_prefect import (
    LONG_AGO,
    at_picking,
    fence_of,
    new_orders,
    prefect,
    refusal,
    run_of,
    sweep,
    told,
)
from tests.factories import make_cancelled, make_order
from tests.process import assert_sound, dying_before_the_record_of, execute, rows

__all__ = ["prefect"]


def test_a_new_order_gets_one_run_however_often_the_sweep_looks(shop, prefect):
    (number,) = new_orders(1)
    assert sweep(prefect) == 1
    assert sweep(prefect) == 0
    assert run_of(number) == "run-1"
    (key,) = prefect.keys
    assert key.startswith(f"order:{number}:")


def test_a_dispatcher_that_died_between_start_and_note_starts_no_second_run(shop, prefect):
    (number,) = new_orders(1)
    assert sweep(prefect) == 1
    execute("UPDATE shipment SET run_id = NULL, runs = 0")  # as if it had not been noted
    assert sweep(prefect) == 1
    assert list(prefect.runs) == ["run-1"]
    assert run_of(number) == "run-1"


def test_an_order_of_a_database_made_anew_does_not_get_an_old_run(shop, prefect):
    (number,) = new_orders(1)
    sweep(prefect)
    execute(
        "UPDATE shipment SET run_id = NULL, runs = 0;"
        " UPDATE sales_order SET received_at = received_at - interval '1 s'"
    )
    sweep(prefect)
    assert run_of(number) == "run-2"


def test_a_burst_waits_in_postgres_and_the_oldest_go_first(shop, prefect, monkeypatch):
    numbers = new_orders(5)
    monkeypatch.setenv("PACKLINE_START_AHEAD", "2")
    dispatcher.settings.cache_clear()
    assert sweep(prefect) == 2
    assert sweep(prefect) == 0
    assert [run_of(number) is not None for number in numbers] == [True, True, False, False, False]


def test_an_answer_from_the_console_resumes_the_waiting_run(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1")
    assert sweep(prefect) == 0  # a person has a task
    process.answer("picking")
    assert sweep(prefect) == 1
    assert prefect.resumed == [(process.run_id, "picking")]


def test_a_run_that_suspends_after_its_answer_came_is_resumed_by_a_later_sweep(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    process.answer("picking")
    prefect.runs[process.run_id] = RunState("RUNNING", "Running")
    assert sweep(prefect) == 0
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1")
    assert sweep(prefect) == 1


def test_a_short_pick_at_the_console_leads_the_run_on_to_the_operators_gate(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1")
    found = [{"sku": "MUG", "quantity": 1, "why": "not in bin"}]
    process.answer("picking", outcome="too few of these, the rest as listed", found=found)
    assert sweep(prefect) == 1  # although the operator has a task now
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "short-pick-1")
    assert sweep(prefect) == 0
    process.answer("short-pick")
    assert sweep(prefect) == 1
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-2")
    assert sweep(prefect) == 0


def test_orders_that_workers_have_taken_up_do_not_hold_back_new_ones(process, prefect, monkeypatch):
    monkeypatch.setenv("PACKLINE_START_AHEAD", "1")
    dispatcher.settings.cache_clear()
    taken, waiting = new_orders(2)
    process.fail["Calculate Total Order Value"] = RuntimeError("no such rate")
    with pytest.raises(RuntimeError):
        process.run(taken)
    assert Dispatcher(prefect).start_orders() == 1
    assert run_of(waiting)


def test_an_order_that_prefect_refuses_does_not_hold_up_the_others(shop, prefect, monkeypatch):
    refused, taken = new_orders(2)
    start = prefect.start

    def picky(deployment, *, parameters, **given):
        if parameters["order_number"] == refused:
            raise refusal()
        return start(deployment, parameters=parameters, **given)

    monkeypatch.setattr(prefect, "start", picky)
    assert Dispatcher(prefect).start_orders() == 1
    assert run_of(refused) is None
    assert run_of(taken)


def test_a_pause_that_is_no_gate_of_ours_is_left_alone(process, prefect):
    (number,) = new_orders(1)
    process.run(number)
    process.answer("picking")
    prefect.runs[process.run_id] = RunState("PAUSED", "Paused", "1")
    assert sweep(prefect) == 0
    assert prefect.resumed == []


@pytest.mark.parametrize("kind", ["PENDING", "RUNNING"])
def test_a_run_whose_worker_gives_no_sign_starts_over_and_is_fenced_off(process, prefect, kind):
    number = at_picking(process)
    before = fence_of(number)
    prefect.runs[process.run_id] = RunState(kind, kind.title(), since=LONG_AGO)
    assert sweep(prefect) == 1
    assert prefect.again == [process.run_id]
    assert fence_of(number) == before + 1
    assert told(number) == ["run-starts-over"]


def test_a_run_that_has_just_begun_is_not_taken_for_lost(process, prefect):
    at_picking(process)
    prefect.runs[process.run_id] = RunState("RUNNING", "Running", since=utc_now())
    assert sweep(prefect) == 0


def test_a_run_that_takes_long_and_gives_signs_of_life_is_left_alone(process, prefect):
    at_picking(process)
    prefect.runs[process.run_id] = RunState("RUNNING", "Running", since=LONG_AGO)
    execute(f"INSERT INTO run_heartbeat VALUES ('{process.run_id}', 'w', now())")
    assert sweep(prefect) == 0
    execute("UPDATE run_heartbeat SET seen_at = now() - interval '1 minute'")
    assert sweep(prefect) == 1


@pytest.mark.parametrize("kind", ["CRASHED", "FAILED", "COMPLETED"])
def test_a_run_that_ended_before_its_order_starts_over(process, prefect, kind):
    at_picking(process)
    prefect.runs[process.run_id] = RunState(kind, kind.title(), since=LONG_AGO)
    assert sweep(prefect) == 1
    assert prefect.again == [process.run_id]


def test_a_run_that_failed_for_a_reason_waits_for_a_person(process, prefect):
    number = at_picking(process)
    process.answer("picking")
    process.fail["Assign Packing Task"] = RuntimeError("no such rate")
    with pytest.raises(RuntimeError):
        process.run(number)
    ((problem,),) = rows("SELECT problem FROM shipment")
    assert problem["values"]["step"] == {"word": "Assign Packing Task"}
    prefect.runs[process.run_id] = RunState("FAILED", "Failed", since=LONG_AGO)
    assert sweep(prefect) == 0
    assert process.run(number) == "packing-1"  # somebody pressed Retry
    assert rows("SELECT problem FROM shipment") == [(None,)]


@pytest.mark.parametrize("kind", ["CANCELLED", "CANCELLING"])
def test_a_cancelled_run_cancels_its_order_and_gives_the_stock_back(process, prefect, kind):
    number = at_picking(process)
    prefect.runs[process.run_id] = RunState(kind, kind.title(), since=utc_now())
    sweep(prefect)
    sweep(prefect)
    assert prefect.again == [process.run_id]
    assert rows("SELECT cancel_requested_by FROM sales_order") == [("Prefect",)]
    assert process.run(number).startswith(f"Order {number} is Cancelled")
    assert rows("SELECT status, cancel_reason FROM sales_order") == [
        ("Cancelled", "its flow run was cancelled in Prefect")
    ]
    assert rows("SELECT allocated FROM product WHERE sku = 'MUG'") == [(0,)]
    assert rows("SELECT state FROM staff_task") == [("withdrawn",)]
    assert told(number) == ["run-starts-over"]
    assert_sound()


def test_a_request_that_no_worker_heard_of_reaches_the_waiting_run(process, prefect):
    number = at_picking(process)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1", LONG_AGO)
    request_cancellation_of(number, "changed their mind", "Ada")
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]  # and its worker died
    assert sweep(prefect) == 0  # just asked for
    execute("UPDATE sales_order SET cancel_requested_at = cancel_requested_at - interval '1 min'")
    assert sweep(prefect) == 1
    assert prefect.resumed == [(process.run_id, "picking")]


def test_a_run_that_failed_comes_back_to_cancel_its_order(process, prefect):
    number = at_picking(process)
    execute("UPDATE shipment SET problem = '{}'")
    prefect.runs[process.run_id] = RunState("FAILED", "Failed", since=LONG_AGO)
    assert sweep(prefect) == 0
    request_cancellation_of(number, "changed their mind", "Ada")
    assert sweep(prefect) == 1
    assert prefect.again == [process.run_id]


def test_a_run_cancelled_after_the_carrier_collected_goes_on(process, prefect):
    number = at_picking(process)
    for kind in ("picking", "packing", "carrier-pickup"):
        process.answer(kind)
        with suppress_the_end():
            process.run(number)
    prefect.runs[process.run_id] = RunState("CANCELLED", "Cancelled", since=LONG_AGO)
    assert sweep(prefect) == 1
    assert process.run(number) == f"Order {number} is Shipped."
    assert_sound()


@contextmanager
def suppress_the_end():
    """The attempt dies before the order would be Shipped."""
    with dying_before_the_record_of("Update Order Status to Shipped"), suppress(SQLAlchemyError):
        yield


def test_a_run_cancelled_after_the_goods_were_packed_starts_over(process, prefect):
    number = at_picking(process)
    process.answer("picking")
    process.run(number)
    process.answer("packing")
    assert process.run(number) == "carrier-pickup-1"
    prefect.runs[process.run_id] = RunState("CANCELLED", "Cancelled", since=LONG_AGO)
    assert sweep(prefect) == 1
    assert prefect.again == [process.run_id]
    assert rows("SELECT status FROM shipment") == [("Processing",)]
    assert_sound()


def test_an_order_whose_run_was_deleted_gets_another(process, prefect):
    number = at_picking(process)
    prefect.runs["run-1"] = RunState("COMPLETED", "Completed")  # the key of its first run is taken
    before = fence_of(number)
    assert sweep(prefect) == 1
    assert run_of(number) not in (None, process.run_id)
    assert fence_of(number) == before + 1
    assert told(number) == ["run-gone", "run-started"]


def test_the_run_that_lost_its_order_to_another_is_ended(process, prefect):
    number = at_picking(process)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1", LONG_AGO)
    other = process.another()
    other.run(number)
    prefect.runs[other.run_id] = RunState("PAUSED", "Suspended", "picking-1", LONG_AGO)
    sweep(prefect)
    assert prefect.cancelled == [process.run_id]
    assert rows("SELECT * FROM superseded_run") == []
    assert rows("SELECT status, run_id FROM shipment") == [("Processing", other.run_id)]


def test_a_run_that_took_its_order_back_is_not_ended(process, prefect):
    number = at_picking(process)
    other = process.another()
    other.run(number)
    process.run(number)  # somebody pressed Retry on the first
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1", LONG_AGO)
    prefect.runs[other.run_id] = RunState("PAUSED", "Suspended", "picking-1", LONG_AGO)
    sweep(prefect)
    assert prefect.cancelled == [other.run_id]


def test_a_run_that_waits_for_a_form_that_prefect_lost_gets_it_back(process, prefect):
    number = at_picking(process)
    prefect.forms = set()
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1", LONG_AGO)
    process.answer("picking", number)
    assert sweep(prefect) == 1
    assert prefect.forms == {process.run_id}


def test_a_lost_run_without_an_order_starts_over(shop, prefect):
    """A daily summary, or a run that died before it had an order."""
    prefect.runs["day"] = RunState("RUNNING", "Running", since=LONG_AGO)
    prefect.runs["crashed"] = RunState("CRASHED", "Crashed", since=LONG_AGO)
    prefect.runs["failed"] = RunState("FAILED", "Failed", since=LONG_AGO)
    sweep(prefect)
    assert sorted(prefect.again) == ["crashed", "day"]


def test_every_open_order_is_looked_at_page_by_page(process, prefect, monkeypatch):
    monkeypatch.setattr(cases, "PAGE", 2)
    numbers = new_orders(5)
    for number in numbers:
        run = process.another()
        run.run(number)
        prefect.runs[run.run_id] = RunState("COMPLETED", "Completed", since=LONG_AGO)
    all_of_them = Dispatcher(prefect)
    assert [all_of_them.recover() for _ in range(4)] == [2, 2, 1, 0]
    assert len(set(prefect.again)) == 5


def a_backorder(process):
    """An order of twelve mugs, of which there are ten; its run waits for the operator."""
    with transaction() as session:
        number = make_order(session, {"MUG": 12})
    assert process.run(number) == "shortage-1"
    return number


def test_a_sweep_fills_orders_that_wait_for_stock(process, prefect):
    number = a_backorder(process)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "shortage-1")
    sweep(prefect)
    assert claim_ready_runs(1) == []
    book(DeliveryIn(sku="MUG", quantity=2, reference="D-1", by="Jo"))
    sweep(prefect)
    assert claim_ready_runs(1) == [(number, 1, process.run_id)]
    assert process.run(number) == "picking-1"
    assert_sound()


@pytest.mark.parametrize("brings", ["delivery", "cancellation"])
def test_stock_that_is_there_again_wakes_the_dispatcher_at_once(
    process, prefect, monkeypatch, brings
):
    monkeypatch.setenv("PACKLINE_SWEEP_SECONDS", "60")
    dispatcher.settings.cache_clear()
    monkeypatch.setattr(dispatcher, "PrefectApi", lambda: prefect)
    with transaction() as session:
        holder = make_order(session, {"MUG": 2})
    other = process.another()
    other.run(holder)
    number = a_backorder(process) if brings == "delivery" else a_smaller_backorder(process)
    for run in (process, other):
        prefect.runs[run.run_id] = RunState("PAUSED", "Suspended", "shortage-1")
    with running():
        hear("")
        if brings == "delivery":
            book(DeliveryIn(sku="MUG", quantity=4, reference="D-1", by="Jo"))
        else:
            with transaction() as session:
                make_cancelled(session, holder)
        until(
            lambda: rows(
                f"SELECT resumable_since IS NOT NULL FROM shipment WHERE order_number = {number}"
            )
        )


def a_smaller_backorder(process):
    with transaction() as session:
        number = make_order(session, {"MUG": 10})
    assert process.run(number) == "shortage-1"
    return number


def until(asked, patience=60.0):
    deadline = time.monotonic() + patience
    while asked() != [(True,)]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_while_prefect_is_away_orders_wait_and_go_on_when_it_is_back(shop, prefect, monkeypatch):
    monkeypatch.setenv("PACKLINE_SWEEP_SECONDS", "0.05")
    dispatcher.settings.cache_clear()
    monkeypatch.setattr(dispatcher, "PrefectApi", lambda: prefect)
    prefect.away = True
    (number,) = new_orders(1)
    with running():
        hear("")  # nothing is notified while Prefect is away
        hear(RUNS_CHANNEL, when=lambda: setattr(prefect, "away", False))
    assert run_of(number) == "run-1"


def test_of_two_dispatchers_one_works(shop, prefect, monkeypatch):
    monkeypatch.setenv("PACKLINE_SWEEP_SECONDS", "60")
    dispatcher.settings.cache_clear()
    monkeypatch.setattr(dispatcher, "PrefectApi", lambda: prefect)
    with psycopg.connect(database_url(), autocommit=True) as leader:
        leader.execute("SELECT pg_advisory_lock(%s)", [DISPATCHING])
        with running():
            (number,) = new_orders(1)
            wake()
            hear("")
            assert run_of(number) is None
            leader.execute("SELECT pg_advisory_unlock(%s)", [DISPATCHING])
            hear(RUNS_CHANNEL, when=wake)
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


def hear(channel, *, when=lambda: None, patience=60.0):
    """Wait for a notification of what is done; with '' see that none comes for a moment."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute(f"LISTEN {RUNS_CHANNEL}")
        when()
        wait = patience if channel else 0.5
        heard = {notice.channel for notice in connection.notifies(timeout=wait, stop_after=1)}
    assert heard == ({channel} if channel else set())


def test_a_release_that_no_worker_heard_of_reaches_the_waiting_run(process, prefect):
    with transaction() as session:
        number = make_order(session)
    process.meanwhile["Get Picking Checklist"] = lambda: put_on_hold(
        number, HoldIn(reason=HoldReason.OTHER, note="", by="Max")
    )
    assert process.run(number) == "hold-1"
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "hold-1", LONG_AGO)
    assert sweep(prefect) == 0
    release(number, "Max")
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]  # and its worker died
    assert sweep(prefect) == 0  # just released
    execute("UPDATE staff_task SET opened_at = opened_at - interval '2 min'")
    execute("UPDATE sales_order SET released_at = released_at - interval '1 min'")
    assert sweep(prefect) == 1
    assert prefect.resumed == [(process.run_id, "hold")]


def test_a_run_that_waits_for_a_task_on_hold_is_left_alone(process, prefect):
    number = at_picking(process)
    prefect.runs[process.run_id] = RunState("PAUSED", "Suspended", "picking-1", LONG_AGO)
    put_on_hold(number, HoldIn(reason=HoldReason.OTHER, note="", by="Max"))
    assert sweep(prefect) == 0
    release(number, "Max")
    execute("UPDATE sales_order SET released_at = released_at - interval '1 min'")
    assert sweep(prefect) == 0
    assert prefect.resumed == []
