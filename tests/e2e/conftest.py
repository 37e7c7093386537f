"""A whole stack for the session: Prefect's server, a worker, the dispatcher, Postgres, SMTP."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import database as db
from adapters.database import transaction
from adapters.prefect_api import PrefectApi, RunState
from deployments.stack import Stack
from tests.conftest import using
from tests.factories import make_product, make_tariffs
from tests.mailserver import MailServer

PATIENCE_SECONDS = 90


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

    def until(self, wanted: Callable[[], Any], what: str = "it") -> Any:
        """Wait for something; fail with what is in the logs if it does not come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := wanted():
                return found
            time.sleep(0.1)
        logs = Path(self.stack.folder / "logs" / "worker.log").read_text()[-3000:]
        pytest.fail(f"waited in vain for {what}; the worker says: {logs}")

    def until_state(self, run_id: str, kind: str) -> RunState:
        self.until(lambda: self.prefect.state(run_id).kind == kind, f"{kind} of {run_id}")
        return self.prefect.state(run_id)

    def task_runs(self, run_id: str) -> list[str]:
        """The names of a run's task runs, in the order of their start."""
        body = {"flow_runs": {"id": {"any_": [run_id]}}, "sort": "EXPECTED_START_TIME_ASC"}
        return [run["name"] for run in self.ask("task_runs/filter", body)]

    def retry(self, run_id: str) -> None:
        """Press Retry, as Prefect's UI does it."""
        state = {"type": "SCHEDULED", "name": "AwaitingRetry"}
        self.ask(f"flow_runs/{run_id}/set_state", {"state": state, "force": True})


@pytest.fixture(scope="session")
def _stack() -> Iterator[LiveStack]:
    mail_server = MailServer()
    mail_server.start()
    said: list[str] = []
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="packline-e2e-") as folder:
        os.environ.pop("PACKLINE_DATABASE_URL", None)
        os.environ |= {
            "PACKLINE_DATA_FOLDER": folder,
            "PACKLINE_SMTP_HOST": "127.0.0.1",
            "PACKLINE_SMTP_PORT": str(mail_server.port),
            "PACKLINE_RETRIES": "1",
            "PACKLINE_RETRY_SECONDS": "0.2",
            "PACKLINE_AGAIN_SECONDS": "1",
            "PACKLINE_LOST_AFTER_SECONDS": "6",
        }
        db.forget()
        with Stack(said.append) as stack:
            with transaction() as session:
                make_tariffs(session)
                make_product(session, "MUG", stock=1000)
            os.environ.clear()
            os.environ |= before
            db.forget()
            yield LiveStack(stack, mail_server, said)
    mail_server.stop()


@pytest.fixture
def live(_stack: LiveStack) -> Iterator[LiveStack]:
    """The stack, with its database as the current one, and a mail server that takes everything."""
    _stack.mail_server.answer = None
    _stack.mail_server.mails.clear()
    with using(_stack.stack.environment["PACKLINE_DATABASE_URL"]):
        yield _stack
