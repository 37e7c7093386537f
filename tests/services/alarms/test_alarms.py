"""What refuses us stops, raises one alarm for all its orders, and goes on with one action."""

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel
from services.access.actors import Actor
from services.alarms.alarms import NoAlarm, open_alarms, retry_alarms
from services.alarms.outages import raise_lasting
from services.execution.deferrals import due_runs
from services.execution.errors import Deferred
from tests.actors import request_cancellation_of
from tests.factories import make_order
from tests.process import assert_sound, execute, rows, set_to

pytestmark = pytest.mark.lengthy

MAX = Actor(name="Max", channel=Channel.COMMAND_LINE)


@pytest.fixture
def numbers(shop, monkeypatch):
    set_to(monkeypatch, PACKLINE_RETRY_SECONDS="20")
    with transaction() as session:
        return [make_order(session, {"MUG": 1}) for _ in range(3)]


@pytest.fixture
def stuck(process, numbers, mail_server):
    """Orders whose mail the server refuses to take from us; their runs, by number."""
    mail_server.sender_answer = "550 not from here"
    return {number: stop(process, number) for number in numbers}


def stop(process, number):
    run = process.another()
    with pytest.raises(Deferred):
        run.ship(number)
    return run


def alarms():
    with transaction() as session:
        return open_alarms(session)


def due():
    with transaction() as session:
        return {run.run_id for run in due_runs(session, 100)}


def test_a_refused_sender_is_tried_once_and_is_one_alarm_for_all_orders(stuck, mail_server):
    assert mail_server.sessions == 1
    (alarm,) = alarms()
    assert (alarm.service, alarm.kind, alarm.orders) == ("mail", "refused", tuple(stuck))
    assert "550 not from here" in alarm.problem
    assert "packline alarm retry 'mail'" in alarm.to_do
    assert due() == set()
    assert_sound()


def test_it_is_tried_no_more_until_somebody_says_so(stuck, mail_server):
    for number, run in stuck.items():
        with pytest.raises(Deferred, match="550 not from here"):
            run.ship(number)
    assert mail_server.sessions == 1
    assert len(alarms()) == 1


def test_one_action_lets_all_of_them_go_on_once_it_is_mended(stuck, mail_server):
    mail_server.sender_answer = ""
    (alarm,) = retry_alarms("mail", MAX)
    assert alarm.orders == tuple(stuck)
    (probe,) = due()  # one goes first
    (number,) = [number for number, run in stuck.items() if run.run_id == probe]
    assert stuck.pop(number).ship(number) == f"Order {number} is Shipped."
    assert alarms() == []
    assert due() == {run.run_id for run in stuck.values()}
    for number, run in stuck.items():
        assert run.ship(number) == f"Order {number} is Shipped."
    assert len(mail_server.mails) == 3
    assert rows("SELECT actor, values ->> 'service' FROM audit_event WHERE kind = 'alarm-retried'")
    assert_sound()


def test_what_is_not_mended_is_an_alarm_again(stuck, mail_server):
    retry_alarms(None, MAX)
    number, run = next(iter(stuck.items()))
    with pytest.raises(Deferred):
        run.ship(number)
    assert mail_server.sessions == 2
    assert [alarm.kind for alarm in alarms()] == ["refused"]
    assert due() == set()
    assert_sound()


def test_an_alarm_that_concerns_no_order_is_over_when_it_is_said_to_be_mended(stuck):
    for number, run in stuck.items():
        request_cancellation_of(number, "changed their mind", "Max")
        assert run.run_id in due()
    execute("UPDATE shipment SET awaits = NULL, retry_at = NULL")
    retry_alarms("mail", MAX)
    assert alarms() == []


@pytest.mark.parametrize("service", [None, "mail"])
def test_where_there_is_no_alarm_nothing_is_asked_again(database, service):
    with pytest.raises(NoAlarm):
        retry_alarms(service, MAX)


def test_a_recipient_that_is_refused_is_a_matter_of_that_order(process, numbers, mail_server):
    mail_server.refuses["ada@example.com"] = "550 no such person"
    assert process.ship(numbers[0]) == f"Order {numbers[0]} is Shipped."
    assert alarms() == []
    assert rows("SELECT state FROM message") == [("refused",)]


def test_a_server_that_is_away_for_long_is_an_alarm_that_is_over_by_itself(
    process, numbers, mail_server
):
    mail_server.stop()
    runs = {number: stop(process, number) for number in numbers}
    assert alarms() == []
    execute("UPDATE outage SET since = since - interval '6 minutes'")
    raise_lasting()
    (alarm,) = alarms()
    assert (alarm.kind, alarm.orders) == ("away", tuple(numbers))
    assert due() == set()
    mail_server.start()
    execute("UPDATE outage SET retry_at = now()")
    (probe,) = due()
    (number,) = [number for number, run in runs.items() if run.run_id == probe]
    assert runs.pop(number).ship(number) == f"Order {number} is Shipped."
    assert alarms() == []
    assert due() == {run.run_id for run in runs.values()}
    assert_sound()


def test_probes_are_not_always_the_same_order(process, numbers, mail_server):
    """One whose mail alone makes failure does not keep the others waiting."""
    mail_server.stop()
    runs = {stop(process, number).run_id: number for number in numbers}
    probes = []
    for _ in numbers:
        execute("UPDATE outage SET retry_at = now()")
        (probe,) = due()
        probes.append(runs[probe])
        with pytest.raises(Deferred):
            process.another().ship(runs[probe])
        runs |= dict(rows("SELECT run_id, order_number FROM shipment"))
    assert sorted(probes) == numbers


def test_a_cancelled_order_does_not_wait_for_what_it_was_deferred_for(stuck):
    number, run = next(iter(stuck.items()))
    request_cancellation_of(number, "changed their mind", "Max")
    assert due() == {run.run_id}
    with pytest.raises(Deferred):
        run.run(number)  # its own mail waits as well
    assert rows(
        f"SELECT voided_at IS NOT NULL FROM carrier_booking WHERE key LIKE 'order:{number}:%'"
    )
    assert_sound()
