"""The dispatcher reminds people beside its sweeps: neither holds up the other."""

import threading
import time

import pytest

from adapters.database.notifications import RUNS_CHANNEL
from adapters.database.sessions import transaction
from deployments.dispatcher import loop as dispatcher
from deployments.dispatcher import reminders
from models.enums import TaskKind
from services.worklist.tasks import open_task
from tests.deployments.test_dispatcher import PlayedPrefect, hear, running, wake
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


def until(holds, patience=10.0):
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_people_are_reminded_while_prefect_is_away(late_task, prefect, mail_server):
    prefect.away = True
    with running():
        until(lambda: mail_server.mails)
    assert rows("SELECT state FROM message") == [("sent",)]


def test_a_mail_server_that_hangs_holds_up_no_order(late_task, prefect, mail_server):
    mail_server.slow_seconds = 3
    with running():
        until(lambda: rows("SELECT FROM message WHERE sending_since IS NOT NULL"))
        with transaction() as session:
            make_order(session)
        wake()
        hear(RUNS_CHANNEL, patience=2)
        assert mail_server.mails == []
    assert len(mail_server.mails) == 1


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
