"""An order is cancelled: whatever was done for it is undone, once, wherever anything dies."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import SQLAlchemyError

import tasks.engine.gates
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from domain.messages import said
from services.execution.locks import locked_shipment
from services.execution.wake_ups import claim_ready_runs
from services.orders.cancellation import CannotCancel
from services.orders.splits import split as split_off
from services.worklist.tasks import TaskNotOpen
from tests.actors import answer_task, request_cancellation_of
from tests.factories import make_order
from tests.families import mostly_slow
from tests.process import (
    COMPENSATION_STEPS,
    assert_sound,
    dying_before_the_record_of,
    execute,
    form,
    open_task_id,
    rows,
    step_title,
)
from tests.timelines import timeline

FURTHEST = "carrier-pickup"
GATES = ("picking", "packing", FURTHEST)
PICKED = ("packing", "carrier-pickup")
"""Where the run waits once goods were picked."""

SLOW = pytest.mark.slow
by_gate = pytest.mark.parametrize("gate", GATES)
at_a_gate = pytest.mark.parametrize("gate", mostly_slow(GATES, but=("packing",)))


def bring_to(process, number, gate, shipment=1):
    pause_key = process.run(number, shipment)
    while pause_key != f"{gate}-1":
        process.answer(pause_key.removesuffix("-1"), number)
        pause_key = process.run(number, shipment)


def ask(number, reason="changed their mind", by="Max"):
    return request_cancellation_of(number, reason, by)


def go_back(process, number, shipment=1):
    """Until the order is cancelled; goods that were picked are restocked."""
    outcome = process.run(number, shipment)
    if outcome == "restock-1":
        process.answer("restock", number)
        outcome = process.run(number, shipment)
    return outcome


def stock():
    return dict(rows("SELECT sku, on_hand || ' ' || allocated FROM product ORDER BY sku"))


def states(table):
    return [state for (state,) in rows(f"SELECT state FROM {table} ORDER BY id")]


def records():
    return [step_title(step) for (step,) in rows("SELECT step FROM step_record ORDER BY at")]


def refunds():
    return [amount for (amount,) in rows("SELECT amount_minor FROM refund ORDER BY id")]


def assert_undone(number, mail_server, *, refunded=4345):
    assert rows(f"SELECT status FROM sales_order WHERE number = {number}") == [("Cancelled",)]
    assert stock() == {"MUG": "10 0", "PLATE": "4 0"}
    assert refunds() == [refunded]
    assert len([mail for mail in mail_server.mails if "is cancelled" in mail["Subject"]]) == 1
    assert set(states("shipping_label")) <= {"voided"}
    assert set(states("carrier_pickup")) <= {"cancelled"}
    assert rows("SELECT 1 FROM carrier_booking WHERE voided_at IS NULL") == []
    assert "open" not in states("staff_task")
    assert_sound()


def test_an_order_that_nobody_worked_on_yet_is_cancelled(process, number, mail_server):
    ask(number)
    assert process.run(number) == f"Order {number} is Cancelled: changed their mind."
    assert process.ran == ["Retrieve New Order", *COMPENSATION_STEPS]
    assert_undone(number, mail_server)


@by_gate
def test_an_order_is_cancelled_at_each_gate(process, number, mail_server, gate):
    bring_to(process, number, gate)
    ask(number)
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]
    assert go_back(process, number).startswith(f"Order {number} is Cancelled")
    assert process.ran[-len(COMPENSATION_STEPS) :] == list(COMPENSATION_STEPS)
    assert process.answers == {}
    assert ("restock" in dict(rows("SELECT kind, state FROM staff_task"))) == (gate in PICKED)
    assert_undone(number, mail_server)


@at_a_gate
def test_a_request_is_sound_before_anything_is_undone(process, number, gate):
    bring_to(process, number, gate)
    ask(number)
    assert "open" not in states("staff_task")
    assert_sound()


@at_a_gate
def test_the_form_of_a_gate_cancels_the_order(process, number, mail_server, gate):
    bring_to(process, number, gate)
    given = form(gate)
    who = next(name for name in given if name.endswith("_by"))
    process.answers[f"{gate}-1"] = {"gate": gate, who: "Kim", "cancel": "it is a mistake"}
    assert go_back(process, number) == f"Order {number} is Cancelled: it is a mistake."
    assert rows("SELECT cancel_requested_by FROM sales_order") == [("Kim",)]
    assert_undone(number, mail_server)


@at_a_gate
def test_a_task_at_the_console_cancels_the_order(process, number, mail_server, gate):
    bring_to(process, number, gate)
    process.answer(gate, cancel="it is a mistake")
    assert go_back(process, number) == f"Order {number} is Cancelled: it is a mistake."
    assert_undone(number, mail_server)


@pytest.mark.parametrize(
    ("gate", "asks"),
    [("picking", "all was there"), ("packing", "each closed parcel"), ("carrier-pickup", "number")],
)
def test_a_form_that_neither_answers_nor_cancels_is_asked_again(process, number, gate, asks):
    bring_to(process, number, gate)
    who = next(name for name in form(gate) if name.endswith("_by"))
    with pytest.raises(PacklineError, match=f"{asks}.*cancelled instead"):
        answer_task(open_task_id(gate), {"gate": gate, who: "Kim"})


@pytest.mark.parametrize(
    "step", mostly_slow(COMPENSATION_STEPS, but=("Return Stock", "Send Cancellation Notice"))
)
@pytest.mark.parametrize(
    "gate", [pytest.param(x, marks=() if x == FURTHEST else SLOW) for x in GATES]
)
def test_dying_within_a_step_of_the_compensation_repeats_nothing(
    process, number, mail_server, gate, step
):
    bring_to(process, number, gate)
    ask(number)
    with dying_before_the_record_of(step), pytest.raises(SQLAlchemyError):
        go_back(process, number)
    assert_sound()
    assert go_back(process, number).startswith(f"Order {number} is Cancelled")
    assert_undone(number, mail_server)


@pytest.mark.parametrize(
    "step", [pytest.param(x, marks=() if x == "Return Stock" else SLOW) for x in COMPENSATION_STEPS]
)
def test_dying_before_a_step_of_the_compensation_loses_nothing(process, number, mail_server, step):
    bring_to(process, number, "carrier-pickup")
    ask(number)
    process.fail[step] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        go_back(process, number)
    assert_sound()
    assert go_back(process, number).startswith(f"Order {number} is Cancelled")
    assert sorted(records()) == sorted(set(records()))
    assert_undone(number, mail_server)


@pytest.mark.parametrize("step", ["Create Shipping Label", "Dispatch Carrier Pickup"])
def test_what_was_bought_and_not_yet_recorded_is_given_back_too(process, number, mail_server, step):
    bring_to(process, number, "packing")
    process.answer("packing")
    with dying_before_the_record_of(step), pytest.raises(SQLAlchemyError):
        process.run(number)
    assert rows("SELECT 1 FROM carrier_booking WHERE voided_at IS NULL") != []
    ask(number)
    go_back(process, number)
    assert_undone(number, mail_server)


@pytest.mark.parametrize(
    "step",
    [
        "Check Inventory Levels",
        "Calculate Total Order Value",
        "Get Picking Checklist",
    ],
)
def test_a_request_that_comes_in_the_middle_of_a_step_turns_the_run_back(
    process, number, mail_server, step
):
    process.meanwhile[step] = lambda: ask(number)
    assert process.run(number).startswith(f"Order {number} is Cancelled")
    assert step not in records()
    assert timeline("step-failed") == []
    assert_undone(number, mail_server)


def test_a_request_that_comes_while_a_label_is_bought_voids_it(process, number, mail_server):
    bring_to(process, number, "packing")
    process.answer("packing")
    process.meanwhile["Create Shipping Label"] = lambda: ask(number)
    go_back(process, number)
    assert "Create Shipping Label" not in records()
    assert_undone(number, mail_server)


def test_a_request_that_comes_while_the_run_is_about_to_wait_is_heard(
    process, number, mail_server, monkeypatch
):
    suspend = tasks.engine.gates.suspend

    def slowly(gate, key, description):
        ask(number)
        return suspend(gate, key, description)

    monkeypatch.setattr(tasks.engine.gates, "suspend", slowly)
    assert process.run(number) == "picking-1"
    assert claim_ready_runs(10) == [(number, 1, process.run_id)]
    go_back(process, number)
    assert_undone(number, mail_server)


def test_who_asks_second_is_told_who_was_first(process, number, mail_server):
    bring_to(process, number, "picking")
    first = ask(number)
    second = ask(number, "no", "Kim")
    assert not first.again
    assert (second.again, second.asked_by, second.asked_at) == (True, "Max", first.asked_at)
    go_back(process, number)
    assert ask(number, "no", "Kim").asked_by == "Max"
    assert_undone(number, mail_server)


def test_several_who_ask_at_the_same_instant_ask_once(process, number, mail_server):
    bring_to(process, number, "packing")
    together = Barrier(4)

    def press(name):
        together.wait()
        return ask(number, "no", name).again

    with ThreadPoolExecutor(4) as people:
        assert sorted(people.map(press, "ABCD")) == [False, True, True, True]
    go_back(process, number)
    assert_undone(number, mail_server)


@pytest.mark.parametrize("attempt", [0, *(pytest.param(n, marks=SLOW) for n in (1, 2, 3))])
@at_a_gate
def test_a_request_and_an_answer_at_the_same_instant(process, number, mail_server, gate, attempt):
    """Whoever is first counts: goods that are collected are on their way, all else comes back."""
    bring_to(process, number, gate)
    task, together = open_task_id(gate), Barrier(2)

    def answer():
        together.wait()
        try:
            answer_task(task, form(gate))
        except TaskNotOpen:
            return False
        return True

    def cancel():
        together.wait()
        try:
            ask(number)
        except CannotCancel:
            return False
        return True

    with ThreadPoolExecutor(2) as people:
        tasks_ = [people.submit(work) for work in (answer, cancel)]
        answered, asked = (done.result() for done in tasks_)
    outcome = go_back(process, number)
    assert answered or asked
    if asked:
        assert outcome.startswith(f"Order {number} is Cancelled")
        assert_undone(number, mail_server)
    else:
        assert gate == "carrier-pickup"
        assert outcome == f"Order {number} is Shipped."
        assert_sound()


def test_what_the_carrier_has_cannot_be_cancelled(process, number):
    bring_to(process, number, "carrier-pickup")
    process.answer("carrier-pickup")
    with pytest.raises(CannotCancel, match="that is a return"):
        ask(number)
    assert process.run(number) == f"Order {number} is Shipped."
    with pytest.raises(CannotCancel, match="that is a return"):
        ask(number)


def test_only_this_orders_parcels_leave_the_carriers_book(process, number, mail_server):
    with transaction() as session:
        other = make_order(session, {"MUG": 1})
    process_of_other = process.another()
    bring_to(process_of_other, other, "carrier-pickup")
    bring_to(process, number, "carrier-pickup")
    ask(number)
    go_back(process, number)
    assert rows("SELECT order_number, state FROM carrier_pickup ORDER BY 1") == [
        (number, "cancelled"),
        (other, "booked"),
    ]
    process_of_other.answer("carrier-pickup", other)
    assert process_of_other.run(other) == f"Order {other} is Shipped."
    assert_sound()


@pytest.mark.parametrize(("gate", "kind"), [("packing", "adjusted"), ("carrier-pickup", None)])
def test_what_is_damaged_or_missing_is_not_in_stock_again(process, number, gate, kind):
    bring_to(process, number, gate)
    ask(number)
    assert process.run(number) == "restock-1"
    assert "| A-01-1 | 2 | MUG |" in process.description
    lost = [{"sku": "MUG", "damaged": 1}, {"sku": "PLATE", "missing": 1}]
    process.answer("restock", outcome="something is damaged or missing", lost=lost)
    process.run(number)
    assert stock() == {"MUG": "9 0", "PLATE": "3 0"}
    moved = rows(
        f"SELECT kind, sku, quantity FROM stock_movement WHERE reference = 'order:{number}'"
        " AND kind <> 'sold' ORDER BY id"
    )
    back = [("returned", "MUG", 2)] if gate == "carrier-pickup" else []
    lost = [("adjusted", "PLATE", -1)] if kind else []
    assert moved == [*back, ("damaged", "MUG", -1), *lost]
    assert_sound()


@pytest.mark.parametrize(
    ("lost", "error"),
    [
        ([{"sku": "BOWL", "damaged": 1}], "BOWL was not picked"),
        ([{"sku": "MUG", "damaged": 2, "missing": 1}], "3 of MUG"),
        ([{"sku": "MUG"}], "0 of MUG"),
        ([{"sku": "MUG", "damaged": 1}, {"sku": "MUG", "missing": 1}], "twice"),
        ([], "List each product"),
    ],
)
def test_more_cannot_be_lost_than_was_picked(process, number, lost, error):
    bring_to(process, number, "packing")
    ask(number)
    process.run(number)
    with pytest.raises(PacklineError, match=error):
        process.answer("restock", outcome="something is damaged or missing", lost=lost)


def test_an_order_of_a_place_that_has_no_rates_any_more_gives_back_what_was_charged(process, shop):
    with transaction() as session:
        number = make_order(session, {"MUG": 1})
    execute("TRUNCATE shipping_rate, shipping_zone, tax_rate")
    ask(number)
    assert process.run(number).startswith(f"Order {number} is Cancelled")
    assert rows("SELECT value_minor, status FROM sales_order") == [(1645, "Cancelled")]
    assert refunds() == [1645]
    ((mail,),) = rows("SELECT text FROM message")
    assert "nothing of it will be sent" in mail
    assert "£16.45" in mail
    assert_sound()


def test_a_run_that_stopped_for_a_missing_rate_goes_back_too(process, shop):
    with transaction() as session:
        number = make_order(session, {"MUG": 1})
    bring_to(process, number, "packing")
    process.answer("packing")
    execute("TRUNCATE shipping_rate")
    with pytest.raises(PacklineError):
        process.run(number)
    assert rows("SELECT problem IS NOT NULL FROM shipment") == [(True,)]
    ask(number)
    assert rows("SELECT problem IS NOT NULL FROM shipment") == [(False,)]
    assert process.run(number) == "restock-1"
    process.answer("restock")
    assert process.run(number).startswith(f"Order {number} is Cancelled")
    assert_sound()


@pytest.fixture
def split(number):
    """The same order, with its mugs in a second shipment."""
    with transaction() as session:
        shipment = locked_shipment(session, number)
        mugs = sum(line.quantity for line in shipment.goods if line.sku == "MUG")
        split_off(session, shipment, {"MUG": mugs}, said("the mugs follow"))
    return number


def test_all_shipments_of_an_order_go_back_with_one_refund_and_one_mail(
    process, split, mail_server
):
    other = process.another()
    bring_to(process, split, "picking")
    bring_to(other, split, "picking", shipment=2)
    ask(split)
    assert go_back(process, split).endswith("is Cancelled: changed their mind.")
    assert refunds() == []
    assert mail_server.mails == []
    assert_sound()
    go_back(other, split, shipment=2)
    assert_undone(split, mail_server)


def test_a_shipment_that_was_collected_stays_and_the_others_go_back(process, split, mail_server):
    other = process.another()
    bring_to(process, split, "carrier-pickup")
    bring_to(other, split, "picking", shipment=2)
    process.answer("carrier-pickup")
    ask(split)
    assert process.run(split) == f"Order {split} is Shipped."
    go_back(other, split, shipment=2)
    assert rows("SELECT status FROM shipment ORDER BY number") == [("Shipped",), ("Cancelled",)]
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    assert stock() == {"MUG": "10 0", "PLATE": "3 0"}
    assert len(refunds()) == 1
    assert any("Part of your order" in mail["Subject"] for mail in mail_server.mails)
    assert_sound()


def test_an_order_whose_rest_was_cancelled_counts_for_the_day_it_became_shipped(process, split):
    other = process.another()
    bring_to(process, split, "carrier-pickup")
    process.answer("carrier-pickup")
    process.run(split)
    execute("UPDATE shipment SET shipped_at = shipped_at - interval '3 days' WHERE number = 1")
    ask(split)
    go_back(other, split, shipment=2)
    assert rows("SELECT shipped_at > now() - interval '1 hour' FROM sales_order") == [(True,)]
    assert_sound()
