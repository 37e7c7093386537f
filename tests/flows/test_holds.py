"""An order on hold stops before its next step, and goes on where it stopped."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest

import services.orders.holds
import tasks.engine.gates
from adapters.database.notifications import ORDERS_CHANNEL
from adapters.database.sessions import database_url, transaction
from console.queries.orders import list_orders, order_sheet
from deployments.dispatcher.cases import shipments_without_run
from models.base import utc_now
from models.enums import HoldReason
from models.imports.requests import HoldIn
from models.imports.stock import DeliveryIn, StockCountIn
from services.execution.errors import OnHold
from services.execution.wake_ups import claim_ready_runs
from services.orders.holds import CannotHold, NotOnHold
from services.reminders.late_tasks import remind_and_escalate
from services.stock_control.backorders import fill_backorders
from services.worklist.tasks import TaskNotOpen
from tests.actors import answer_task, book, count, put_on_hold, release, request_cancellation_of
from tests.factories import make_order
from tests.families import mostly_slow
from tests.process import ORDER_STEPS, assert_sound, execute, form, open_task_id, rows, set_to
from tests.timelines import details, timeline

GATES = ("picking", "packing", "carrier-pickup")
at_a_gate = pytest.mark.parametrize("gate", mostly_slow(GATES, but=("packing",)))


def hold(number, reason=HoldReason.FRAUD_CHECK, note="", by="Max"):
    return put_on_hold(number, HoldIn(reason=reason, note=note, by=by))


def bring_to(process, number, gate):
    pause_key = process.run(number)
    while pause_key != f"{gate}-1":
        process.answer(pause_key.removesuffix("-1"), number)
        pause_key = process.run(number)


def tasks_now():
    return dict(rows("SELECT kind, state FROM staff_task WHERE state IN ('open', 'held')"))


@at_a_gate
def test_an_order_on_hold_is_on_no_list_and_goes_on_after_its_release(process, number, gate):
    bring_to(process, number, gate)
    hold(number)
    assert tasks_now() == {gate: "held", "hold": "open"}
    assert_sound()
    release(number, "Kim")
    assert tasks_now() == {gate: "open"}
    assert_sound()
    assert process.ship(number) == f"Order {number} is Shipped."
    assert process.ran == list(ORDER_STEPS)
    assert_sound()


@at_a_gate
def test_a_task_of_an_order_on_hold_says_why_it_cannot_be_done(process, number, gate):
    bring_to(process, number, gate)
    task = open_task_id(gate)
    hold(number, note="card was reported stolen")
    with pytest.raises(OnHold, match=r"fraud check, card was reported stolen.*packline release"):
        answer_task(task, form(gate))


@pytest.mark.parametrize(
    "step",
    mostly_slow(
        ["Check Inventory Levels", "Get Picking Checklist", "Update Inventory Stock",
         "Create Shipping Label", "Send Shipment Notification", "Dispatch Carrier Pickup"],
        but=("Check Inventory Levels", "Create Shipping Label"),
    ),
)  # fmt: skip
def test_an_attempt_stops_before_its_next_step_and_waits_for_the_release(process, number, step):
    process.meanwhile[step] = lambda: hold(number)
    outcome = process.run(number)
    while (kind := outcome.removesuffix("-1")) in GATES:
        process.answer(kind)
        outcome = process.run(number)
    assert outcome == "hold-1"
    assert "fraud check" in process.description
    assert rows(f"SELECT 1 FROM step_record WHERE step = '{step}'") == []
    assert process.run(number) == "hold-1"
    assert timeline("step-failed") == []
    assert_sound()
    release(number, "Kim")
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_an_answer_in_the_form_of_an_order_on_hold_counts_after_the_release(process, number):
    bring_to(process, number, "picking")
    hold(number)
    process.answers["picking-1"] = form("picking", picked_by="Jo")
    assert process.run(number) == "hold-1"
    assert rows("SELECT state FROM staff_task WHERE kind = 'picking'") == [("held",)]
    release(number, "Kim")
    assert process.run(number) == "packing-1"
    assert rows("SELECT answered_by FROM staff_task WHERE kind = 'picking'") == [("Jo",)]
    assert_sound()


def test_the_operators_form_releases_the_order(process, number):
    process.meanwhile["Get Picking Checklist"] = lambda: hold(number)
    assert process.run(number) == "hold-1"
    process.answers["hold-1"] = form("hold")
    assert process.run(number) == "The hold is over."
    assert process.run(number) == "picking-1"
    assert_sound()


@pytest.mark.parametrize("through", ["form", "console"])
def test_the_operator_cancels_an_order_on_hold(process, number, through):
    process.meanwhile["Get Picking Checklist"] = lambda: hold(number)
    assert process.run(number) == "hold-1"
    if through == "form":
        process.answers["hold-1"] = form("hold", decision="cancel order", note="it is fraud")
        assert process.run(number) == "The hold is over."
    else:
        process.answer("hold", decision="cancel order", note="it is fraud")
    assert process.run(number) == f"Order {number} is Cancelled: it is fraud."
    assert_sound()


@at_a_gate
def test_a_request_to_cancel_wins_over_a_hold(process, number, gate):
    bring_to(process, number, gate)
    hold(number)
    request_cancellation_of(number, "no longer wanted", "Ada")
    assert tasks_now() == {}
    assert rows("SELECT on_hold_since, hold_reason FROM sales_order") == [(None, None)]
    assert_sound()
    with pytest.raises(CannotHold, match="is being cancelled"):
        hold(number)
    if process.run(number) == "restock-1":
        process.answer("restock")
    assert process.run(number).startswith(f"Order {number} is ")
    assert rows("SELECT status FROM sales_order") == [("Cancelled",)]
    assert_sound()


def test_a_release_that_comes_while_the_run_is_about_to_wait_for_it_is_heard(
    process, number, monkeypatch
):
    suspend = tasks.engine.gates.suspend

    def slowly(gate, key, description):
        release(number, "Kim")
        return suspend(gate, key, description)

    process.meanwhile["Get Picking Checklist"] = lambda: hold(number)
    monkeypatch.setattr(tasks.engine.gates, "suspend", slowly)
    assert process.run(number) == "hold-1"
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]


def test_an_order_is_put_on_hold_a_second_time(process, number):
    for round in (1, 2):
        process.meanwhile["Get Picking Checklist"] = lambda: hold(number)
        assert process.run(number) == f"hold-{round}"
        release(number, "Kim")
    assert process.run(number) == "picking-1"
    assert_sound()


def test_who_holds_second_is_told_who_was_first(process, number):
    first, second = hold(number), hold(number, HoldReason.OTHER, by="Kim")
    assert (second.again, second.held_by, second.on_hold_since) == (
        True,
        "Max",
        first.on_hold_since,
    )
    release(number, "Kim")
    with pytest.raises(NotOnHold, match="orders --held"):
        release(number, "Kim")


def test_a_new_order_on_hold_is_not_started_and_not_taken(process, number):
    hold(number)
    with transaction() as session:
        assert shipments_without_run(session) == []
    assert process.run() == "No New order is waiting: there is nothing to do."
    release(number, "Kim")
    with transaction() as session:
        assert len(shipments_without_run(session)) == 1
    assert process.run() == "picking-1"


def test_a_release_wakes_the_dispatcher(process, number):
    hold(number)  # a New order has no run that could be told
    with psycopg.connect(database_url(), autocommit=True) as dispatcher:
        dispatcher.execute(f"LISTEN {ORDERS_CHANNEL}")
        release(number, "Kim")
        assert len(list(dispatcher.notifies(timeout=5, stop_after=1))) == 1


def test_a_backorder_on_hold_is_not_filled_and_stands_before_those_promised_later(process, shop):
    with transaction() as session:
        first, second = (
            make_order(session, {"PLATE": 6}, promised_at=utc_now() + timedelta(days=days))
            for days in (3, 10)
        )
    other = process.another()
    assert process.run(first) == other.run(second) == "shortage-1"
    hold(first)
    book(DeliveryIn(sku="PLATE", quantity=2, reference="D-1", by="Jo"))
    assert fill_backorders() == []
    release(first, "Kim")
    assert fill_backorders() == [first]
    assert_sound()


def test_a_count_that_puts_an_order_on_hold_short_asks_after_the_release(process, number):
    bring_to(process, number, "picking")
    hold(number)
    count(StockCountIn(sku="MUG", counted=1, reference="C-1", by="Kim"))
    assert tasks_now() == {"short-pick": "held", "hold": "open"}
    assert_sound()
    release(number, "Kim")
    assert process.run(number) == "short-pick-1"
    assert_sound()


FRIDAY, MONDAY = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)
FRIDAY_MORNING = FRIDAY + timedelta(hours=9)


def held_over_a_weekend(process, number, monkeypatch, due, also="", opened=FRIDAY_MORNING):
    """A picking task that is due then, on hold from Friday 17:00 to Monday 08:00."""
    hours = {"WORKING_DAYS": "mon-fri", "OPENS_AT": "08:00", "CLOSES_AT": "18:00"}
    set_to(monkeypatch, **{f"PACKLINE_{name}": given for name, given in hours.items()})
    bring_to(process, number, "picking")
    hold(number)
    execute(f"UPDATE sales_order SET on_hold_since = '{FRIDAY + timedelta(hours=17)}'")
    times = f"opened_at = '{opened}', due_at = '{due}'{also}"
    execute(f"UPDATE staff_task SET {times} WHERE kind = 'picking'")
    monkeypatch.setattr(
        services.orders.holds, "this_instant", lambda _: MONDAY + timedelta(hours=8)
    )
    release(number, "Kim")
    ((later,),) = rows("SELECT due_at FROM staff_task WHERE kind = 'picking'")
    return later


def test_a_task_has_the_working_hours_after_a_hold_that_it_had_before(process, number, monkeypatch):
    due = MONDAY + timedelta(hours=9)  # an hour on Friday and one on Monday are left
    later = held_over_a_weekend(process, number, monkeypatch, due)
    assert later == MONDAY + timedelta(hours=10)


def test_a_task_that_was_late_before_a_hold_stays_late(process, number, monkeypatch):
    due = FRIDAY + timedelta(hours=16)
    assert held_over_a_weekend(process, number, monkeypatch, due) == due


def test_a_task_that_was_opened_during_a_hold_gets_back_only_the_time_since(
    process, number, monkeypatch
):
    opened = MONDAY + timedelta(hours=6)  # before the shop opens
    due = MONDAY + timedelta(hours=9)
    later = held_over_a_weekend(process, number, monkeypatch, due, opened=opened)
    assert later == due


@pytest.mark.parametrize(
    ("due_hour", "later_hour"), [(9, 10), (12, 13)], ids=["an hour after", "a morning after"]
)
def test_an_escalation_has_the_working_hours_after_a_hold_that_it_had_before(
    process, number, monkeypatch, due_hour, later_hour
):
    due = FRIDAY + timedelta(hours=10)
    reminded = reminded_then(due, MONDAY + timedelta(hours=due_hour))
    assert held_over_a_weekend(process, number, monkeypatch, due, reminded) == due
    assert escalations() == [(MONDAY + timedelta(hours=later_hour),)]


def test_an_escalation_that_was_due_before_a_hold_stays_due(process, number, monkeypatch):
    due = FRIDAY + timedelta(hours=10)
    escalates = FRIDAY + timedelta(hours=16)
    held_over_a_weekend(process, number, monkeypatch, due, reminded_then(due, escalates))
    assert escalations() == [(escalates,)]


def test_a_task_that_was_escalated_before_a_hold_keeps_its_times(process, number, monkeypatch):
    due = FRIDAY + timedelta(hours=10)
    escalates = MONDAY + timedelta(hours=9)
    told = reminded_then(due, escalates) + ", escalation = 'e'" + f", escalated_at = '{escalates}'"
    assert held_over_a_weekend(process, number, monkeypatch, due, told) == due
    assert escalations() == [(escalates,)]


def reminded_then(at, escalates):
    execute(
        "INSERT INTO message (key, message_id, recipients, subject, text, html, state, problem,"
        " written_at) SELECT key, key, '[]', '', '', '', 'written', '', now()"
        " FROM unnest(ARRAY['r', 'e']) AS key"
    )
    return f", reminded_at = '{at}', reminder = 'r', escalation_due_at = '{escalates}'"


def escalations():
    return rows("SELECT escalation_due_at FROM staff_task WHERE kind = 'picking'")


@pytest.mark.parametrize(
    ("promised", "later"),
    [
        (MONDAY + timedelta(hours=9), MONDAY + timedelta(hours=10)),
        (FRIDAY + timedelta(hours=17, minutes=30), MONDAY + timedelta(hours=8, minutes=30)),
        (MONDAY + timedelta(days=1, hours=12), MONDAY + timedelta(days=1, hours=13)),
        (FRIDAY + timedelta(hours=16), FRIDAY + timedelta(hours=16)),
    ],
    ids=["an hour after", "within the hold", "a day after", "late before"],
)
def test_a_promise_has_the_working_hours_after_a_hold_that_it_had_before(
    process, number, monkeypatch, promised, later
):
    execute(f"UPDATE sales_order SET promised_at = '{promised}'")
    due = MONDAY + timedelta(hours=9)
    held_over_a_weekend(process, number, monkeypatch, due)
    assert rows("SELECT promised_at FROM sales_order") == [(later,)]
    (released,) = details("released")
    assert ("ships by" in released) == (later != promised)


def test_a_backorder_stands_in_line_by_the_promise_that_it_has_after_a_hold(process, shop):
    with transaction() as session:
        number = make_order(session, {"PLATE": 6})
    assert process.run(number) == "shortage-1"
    ((promised,),) = rows("SELECT promised_at FROM sales_order")
    hold(number)
    execute("UPDATE sales_order SET on_hold_since = on_hold_since - interval '7 days'")
    release(number, "Kim")
    ((later,),) = rows("SELECT promised_at FROM sales_order")
    assert later > promised
    assert rows("SELECT promised_at FROM allocation WHERE state = 'backordered'") == [(later,)]
    assert_sound()


def test_a_task_gets_its_time_back_by_the_hours_of_its_warehouse(process, number, monkeypatch):
    execute(
        "UPDATE warehouse SET working_days = 'mon-sun', opens_at = '06:00', closes_at = '20:00'"
    )
    due = FRIDAY + timedelta(hours=19)  # two hours are left, by its own clock
    later = held_over_a_weekend(process, number, monkeypatch, due)
    assert later == MONDAY + timedelta(hours=10)


def test_only_the_tasks_of_that_order_are_held_and_released(process, number):
    with transaction() as session:
        other = make_order(session, {"PLATE": 1})
    process.run(number)
    process.another().run(other)
    hold(number)
    hold(other)
    release(number, "Kim")
    of_other = rows(f"SELECT kind, state FROM staff_task WHERE order_number = {other} ORDER BY id")
    assert of_other == [("picking", "held"), ("hold", "open")]
    assert rows(f"SELECT on_hold_since IS NULL FROM sales_order WHERE number = {other}") == [
        (False,)
    ]


def test_nobody_is_reminded_of_a_task_on_hold(process, number):
    bring_to(process, number, "picking")
    hold(number)
    execute("UPDATE staff_task SET due_at = now() - interval '1 h' WHERE kind = 'picking'")
    assert remind_and_escalate() == 0


def test_orders_on_hold_are_listed(process, number):
    with transaction() as session:
        make_order(session, {"MUG": 1})
    hold(number, note="wait for the bank")
    with transaction() as session:
        (row,) = list_orders(session, held=True)
        assert (row.number, row.hold_reason, row.held_by) == (number, "fraud check", "Max")
        assert order_sheet(session, number).order.hold_note == "wait for the bank"


def test_what_the_carrier_has_cannot_be_put_on_hold(process, number):
    while (pause_key := process.run(number)) != "carrier-pickup-1":
        process.answer(pause_key.removesuffix("-1"))
    process.answer("carrier-pickup")
    with pytest.raises(CannotHold, match=f"^Order {number} is with the carrier: there is nothing"):
        hold(number)
    process.run(number)
    with pytest.raises(CannotHold, match=f"^Order {number} is Shipped: there is nothing"):
        hold(number)


@pytest.mark.parametrize("attempt", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 2))])
@at_a_gate
def test_a_hold_and_an_answer_at_the_same_instant(process, number, gate, attempt):
    """Whoever is first counts, and nothing that was answered is asked again."""
    bring_to(process, number, gate)
    task, together = open_task_id(gate), Barrier(2)

    def answer():
        together.wait()
        try:
            answer_task(task, form(gate))
        except (OnHold, TaskNotOpen):
            return False
        return True

    def stop():
        together.wait()
        try:
            hold(number)
        except CannotHold:
            return False
        return True

    with ThreadPoolExecutor(2) as people:
        done = [people.submit(work) for work in (answer, stop)]
        answered, held = (one.result() for one in done)
    assert_sound()
    if held:
        assert process.run(number) == "hold-1"
        release(number, "Kim")
    assert process.ship(number) == f"Order {number} is Shipped."
    assert rows(f"SELECT count(*) FROM staff_task WHERE kind = '{gate}'") == [(1,)]
    assert answered or held
    assert_sound()


def test_who_is_picked_short_after_a_hold_stands_in_line_by_the_new_promise(process, shop):
    with transaction() as session:
        number = make_order(session, {"PLATE": 3, "MUG": 1})
    bring_to(process, number, "picking")
    hold(number)
    execute("UPDATE sales_order SET on_hold_since = on_hold_since - interval '7 days'")
    release(number, "Max")
    process.run(number)
    short = [{"sku": "PLATE", "quantity": 0, "why": "damaged"}]
    process.answer("picking", number, outcome="too few of these, the rest as listed", found=short)
    process.run(number)
    assert_sound()
