"""How an attempt of a flow run begins and ends in Prefect."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.exceptions import Abort
from prefect.runtime import flow_run
from prefect.states import AwaitingRetry
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.transient import is_transient
from adapters.prefect.api import prefect_now
from adapters.settings import settings
from domain.errors import PacklineError
from services.execution.deferrals import is_deferred
from services.execution.errors import Superseded

Given = ParamSpec("Given")
_AT_THE_LATEST = timedelta(hours=1)
"""A deferred run comes back by itself after this, should no dispatcher look."""

Process = Callable[Given, State[None]]


def goes_on_by_itself(process: Process[Given]) -> Process[Given]:
    """Let a run that met somebody who is away try again later, without a person.

    It holds no thread meanwhile. The dispatcher brings it back when the database says so; where
    nothing could be noted there, or nothing is kept, Prefect does after a while. Any other error
    fails the run, and it waits for Retry. An attempt whose order was taken over leaves, and leaves
    the run as it is: it may be another attempt's.
    """

    @wraps(process)
    def attempt(*args: Given.args, **kwargs: Given.kwargs) -> State[None]:
        try:
            return process(*args, **kwargs)
        except Superseded as superseded:
            raise Abort(str(superseded)) from superseded
        except Exception as problem:
            if not is_transient(problem):
                raise
            later = prefect_now() + _pause()
            return AwaitingRetry(scheduled_time=later, message=str(problem))

    return attempt


def _pause() -> timedelta:
    """How long Prefect leaves this run alone, unless somebody brings it back."""
    try:
        deferred = is_deferred(flow_run.id or "")
    except (SQLAlchemyError, PacklineError):
        deferred = False
    return _AT_THE_LATEST if deferred else timedelta(seconds=settings().again_seconds)


def name_run(name: str) -> None:
    """Name this run after what it works on, unless whoever started it did so already."""
    if flow_run.id and flow_run.name != name:
        get_client(sync_client=True).set_flow_run_name(flow_run.id, name)
