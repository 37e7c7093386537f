"""What Packline takes from Prefect's inside, all of it in this one place.

The rest of Packline uses Prefect's public interface, or its API (`prefect_api.py`). What stands
here may change with a version of Prefect: `tests/adapters/test_prefect_engine.py` says what.
"""

import json
import logging
import threading
import time
from typing import Any
from uuid import UUID

import httpx
from prefect._flow_run_suspension import mark_flow_run_suspension_requested
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, ServerDefaultResultStorage, State, StateType
from prefect.client.schemas.responses import OrchestrationResult
from prefect.context import ContextModel, FlowRunContext, SyncClientContext
from prefect.events import Event
from prefect.events.clients import PrefectEventsClient
from prefect.events.worker import EventsWorker, ProcessPoolForwardingEventsClient
from prefect.exceptions import Abort, Pause
from prefect.flow_engine import run_flow
from prefect.flows import Flow
from prefect.input.run_input import keyset_from_paused_state
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)
from prefect.states import Suspended
from prefect.utilities.engine import propose_state_sync

from adapters.failpoints import failpoint

_TASK_RUN = "prefect.task-run."

logger = logging.getLogger("packline.worker")
_thread = threading.local()


def answer_given(key: str) -> dict[str, Any] | None:
    """What somebody filled into the form that this run showed under a key such as `picking-1`.

    A run that was set going without an answer shows its form again, under a key that goes on after
    the first one; whichever was answered counts. Prefect's own validation would fail the run where
    we want to ask again, so the answer comes as it was stored.
    """
    found = get_client(sync_client=True).filter_flow_run_input(
        flow_run_id=_this_run(), key_prefix=f"suspended-{key}-", limit=200, exclude_keys=set()
    )
    answers = [entry for entry in found if entry.key.endswith("-response")]
    return json.loads(answers[-1].value) if answers else None


def suspend_with_form(key: str, schema: dict[str, Any], description: str) -> Pause:
    """Suspend this run until its form is filled in; returns Prefect's `Pause`, to be raised.

    Prefect stores the form after it has suspended the run, and a process that dies in between
    leaves a run that nobody can resume. Here the form is there first.
    """
    state: State[Any] = Suspended(timeout_seconds=None, pause_key=key)
    keys: dict[str, str] = dict(keyset_from_paused_state(state).items())
    state.state_details.run_input_keyset = keys
    client, run_id = get_client(sync_client=True), _this_run()
    for name, value in ((keys["schema"], schema), (keys["description"], description)):
        client.create_flow_run_input(run_id, name, json.dumps(value, ensure_ascii=False))
    failpoint("form shown")
    accepted = propose_state_sync(client, state, flow_run_id=run_id)
    failpoint("suspended")
    if not accepted.is_paused():
        raise Abort(f"Prefect did not suspend the run: it is {accepted.name}.")
    return Pause(state=accepted)


def run_part(flow: Flow[..., Any], flow_run: FlowRun) -> FlowRun:
    """Run a claimed flow run to its next wait, or to its end; returns it as it is then."""
    client = _warm_client()
    client.run = flow_run
    # Prefect would open a thread, an event loop and a websocket for each run of a deployment, to
    # hear of a Suspend; one look at all runs in hand does for the whole worker (`stop_soon`).
    part = flow_run.model_copy(update={"deployment_id": None})
    try:
        run_flow(flow, flow_run=part, return_type="state")
    except (Abort, Pause) as leave:
        logger.debug("Flow run %s waits, or was taken from us: %s", flow_run.name, leave)
    left, client.run = client.run, None
    return left


def stop_soon(run_id: str, kind: str, name: str) -> None:
    """Let a run of this process leave before its next step: somebody changed its state."""
    state: State[Any] = State(type=StateType(kind), name=name)
    mark_flow_run_suspension_requested(UUID(run_id), state)


def keep_connection() -> None:
    """Open this thread's connection to Prefect, once for all runs.

    Without Prefect's heartbeat, a thread for each run that is waited for at its end: the worker has
    a pulse of its own.
    """
    for context in (temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}), _WarmContext()):
        context.__enter__()
        _thread.__dict__.setdefault("contexts", []).append(context)  # forgotten, it would end


