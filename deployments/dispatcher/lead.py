"""Being the one dispatcher that works: an advisory lock of a session that ends when its process
stands still.

The session is heard of several times a minute as long as the process is alive. One that is frozen,
or whose machine is gone, is heard of no more: Postgres ends its session, and another dispatcher
leads. The one that wakes up finds that out before it does anything (docs/decisions/0027).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from adapters.database.locks import DISPATCHING
from adapters.database.notifications import ORDERS_CHANNEL
from adapters.database.sessions import connect
from adapters.settings import settings
from services.execution.one_by_one import StoodStill

_LEAD_SILENT_SECONDS = 10
"""So long beyond the pause between two sweeps a session is not heard of until it is ended."""

_LEAD_BEAT_SECONDS = 2


class Lead:
    """A dispatcher's session in Postgres, which has the lock or tries to get it."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def take(self) -> bool:
        """Whether this session holds the lock, or gets it now. Held once, it is not taken again."""
        row = self._connection.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %(key)s"
            " AND pid = pg_backend_pid()) OR pg_try_advisory_lock(%(key)s)",
            {"key": DISPATCHING},
        ).fetchone()
        return bool(row and row[0])

    def check(self) -> None:
        """The last thing to do before acting in Prefect. Raises `StoodStill`."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError as lost:
            raise StoodStill from lost

    def wait(self) -> None:
        """Until somebody wakes the dispatcher, or the next sweep is due."""
        for _ in self._connection.notifies(timeout=settings().sweep_seconds, stop_after=1):
            return


@contextmanager
def campaign() -> Iterator[Lead]:
    """A session that may lead, and is heard of while the block goes on."""
    with connect() as connection:
        seconds = settings().sweep_seconds + _LEAD_SILENT_SECONDS
        connection.execute(
            "SELECT set_config('idle_session_timeout', %s, false)", [f"{int(seconds * 1000)}ms"]
        )
        connection.execute(f"LISTEN {ORDERS_CHANNEL}".encode())
        lead, over = Lead(connection), threading.Event()
        beating = threading.Thread(target=_beat, args=[lead, over], name="lead", daemon=True)
        beating.start()
        try:
            yield lead
        finally:
            over.set()
            beating.join()


def _beat(lead: Lead, over: threading.Event) -> None:
    """Sweeps may take longer than a session may be silent."""
    while not over.wait(_LEAD_BEAT_SECONDS):
        with suppress(StoodStill):
            lead.check()
