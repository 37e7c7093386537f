"""A run that failed anywhere goes on where it stopped, and does nothing twice."""

import pytest
from sqlalchemy.exc import DBAPIError

import tasks.engine.step
from adapters.database.sessions import transaction
from domain.errors import PacklineError, Unavailable
from services.audit.audit import audit
from services.execution.errors import Superseded
from tests.factories import make_order
from tests.families import mostly_slow
from tests.process import ORDER_STEPS, assert_sound, dying_before_the_record_of, everything, rows
from tests.timelines import timeline

TELLING_STEPS = (
    "Check Inventory Levels",
    "Update Inventory Stock",
    "Create Shipping Label",
    "Send Shipment Notification",
    "Dispatch Carrier Pickup",
    "Update Order Status to Shipped",
)
"""The steps that would show it if two runs did them: in stock, at the receivers, at the end."""

STOCK, LABEL, MAIL = "Update Inventory Stock", "Create Shipping Label", "Send Shipment Notification"
LAST = "Update Order Status to Shipped"


@pytest.fixture
def number(shop):
    with transaction() as session:
        return make_order(session, {"PLATE": 1, "MUG": 2})


def assert_each_effect_happened_once(number, mail_server):
    """At its receiver: the carrier's book, the mail server, and the stock."""
    booked = rows("SELECT key FROM carrier_booking ORDER BY key")
    assert booked == [(f"order:{number}:label:1",), (f"order:{number}:pickup",)]
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1
    assert rows("SELECT sku, quantity FROM stock_movement WHERE kind = 'sold' ORDER BY sku") == [
        ("MUG", -2),
        ("PLATE", -1),
    ]
    assert_sound()


def with_a_second_try(step):
    position = ORDER_STEPS.index(step)
    return [*ORDER_STEPS[: position + 1], *ORDER_STEPS[position:]]


