"""The dispatcher goes on with the others when one order is in trouble."""

import httpx
import psycopg
import pytest

from adapters.database import sessions as db
from adapters.database.sessions import database_url
from adapters.prefect.api import FormMissing, PrefectAway, PrefectBroke, PrefectRefused, RunState
from deployments.dispatcher import recovery
from deployments.dispatcher.loop import Dispatcher
from models.imports.stock import DeliveryIn
from services.execution.errors import UnknownOrder
from services.execution.one_by_one import alone
from services.stock_control import backorders
from tests.actors import book
from tests.deployments.played_prefect import PlayedPrefect
from tests.deployments.test_dispatcher import (
    LONG_AGO,
    new_orders,
    prefect,
    run_of,
    sweep,
)
from tests.factories import make_order
from tests.process import execute, rows, set_to

__all__ = ["prefect"]

PREFECT_URL = "http://127.0.0.1:4200/api"


def answered(error, status):
    """What Prefect's client makes of an answer with that status."""
    answer = httpx.Response(status, request=httpx.Request("POST", PREFECT_URL))
    return error("x", httpx.HTTPStatusError("", request=answer.request, response=answer))


def raising(error, doing, only):
    """The same as `doing`, but for one run."""

    def do(run_id, *given):
        if run_id == only:
            raise error
        return doing(run_id, *given)

    return do


@pytest.fixture
def two(process, prefect):
    """Two orders at their first gate, the first of them in trouble, and the run of each."""
    first, second = new_orders(2)
    process.run(first)
    other = process.another()
    other.run(second)
    for run in (process, other):
        stands(prefect, run, "RUNNING", "Running")
    return process, other


def stands(prefect: PlayedPrefect, run, kind, name, pause_key=None):
    prefect.runs[run.run_id] = RunState(kind, name, pause_key, LONG_AGO)


