"""Packline's worker with Prefect played: its claims are granted or refused as a test says, and the
parts of runs that it begins are noted and end when they are told to.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import anyio
import httpx
import pytest
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import SetStateStatus
from prefect.exceptions import ObjectNotFound
from prefect.states import Completed, Scheduled, Suspended
from prefect.workers.base import BaseWorker

from adapters.database.notifications import RUNS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.prefect.api import RunState
from deployments.worker import worker as module
from deployments.worker.pulse import Pulse
from deployments.worker.worker import PacklineWorker
from services.execution.wake_ups import READY
from tests.factories import make_order, make_product
from tests.process import execute, rows

DEPLOYMENT = uuid4()
PATIENCE_SECONDS = 10


def a_run(**given: Any) -> FlowRun:
    """A flow run of an order, as the server would tell of it."""
    run_id = uuid4()
    known = {"id": run_id, "flow_id": run_id, "name": "order 1001", "deployment_id": DEPLOYMENT}
    return FlowRun(**known | {"state": Scheduled()} | given)


def not_found() -> ObjectNotFound:
    """What Prefect's client raises where something is not there."""
    return ObjectNotFound(RuntimeError("404"))


@dataclass
class PlayedServer:
    """Prefect's server, as the worker's client sees it.

    `says` has the answers to proposed claims, where they are not granted; None is a run that is not
    there. `pool_is_made` is false before the worker's first heartbeat. Asked what is due, it raises
    the next `trouble`, if there is one. Where `holds` has an event for what it is asked, it answers
    once that is set.
    """

    due: list[FlowRun] = field(default_factory=list)
    known: dict[UUID, FlowRun] = field(default_factory=dict)
    says: dict[UUID, SetStateStatus | None] = field(default_factory=dict)
    pool_is_made: bool = True
    trouble: list[Exception] = field(default_factory=list)
    claims: list[UUID] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    queues: list[Any] = field(default_factory=list)
    holds: dict[str, asyncio.Event] = field(default_factory=dict)
    before: list[datetime] = field(default_factory=list)

    async def get_scheduled_flow_runs_for_work_pool(
        self, work_pool_name: str, work_queue_names: Any, scheduled_before: datetime
    ) -> list[SimpleNamespace]:
        await self._asked("due")
        self.queues.append(work_queue_names)
        self.before.append(scheduled_before)
        if self.trouble:
            raise self.trouble.pop()
        if not self.pool_is_made:
            raise not_found()
        return [SimpleNamespace(flow_run=run) for run in self.due]

    async def set_flow_run_state(self, run_id: UUID, state: Any) -> SimpleNamespace:
        assert state.is_pending()
        self.claims.append(run_id)
        await self._asked("claim")
        status = self.says.get(run_id, SetStateStatus.ACCEPT)
        if status is None:
            raise not_found()
        if status == SetStateStatus.ACCEPT:
            self.due = [run for run in self.due if run.id != run_id]
        return SimpleNamespace(status=status)

    async def read_deployment(self, deployment_id: UUID) -> SimpleNamespace:
        await self._asked("deployment")
        return SimpleNamespace(entrypoint="flows/daily_summary.py:daily_summary")

    async def read_flow_run(self, run_id: UUID) -> FlowRun:
        await self._asked("run")
        return self.known[run_id]

    async def _asked(self, what: str) -> None:
        self.asked.append(what)
        if what in self.holds:
            await self.holds[what].wait()


@dataclass
class Parts:
    """The parts of runs that were begun; those of `slow` runs last until `end` is told of them.

    `fails` are runs whose part ends in an error, `suspends` those that wait for a person after it.
    """

    begun: list[UUID] = field(default_factory=list)
    flows: list[str] = field(default_factory=list)
    slow: dict[UUID, list[threading.Event]] = field(default_factory=dict)
    fails: set[UUID] = field(default_factory=set)
    suspends: set[UUID] = field(default_factory=set)

    def last_long(self, *runs: FlowRun, parts: int = 1) -> None:
        """Their next parts last until they are ended."""
        for run in runs:
            self.slow[run.id] = [threading.Event() for _ in range(parts)]

    def end(self, run: FlowRun, part: int = 0) -> None:
        """Let a part that lasts long come to its end."""
        self.slow[run.id][part].set()

    def run(self, flow: Any, run: FlowRun) -> FlowRun:
        """In place of `run_part`, in a thread of the worker."""
        nth = self.begun.count(run.id)
        self.begun.append(run.id)
        self.flows.append(flow.name)
        if nth < len(self.slow.get(run.id, [])):
            assert self.slow[run.id][nth].wait(PATIENCE_SECONDS)
        if run.id in self.fails:
            raise RuntimeError("the machine stopped")
        state = Suspended() if run.id in self.suspends else Completed()
        return run.model_copy(update={"state": state})


