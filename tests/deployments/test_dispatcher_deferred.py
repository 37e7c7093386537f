"""The dispatcher brings back the runs that had left because something outside was away."""

import pytest

from adapters.database.sessions import transaction
from adapters.prefect.api import RunState
from deployments.dispatcher import loop
from deployments.dispatcher.loop import Dispatcher
from models.enums import HoldReason
from models.imports.requests import HoldIn
from services.alarms.outages import note_answer
from services.execution.runs import begin_attempt
from tests.actors import put_on_hold, request_cancellation_of
from tests.deployments.played_prefect import LONG_AGO, new_orders, prefect
from tests.process import execute, rows

__all__ = ["prefect"]

LEFT = RunState("SCHEDULED", "AwaitingRetry")


@pytest.fixture
def deferred(shop, prefect):
    """Four orders whose runs have left, by their runs."""
    numbers = new_orders(4)
    for number in numbers:
        with transaction() as session:
            begin_attempt(session, number, 1, f"run-{number}")
        prefect.runs[f"run-{number}"] = LEFT
    execute("UPDATE shipment SET retry_at = now() + interval '1 hour', failed_attempts = 1")
    return numbers


def sweep(prefect):
    Dispatcher(prefect).sweep()
    again, prefect.again = prefect.again, []
    return again


def due(number, where="retry_at = now()"):
    execute(f"UPDATE shipment SET awaits = NULL, {where} WHERE order_number = {number}")


def awaiting_mail(refused=False, minutes="30"):
    execute("UPDATE shipment SET retry_at = NULL, awaits = 'mail'")
    when = "NULL" if refused else f"now() + interval '{minutes} minutes'"
    execute(
        "INSERT INTO outage (service, problem, since, failures, refused, retry_at, raised_at)"
        f" VALUES ('mail', '{{}}', now(), 1, {refused}, {when}, now())"
    )


def test_a_run_that_is_due_comes_back_once_and_the_others_stay(deferred, prefect):
    first, *_ = deferred
    assert sweep(prefect) == []
    due(first)
    assert sweep(prefect) == [f"run-{first}"]
    assert sweep(prefect) == []


@pytest.mark.parametrize("state", ["RUNNING", "PENDING", "PAUSED"])
def test_a_run_that_has_not_left_yet_is_looked_at_again(deferred, prefect, state):
    first, *_ = deferred
    prefect.runs[f"run-{first}"] = RunState(state, state)
    due(first)
    assert sweep(prefect) == []
    prefect.runs[f"run-{first}"] = LEFT
    assert sweep(prefect) == [f"run-{first}"]


@pytest.mark.parametrize("refused", [True, False])
def test_while_a_service_is_out_nobody_comes_back(deferred, prefect, refused):
    awaiting_mail(refused)
    assert sweep(prefect) == []


def test_one_comes_back_to_probe_and_all_when_the_service_answers(deferred, prefect):
    awaiting_mail(minutes="-1")
    (probe,) = sweep(prefect)
    assert probe == f"run-{deferred[0]}"
    note_answer("mail")
    assert sweep(prefect) == [f"run-{number}" for number in deferred[1:]]
    assert sweep(prefect) == []


def test_one_that_prefect_refuses_keeps_no_other_from_coming_back(deferred, prefect):
    for number in deferred:
        due(number)
    prefect.refuses.add(f"run-{deferred[1]}")
    others = [f"run-{number}" for number in deferred if number != deferred[1]]
    assert sweep(prefect) == others
    prefect.refuses.clear()
    assert sweep(prefect) == [f"run-{deferred[1]}"]


def test_an_attempt_that_has_begun_and_left_again_meanwhile_is_not_forgotten(deferred, prefect):
    first, *_ = deferred
    due(first)

    def begins_and_leaves():
        with transaction() as session:
            begin_attempt(session, first, 1, f"run-{first}")
        due(first, "retry_at = now() + interval '1 hour'")

    prefect.meanwhile["run again"] = begins_and_leaves
    assert sweep(prefect) == [f"run-{first}"]
    assert rows(f"SELECT retry_at > now() FROM shipment WHERE order_number = {first}") == [(True,)]


def test_an_order_that_is_put_on_hold_comes_back_to_ask_when_it_is_released(deferred, prefect):
    awaiting_mail()
    put_on_hold(deferred[1], HoldIn(reason=HoldReason.OTHER, note="", by="Max"))
    assert sweep(prefect) == [f"run-{deferred[1]}"]


def test_so_many_come_back_in_one_sweep_and_the_rest_in_the_next(deferred, prefect, monkeypatch):
    monkeypatch.setattr(loop, "_BACK_AT_ONCE", 3)
    for number in deferred:
        due(number)
    assert sweep(prefect) == [f"run-{number}" for number in deferred[:3]]
    assert sweep(prefect) == [f"run-{deferred[3]}"]


def test_an_order_that_is_to_be_cancelled_comes_back_at_once(deferred, prefect):
    awaiting_mail()
    request_cancellation_of(deferred[2], "changed their mind", "Max")
    assert sweep(prefect) == [f"run-{deferred[2]}"]


@pytest.mark.parametrize("kind", ["CRASHED", "CANCELLED", "FAILED"])
def test_a_deferred_run_that_ended_otherwise_starts_over_as_any(deferred, prefect, kind):
    first, *_ = deferred
    awaiting_mail()
    prefect.runs[f"run-{first}"] = RunState(kind, kind.title(), since=LONG_AGO)
    assert sweep(prefect) == [f"run-{first}"]
    assert rows(f"SELECT awaits FROM shipment WHERE order_number = {first}") == [(None,)]
