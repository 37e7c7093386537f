"""What would happen without the protections that the other tests here rely on.

Each fault is shown first with its protection switched off, then with it on. The processes are
played without Prefect's server; locks, transactions and constraints are real.
"""

import threading
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest

import services.messaging.outbox
import tasks.engine.step
from adapters.database.sessions import transaction
from adapters.mail import smtp as mail
from adapters.prefect.api import RunState
from deployments.dispatcher.loop import Dispatcher
from domain.errors import Unavailable
from models.base import utc_now
from services.audit.audit import audit
from services.execution.errors import Superseded
from services.execution.locks import locked_shipment
from services.execution.runs import OrderRun
from tests.deployments.played_prefect import PlayedPrefect
from tests.factories import make_order
from tests.process import assert_sound, set_to, step_id

OFF_AND_ON = pytest.mark.parametrize("protected", [False, True], ids=["off", "on"])


@pytest.fixture
def number(shop):
    with transaction() as session:
        return make_order(session)


@OFF_AND_ON
def test_the_fence_keeps_out_an_attempt_whose_order_was_cancelled_meanwhile(
    process, number, monkeypatch, protected
):
    process.run(number)
    process.answer("picking")
    prefect = PlayedPrefect({process.run_id: RunState("CANCELLED", "Cancelled", since=utc_now())})
    process.meanwhile["Assign Packing Task"] = Dispatcher(prefect).sweep
    if not protected:
        for lock in ("lock", "lock_fenced"):
            monkeypatch.setattr(
                OrderRun, lock, lambda self, session: locked_shipment(session, number)
            )
        process.run(number)
        assert "orders that are to be cancelled only want their goods restocked" in broken_checks()
        return
    with pytest.raises(Superseded):
        process.run(number)
    assert_sound()


@OFF_AND_ON
def test_the_ledger_keeps_a_retry_from_sending_a_mail_again(
    process, number, mail_server, monkeypatch, protected
):
    to_the_last_gate(process, number)
    if not protected:
        forget_the_step(monkeypatch, "Send Shipment Notification")
        monkeypatch.setattr(tasks.notifications, "written", forget_that_it_was_sent)
    process.run(number)
    assert len(mail_server.mails) == (1 if protected else 2)


@OFF_AND_ON
def test_a_turn_keeps_two_attempts_from_sending_one_mail_at_once(
    process, number, mail_server, monkeypatch, protected
):
    """Another run takes the order over while this one is at the mail server."""
    other = process.another()
    monkeypatch.setattr(mail, "send", while_sending(lambda: other.run(number), mail.send))
    if not protected:
        monkeypatch.setattr(tasks.engine.step, "advisory_lock", no_turns)
    with pytest.raises(Superseded):
        to_the_last_gate(process, number)
    mail.send.other.join()
    assert other.ship(number) == f"Order {number} is Shipped."
    assert len(mail_server.mails) == (1 if protected else 2)
    assert_sound()


@OFF_AND_ON
def test_an_idempotency_key_keeps_a_dispatcher_that_died_from_starting_two_runs(
    shop, number, protected
):
    """It died after Prefect had started the run, and before the order knew of it."""
    prefect = PlayedPrefect()
    Dispatcher(prefect).sweep()
    with transaction() as session:
        shipment = locked_shipment(session, number)
        shipment.run_id, shipment.runs = None, 0
        if not protected:
            shipment.order.received_at = utc_now()  # another key
    Dispatcher(prefect).sweep()
    assert len(prefect.runs) == (1 if protected else 2)


@OFF_AND_ON
def test_a_circuit_breaker_keeps_all_but_one_from_asking_a_server_that_is_away(
    process, number, mail_server, monkeypatch, protected
):
    with transaction() as session:
        numbers = [number, *(make_order(session, {"MUG": 1}) for _ in range(3))]
    packed = {each: to_the_mail(process.another(), each) for each in numbers}
    set_to(monkeypatch, PACKLINE_RETRY_SECONDS="60")  # nobody is due as a probe meanwhile
    mail_server.stop()
    asked = []
    monkeypatch.setattr(mail, "send", while_counting(asked, mail.send))
    if not protected:
        monkeypatch.setattr(services.messaging.outbox, "outside", lambda _: nullcontext())
    for each, run in packed.items():
        with pytest.raises(Unavailable):
            run.run(each)
    assert len(asked) == (1 if protected else 4)
    mail_server.start()
    if protected:
        assert_sound()


def while_counting(asked, send):
    def counted(message):
        asked.append(message.key)
        return send(message)

    return counted


def to_the_mail(process, number):
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    process.answer("packing", number)
    return process


def to_the_last_gate(process, number):
    assert to_the_mail(process, number).run(number) == "carrier-pickup-1"


def broken_checks():
    return {check.name for check in audit(None).checks if not check.ok}


def forget_the_step(monkeypatch, step):
    """As if nothing had been written into the ledger for it."""
    name_of_step, remembered = step_id(step), OrderRun.recorded
    found = tasks.engine.step.find_record
    monkeypatch.setattr(
        OrderRun,
        "recorded",
        lambda self, name, round: None if name == name_of_step else remembered(self, name, round),
    )
    monkeypatch.setattr(
        tasks.engine.step,
        "find_record",
        lambda session, subject, name, round: (
            None if name == name_of_step else found(session, subject, name, round)
        ),
    )
    monkeypatch.setattr(tasks.engine.step, "record", lambda *_: None)


def forget_that_it_was_sent(session, key):
    message = session.exec(tasks.notifications.select(tasks.notifications.Message)).first()
    if message:
        message.sent_at = None
        message.state = "written"
    return message


def while_sending(happens, send):
    """Something else begins while a mail is being sent, and has a moment to get on with it."""

    def slowly(message):
        if not slowly.other:
            slowly.other = threading.Thread(target=happens)
            slowly.other.start()
            slowly.other.join(1.0)
        return send(message)

    slowly.other = None
    return slowly


@contextmanager
def no_turns(_what):
    with nullcontext():
        yield SimpleNamespace(check=lambda: None)