class LatestStates:
    """Tells Prefect's server of a task run's latest state, not of each on the way.

    A task run that begins and ends within `hold_seconds` is one event and not three: most of what a
    server does for a run is taking in such events. A step that takes longer is shown as Running.
    """

    def __init__(self, hold_seconds: float = 0.25) -> None:
        self._hold_seconds = hold_seconds
        self._held: dict[str, tuple[float, Event]] = {}
        self._lock = threading.Lock()

    def put(self, item: tuple[str, Event]) -> None:
        """Take an event from Prefect's engine, as its own queue between processes would."""
        event = item[1]
        if not event.resource.id.startswith(_TASK_RUN):
            _send(event)
            return
        with self._lock:
            since, earlier = self._held.pop(event.resource.id, (time.monotonic(), None))
            if earlier:
                event.follows = None  # what it follows is never told
            if event.resource.get("prefect.state-type") == "COMPLETED":
                _send(_brief(event))
            else:
                self._held[event.resource.id] = (since, event)

    def flush(self, *, everything: bool = False) -> None:
        """Tell of task runs that have been on the way for a while, or of all of them."""
        due = time.monotonic() - self._hold_seconds
        with self._lock:
            for task_run, (since, event) in list(self._held.items()):
                if everything or since < due:
                    _send(event)
                    del self._held[task_run]


def tell_latest_states() -> LatestStates:
    """From here on, this process tells Prefect's server of latest states only."""
    outlet = LatestStates()
    EventsWorker.set_client_override(ProcessPoolForwardingEventsClient, event_queue=outlet)
    return outlet


def _send(event: Event) -> None:
    EventsWorker.instance(PrefectEventsClient).send(event)


def _brief(event: Event) -> Event:
    """Without the deployment, the work pool and the tags, which stand in the flow run's events: the
    server writes a row for each of them.
    """
    event.related = [
        resource for resource in event.related if resource.id.startswith("prefect.flow-run.")
    ]
    return event


class WarmClient(SyncPrefectClient):
    """A thread's client, without the requests whose answers the worker has already."""

    run: FlowRun | None = None
    """The run in hand, as it was claimed and as it has changed since."""

    def read_flow_run(self, flow_run_id: UUID) -> FlowRun:
        """The run in hand is known; others are asked for."""
        if self.run and self.run.id == flow_run_id:
            return self.run
        return super().read_flow_run(flow_run_id)

    def set_flow_run_state(
        self, flow_run_id: UUID | str, state: State[Any], force: bool = False
    ) -> OrchestrationResult[Any]:
        """Remember what became of the run in hand."""
        answer = super().set_flow_run_state(flow_run_id, state, force=force)
        if self.run and self.run.id == flow_run_id and answer.state:
            self.run = _in_state(self.run, answer.state)
        return answer

    def update_flow_run(self, flow_run_id: UUID, *_: Any, **__: Any) -> httpx.Response:
        """Retries and version of the flow: ours have none that the run would not have."""
        return httpx.Response(204)

    def read_server_default_result_storage(self) -> ServerDefaultResultStorage:
        """Where results are kept: nowhere, the ledger has them."""
        return ServerDefaultResultStorage()


class _WarmContext(SyncClientContext):
    """Where Prefect finds the thread's client."""

    def __init__(self) -> None:
        client = WarmClient(PREFECT_API_URL.value(), auth_string=PREFECT_API_AUTH_STRING.value())
        ContextModel.__init__(self, client=client)


def _in_state(run: FlowRun, state: State[Any]) -> FlowRun:
    begins = state.is_running()
    changed = {"state": state, "state_name": state.name, "state_type": state.type}
    return run.model_copy(update={**changed, "run_count": run.run_count + begins})


def _warm_client() -> WarmClient:
    context = SyncClientContext.get()
    if context is None or not isinstance(context.client, WarmClient):
        raise RuntimeError("This thread has no connection to Prefect: call keep_connection first.")
    return context.client


def _this_run() -> UUID:
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        raise RuntimeError("Only a flow run can wait for a person.")
    return context.flow_run.id
