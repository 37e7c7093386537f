"""A whole stack for the session: Prefect's server, a worker, the dispatcher, Postgres, SMTP.

A part that dies is started again, as `packline up` does it; tests may kill what they like.
"""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from adapters import failpoints
from adapters.database import embedded
from adapters.database import sessions as db
from adapters.database.sessions import transaction
from adapters.prefect.api import PrefectApi, RunState
from deployments.stack.stack import Stack
from tests.databases import using
from tests.factories import make_product, make_tariffs
from tests.mailserver import MailServer

PATIENCE_SECONDS = 120


class LiveStack:
    """What tests do with the stack."""

    def __init__(self, stack: Stack, mail_server: MailServer, said: list[str]) -> None:
        self.stack = stack
        self.mail_server = mail_server
        self.said = said

    @property
    def prefect(self) -> PrefectApi:
        return self.stack.prefect

    def ask(self, path: str, body: object = None) -> Any:
        """One request to Prefect's API, as its UI makes them."""
        method = "GET" if body is None else "POST"
        return self.prefect._ask(method, path, body, may_be={409}).json()

    def until(
        self, wanted: Callable[[], Any], what: str = "it", patience: float = PATIENCE_SECONDS
    ) -> Any:
        """Wait for something; fail with what is in the logs if it does not come."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if found := wanted():
                return found
            time.sleep(0.1)
        pytest.fail(f"waited in vain for {what}; the logs say: {self.logs()}")

    def until_state(self, run_id: str, kind: str) -> RunState:
        self.until(lambda: self.prefect.state(run_id).kind == kind, f"{kind} of {run_id}")
        return self.prefect.state(run_id)

    def task_runs(self, run_id: str) -> list[str]:
        """The names of a run's task runs, in the order of their start."""
        body = {"flow_runs": {"id": {"any_": [run_id]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return [run["name"] for run in self.ask("task_runs/filter", body)]

    def retry(self, run_id: str) -> None:
        """Press Retry, as Prefect's UI does it."""
        self.set_state(run_id, "SCHEDULED", "AwaitingRetry")

    def set_state(self, run_id: str, kind: str, name: str, *, force: bool = True) -> Any:
        """Change a run's state, as Prefect's UI does it."""
        body = {"state": {"type": kind, "name": name}, "force": force}
        return self.prefect._ask("POST", f"flow_runs/{run_id}/set_state", body, may_be={404}).json()

    def delete(self, run_id: str) -> None:
        """Delete a run, as Prefect's UI does it."""
        self.prefect._ask("DELETE", f"flow_runs/{run_id}", may_be={404})

    def logs(self) -> str:
        """The ends of what worker and dispatcher wrote."""
        files = sorted((self.stack.folder / "logs").glob("[wd]*.log"))
        return "\n".join(f"{file.name}: {file.read_text()[-3000:]}" for file in files)

    def processes(self, command: str) -> list[psutil.Process]:
        """The stack's processes whose command line has these words."""
        found = []
        for process in psutil.process_iter(["cmdline", "environ"]):
            line = " ".join(process.info["cmdline"] or [])
            home = (process.info["environ"] or {}).get("PREFECT_HOME", "")
            if command in line and home.startswith(str(self.stack.folder)):
                found.append(process)
        return found

    def kill(self, command: str, how: int = signal.SIGKILL) -> list[psutil.Process]:
        """Send a signal to processes of the stack, by default `kill -9`."""
        hit = self.processes(command)
        for process in hit:
            process.send_signal(how)
        return hit

    def arm(self, place: str, action: str = "kill") -> Path:
        """Let the process that reaches a place die there, or stop; returns what vanishes then."""
        armed = self.failpoints / failpoints.file_name(place)
        armed.write_text(action)
        return armed

    @property
    def failpoints(self) -> Path:
        return Path(self.stack.environment[failpoints.FOLDER])

    def disarm(self) -> None:
        for armed in self.failpoints.iterdir():
            armed.unlink()

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Start again what dies, meanwhile. What a thread has started ends with the thread, so this
        one lives as long as the stack.
        """
        enough = threading.Event()

        def keep() -> None:
            while not enough.wait(0.2):
                self.stack.recover()

        keeper = threading.Thread(target=keep, daemon=True)
        keeper.start()
        try:
            yield
        finally:
            enough.set()
            keeper.join()


@pytest.fixture(scope="session")
def _stack() -> Iterator[LiveStack]:
    mail_server = MailServer()
    mail_server.start()
    said: list[str] = []
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="packline-e2e-") as folder:
        os.environ.pop("PACKLINE_DATABASE_URL", None)
        os.environ |= {
            failpoints.FOLDER: str(_failpoints_in(folder)),
            "PACKLINE_DATA_FOLDER": folder,
            "PACKLINE_SMTP_HOST": "127.0.0.1",
            "PACKLINE_SMTP_PORT": str(mail_server.port),
            "PACKLINE_SMTP_TIMEOUT_SECONDS": "3",
            "PACKLINE_CARRIER_TIMEOUT_SECONDS": "3",
            "PACKLINE_SWEEP_SECONDS": "0.5",
            "PACKLINE_RETRIES": "1",
            "PACKLINE_RETRY_SECONDS": "0.2",
            "PACKLINE_AGAIN_SECONDS": "1",
            "PACKLINE_LOST_AFTER_SECONDS": "4",
            "PACKLINE_IDLE_TRANSACTION_SECONDS": "5",
        }
        db.forget()
        with Stack(said.append, any_ports=True) as stack:
            with transaction() as session:
                make_tariffs(session)
                make_product(session, "MUG", stock=100_000)
            os.environ.clear()
            os.environ |= before
            db.forget()
            live = LiveStack(stack, mail_server, said)
            with live.kept_alive():
                yield live
        embedded.stop_leftover(stack.folder / db.EMBEDDED_FOLDER)  # before its folder is gone
    mail_server.stop()


@pytest.fixture
def live(_stack: LiveStack) -> Iterator[LiveStack]:
    """The stack, with its database as the current one, and a mail server that takes everything."""
    _stack.mail_server.reset()
    _stack.disarm()
    with using(_stack.stack.environment["PACKLINE_DATABASE_URL"]):
        yield _stack


def _failpoints_in(folder: str) -> Path:
    failpoints_folder = Path(folder) / "failpoints"
    failpoints_folder.mkdir()
    return failpoints_folder
