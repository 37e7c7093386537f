"""The whole stack on one machine: Postgres, Prefect's server, a worker, the dispatcher, and a mail
catcher where no mail server is set.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from sqlalchemy.engine import make_url

from adapters.database import embedded as postgres
from adapters.database.schema import migrate
from adapters.database.sessions import (
    EMBEDDED_FOLDER,
    create_database,
    database_url,
    engine,
    sibling_url,
)
from adapters.prefect.api import PrefectApi
from adapters.settings import settings
from deployments.stack.one_worker import WORK_POOL, worker_command
from deployments.stack.ports import HOST, free_port
from deployments.stack.prefect_settings import client_settings, server_settings
from deployments.stack.supervisor import PROJECT, Service, Supervisor
from domain.errors import PacklineError
from services.accounts.users import first_admin, first_admin_told

PREFECT_PORT = 4200
MAIL_PORT = 2525
_SERVER_SECONDS = 180
_DEPLOY_SECONDS = 120
_POLL_SECONDS = 0.2

Say = Callable[[str], None]


class StackDoesNotStart(PacklineError):
    """A part of the stack does not come up."""

    message = "{part} does not start: the reason is at the end of {log}."

    def __init__(self, part: str, log: Path) -> None:
        super().__init__(part=part, log=str(log))


class Stack:
    """Everything that Packline needs, as processes of this one. Use it as a context manager.

    `worker_type` is that of the worker and its pool; another than `packline` is for comparing.
    `any_ports` keeps away from the usual ports, where another stack may be about to start.
    """

    def __init__(self, say: Say, *, worker_type: str = "packline", any_ports: bool = False) -> None:
        self._say = say
        self._worker_type = worker_type
        self._supervisor = Supervisor()
        self.services: dict[str, Service] = {}
        self.folder = settings().data_folder.expanduser().resolve()
        self._mail_port = free_port(0 if any_ports else MAIL_PORT)
        self.prefect_url = f"http://{HOST}:{free_port(0 if any_ports else PREFECT_PORT)}"
        self.console_bind = self._console_bind(any_ports)
        embedded = settings().database_url is None
        self._own_postgres = self.folder / EMBEDDED_FOLDER if embedded else None
        self.mail_folder = self.folder / "mail"
        self.catches_mail = settings().smtp_host is None
        self.environment = self._environment()
        self.prefect = PrefectApi(self.environment["PACKLINE_PREFECT_API_URL"])

    def __enter__(self) -> "Stack":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def recover(self) -> None:
        """Start again what has died, and say so."""
        if self._own_postgres and not postgres.is_running(self._own_postgres):
            postgres.start_embedded(self._own_postgres)
            self._say(f"Postgres ended and was started again; its log is in {self._own_postgres}")
        for line in self._supervisor.recover():
            self._say(line)

    def add_worker(self, name: str = "worker") -> None:
        """Start one more worker; its log has that name."""
        self._run(name, worker_command(self._worker_type))

    def add_dispatcher(self, name: str = "dispatcher") -> None:
        """Start one more dispatcher; it stands by while another one works."""
        self._run(name, _module("dispatcher"))

    def add_console(self, name: str = "console") -> None:
        """Start a console; where nobody can sign in yet, say how the first one does."""
        if password := first_admin():
            self._say(first_admin_told(password))
        self._run(name, [sys.executable, "-m", "console", "console"])
        self._wait_for(lambda: _answers(f"{self.console_here}/healthz"), "The console", name)

    def stop(self) -> None:
        """Stop every process. Postgres stops when this process ends."""
        self._supervisor.stop()
        self.prefect.close()

    def _start(self) -> None:
        if self._own_postgres and postgres.running_as_root():
            self._say(
                "You are root: Postgres runs as the system user `embedded_postgres`, and every"
                f" folder above {self.folder} becomes readable for others."
            )
        create_database(database_url())
        create_database(self.prefect_database)
        migrate(engine())
        self._run("prefect-server", _prefect("server", "start", *self._server_address()))
        if self.catches_mail:
            port = self.environment["PACKLINE_SMTP_PORT"]
            self._run("mail-catcher", _module("stack.mail_catcher", port, str(self.mail_folder)))
        self._wait_for_prefect()
        self.add_worker()
        self._deploy()
        self.add_dispatcher()

    def _environment(self) -> dict[str, str]:
        """What the processes are told: where things are, and how Prefect is set."""
        given = {**client_settings(), **server_settings(), **os.environ} | {
            "PACKLINE_DATABASE_URL": database_url(),
            "PACKLINE_PREFECT_API_URL": f"{self.prefect_url}/api",
            "PREFECT_API_URL": f"{self.prefect_url}/api",
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": _async_url(self.prefect_database),
            "PACKLINE_TIME_ZONE": settings().time_zone,
            "PACKLINE_CONSOLE_BIND": self.console_bind,
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self.prefect_url,
        }
        if auth := settings().prefect_auth:
            given["PREFECT_SERVER_API_AUTH_STRING"] = auth.get_secret_value()
            given["PREFECT_API_AUTH_STRING"] = auth.get_secret_value()
        if self.catches_mail:
            for name in ("USERNAME", "PASSWORD", "TLS", "CA"):  # the catcher has none of these
                given.pop(f"PACKLINE_SMTP_{name}", None)
            given["PACKLINE_SMTP_HOST"] = HOST
            given["PACKLINE_SMTP_PORT"] = str(self._mail_port)
        return given

    def _console_bind(self, any_ports: bool) -> str:
        host, _, port = settings().console_bind.rpartition(":")
        return f"{host}:{free_port(0 if any_ports else int(port))}"

    @property
    def console_url(self) -> str:
        """Where people find the console."""
        return settings().console_url or self.console_here

    @property
    def console_here(self) -> str:
        """Where this machine finds it."""
        scheme = "https" if settings().console_tls_cert else "http"
        host, _, port = self.console_bind.rpartition(":")
        anywhere = host in ("0.0.0.0", "[::]")
        return f"{scheme}://{HOST if anywhere else host}:{port}"

    @property
    def prefect_database(self) -> str:
        """Prefect's own database, beside ours: two shops on one server do not share it."""
        return sibling_url(database_url(), f"{make_url(database_url()).database}_prefect")

    def _server_address(self) -> list[str]:
        host, _, port = self.prefect_url.removeprefix("http://").partition(":")
        return ["--host", host, "--port", port]

    def _run(self, name: str, command: list[str]) -> None:
        service = Service(name, command, self.environment, self._log(name))
        self.services[name] = service
        self._supervisor.start(service)

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name}.log"

    def _wait_for(self, there: Callable[[], bool], part: str, log: str) -> None:
        deadline = time.monotonic() + _SERVER_SECONDS
        while not there():
            if time.monotonic() > deadline or self._supervisor.recover():
                raise StackDoesNotStart(part, self._log(log))
            time.sleep(_POLL_SECONDS)

    def _wait_for_prefect(self) -> None:
        self._wait_for(self.prefect.healthy, "Prefect's server", "prefect-server")
        self.prefect.ensure_work_pool(WORK_POOL, self._worker_type)

    def _deploy(self) -> None:
        """Tell Prefect what there is to run, as prefect.yaml says."""
        log = self._log("deploy")
        with log.open("ab") as output:
            done = subprocess.run(
                _prefect("--no-prompt", "deploy", "--all"),
                env=self.environment,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_DEPLOY_SECONDS,
                check=False,
            )
        if done.returncode:
            raise StackDoesNotStart("The deployment", log)


def _prefect(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "prefect", *arguments]


def _answers(address: str) -> bool:
    """Whether somebody answers there; whose certificate it is does not matter for that."""
    try:
        return httpx.get(address, verify=False, timeout=1).is_success
    except httpx.HTTPError:
        return False


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", f"deployments.{name}", *arguments]


def _async_url(url: str) -> str:
    """The same address for Prefect, whose driver calls `sslmode` by another name."""
    address = make_url(url).set(drivername="postgresql+asyncpg")
    if mode := address.query.get("sslmode"):
        address = address.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
    return address.render_as_string(hide_password=False)
