"""Packline's worker: imports once, and runs flow runs in its own threads.

Prefect's process worker starts a Python process for every part of a run, and a part here takes
milliseconds between two waits. This worker keeps what is Prefect's (`prefect worker start`,
registration, heartbeat, health check) and replaces how work is taken: it claims a run by proposing
Pending, which the server grants once, and runs it in a thread that keeps its connection. While a
run is in hand, it says so in Postgres every few seconds; the dispatcher replaces what falls silent.
"""

import asyncio
import importlib
import logging
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
import httpx
import psycopg
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import OrchestrationResult, SetStateStatus
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow
from prefect.states import Pending
from prefect.workers.base import (
    BaseJobConfiguration,
    BaseVariables,
    BaseWorker,
    BaseWorkerResult,
)
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from adapters.database import RUNS_CHANNEL, database_url, transaction
from adapters.faults import reach
from adapters.prefect_api import PrefectApi
from adapters.prefect_engine import keep_connection, run_part, stop_soon
from adapters.settings import settings
from adapters.trouble import time_can_heal
from models.base import utc_now
from models.runs import RunHeartbeat

_BEATS_PER_LOSS = 6
"""So many signs of life must be missing before a run is taken for lost."""

logger = logging.getLogger("packline.worker")


class PacklineWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]):
    """A warm worker for Packline's flows."""

    type = "packline"
    _description = "Runs Packline's flows in the threads of one warm process."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_hand: dict[UUID, datetime] = {}
        self._claiming = anyio.Lock()
        self._flows: dict[UUID, Flow[..., Any]] = {}
        self._room = self._limit or settings().worker_threads
        self._threads = ThreadPoolExecutor(
            self._room, thread_name_prefix="flow-run", initializer=keep_connection
        )
        self._ears: asyncio.Task[None] | None = None
        self._pulse = Pulse(self._in_hand)

    async def setup(self) -> None:
        """Start listening for work besides what Prefect sets up."""
        await super().setup()
        self._ears = asyncio.create_task(self._listen())
        self._pulse.start()

    async def teardown(self, *exc_info: Any) -> None:
        """Stop listening; runs in hand go on to their next wait, and are seen alive until then."""
        if self._ears:
            self._ears.cancel()
        self._threads.shutdown()  # nothing new is claimed while this waits
        self._pulse.stop()
        await super().teardown(*exc_info)

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Take as many due flow runs as there are free threads."""
        taken = []
        async with self._claiming:
            for run in await self._due():
                if len(self._in_hand) >= self._room:
                    break
                if run.id not in self._in_hand and await _claim(self.client, run):
                    reach("claimed")
                    self._in_hand[run.id] = utc_now()
                    self._start_soon(run)
                    taken.append(run)
        return taken

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BaseWorkerResult:
        """Run one claimed flow run to its next wait, or to its end."""
        if task_status:
            task_status.started(0)
        flow = await self._flow_of(flow_run)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, run_part, flow, flow_run)
        return BaseWorkerResult(identifier=str(flow_run.id), status_code=0)

    def _start_soon(self, flow_run: FlowRun) -> None:
        if self._runs_task_group is None:
            raise RuntimeError("The worker takes work only while it is set up.")
        self._runs_task_group.start_soon(self._run_and_take_more, flow_run)

    async def _run_and_take_more(self, flow_run: FlowRun) -> None:
        try:
            await self.run(flow_run, self.job_configuration())
        except Exception:
            logger.exception("Flow run %s ended in the worker, not in the flow", flow_run.name)
        finally:
            self._in_hand.pop(flow_run.id, None)
        await self._look_for_work()

    async def _due(self) -> list[FlowRun]:
        try:
            due = await self.client.get_scheduled_flow_runs_for_work_pool(
                work_pool_name=self._work_pool_name,
                work_queue_names=list(self._work_queues) or None,
                scheduled_before=utc_now(),
            )
        except ObjectNotFound:
            return []  # the pool is made at the worker's next heartbeat
        self._last_polled_time = utc_now()
        return [response.flow_run for response in due]

    async def _flow_of(self, flow_run: FlowRun) -> Flow[..., Any]:
        """The flow that the run's deployment names, imported once."""
        if flow_run.deployment_id is None:
            raise RuntimeError(f"Flow run {flow_run.name} has no deployment.")
        if flow_run.deployment_id not in self._flows:
            deployment = await self.client.read_deployment(flow_run.deployment_id)
            self._flows[flow_run.deployment_id] = flow_at(deployment.entrypoint or "")
        return self._flows[flow_run.deployment_id]

    async def _look_for_work(self) -> None:
        try:
            await self.get_and_submit_flow_runs()
        except httpx.HTTPError as problem:
            logger.warning(
                "Prefect does not hand out work now (%s); the next poll asks again", problem
            )

    async def _listen(self) -> None:
        """Look for work as soon as somebody says that there is some."""
        while True:
            try:
                await self._listen_once()
            except psycopg.OperationalError as away:
                logger.warning("Postgres does not notify of work now (%s); polling goes on", away)
                await asyncio.sleep(settings().sweep_seconds)

    async def _listen_once(self) -> None:
        connection = await psycopg.AsyncConnection.connect(database_url(), autocommit=True)
        async with connection:
            await connection.execute(f"LISTEN {RUNS_CHANNEL}".encode())
            async for _ in connection.notifies():
                await self._look_for_work()


