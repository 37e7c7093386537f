"""Every button of Prefect's UI, pressed through its API at every stage of an order.

Each leads to the state that docs/operations.md names. The protections (the ledger, the fence, one
run per order) are on; test_protections.py shows what these presses would do without them.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.prefect.api import DAILY_SUMMARY, ORDER_FULFILLMENT
from models.enums import HoldReason, TaskKind
from models.imports.requests import HoldIn
from services.worklist.gates import GATES
from tests.actors import put_on_hold, release, request_cancellation_of
from tests.chaos.shop import (
    assert_audit_passes,
    assert_shipped_once,
    mails_by_order,
    open_kinds,
    resume,
    run_of,
    status_of,
    take_in,
    until_ended,
    until_resumed,
    until_waiting,
    work,
)
from tests.process import form, rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

WAITING = ("picking", "packing", "carrier-pickup")
STAGES = ("started", *WAITING, "shipped")


def by_hand(live, run_id):
    number = live.ask(f"flow_runs/{run_id}")["parameters"]["order_number"]
    live.prefect.start(ORDER_FULFILLMENT, name="by hand", parameters={"order_number": number})


BUTTONS = {
    "Retry": lambda live, run: live.set_state(run, "SCHEDULED", "AwaitingRetry"),
    "Retry in the old UI": lambda live, run: live.set_state(
        run, "SCHEDULED", "AwaitingRetry", force=False
    ),
    "Resume without an answer": lambda live, run: resume(live, run, {}),
    "Resume with another gate's form": lambda live, run: resume(
        live, run, GATES[TaskKind.SHORTAGE].example
    ),
    "Cancel": lambda live, run: live.set_state(run, "CANCELLED", "Cancelled"),
    "Cancel while it runs": lambda live, run: live.set_state(run, "CANCELLING", "Cancelling"),
    "Delete": lambda live, run: live.delete(run),
    "Pause": lambda live, run: live.set_state(run, "PAUSED", "Paused", force=False),
    "Suspend": lambda live, run: live.set_state(run, "PAUSED", "Suspended", force=False),
    "Change state to Scheduled": lambda live, run: live.set_state(run, "SCHEDULED", "Scheduled"),
    "Change state to Pending": lambda live, run: live.set_state(run, "PENDING", "Pending"),
    "Change state to Running": lambda live, run: live.set_state(run, "RUNNING", "Running"),
    "Change state to Completed": lambda live, run: live.set_state(run, "COMPLETED", "Completed"),
    "Change state to Failed": lambda live, run: live.set_state(run, "FAILED", "Failed"),
    "Change state to Crashed": lambda live, run: live.set_state(run, "CRASHED", "Crashed"),
    "Run order-fulfillment by hand": by_hand,
}
CANCELS = {"Cancel", "Cancel while it runs"}
QUICK = {"Delete"}
"""In `make test` too; Cancel is pressed there in a browser."""


@pytest.mark.parametrize(
    "button",
    [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in BUTTONS],
)
def test_a_button_is_safe_at_every_stage(chaos, button):
    orders = {stage: take_in(1)[0] for stage in STAGES}
    for stage, number in orders.items():
        bring_to(chaos, number, stage)
    runs = {stage: run_of(number) for stage, number in orders.items()}
    for stage in STAGES:
        BUTTONS[button](chaos, runs[stage])
    if button in CANCELS:
        cancelled = ("picking", "packing", "carrier-pickup")
        chaos.until(lambda: all(is_to_be_cancelled(orders[x]) for x in cancelled), "cancel")
    until_ended(chaos, list(orders.values()))
    ended = {stage: status_of(number) for stage, number in orders.items()}
    shipped = [orders[stage] for stage in STAGES if ended[stage] == "Shipped"]
    if button in CANCELS:  # the first may be on its way to its first gate, and goes either way
        assert {ended[stage] for stage in cancelled} == {"Cancelled"}
        assert ended["shipped"] == "Shipped"
    else:
        assert set(ended.values()) == {"Shipped"}
    assert_shipped_once(chaos, shipped)
    assert_gave_its_stock_back(set(orders.values()) - set(shipped))


def is_to_be_cancelled(number):
    asked = f"SELECT cancel_requested_at IS NOT NULL FROM sales_order WHERE number = {number}"
    return rows(asked) == [(True,)]


def bring_to(live, number, stage):
    """Lead the order to a gate, or to its end."""
    if stage == "started":
        live.until(lambda: run_of(number), "a run")
        return
    for gate in WAITING:
        until_waiting(live, number, f"{gate}-1")
        if stage == gate:
            return
        work([number])
    live.until(lambda: status_of(number) == stage.title(), stage)
    live.until_state(run_of(number), "COMPLETED")


def assert_gave_its_stock_back(numbers):
    for number in numbers:
        held = (
            "SELECT count(*) FROM allocation"
            f" WHERE order_number = {number} AND allocation.state IN ('allocated', 'backordered')"
        )
        moved = (
            "SELECT coalesce(sum(quantity), 0) FROM stock_movement"
            f" WHERE reference = 'order:{number}'"
        )
        assert rows(held) == rows(moved) == [(0,)]
        assert open_kinds(number) == []


def test_of_eight_resumes_at_once_one_is_accepted(chaos):
    (number,) = take_in()
    run_id = until_waiting(chaos, number, "picking-1")
    together = threading.Barrier(8)

    def press(name):
        together.wait()
        return resume(chaos, run_id, form("picking", picked_by=name)).get("status")

    with ThreadPoolExecutor(8) as people:
        answers = list(people.map(press, "ABCDEFGH"))
    assert answers.count("ACCEPT") == 1
    winner = "ABCDEFGH"[answers.index("ACCEPT")]
    chaos.until(lambda: open_kinds(number) == ["packing"], "packing")
    done = f"SELECT answered_by FROM staff_task WHERE order_number = {number} AND state = 'done'"
    assert rows(done) == [(winner,)]
    assert resume(chaos, run_id, form("picking")).get("status") != "ACCEPT"  # a second after it
    until_ended(chaos, [number])
    assert resume(chaos, run_id, form("carrier-pickup")).get("status") != "ACCEPT"
    assert_shipped_once(chaos, [number])


WRONG = {
    "a product of another order": {
        "outcome": "something is missing",
        "found": [{"sku": "VASE", "quantity": 1, "why": "not in bin"}],
    },
    "more than was ordered": {
        "outcome": "too few of these, the rest as listed",
        "found": [{"sku": "MUG", "quantity": 999, "why": "not in bin"}],
    },
    "Jinja": {"picked_by": "{{ 7 * 7 }}{% raw %}", "outcome": "something is missing"},
}


@pytest.mark.parametrize(
    "answer",
    [pytest.param(WRONG[why], marks=() if why == "Jinja" else pytest.mark.slow) for why in WRONG],
    ids=WRONG,
)
def test_a_form_that_breaks_a_rule_is_asked_again_and_the_order_goes_on(chaos, answer):
    (number,) = take_in()
    run_id = until_waiting(chaos, number, "picking-1")
    if resume(chaos, run_id, form("picking", **answer)).get("status") == "ACCEPT":
        until_waiting(chaos, number, "picking-2")
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


@pytest.mark.slow
@pytest.mark.parametrize("weight", [0, -1, 1])
def test_a_parcel_that_cannot_weigh_that_is_not_taken(chaos, weight):
    (number,) = take_in()
    until_resumed(chaos, number, "picking")
    run_id = until_waiting(chaos, number, "packing-1")
    parcel = form("packing")["parcels"][0] | {"weight_grams": weight}
    taken = resume(chaos, run_id, form("packing", parcels=[parcel])).get("status") == "ACCEPT"
    assert taken == (weight > 0)  # Prefect's schema refuses the others
    if taken:
        until_waiting(chaos, number, "packing-2")
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


@pytest.mark.slow
def test_an_order_that_is_backordered_is_cancelled_by_its_button(chaos):
    (number,) = take_in(lines={"MUG": 10**6})
    run_id = until_waiting(chaos, number, "shortage-1")
    BUTTONS["Cancel"](chaos, run_id)
    chaos.until(lambda: status_of(number) == "Cancelled", "Cancelled")
    assert_gave_its_stock_back([number])
    assert_audit_passes(chaos)


@pytest.mark.slow
def test_the_buttons_of_a_summary_make_no_second_report(chaos):
    day = "2024-02-29"
    run_id = chaos.prefect.start(DAILY_SUMMARY, name="day", parameters={"day": day})
    chaos.until_state(run_id, "COMPLETED")
    for press in (BUTTONS["Retry"], BUTTONS["Change state to Crashed"]):
        press(chaos, run_id)
        chaos.until_state(run_id, "COMPLETED")
    assert rows(f"SELECT revision FROM daily_summary WHERE day = '{day}'") == [(1,)]
    assert len([mail for mail in chaos.mail_server.mails if "management" in mail["To"]]) == 1
    assert_audit_passes(chaos)


@pytest.mark.slow
def test_a_run_that_is_suspended_while_it_works_goes_on_when_it_is_resumed(chaos):
    """The mail server is slow, and in that time somebody presses Suspend."""
    (number,) = take_in()
    for gate in ("picking", "packing"):
        until_waiting(chaos, number, f"{gate}-1")
        chaos.mail_server.slow_seconds = 2.0 if gate == "packing" else 0.0
        work([number])
    run_id = run_of(number)
    sending = f"SELECT 1 FROM message WHERE key = 'order:{number}:shipment'"
    chaos.until(lambda: rows(sending), "the mail")
    chaos.set_state(run_id, "PAUSED", "Suspended", force=False)
    chaos.until(lambda: mails_by_order(chaos)[number], "the mail")
    assert open_kinds(number) == []  # it left before its next step
    assert chaos.prefect.state(run_id).name == "Suspended"
    assert resume(chaos, run_id, {}).get("status") == "ACCEPT"
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


@pytest.mark.slow
def test_a_pause_that_runs_out_stops_nothing(chaos):
    """Prefect fails a run whose pause has expired; nobody pressed that."""
    (number,) = take_in()
    run_id = until_waiting(chaos, number, "picking-1")
    chaos.set_state(run_id, "FAILED", "Failed")
    until_waiting(chaos, number, "picking-1-again-2")
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


@pytest.mark.slow
def test_an_order_is_held_released_and_cancelled_on_a_real_stack(chaos):
    """Answers given in Prefect's forms while it is on hold count afterwards."""
    (number,) = take_in()
    run_id = until_waiting(chaos, number, "picking-1")
    put_on_hold(number, HoldIn(reason=HoldReason.FRAUD_CHECK, note="", by="Max"))
    resume(chaos, run_id, form("picking"))
    until_waiting(chaos, number, "hold-1")
    release(number, "Max")
    until_waiting(chaos, number, "packing-1")
    put_on_hold(number, HoldIn(reason=HoldReason.OTHER, note="", by="Max"))
    resume(chaos, run_id, form("packing"))
    until_waiting(chaos, number, "hold-2")
    resume(chaos, run_id, form("hold"))
    until_waiting(chaos, number, "carrier-pickup-1")
    request_cancellation_of(number, "changed their mind", "Max")
    until_waiting(chaos, number, "restock-1")
    resume(chaos, run_id, form("restock"))
    chaos.until(lambda: status_of(number) == "Cancelled", "Cancelled")
    assert_gave_its_stock_back([number])
    assert_audit_passes(chaos)