@pytest.mark.parametrize("step", mostly_slow(ORDER_STEPS, but=(STOCK, MAIL)))
def test_an_order_whose_run_failed_is_shipped_by_a_retry(process, number, mail_server, step):
    process.fail[step] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError, match="the machine stopped"):
        process.ship(number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert process.ran == with_a_second_try(step)
    assert len(mail_server.mails) == 1
    assert_each_effect_happened_once(number, mail_server)


@pytest.mark.parametrize("step", mostly_slow(ORDER_STEPS, but=(STOCK, LABEL, MAIL, LAST)))
def test_a_step_that_died_with_its_effect_made_does_not_repeat_it(
    process, number, mail_server, step
):
    with dying_before_the_record_of(step), pytest.raises(DBAPIError, match="the machine stopped"):
        process.ship(number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert process.ran == with_a_second_try(step)
    assert len(mail_server.mails) == 1
    assert_each_effect_happened_once(number, mail_server)


@pytest.mark.parametrize("step", mostly_slow(TELLING_STEPS, but=(STOCK, MAIL)))
def test_another_run_takes_over_an_order_whose_run_died(process, number, mail_server, step):
    with dying_before_the_record_of(step), pytest.raises(DBAPIError):
        process.ship(number)
    other = process.another()
    assert other.ship(number) == f"Order {number} is Shipped."
    assert other.ran == list(ORDER_STEPS[ORDER_STEPS.index(step) :])
    assert rows("SELECT run_id FROM shipment") == [(other.run_id,)]
    assert_each_effect_happened_once(number, mail_server)


@pytest.mark.parametrize("step", mostly_slow(TELLING_STEPS, but=(STOCK, MAIL)))
def test_an_attempt_that_was_overtaken_writes_nothing_more(process, number, mail_server, step):
    other = process.another()
    process.meanwhile[step] = lambda: other.ship(number)
    with pytest.raises(Superseded, match=f"Order {number} was taken over by flow run"):
        process.ship(number)
    assert rows("SELECT status, run_id FROM shipment") == [("Shipped", other.run_id)]
    assert len(mail_server.mails) == 1
    assert_each_effect_happened_once(number, mail_server)


def test_an_overtaken_attempt_says_which_run_to_watch(process, number):
    other = process.another()
    process.meanwhile["Assign Picking Task"] = lambda: other.run(number)
    with pytest.raises(Superseded) as refusal:
        process.run(number)
    assert other.run_id in str(refusal.value)
    assert other.run(number) == "picking-1"


def test_a_waiting_run_that_is_retried_waits_at_the_same_gate(process, number):
    assert process.run(number) == process.run(number) == "picking-1"
    assert process.ran == list(ORDER_STEPS[:6])
    assert rows("SELECT kind, round FROM staff_task") == [("picking", 1)]
    assert_sound()


def test_an_accepted_answer_is_never_asked_for_again(process, number):
    process.run(number)
    process.answer("picking", picked_by="Robin")
    process.fail["Assign Packing Task"] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        process.run(number)
    assert process.another().run(number) == "packing-1"
    assert rows("SELECT answered_by, state FROM staff_task WHERE kind = 'picking'") == [
        ("Robin", "done")
    ]


def test_a_retry_of_a_run_that_has_shipped_its_order_changes_nothing(process, number):
    process.ship(number)
    before = everything()
    assert process.run(number) == f"Order {number} is already Shipped."
    assert everything() == before


def test_a_mail_server_that_was_away_gets_the_mail_once(process, number, mail_server):
    mail_server.stop()
    with pytest.raises(Unavailable, match="does not take mail now"):
        process.ship(number)
    assert rows("SELECT state FROM message") == [("written",)]
    mail_server.start()
    assert process.ship(number) == f"Order {number} is Shipped."
    assert len(mail_server.mails) == 1
    assert_each_effect_happened_once(number, mail_server)


def test_a_mail_server_that_says_later_gets_the_mail_once(process, number, mail_server):
    mail_server.answer = "451 try again later"
    with pytest.raises(Unavailable, match="451"):
        process.ship(number)
    mail_server.answer = None
    assert process.ship(number) == f"Order {number} is Shipped."
    assert len(mail_server.mails) == 1
    assert rows("SELECT state FROM message") == [("sent",)]


def test_the_timeline_says_why_a_run_failed(process, number):
    process.fail["Calculate Shipping Cost"] = PacklineError("There is no such rate.")
    with pytest.raises(PacklineError):
        process.ship(number)
    *_, told = timeline()
    assert told.event == "Calculate Shipping Cost failed"
    assert told.detail == "There is no such rate."


def test_a_mail_that_went_out_is_not_sent_again_when_only_its_record_is_tried_again(
    process, number, mail_server, monkeypatch
):
    """As Prefect tries a task again by itself: the same attempt, called twice."""
    once = []

    def twice(name, attempt):
        def run(*given):
            if name != "Send Shipment Notification" or once:
                return attempt(*given)
            once.append(name)
            with dying_before_the_record_of(name), pytest.raises(DBAPIError):
                attempt(*given)
            return attempt(*given)

        return run

    monkeypatch.setattr(tasks.engine.step, "as_task", twice)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert once
    assert len(mail_server.mails) == 1
    assert_sound()


def twice_told(number):
    (check,) = [check for check in audit(None).checks if check.name == "mails go out once"]
    return [note for note in check.notes if f"order:{number}:shipment" in note]


def test_a_mail_that_may_have_gone_out_is_sent_once_more_and_the_audit_names_it(
    process, number, mail_server
):
    mail_server.hangs_up = 1
    with pytest.raises(Unavailable):
        process.ship(number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert len(mail_server.mails) == 2
    assert_each_effect_happened_once(number, mail_server)
    (note,) = twice_told(number)
    assert "may have gone out 2 times" in note


def test_a_mail_server_that_never_says_yes_gets_a_mail_twice_and_no_third_time(
    process, number, mail_server
):
    mail_server.hangs_up = 10
    with pytest.raises(Unavailable):
        process.ship(number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert len(mail_server.mails) == 2
    ((state, problem),) = rows("SELECT state, problem FROM message")
    assert state == "sent"
    assert "does not take mail now" in problem
    assert twice_told(number)
    assert_sound()


def test_a_mail_that_surely_did_not_go_out_is_not_named(process, number, mail_server):
    mail_server.answer = "451 later"
    with pytest.raises(Unavailable):
        process.ship(number)
    mail_server.answer = None
    process.ship(number)
    assert twice_told(number) == []
