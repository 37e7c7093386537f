"""Prefect's API as the dispatcher asks it, played; and orders whose runs stand as a test says."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from adapters.database.sessions import transaction
from adapters.prefect.api import FormMissing, PrefectAway, PrefectRefused, RunState
from deployments.dispatcher.loop import Dispatcher
from models.base import utc_now
from tests.factories import make_order, the_shipment
from tests.process import execute, rows

LONG_AGO = utc_now() - timedelta(minutes=5)


@dataclass
class PlayedPrefect:
    """Runs by id with their states; `away` refuses everything.

    Runs that it `refuses` do not start over. `meanwhile` has what happens elsewhere, once, while it
    starts a run or lets one start over.
    """

    runs: dict[str, RunState] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    resumed: list[tuple[str, str]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    forms: set[str] | None = None
    away: bool = False
    since: list[datetime] = field(default_factory=list)
    started: list[dict[str, Any]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)
    ahead: timedelta = timedelta()

    def start(self, deployment, *, name, parameters, tags, idempotency_key):
        self._answer()
        run_id = self.keys.setdefault(idempotency_key, f"run-{len(self.keys) + 1}")
        self.runs.setdefault(run_id, RunState("SCHEDULED", "Scheduled"))
        self.started.append({"name": name, "parameters": parameters, "tags": tags})
        self.meanwhile.pop("start", bool)()
        return run_id

    def now(self):
        self._answer()
        return utc_now() + self.ahead

    def states(self, run_ids):
        self._answer()
        return {run_id: self.runs[run_id] for run_id in run_ids if run_id in self.runs}

    def all_live(self, run_ids):
        states = self.states(run_ids)
        return len(states) == len(run_ids) and all(state.is_live for state in states.values())

    def in_work(self):
        return self._of("PENDING", "RUNNING", "CANCELLING")

    def ended_badly(self, since):
        self.since.append(since)
        ended = self._of("CANCELLED", "CRASHED", "FAILED")
        return {run_id: state for run_id, state in ended.items() if state.since > since}

    def resume(self, run_id, answer):
        self._answer()
        if self.forms is not None and run_id not in self.forms:
            raise FormMissing(run_id)
        self.resumed.append((run_id, answer["gate"]))
        self.runs[run_id] = RunState("SCHEDULED", "Resuming")
        return True

    def show_form(self, run_id, pause_key, schema):
        assert schema["required"]
        self.forms.add(run_id)

    def run_again(self, run_id, why):
        if run_id in self.refuses:
            raise refusal()
        self.again.append(run_id)
        self.runs[run_id] = RunState("SCHEDULED", "AwaitingRetry")
        self.meanwhile.pop("run again", bool)()

    def cancel(self, run_id, why):
        self.cancelled.append(run_id)
        self.runs[run_id] = RunState("CANCELLED", "Cancelled", since=utc_now())

    def close(self):
        pass

    def _of(self, *kinds):
        self._answer()
        return {run_id: state for run_id, state in self.runs.items() if state.kind in kinds}

    def _answer(self):
        if self.away:
            raise PrefectAway("http://127.0.0.1:4200/api", "refused")


def refusal():
    """What Prefect's API says to something that it does not do."""
    answer = httpx.Response(422, request=httpx.Request("POST", "http://127.0.0.1"))
    return PrefectRefused("x", httpx.HTTPStatusError("", request=answer.request, response=answer))


@pytest.fixture
def prefect():
    return PlayedPrefect()


def sweep(prefect):
    """A sweep some time after whatever has happened before it."""
    execute("UPDATE step_record SET at = at - interval '10 s'")
    execute("UPDATE staff_task SET answered_at = answered_at - interval '10 s'")
    execute("UPDATE shipment SET resumable_since = resumable_since - interval '1 min'")
    return Dispatcher(prefect).sweep()


def new_orders(count):
    with transaction() as session:
        return [make_order(session) for _ in range(count)]


def run_of(number):
    with transaction() as session:
        return the_shipment(session, number).run_id


def at_picking(process):
    """An order whose run has come to its first gate."""
    (number,) = new_orders(1)
    process.run(number)
    return number


def fence_of(number):
    return rows(f"SELECT fence FROM shipment WHERE order_number = {number}")[0][0]


def told(number):
    return [
        kind
        for (kind,) in rows(
            f"SELECT kind FROM audit_event WHERE subject = 'order:{number}'"
            " AND actor = 'dispatcher' ORDER BY id"
        )
    ]