@cache
def flow_at(entrypoint: str) -> Flow[..., Any]:
    """The flow of an entrypoint such as `flows/daily_summary.py:daily_summary`, as a module of
    Packline and not as a file, so that it is imported once.
    """
    path, _, name = entrypoint.partition(":")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    flow: Flow[..., Any] = getattr(module, name)
    return flow


async def _claim(client: PrefectClient, flow_run: FlowRun) -> bool:
    """Propose Pending: of all workers that do, the server grants it to one."""
    try:
        answer: OrchestrationResult[Any] = await client.set_flow_run_state(flow_run.id, Pending())
    except ObjectNotFound:
        return False
    return answer.status == SetStateStatus.ACCEPT


class Pulse(threading.Thread):
    """Says in Postgres that the runs in hand are alive, and sees which of them somebody stopped.

    In a thread of its own: it goes on while the worker waits for its last runs to end.
    """

    def __init__(self, in_hand: dict[UUID, datetime]) -> None:
        super().__init__(name="pulse", daemon=True)
        self._in_hand = in_hand
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._stopped = threading.Event()
        self._told: set[str] = set()

    def run(self) -> None:
        """Beat until told to stop. While somebody is away, keep trying."""
        prefect = PrefectApi()
        beat = min(settings().sweep_seconds, settings().lost_after_seconds / _BEATS_PER_LOSS)
        while not self._stopped.wait(beat):
            try:
                self.beat(prefect)
            except Exception as away:
                if not time_can_heal(away):
                    raise
                logger.warning("No sign of life could be given: %s", away)
        prefect.close()

    def stop(self) -> None:
        """The last run has ended."""
        self._stopped.set()

    def beat(self, prefect: PrefectApi) -> None:
        """One sign of life for each run, and one question about all of them."""
        claimed = {str(run_id): at for run_id, at in self._in_hand.copy().items()}
        if claimed or self._told:
            self._tell(set(claimed))
        if claimed:
            for run_id, state in prefect.states(claimed).items():
                if not state.works and state.since > claimed[run_id]:
                    stop_soon(run_id, state.kind, state.name)

    def _tell(self, alive: set[str]) -> None:
        with transaction() as session:
            session.execute(
                delete(RunHeartbeat).where(col(RunHeartbeat.run_id).in_(self._told - alive))
            )
            if alive:
                session.execute(_sign_of_life(alive, self._worker))
        self._told = alive


def _sign_of_life(run_ids: set[str], worker: str) -> Any:
    rows = [{"run_id": run_id, "worker": worker, "seen_at": func.now()} for run_id in run_ids]
    new = insert(RunHeartbeat).values(rows)
    return new.on_conflict_do_update(
        index_elements=["run_id"], set_={"worker": worker, "seen_at": func.now()}
    )
