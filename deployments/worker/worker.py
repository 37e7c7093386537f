"""Packline's worker: imports once, and runs flow runs in its own threads.

Prefect's process worker starts a Python process for every part of a run, and a part here takes
milliseconds between two waits. This worker keeps what is Prefect's (`prefect worker start`,
registration, heartbeat, health check) and replaces how work is taken. A new run is claimed by
proposing Pending, which the server grants once. A waiting run whose answer is stored is handed over
through Postgres (`services/execution/wake_ups.py`). Either is run in a thread that keeps its
connection. While a run is in hand, the worker says so in Postgres every few seconds; the dispatcher
replaces what falls silent.
"""

import asyncio
import importlib
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import anyio.abc
import psycopg
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import OrchestrationResult, SetStateStatus
from prefect.exceptions import ObjectNotFound
from prefect.flows import Flow
from prefect.states import Pending
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult

from adapters.database.notifications import RUNS_CHANNEL
from adapters.database.sessions import connect_async
from adapters.failpoints import failpoint
from adapters.prefect.api import prefect_now
from adapters.prefect.engine import keep_connection, run_part, tell_latest_states
from adapters.settings import settings
from deployments.worker.pulse import Pulse, note_problem
from models.base import utc_now
from services.execution.wake_ups import READY, claim_ready_runs

_TELL_SECONDS = 0.25
_KNOWN_RUNS = 1000

logger = logging.getLogger("packline.worker")


