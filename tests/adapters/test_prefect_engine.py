"""What Packline takes from Prefect's inside. When one of these fails after Prefect was updated,
look at that place in Prefect's source and mend adapters/prefect/engine.py or
deployments/worker/worker.py.
"""

import inspect
import re
import threading
from types import SimpleNamespace
from uuid import uuid4

import pytest
from prefect import _flow_run_suspension, flow_engine, flow_runs
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.responses import OrchestrationResult, SetStateStatus
from prefect.context import SyncClientContext
from prefect.events import Event, utilities
from prefect.events.worker import EventsWorker
from prefect.input.run_input import keyset_from_paused_state
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    temporary_settings,
)
from prefect.settings.context import get_current_settings
from prefect.states import Running, Suspended
from prefect.utilities.engine import propose_state_sync
from prefect.workers.base import BaseWorker

from adapters.prefect.engine import LatestStates, WarmClient, keep_connection
from tests.conftest import PROJECT

SIGNATURES = {
    flow_engine.run_flow: {"flow", "flow_run", "return_type"},
    propose_state_sync: {"client", "state", "flow_run_id"},
    _flow_run_suspension.mark_flow_run_suspension_requested: {"flow_run_id", "state"},
    SyncPrefectClient.read_flow_run: {"flow_run_id"},
    SyncPrefectClient.set_flow_run_state: {"flow_run_id", "state", "force"},
    SyncPrefectClient.create_flow_run_input: {"flow_run_id", "key", "value"},
    SyncPrefectClient.filter_flow_run_input: {"flow_run_id", "key_prefix", "limit", "exclude_keys"},
    SyncPrefectClient.update_flow_run: {"flow_run_id", "flow_version", "empirical_policy"},
    SyncPrefectClient.read_server_default_result_storage: set(),
    EventsWorker.set_client_override: {"client_type"},
}


@pytest.mark.parametrize("function", SIGNATURES, ids=lambda function: function.__qualname__)
def test_prefect_still_has_this_function_with_these_parameters(function):
    assert SIGNATURES[function] <= set(inspect.signature(function).parameters)


