"""What Prefect's UI shows of a run."""

from prefect.client.orchestration import get_client
from prefect.runtime import flow_run


def name_run(name: str) -> None:
    """Name this run after what it works on, unless whoever started it did so already."""
    if flow_run.id and flow_run.name != name:
        get_client(sync_client=True).set_flow_run_name(flow_run.id, name)