@dataclass
class PlayedStates:
    """The states of runs, as the pulse asks for them; `meanwhile` happens while it asks."""

    states_of: dict[str, RunState] = field(default_factory=dict)
    meanwhile: Callable[[], object] = lambda: None
    away: int = 0
    asked: list[set[str]] = field(default_factory=list)

    def states(self, run_ids: Any) -> dict[str, RunState]:
        self.asked.append(set(run_ids))
        if self.away:
            self.away -= 1
            raise httpx.ConnectError("refused")
        self.meanwhile()
        return {run: state for run, state in self.states_of.items() if run in set(run_ids)}

    def close(self) -> None:
        self.asked.append(set())


@dataclass
class Floor:
    """Where workers are started in a test, with the server that they ask, and what they began."""

    server: PlayedServer
    parts: Parts

    @asynccontextmanager
    async def worker(self, limit: int = 2, **given: Any) -> AsyncIterator[PacklineWorker]:
        """A worker that is set up, and listens; it is torn down in the end."""
        worker = PacklineWorker("packline", limit=limit, **given)
        await worker.setup()
        try:
            await asyncio.sleep(0)
            yield worker
        finally:
            for part in self.parts.slow.values():
                for event in part:
                    event.set()
            if worker.is_setup:
                await worker.teardown(None, None, None)

    async def until_begun(self, *runs: FlowRun) -> None:
        """Wait until these runs, and no others, have begun, in whatever order."""
        await until(lambda: sorted(self.parts.begun) == sorted(run.id for run in runs))


def tell_workers(payload: str = "") -> None:
    """Say that there is work, as the dispatcher does; or that a waiting run may go on."""
    with transaction() as session:
        notify(session, RUNS_CHANNEL, payload)


def mark_ready(*runs: FlowRun, heard: bool = True) -> None:
    """Orders whose runs wait, and may go on: the first of them for longest."""
    with transaction() as session:
        if not rows("SELECT 1 FROM product"):
            make_product(session)
        numbers = [make_order(session) for _ in runs]
    for age, (number, run) in enumerate(zip(numbers, runs, strict=True)):
        execute(
            f"UPDATE shipment SET run_id = '{run.id}', pause_key = 'picking-1',"
            f" resumable_since = now() - interval '{10 - age} s' WHERE order_number = {number}"
        )
    if heard:
        tell_workers(READY)


def marked() -> set[str]:
    """The runs whose mark nobody has taken."""
    return {
        run_id
        for (run_id,) in rows("SELECT run_id FROM shipment WHERE resumable_since IS NOT NULL")
    }


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while not true():
            await asyncio.sleep(0.01)


async def a_moment() -> None:
    """Long enough for a worker to do what it should not."""
    await asyncio.sleep(0.3)


@pytest.fixture
def floor(database: str, monkeypatch: pytest.MonkeyPatch) -> Floor:
    """A place for workers, without Prefect; the pulse beats only where a test lets it."""
    place = Floor(PlayedServer(), Parts())

    async def setup(worker: Any) -> None:
        worker._client, worker.is_setup = place.server, True
        worker._runs_task_group = anyio.create_task_group()
        await worker._exit_stack.enter_async_context(worker._runs_task_group)

    async def teardown(worker: Any, *exc_info: Any) -> None:
        worker.is_setup = False
        await worker._exit_stack.__aexit__(*exc_info)

    monkeypatch.setattr(BaseWorker, "setup", setup)
    monkeypatch.setattr(BaseWorker, "teardown", teardown)
    monkeypatch.setattr(module, "run_part", place.parts.run)
    monkeypatch.setattr(module, "keep_connection", lambda: None)
    monkeypatch.setattr(module, "tell_latest_states", SilentStates)
    monkeypatch.setattr(Pulse, "start", lambda _: None)
    return place


class SilentStates:
    """Tells nobody of any task run; `told` says how often everything was to be told, and `shown`
    how often what takes long.
    """

    told = shown = 0

    def flush(self, *, everything: bool = False) -> None:
        SilentStates.told += everything
        SilentStates.shown += not everything