@pytest.mark.parametrize(
    ("words", "where"),
    [
        # the engine reads the run through the client before the flow begins
        ("self.flow_run = client.read_flow_run(", flow_engine.FlowRunEngine.setup_run_context),
        # ... opens an observer only for runs that have a deployment
        (
            "if self.flow_run.deployment_id:",
            flow_engine.BaseFlowRunEngine.setup_flow_run_suspension_request,
        ),
        # ... leaves the state alone when it is told to leave
        ("except (Abort, Pause) as exc:", flow_engine.FlowRunEngine.initialize_run),
        # ... and gives heartbeats unless the setting is empty
        ("if heartbeat_seconds is None:", flow_engine._send_heartbeats),
        # a run is asked before each task whether it shall leave
        ("raise_if_flow_run_suspension_requested()", flow_engine.FlowRunEngine.handle_success),
        # Prefect itself suspends first and stores the form after; Packline the other way round
        ("wait_for_input.save(run_input_keyset)", flow_runs.suspend_flow_run.__wrapped__),
        # events go through a queue between processes if there is one
        ("ProcessPoolForwardingEventsClient,", utilities.emit_event),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_prefect_still_does_this(words, where):
    assert words in inspect.getsource(where)


def test_a_worker_still_has_what_ours_uses():
    source = inspect.getsource(BaseWorker)
    for name in (
        "_work_pool_name",
        "_work_queues",
        "_limit",
        "_runs_task_group",
        "_last_polled_time",
    ):
        assert f"self.{name}" in source, name
    assert inspect.iscoroutinefunction(BaseWorker.get_and_submit_flow_runs)


def test_the_keys_of_a_form_are_still_made_of_the_pauses_key():
    assert keyset_from_paused_state(Suspended(pause_key="picking-1")) == {
        "description": "suspended-picking-1-description",
        "response": "suspended-picking-1-response",
        "schema": "suspended-picking-1-schema",
    }


@pytest.fixture
def client(monkeypatch):
    """A thread's client whose server says yes to everything, and counts what it is asked."""
    client = WarmClient("http://127.0.0.1:1/api")
    client.asked = []

    def accept(self, flow_run_id, state, force=False):
        client.asked.append(state.name)
        return OrchestrationResult(state=state, status=SetStateStatus.ACCEPT, details={})

    monkeypatch.setattr(SyncPrefectClient, "set_flow_run_state", accept)
    return client


def test_the_run_in_hand_is_known_without_asking(client):
    client.run = FlowRun(id=uuid4(), flow_id=uuid4(), name="order 1001", run_count=1)
    client.set_flow_run_state(client.run.id, Running())
    known = client.read_flow_run(client.run.id)
    assert (known.state_name, known.run_count, client.asked) == ("Running", 2, ["Running"])
    client.update_flow_run(client.run.id, flow_version="1")
    assert client.read_server_default_result_storage().default_result_storage_block_id is None
    assert client.asked == ["Running"]


def test_a_thread_keeps_its_connection_and_has_no_heartbeat():
    seen = []
    nowhere = {
        PREFECT_API_URL: "http://127.0.0.1:1/api",
        PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False,
    }

    def look():
        with temporary_settings(nowhere):
            keep_connection()
            seen.append(SyncClientContext.get().client)
            seen.append(get_current_settings().flows.heartbeat_frequency)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert isinstance(seen[0], WarmClient)
    assert seen[1] is None


@pytest.fixture
def sent(monkeypatch):
    events = []
    monkeypatch.setattr(EventsWorker, "instance", lambda _kind: SimpleNamespace(send=events.append))
    return events


def state_of(task_run, name, **given):
    return "event", Event(
        event=f"prefect.task-run.{name.title()}",
        resource={
            "prefect.resource.id": f"prefect.task-run.{task_run}",
            "prefect.state-type": name,
        },
        related=[
            {"prefect.resource.id": f"prefect.{kind}.1", "prefect.resource.role": kind}
            for kind in ("flow-run", "deployment", "tag")
        ],
        **given,
    )


def test_a_short_task_run_is_told_once_by_its_end(sent):
    states = LatestStates(hold_seconds=60)
    for name in ("PENDING", "RUNNING", "COMPLETED"):
        states.put(state_of("a", name, follows=uuid4()))
    states.flush()
    (event,) = sent
    assert event.event == "prefect.task-run.Completed"
    assert event.follows is None  # or the server would wait for what was never sent
    assert [resource.id for resource in event.related] == ["prefect.flow-run.1"]


def test_a_long_task_run_is_shown_as_running_meanwhile(sent):
    states = LatestStates(hold_seconds=0)
    states.put(state_of("a", "PENDING"))
    states.put(state_of("a", "RUNNING"))
    states.flush()
    assert [event.event for event in sent] == ["prefect.task-run.Running"]
    assert len(sent[0].related) == 3
    states.put(state_of("a", "COMPLETED"))
    assert len(sent) == 2


def test_nothing_is_held_back_when_the_worker_stops(sent):
    states = LatestStates(hold_seconds=60)
    states.put(state_of("a", "RUNNING"))
    states.put(state_of("b", "RUNNING"))
    states.flush(everything=True)
    assert len(sent) == 2


def test_other_events_pass_at_once(sent):
    event = Event(event="x", resource={"prefect.resource.id": "prefect.flow-run.1"})
    LatestStates(hold_seconds=60).put(("event", event))
    assert sent == [event]


def test_nothing_else_reaches_into_prefect():
    inside = re.compile(r"from prefect\.(_\w+|flow_engine|task_engine|events\.worker)")
    for folder in (
        "adapters",
        "benchmarks",
        "services",
        "tasks",
        "flows",
        "deployments",
        "console",
        "models",
        "domain",
    ):
        for file in (PROJECT / folder).rglob("*.py"):
            if file != PROJECT / "adapters" / "prefect" / "engine.py":
                assert not inside.search(file.read_text()), file