def stopped(order_number):
    """Postgres refuses to change the shipment of that order."""
    execute(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'broken'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON shipment FOR EACH ROW
            WHEN (OLD.order_number = {order_number}) EXECUTE FUNCTION refuse()
    """)


@pytest.mark.parametrize(
    "error", [answered(PrefectRefused, 422), answered(PrefectBroke, 500), KeyError("state")]
)
def test_a_run_that_prefect_cannot_start_over_stops_no_other(two, prefect, monkeypatch, error):
    bad, good = two
    monkeypatch.setattr(prefect, "run_again", raising(error, prefect.run_again, bad.run_id))
    assert sweep(prefect) == 1
    assert prefect.again == [good.run_id]


def test_an_order_that_postgres_cannot_change_stops_no_other(two, prefect):
    stopped(1001)
    assert Dispatcher(prefect).sweep() == 1
    assert prefect.again == [two[1].run_id]


def test_an_order_that_a_hanging_worker_has_locked_stops_no_other(two, prefect, monkeypatch):
    bad, good = two
    set_to(monkeypatch, PACKLINE_SWEEP_SECONDS="0.1")
    with psycopg.connect(database_url()) as hanging:
        hanging.execute("SELECT FROM sales_order WHERE number = 1001 FOR UPDATE")
        assert sweep(prefect) == 1
        assert prefect.again == [good.run_id]
    assert sweep(prefect) == 1
    assert prefect.again == [good.run_id, bad.run_id]


def test_an_order_that_is_gone_stops_no_other(two, prefect, monkeypatch):
    find = recovery.unlocked_shipment

    def gone(session, number, shipment):
        if number == 1001:
            raise UnknownOrder(number)
        return find(session, number, shipment)

    monkeypatch.setattr(recovery, "unlocked_shipment", gone)
    assert sweep(prefect) == 1
    assert prefect.again == [two[1].run_id]


def test_a_form_that_prefect_loses_again_and_again_stops_no_other(two, prefect, monkeypatch):
    bad, good = two
    for run, number in ((bad, 1001), (good, 1002)):
        stands(prefect, run, "PAUSED", "Suspended", "picking-1")
        run.answer("picking", number)
    lost = raising(FormMissing(bad.run_id), prefect.resume, bad.run_id)
    monkeypatch.setattr(prefect, "resume", lost)
    prefect.forms = {good.run_id}
    assert sweep(prefect) == 1
    assert prefect.resumed == [(good.run_id, "picking")]


def test_a_superseded_run_that_prefect_does_not_end_stops_no_other(two, prefect, monkeypatch):
    bad, good = two
    for number, run in ((1001, bad), (1002, good)):
        another = run.another()
        another.run(number)
        stands(prefect, run, "PAUSED", "Suspended", "picking-1")
        stands(prefect, another, "PAUSED", "Suspended", "picking-1")
    refusal = answered(PrefectRefused, 422)
    monkeypatch.setattr(prefect, "cancel", raising(refusal, prefect.cancel, bad.run_id))
    (new,) = new_orders(1)
    assert sweep(prefect) == 1
    assert run_of(new)
    assert prefect.cancelled == [good.run_id]
    assert rows("SELECT run_id FROM superseded_run") == [(bad.run_id,)]


@pytest.mark.parametrize("error", [answered(PrefectRefused, 422), answered(PrefectBroke, 500)])
def test_an_order_that_prefect_does_not_start_leaves_its_place_to_the_others(
    shop, prefect, monkeypatch, error
):
    set_to(monkeypatch, PACKLINE_START_AHEAD="1")
    bad, good = new_orders(2)
    start = prefect.start

    def picky(deployment, *, parameters, **given):
        if parameters["order_number"] == bad:
            raise error
        return start(deployment, parameters=parameters, **given)

    monkeypatch.setattr(prefect, "start", picky)
    dispatcher = Dispatcher(prefect)
    assert [dispatcher.start_orders() for _ in range(2)] == [0, 1]
    assert (run_of(bad), run_of(good)) == (None, "run-1")
    monkeypatch.setattr(prefect, "start", start)
    execute(f"UPDATE shipment SET claimed_at = now() WHERE order_number = {good}")
    assert dispatcher.start_orders() == 1
    assert run_of(bad)


def test_a_run_that_cannot_be_noted_stops_no_other(shop, prefect):
    bad, good = new_orders(2)
    stopped(bad)
    assert Dispatcher(prefect).sweep() == 1
    assert (run_of(bad), run_of(good)) == (None, "run-2")


def test_a_backorder_that_cannot_be_answered_stops_no_other(process, prefect, monkeypatch):
    bad, good = (backorder_of(process.another()) for _ in range(2))
    book(DeliveryIn(sku="MUG", quantity=100, reference="D-1", by="Jo"))
    (new,) = new_orders(1)
    answer = backorders.answer_by_packline

    def broken(session, shipment, *given, **more):
        if shipment.order_number == bad:
            raise KeyError("waits")
        return answer(session, shipment, *given, **more)

    monkeypatch.setattr(backorders, "answer_by_packline", broken)
    sweep(prefect)
    assert rows("SELECT order_number FROM staff_task WHERE state = 'done'") == [(good,)]
    assert run_of(new)


def test_when_backorders_cannot_be_told_apart_all_other_orders_go_on(two, prefect, monkeypatch):
    def broken():
        raise ValueError("no such strategy")

    monkeypatch.setattr("deployments.dispatcher.loop.fill_backorders", broken)
    assert sweep(prefect) == 2


def test_while_prefect_or_postgres_is_away_nothing_is_blamed_on_an_order(shop):
    def prefect_is_away():
        raise PrefectAway(PREFECT_URL, "refused")

    def connection_breaks():
        with db.transaction() as session:
            session.connection().exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(PrefectAway):
        alone("Order 1001", prefect_is_away)
    with pytest.raises(db.OperationalError):
        alone("Order 1001", connection_breaks)


def backorder_of(process):
    with db.transaction() as session:
        number = make_order(session, {"MUG": 12})
    assert process.run(number) == "shortage-1"
    return number