class PacklineWorker(BaseWorker[BaseJobConfiguration, BaseVariables, BaseWorkerResult]):
    """A warm worker for Packline's flows."""

    type = "packline"
    _description = "Runs Packline's flows in the threads of one warm process."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_hand: dict[UUID, datetime] = {}
        self._waiting: OrderedDict[UUID, FlowRun] = OrderedDict()
        self._is_ready, self._is_due = asyncio.Event(), asyncio.Event()
        self._flows: dict[UUID, Flow[..., Any]] = {}
        self._room = self._limit or settings().worker_threads
        self._threads = ThreadPoolExecutor(
            self._room, thread_name_prefix="flow-run", initializer=keep_connection
        )
        self._left_over = False
        self._stopping = False
        self._takings: set[asyncio.Task[None]] = set()
        self._helpers: list[asyncio.Task[None]] = []
        self._pulse = Pulse(self._in_hand)
        self._states = tell_latest_states()

    async def setup(self) -> None:
        """Start listening for work besides what Prefect sets up."""
        await super().setup()
        await asyncio.to_thread(prepare_paper)
        for helper in (
            self._listen(),
            self._whenever(self._is_ready, self._take_ready),
            self._whenever(self._is_due, self._take_due),
            self._tell_states(),
        ):
            self._helpers.append(asyncio.create_task(helper))
        self._pulse.start()

    async def teardown(self, *exc_info: Any) -> None:
        """Take no more; runs in hand go on to their next wait, and are seen alive until then."""
        self._stopping = True
        for helper in self._helpers:
            helper.cancel()
        if self._takings:
            await asyncio.wait(self._takings)  # what was claimed in this instant is begun
        self._threads.shutdown()
        self._pulse.stop()
        self._states.flush(everything=True)
        await super().teardown(*exc_info)

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Prefect's poll: look for work as if somebody had said that there is some."""
        self._is_ready.set()
        self._is_due.set()
        return []

    async def run(
        self,
        flow_run: FlowRun,
        configuration: BaseJobConfiguration,
        task_status: anyio.abc.TaskStatus[int] | None = None,
    ) -> BaseWorkerResult:
        """Run one claimed flow run to its next wait, or to its end."""
        if task_status:
            task_status.started(0)
        await self._begin(await self._flow_of(flow_run), flow_run)
        return BaseWorkerResult(identifier=str(flow_run.id), status_code=0)

    async def _take_ready(self) -> None:
        """Go on with waiting runs whose answers are stored; taking the mark is the claim."""
        free = self._room - len(self._in_hand) if self._has_room() else 0
        for ready in await asyncio.to_thread(claim_ready_runs, free) if free else []:
            failpoint("taken over")
            run_id = UUID(ready.run_id)
            run = self._waiting.pop(run_id, None) or await self.client.read_flow_run(run_id)
            self._see_through(await self._flow_of(run), run)

    async def _take_due(self) -> None:
        """Claim runs that Prefect has scheduled; those that find no free thread are due later."""
        self._left_over = True
        for run in await self._due() if self._has_room() else []:
            flow = await self._flow_of(run)
            if not self._has_room():
                return
            if run.id not in self._in_hand and await _claim(self.client, run):
                failpoint("claimed")
                self._see_through(flow, run)
        self._left_over = not self._has_room()

    def _has_room(self) -> bool:
        return len(self._in_hand) < self._room and not self._stopping

    def _see_through(self, flow: Flow[..., Any], run: FlowRun) -> None:
        """Begin with a claimed run at once: from here on it is this worker's."""
        if self._runs_task_group is None:
            raise RuntimeError("The worker takes work only while it is set up.")
        self._in_hand[run.id] = began = _since(run)
        self._runs_task_group.start_soon(self._see_off, run, began, self._begin(flow, run))

    def _begin(self, flow: Flow[..., Any], run: FlowRun) -> asyncio.Future[FlowRun]:
        return asyncio.get_running_loop().run_in_executor(self._threads, run_part, flow, run)

    async def _see_off(self, run: FlowRun, began: datetime, part: asyncio.Future[FlowRun]) -> None:
        """Wait for the end of a part, and look for more. The next part may have begun by then."""
        try:
            self._keep(await asyncio.shield(part))
        except Exception:
            logger.exception("Flow run %s ended in the worker, not in the flow", run.name)
        finally:
            if self._in_hand.get(run.id) is began:
                del self._in_hand[run.id]
        self._is_ready.set()
        if self._left_over:
            self._is_due.set()

    def _keep(self, run: FlowRun) -> None:
        """Know a run that waits now when it goes on: Prefect need not be asked."""
        if run.state and run.state.is_paused():
            self._waiting[run.id] = run
            if len(self._waiting) > _KNOWN_RUNS:
                self._waiting.popitem(last=False)

    async def _due(self) -> list[FlowRun]:
        try:
            due = await self.client.get_scheduled_flow_runs_for_work_pool(
                work_pool_name=self._work_pool_name,
                work_queue_names=list(self._work_queues) or None,
                scheduled_before=await asyncio.to_thread(prefect_now),
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

    async def _whenever(self, told: asyncio.Event, take: Callable[[], Awaitable[None]]) -> None:
        """Take work as soon as somebody says that there is some. What was begun is never broken
        off: a run that is claimed and not begun would look lost.
        """
        while True:
            await told.wait()
            told.clear()
            taking = asyncio.create_task(self._try(take))
            self._takings.add(taking)
            taking.add_done_callback(self._takings.discard)
            await asyncio.shield(taking)

    async def _try(self, take: Callable[[], Awaitable[None]]) -> None:
        try:
            await take()
        except Exception as problem:  # noqa: BLE001  (a worker goes on, whatever it is)
            note_problem("No work can be taken now; the next poll asks again", problem)

    async def _tell_states(self) -> None:
        """Show steps that take long as Running."""
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            self._states.flush()

    async def _listen(self) -> None:
        """Look for work as soon as somebody says that there is some."""
        while True:
            try:
                await self._listen_once()
            except psycopg.OperationalError as away:
                logger.warning("Postgres does not notify of work now (%s); polling goes on", away)
                await asyncio.sleep(settings().sweep_seconds)

    async def _listen_once(self) -> None:
        async with await connect_async() as connection:
            await connection.execute(f"LISTEN {RUNS_CHANNEL}".encode())
            self._is_ready.set()  # whatever was told before anybody listened
            self._is_due.set()
            async for told in connection.notifies():
                (self._is_ready if told.payload == READY else self._is_due).set()


@cache
def flow_at(entrypoint: str) -> Flow[..., Any]:
    """The flow of an entrypoint such as `flows/daily_summary.py:daily_summary`, as a module of
    Packline and not as a file, so that it is imported once.
    """
    path, _, name = entrypoint.partition(":")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    flow: Flow[..., Any] = getattr(module, name)
    return flow


def prepare_paper() -> None:
    """Have the first label as fast as all others, and say what this machine cannot print.

    What prints is loaded here: each command of Prefect loads this module.
    """
    fonts = importlib.import_module("adapters.documents.fonts")
    importlib.import_module("adapters.documents.labels").warm_up()
    if lacking := fonts.missing_scripts():
        logger.warning(
            "No font here has the signs of %s. On labels □ stands for each, with a transliteration"
            " below; `%s` brings more fonts.",
            ", ".join(lacking),
            fonts.INSTALL_MORE,
        )


def _since(run: FlowRun) -> datetime:
    """When the state was set from which a part of a run begins, by Prefect's clock; an object of
    its own for each part.
    """
    return datetime.fromtimestamp(run.state.timestamp.timestamp() if run.state else 0, UTC)


async def _claim(client: PrefectClient, flow_run: FlowRun) -> bool:
    """Propose Pending: of all workers that do, the server grants it to one."""
    try:
        answer: OrchestrationResult[Any] = await client.set_flow_run_state(flow_run.id, Pending())
    except ObjectNotFound:
        return False
    return answer.status == SetStateStatus.ACCEPT
