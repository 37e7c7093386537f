"""The dispatcher reminds people beside its sweeps: neither holds up the other."""

import threading
import time
from contextlib import contextmanager

import pytest

from adapters.database.sessions import transaction
from deployments.dispatcher import loop as dispatcher
from deployments.dispatcher import reminders
from models.enums import TaskKind
from services.worklist.tasks import open_task
from tests.deployments.played_prefect import PlayedPrefect
from tests.deployments.test_dispatcher import run_of, running
from tests.factories import make_order, the_shipment
from tests.process import execute, rows, set_to


@pytest.fixture
def prefect(monkeypatch):
    played = PlayedPrefect()
    monkeypatch.setattr(dispatcher, "PrefectApi", lambda: played)
    set_to(monkeypatch, PACKLINE_SWEEP_SECONDS="0.05", PACKLINE_REMINDER_SECONDS="0.05")
    return played


@pytest.fixture
def late_task(shop):
    """A task that was due long ago, of an order whose run is elsewhere."""
    with transaction() as session:
        order = the_shipment(session, make_order(session, run_id="elsewhere"))
        open_task(session, order, TaskKind.PICKING)
    execute("UPDATE staff_task SET due_at = now() - interval '9 days'")


def until(holds, patience=60.0):
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_people_are_reminded_while_prefect_is_away(late_task, prefect, mail_server):
    prefect.away = True
    with running():
        until(lambda: mail_server.mails)
    assert rows("SELECT state FROM message") == [("sent",)]


def test_a_mail_server_that_hangs_holds_up_no_order(late_task, prefect, mail_server, monkeypatch):
    set_to(monkeypatch, PACKLINE_SMTP_TIMEOUT_SECONDS="120")
    with running(), hanging(mail_server):
        until(lambda: rows("SELECT FROM message WHERE sending_since IS NOT NULL"))
        with transaction() as session:
            number = make_order(session)
        until(lambda: run_of(number))
        assert mail_server.mails == []
    assert len(mail_server.mails) == 1


@contextmanager
def hanging(mail_server):
    mail_server.hangs = True
    try:
        yield
    finally:
        mail_server.hangs = False


def test_an_unforeseen_error_ends_one_round_and_no_more(
    late_task, prefect, mail_server, monkeypatch
):
    once = iter([ZeroDivisionError()])
    look = reminders.remind_and_escalate

    def fail_once():
        if problem := next(once, None):
            raise problem
        return look()

    monkeypatch.setattr(reminders, "remind_and_escalate", fail_once)
    stop = threading.Event()
    with reminders.reminders(stop):
        until(lambda: mail_server.mails)
    assert stop.is_set()


def test_what_was_written_is_sent_though_late_tasks_cannot_be_looked_at(
    late_task, prefect, mail_server, monkeypatch
):
    assert reminders.remind_and_escalate() == 1

    def broken():
        raise KeyError("shortage")

    monkeypatch.setattr(reminders, "remind_and_escalate", broken)
    with reminders.reminders(threading.Event()):
        until(lambda: mail_server.mails)


def test_a_mail_that_cannot_be_sent_stops_no_other(late_task, prefect, mail_server, monkeypatch):
    assert reminders.remind_and_escalate() == 1
    execute("UPDATE staff_task SET escalation_due_at = due_at")
    assert reminders.remind_and_escalate() == 1
    execute("""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'broken'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON message FOR EACH ROW
            WHEN (OLD.key LIKE 'reminder:%') EXECUTE FUNCTION refuse()
    """)
    assert reminders.send_reminders() == 1
    assert rows("SELECT state FROM message ORDER BY id") == [("written",), ("sent",)]
