"""`packline worker`: one more worker, on this machine or on another one."""

import os
import signal
import sys
from typing import NoReturn

from adapters.prefect.api import PrefectApi, PrefectAway
from adapters.settings import settings
from deployments.stack.prefect_settings import client_settings

WORK_POOL = "packline"


def become_worker() -> NoReturn:
    """Become Prefect's worker, set as Packline's are, until Ctrl-C or SIGTERM.

    A script's `packline worker &` hands down that SIGINT is ignored, and Prefect turns SIGTERM into
    SIGINT: here both mean what they usually do. Raises `PrefectAway`.
    """
    environment = worker_environment()
    url = environment["PREFECT_API_URL"]
    if not PrefectApi(url).healthy():
        raise PrefectAway(url, "nobody is there")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    command = worker_command()
    os.execve(command[0], command, environment)


def worker_command(kind: str = "packline") -> list[str]:
    """Prefect's command for a worker of a type."""
    start = ["worker", "start", "--pool", WORK_POOL, "--type", kind]
    return [sys.executable, "-m", "prefect", *start]


def worker_environment() -> dict[str, str]:
    """What the environment says, and where it says nothing, what Packline's settings do."""
    given = client_settings() | {"PREFECT_API_URL": settings().prefect_api_url}
    if auth := settings().prefect_auth:
        given["PREFECT_API_AUTH_STRING"] = auth.get_secret_value()
    return given | os.environ
