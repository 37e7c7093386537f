"""What the dispatcher fails to do for one order is written on that one, and the others go on."""

from contextlib import contextmanager

import psycopg
import pytest

from adapters.database.sessions import database_url, transaction
from adapters.prefect.api import RunState
from console.cli.order_tables import _head, _status
from console.queries.orders import list_orders, order_sheet
from deployments.dispatcher.loop import Dispatcher
from models.enums import SweepPart
from models.imports.stock import DeliveryIn
from services.audit.audit import audit
from services.reminders.late_tasks import remind_and_escalate
from tests.actors import book
from tests.deployments.played_prefect import LONG_AGO, new_orders, prefect, run_of, sweep
from tests.factories import make_order
from tests.process import execute, rows, set_to

__all__ = ["prefect"]

AUDITED = "the dispatcher gets everything done"


@contextmanager
def refusing(table, number):
    """Postgres refuses to change the rows of an order in a table."""
    execute(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'broken'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON {table} FOR EACH ROW
            WHEN (OLD.order_number = {number}) EXECUTE FUNCTION refuse()
    """)
    yield
    execute(f"DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse()")


def problems():
    return rows("SELECT order_number, part FROM sweep_problem ORDER BY 1, 2")


def at_picking(process, prefect, kind, name, pause_key=None):
    (number,) = new_orders(1)
    process.run(number)
    prefect.runs[process.run_id] = RunState(kind, name, pause_key, LONG_AGO)
    return number


def long_ago():
    """What people said was some time ago."""
    execute("UPDATE step_record SET at = at - interval '10 s'")
    execute("UPDATE staff_task SET answered_at = answered_at - interval '10 s'")
    execute("UPDATE shipment SET resumable_since = resumable_since - interval '1 min'")


class Start:
    """Orders that have no run."""

    part, table = SweepPart.START, "shipment"

    def __init__(self, process, prefect):
        self.prefect = prefect
        self.orders = new_orders(2)

    def treat(self):
        Dispatcher(self.prefect).sweep()

    def treated(self, number):
        return run_of(number) is not None


class Recover(Start):
    """Orders whose workers have died."""

    part = SweepPart.RECOVER

    def __init__(self, process, prefect):
        self.prefect = prefect
        self.orders = [at_picking(process.another(), prefect, "RUNNING", "Running") for _ in "ab"]

    def treated(self, number):
        return run_of(number) in self.prefect.again


class Resume(Start):
    """Orders whose answers no worker took up."""

    part = SweepPart.RESUME

    def __init__(self, process, prefect):
        self.prefect = prefect
        self.orders = []
        for _ in "ab":
            run = process.another()
            number = at_picking(run, prefect, "PAUSED", "Suspended", "picking-1")
            run.answer("picking", number)
            self.orders.append(number)
        long_ago()

    def treated(self, number):
        return run_of(number) in [run for run, _ in self.prefect.resumed]


class Fill(Start):
    """Backorders whose stock is there."""

    part, table = SweepPart.FILL, "staff_task"

    def __init__(self, process, prefect):
        self.prefect = prefect
        with transaction() as session:
            self.orders = [make_order(session, {"MUG": 12}) for _ in "ab"]
        for number in self.orders:
            assert process.another().run(number) == "shortage-1"
        book(DeliveryIn(sku="MUG", quantity=100, reference="D-1", by="Jo"))

    def treated(self, number):
        return rows(f"SELECT state FROM staff_task WHERE order_number = {number}") == [("done",)]


class Remind(Start):
    """Orders whose tasks are late."""

    part, table = SweepPart.REMIND, "staff_task"

    def __init__(self, process, prefect):
        self.orders = [
            at_picking(process.another(), prefect, "PAUSED", "Suspended", "picking-1") for _ in "ab"
        ]
        execute("UPDATE staff_task SET due_at = now() - interval '1 hour'")

    def treat(self):
        remind_and_escalate()

    def treated(self, number):
        reminded = f"SELECT reminded_at IS NOT NULL FROM staff_task WHERE order_number = {number}"
        return rows(reminded) == [(True,)]


PARTS = pytest.mark.parametrize("kind", [Start, Recover, Resume, Fill, Remind])


@PARTS
def test_an_order_that_makes_a_part_of_the_sweep_fail_stops_no_other(process, prefect, kind):
    case = kind(process, prefect)
    bad, good = case.orders
    with refusing(case.table, bad):
        case.treat()
        assert (case.treated(bad), case.treated(good)) == (False, True)
        assert problems() == [(bad, case.part)]
    case.treat()
    assert case.treated(bad)
    assert problems() == []


@PARTS
def test_what_fails_is_seen_in_the_lists_and_by_the_audit(process, prefect, kind):
    case = kind(process, prefect)
    bad, good = case.orders
    with refusing(case.table, bad):
        case.treat()
    with transaction() as session:
        by_number = {row.number: row for row in list_orders(session)}
        sheet = order_sheet(session, bad)
    (found,) = by_number[bad].sweep_problems
    assert found.part == case.part
    assert str(found.problem).startswith("something in Packline itself is broken")
    assert found.problem.values["kind"] == "RaiseException"
    assert by_number[good].sweep_problems == []
    assert _status(by_number[bad]).endswith("in trouble")
    assert f"The dispatcher fails to {case.part} since" in "\n".join(
        line for line, _ in _head(sheet.order)
    )
    (check,) = (check for check in audit(None).checks if check.name == AUDITED)
    assert [f"Order {bad}, shipment 1:" in problem for problem in check.problems] == [True]


def test_since_when_it_fails_stays_and_the_reason_is_the_latest(process, prefect):
    case = Recover(process, prefect)
    since = "SELECT since, problem->'values'->>'detail' FROM sweep_problem"
    with refusing("shipment", case.orders[0]):
        case.treat()
        ((first, _),) = rows(since)
        execute("UPDATE sweep_problem SET problem = '{}'")
        case.treat()
    assert rows(since) == [(first, "broken")]


def test_a_sweep_counts_what_it_fails_to_do(process, prefect, monkeypatch):
    case = Start(process, prefect)
    dispatcher = Dispatcher(prefect)
    with refusing("shipment", case.orders[0]):
        dispatcher.sweep()
        assert dispatcher.failures == 1
        monkeypatch.setattr("deployments.dispatcher.loop.fill_backorders", lambda _: 1 / 0)
        dispatcher.sweep()
        assert dispatcher.failures == 2
    monkeypatch.undo()
    dispatcher.sweep()
    assert dispatcher.failures == 0


def test_an_order_that_cannot_even_be_read_stops_no_other(shop, prefect):
    bad, good = new_orders(2)
    execute(f"UPDATE sales_order SET received_at = 'infinity' WHERE number = {bad}")
    sweep(prefect)
    assert (run_of(bad), bool(run_of(good))) == (None, True)
    assert problems() == [(bad, "start a run")]


def test_a_checklist_that_says_nonsense_stops_no_backorder(process, prefect):
    case = Fill(process, prefect)
    bad, good = case.orders
    execute(
        "UPDATE staff_task SET kind = 'short-pick', checklist = '{\"waits\": \"perhaps\"}'"
        f" WHERE order_number = {bad}"
    )
    case.treat()
    assert (case.treated(bad), case.treated(good)) == (False, True)


def test_a_problem_stays_while_there_is_no_room_to_try_again(shop, prefect, monkeypatch):
    set_to(monkeypatch, PACKLINE_START_AHEAD="1")
    bad, *others = new_orders(3)
    dispatcher = Dispatcher(prefect)
    with refusing("shipment", bad):
        for started in (0, 1, 0):  # the second order takes the only place
            assert dispatcher.start_orders() == started
            assert problems() == [(bad, "start a run")]
    execute("UPDATE shipment SET claimed_at = now() WHERE run_id IS NOT NULL")
    assert [dispatcher.start_orders() for _ in others] == [1, 0]  # the last order comes first
    assert problems() == [(bad, "start a run")]
    execute("UPDATE shipment SET run_id = 'by hand' WHERE run_id IS NULL")
    dispatcher.start_orders()
    assert problems() == []


def test_a_run_in_trouble_is_looked_at_in_every_sweep(process, prefect, monkeypatch):
    """Though its order is on another page by then, and Prefect names it in no other list."""
    monkeypatch.setattr("deployments.dispatcher.cases.PAGE", 1)
    bad = at_picking(process, prefect, "COMPLETED", "Completed")
    others = [at_picking(process.another(), prefect, "PAUSED", "Suspended") for _ in "abc"]
    dispatcher = Dispatcher(prefect)
    with refusing("shipment", bad):
        for _ in range(3):
            dispatcher.recover()
            assert problems() == [(bad, "recover a run")]
    assert others
    dispatcher.recover()
    assert problems() == []


@pytest.mark.parametrize("kind", [Start, Recover, Resume, Fill])
def test_whom_somebody_works_on_is_skipped_without_a_word(process, prefect, monkeypatch, kind):
    set_to(monkeypatch, PACKLINE_LOCK_TIMEOUT_SECONDS="3600")
    case = kind(process, prefect)
    bad, good = case.orders
    with psycopg.connect(database_url()) as working:
        working.execute(f"SELECT FROM sales_order WHERE number = {bad} FOR UPDATE")
        working.execute(f"SELECT FROM shipment WHERE order_number = {bad} FOR UPDATE")
        case.treat()
        assert (case.treated(bad), case.treated(good)) == (False, True)
        assert problems() == []
    case.treat()
    assert case.treated(bad)
