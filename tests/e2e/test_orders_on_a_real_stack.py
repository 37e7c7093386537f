"""Orders on a real Prefect server, a real worker, real Postgres and real SMTP."""

import pytest
from sqlmodel import select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.prefect.api import DAILY_SUMMARY, ORDER_FULFILLMENT
from adapters.settings import settings
from domain.shop_days import shop_day
from models.base import utc_now
from models.enums import TaskKind, TaskState
from models.tables.shipments import Shipment
from models.tables.shipping import CarrierBooking
from models.tables.staff import StaffTask
from tests.actors import answer_task
from tests.factories import make_order
from tests.families import mostly_slow
from tests.process import ANSWERS, ORDER_STEPS, assert_sound, dying_before_the_record_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def take_in(count=1, **given):
    """Hand in orders; returns their numbers."""
    with transaction() as session:
        numbers = [make_order(session, **given) for _ in range(count)]
        notify(session, ORDERS_CHANNEL)
    return numbers


def order_now(number):
    with transaction() as session:
        return session.get(Shipment, (number, 1))


def open_task_of(number, kind):
    with transaction() as session:
        return session.exec(
            select(StaffTask).where(
                StaffTask.order_number == number,
                StaffTask.kind == kind,
                StaffTask.state == TaskState.OPEN,
            )
        ).first()


def run_of(live, number):
    live.until(lambda: order_now(number).run_id, f"a run for order {number}")
    return order_now(number).run_id


def form(kind, **given):
    answer = ANSWERS[kind] | given
    if kind == "carrier-pickup":
        answer |= {"collected_at": utc_now().isoformat()} | given
    return answer


def do(live, number, kind):
    """Do a task through the console."""
    task = live.until(lambda: open_task_of(number, kind), f"{kind} of order {number}")
    answer_task(task.id, form(kind))


def do_all(live, number, *kinds):
    for kind in kinds or (TaskKind.PICKING, TaskKind.PACKING, TaskKind.CARRIER_PICKUP):
        do(live, number, kind)


def until_shipped(live, number):
    live.until(lambda: order_now(number).status == "Shipped", f"order {number} Shipped")


def until_waiting(live, run_id, key):
    live.until(lambda: live.prefect.state(run_id).pause_key == key, f"{run_id} to wait at {key}")
    live.until(lambda: schema_is_there(live, run_id, key), "the form")


def schema_is_there(live, run_id, key):
    return live.prefect._ask(
        "GET", f"flow_runs/{run_id}/input/suspended-{key}-schema", may_be={404}
    ).is_success


def message_of(live, run_id):
    return live.ask(f"flow_runs/{run_id}")["state"]["message"] or ""


def resume_in_ui(live, run_id, answer):
    return live.ask(f"flow_runs/{run_id}/resume", {"run_input": answer})


def mails_about(live, number):
    return [mail for mail in live.mail_server.mails if str(number) in mail["Subject"]]


def bookings(number):
    with transaction() as session:
        found = session.exec(
            select(CarrierBooking).where(CarrierBooking.key.startswith(f"order:{number}:"))
        )
        return sorted(str(booking.kind) for booking in found)


def test_several_orders_at_once_are_shipped_with_fourteen_task_runs_each(live):
    numbers = take_in(4)
    for kind in (TaskKind.PICKING, TaskKind.PACKING, TaskKind.CARRIER_PICKUP):
        for number in numbers:
            do(live, number, kind)
    for number in numbers:
        until_shipped(live, number)
        run_id = run_of(live, number)
        live.until_state(run_id, "COMPLETED")
        live.until(lambda run=run_id: len(live.task_runs(run)) >= len(ORDER_STEPS), "task runs")
        assert sorted(live.task_runs(run_id)) == sorted(ORDER_STEPS)
        run = live.ask(f"flow_runs/{run_id}")
        assert run["name"] == f"order {number}"
        assert f"order:{number}" in run["tags"]
        assert len(mails_about(live, number)) == 1
        assert bookings(number) == ["label", "pickup"]


def test_the_forms_in_prefects_ui_lead_through_every_gate(live):
    (number,) = take_in()
    run_id = run_of(live, number)
    for kind in ("picking", "packing", "carrier-pickup"):
        until_waiting(live, run_id, f"{kind}-1")
        description = live.ask(f"flow_runs/{run_id}/input/suspended-{kind}-1-description")
        assert f"order {number}" in description
        assert resume_in_ui(live, run_id, form(kind))["status"] == "ACCEPT"
    until_shipped(live, number)
    assert bookings(number) == ["label", "pickup"]


def test_a_wrong_answer_in_the_ui_is_asked_again_with_the_reason(live):
    (number,) = take_in()
    run_id = run_of(live, number)
    until_waiting(live, run_id, "picking-1")
    foreign = form(
        "picking",
        outcome="too few of these, the rest as listed",
        found=[{"sku": "VASE", "quantity": 1, "why": "other"}],
    )
    assert resume_in_ui(live, run_id, foreign)["status"] == "ACCEPT"
    until_waiting(live, run_id, "picking-2")
    description = live.ask(f"flow_runs/{run_id}/input/suspended-picking-2-description")
    assert "VASE is not in this order" in description
    assert resume_in_ui(live, run_id, form("picking"))["status"] == "ACCEPT"
    until_waiting(live, run_id, "packing-1")
    assert open_task_of(number, TaskKind.PACKING)


