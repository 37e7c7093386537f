"""What a measurement reads: CPU time, HTTP requests, bytes, and percentiles of what it timed."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil
import psycopg

from adapters.database.sessions import EMBEDDED_FOLDER
from deployments.stack.stack import Stack

_REQUEST = re.compile(r'"(?P<method>[A-Z]+) (?:/api)?/(?P<path>[^ ?"]*)[^"]* HTTP/[\d.]+" \d{3}')
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_NAMES = (
    (re.compile(r"^(deployments/name)/.+"), r"\1/{name}"),
    (re.compile(r"^(work_pools)/(?!filter)[^/]+"), r"\1/{name}"),
    (re.compile(r"(/input)/(?!filter)[^/]+$"), r"\1/{key}"),
)
_NOT_OURS = ("health", "ready")
_TABLE_BYTES = (
    "SELECT relname, pg_total_relation_size(oid) FROM pg_class"
    " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
)


class RequestLog:
    """The requests in a server's access log, from the moment that this is made."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._begin = log.stat().st_size

    def counted(self) -> Counter[str]:
        """How often each endpoint was asked since."""
        with self._log.open("rb") as file:
            file.seek(self._begin)
            lines = file.read().decode(errors="replace").splitlines()
        return count_requests(lines)


def count_requests(lines: Iterable[str]) -> Counter[str]:
    """Requests by endpoint, in uvicorn's access log; other lines and probes are passed over."""
    found = (_REQUEST.search(line) for line in lines)
    asked = ((match["method"], match["path"].strip("/")) for match in found if match)
    return Counter(f"{method} {endpoint(path)}" for method, path in asked if path not in _NOT_OURS)


def endpoint(path: str) -> str:
    """A path of Prefect's API without what differs from run to run: `flow_runs/{id}/set_state`."""
    path = _UUID.sub("{id}", path)
    for names, place in _NAMES:
        path = names.sub(place, path)
    return path


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]


def processes(stack: Stack) -> dict[str, int]:
    """The process ids of a stack's server, worker, dispatcher and Postgres."""
    postmaster = stack.folder / EMBEDDED_FOLDER / "postmaster.pid"
    services = {"server": "prefect-server", "worker": "worker", "dispatcher": "dispatcher"}
    running = {name: stack.services[service].process for name, service in services.items()}
    pids = {name: process.pid for name, process in running.items() if process}
    return pids | {"postgres": int(postmaster.read_text().split()[0])}


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its children, also of those that have ended."""
    family = [process.cpu_times() for process in _family(pid) if process.is_running()]
    return sum(sum(times[:4]) for times in family)


def resident_bytes(pid: int) -> int:
    """Memory of a process with its children."""
    return sum(process.memory_info().rss for process in _family(pid) if process.is_running())


def table_bytes(url: str) -> dict[str, int]:
    """The size of each table of a database, with its indexes and long values."""
    with psycopg.connect(url) as connection:
        return dict(connection.execute(_TABLE_BYTES).fetchall())


def _family(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]