@pytest.mark.parametrize(
    "answer", mostly_slow([{}, form("packing"), {"gate": "picking"}], but=({},)), ids=str
)
def test_an_empty_or_foreign_form_does_not_open_a_gate(live, answer):
    (number,) = take_in()
    run_id = run_of(live, number)
    until_waiting(live, run_id, "picking-1")
    assert resume_in_ui(live, run_id, answer)["status"] == "REJECT"
    assert live.prefect.state(run_id).waits
    assert open_task_of(number, TaskKind.PICKING)


def test_braces_in_an_answer_open_the_gate_and_break_nothing(live):
    (number,) = take_in()
    task = live.until(lambda: open_task_of(number, TaskKind.PICKING), "picking")
    answer_task(task.id, form("picking", picked_by="{{ 7 * 7 }} {%"))
    live.until(lambda: open_task_of(number, TaskKind.PACKING), "packing")
    with transaction() as session:
        assert session.get(StaffTask, task.id).answered_by == "{{ 7 * 7 }} {%"


def test_an_order_waits_for_a_mail_server_that_is_away_and_goes_on_by_itself(live):
    live.mail_server.answer = "451 4.3.0 try again later"
    (number,) = take_in()
    do_all(live, number, TaskKind.PICKING, TaskKind.PACKING)
    run_id = run_of(live, number)
    live.until(lambda: live.prefect.state(run_id).name == "AwaitingRetry", "AwaitingRetry")
    assert "does not take mail now" in message_of(live, run_id)
    live.mail_server.answer = None
    do_all(live, number, TaskKind.CARRIER_PICKUP)
    until_shipped(live, number)
    assert len(mails_about(live, number)) == 1
    assert bookings(number) == ["label", "pickup"]
    assert_sound()


def test_retry_goes_on_at_the_failed_step_once_its_reason_is_mended(live):
    with dying_before_the_record_of("Calculate Total Order Value"):
        (number,) = take_in()
        run_id = run_of(live, number)
        live.until_state(run_id, "FAILED")
    assert order_now(number).problem["values"]["step"] == {"word": "Calculate Total Order Value"}
    live.retry(run_id)
    do_all(live, number)
    until_shipped(live, number)
    live.until_state(run_id, "COMPLETED")
    assert order_now(number).problem is None
    assert len(mails_about(live, number)) == 1
    assert bookings(number) == ["label", "pickup"]
    live.until(lambda: set(live.task_runs(run_id)) == set(ORDER_STEPS), "fourteen task runs")
    names = live.task_runs(run_id)
    assert_sound()

    live.retry(run_id)  # on a run that is Completed
    live.until(lambda: "already Shipped" in message_of(live, run_id), "another attempt")
    assert live.task_runs(run_id) == names
    assert len(mails_about(live, number)) == 1


def test_a_run_without_a_number_says_so_when_no_order_is_left(live):
    run_id = live.prefect.start(ORDER_FULFILLMENT, name="next", parameters={})
    live.until_state(run_id, "COMPLETED")
    message = message_of(live, run_id)
    assert message == "No New order is waiting: there is nothing to do."


def test_an_unknown_number_fails_with_what_to_do(live):
    run_id = live.prefect.start(
        ORDER_FULFILLMENT, name="unknown", parameters={"order_number": 999999}
    )
    live.until_state(run_id, "FAILED")
    message = message_of(live, run_id)
    assert "There is no order 999999" in message


def test_an_answer_given_while_prefect_is_away_is_not_lost(live):
    (number,) = take_in()
    run_id = run_of(live, number)
    until_waiting(live, run_id, "picking-1")
    live.kill("prefect server start")
    do(live, number, TaskKind.PICKING)
    live.until(lambda: open_task_of(number, TaskKind.PACKING), "packing")
    assert any(line.startswith("prefect-server ended") for line in live.said)


@pytest.mark.slow
def test_a_worker_that_was_killed_is_started_again(live):
    live.kill("worker start")
    live.until(lambda: any("worker ended" in line for line in live.said))
    (number,) = take_in()
    live.until(lambda: open_task_of(number, TaskKind.PICKING), "picking")


def test_the_daily_summary_is_mailed_and_shown_and_kept(live):
    today = shop_day(utc_now(), settings().zone_info)
    run_id = live.prefect.start(DAILY_SUMMARY, name="day", parameters={"day": today.isoformat()})
    live.until_state(run_id, "COMPLETED")
    live.until(lambda: len(live.task_runs(run_id)) == 3, "the three task runs")
    (mail,) = [mail for mail in live.mail_server.mails if "management" in mail["To"]]
    assert any(part.get_content_type() == "image/png" for part in mail.walk())
    key = {"artifacts": {"key": {"any_": [f"daily-report-{today.isoformat()}"]}}}
    assert live.ask("artifacts/filter", key)
