"""Leading and sweeping: one dispatcher looks, again and again, at what is due."""

import logging
import signal
import threading
import time
from datetime import timedelta

import psycopg
from sqlalchemy.exc import OperationalError

from adapters.database.locks import DISPATCHING
from adapters.database.notifications import ORDERS_CHANNEL, RUNS_CHANNEL, notify
from adapters.database.sessions import database_url, transaction
from adapters.prefect.api import DELETED, PrefectApi, PrefectRefused, RunState
from adapters.settings import settings
from deployments.dispatcher.cases import (
    PAGE,
    cases_of,
    page_of_open_shipments,
    runs_to_resume,
    superseded_runs,
)
from deployments.dispatcher.recovery import Recovery
from deployments.dispatcher.reminders import reminders
from deployments.dispatcher.starts import Starts
from domain.errors import PacklineError, Unavailable
from models.base import utc_now
from services.execution.deferrals import due_runs
from services.execution.one_by_one import alone
from services.stock_control.backorders import fill_backorders

_LOOK_BACK = timedelta(minutes=5)

_BACK_AT_ONCE = 50
"""So many deferred runs come back in one sweep."""

_AWAY = (Unavailable, PrefectRefused, OperationalError, psycopg.OperationalError)

logger = logging.getLogger("packline.dispatcher")


class Dispatcher:
    """A round at a time; between rounds it only remembers how far it has looked."""

    def __init__(self, prefect: PrefectApi) -> None:
        self._prefect = prefect
        self._recovery = Recovery(prefect)
        self._starts = Starts(prefect)
        self._looked_at = utc_now() - timedelta(days=1)
        self._page_after = (0, 0)
        self._next_look = 0.0

    def sweep(self) -> int:
        """Start, resume and mend what is due; returns how many runs were set going."""
        alone("Orders that wait for stock", _fill)
        mended = self.resume_answered() + self.bring_back_deferred() + self._look_around()
        if mended:
            with transaction() as session:
                notify(session, RUNS_CHANNEL)
        return mended + self.start_orders()

    def start_orders(self) -> int:
        """Give a run to orders that have none, oldest first, no more than workers take up soon."""
        return self._starts.start_orders()

    def resume_answered(self) -> int:
        """Let runs go on that wait at a gate whose answer is stored, and that no worker took up."""
        with transaction() as session:
            waiting = runs_to_resume(session)
        return self._treat(self._prefect.states(waiting)) if waiting else 0

    def bring_back_deferred(self) -> int:
        """Let runs come back that had left because something was away, as far as they are due.

        Not too many at once: others want to start. One that has not left yet does so soon.
        """
        with transaction() as session:
            due = due_runs(session, PAGE)
        states = self._prefect.states(run.run_id for run in due) if due else {}
        left = [run for run in due if states.get(run.run_id, DELETED).is_deferred]
        return sum(self._recovery.bring_back(run) for run in left[:_BACK_AT_ONCE])

    def recover(self) -> int:
        """Look at the runs that are in work or ended badly, and at a page of all the others."""
        now = utc_now()
        with transaction() as session:
            page = page_of_open_shipments(session, self._page_after)
            superseded = superseded_runs(session)
        self._page_after = page[-1].which if page else (0, 0)
        states = self._states_of_the_dead([entry.run_id for entry in page])
        states |= self._prefect.in_work() | self._prefect.ended_badly(self._looked_at)
        moved = self._treat({run: states[run] for run in states if run not in superseded})
        for run_id in superseded:
            self._recovery.end(run_id)
        self._looked_at = now - _LOOK_BACK
        return moved

    def _states_of_the_dead(self, run_ids: list[str]) -> dict[str, RunState]:
        """Nothing, mostly: thousands of orders wait for people, and their runs are well."""
        if not run_ids or self._prefect.all_live(run_ids):
            return {}
        return dict.fromkeys(run_ids, DELETED) | self._prefect.states(run_ids)

    def _look_around(self) -> int:
        """Mend, once per round of the clock: notifications come far more often than crashes."""
        if time.monotonic() < self._next_look:
            return 0
        self._next_look = time.monotonic() + settings().sweep_seconds * 0.9
        return self.recover()

    def _treat(self, states: dict[str, RunState]) -> int:
        with transaction() as session:
            cases = cases_of(session, states)
        return sum(self._recovery.treat(case) for case in cases)


def _fill() -> bool:
    return bool(fill_backorders())


def run_forever(stop: threading.Event) -> None:
    """Sweep until told to stop, and remind people of late tasks meanwhile.

    While Postgres or Prefect is away, wait for it.
    """
    prefect = PrefectApi()
    with reminders(stop):
        while not stop.is_set():
            try:
                _lead(Dispatcher(prefect), stop)
            except _AWAY as away:
                logger.warning("%s", away)
                stop.wait(settings().sweep_seconds)
    prefect.close()


def main() -> None:
    """Run the dispatcher until SIGTERM or Ctrl-C."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    try:
        run_forever(stop)
    except PacklineError as problem:
        raise SystemExit(str(problem)) from None


def _lead(dispatcher: Dispatcher, stop: threading.Event) -> None:
    """Work as long as this copy holds the lock; its connection also hears the notifications."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(ORDERS_CHANNEL))
        )
        while not stop.is_set():
            if _leads(connection):
                dispatcher.sweep()
            _wait(connection, stop)


def _leads(connection: psycopg.Connection) -> bool:
    """Whether this session holds the lock, or gets it now. Held once, it is not taken again."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %(key)s"
        " AND pid = pg_backend_pid()) OR pg_try_advisory_lock(%(key)s)",
        {"key": DISPATCHING},
    ).fetchone()
    return bool(row and row[0])


def _wait(connection: psycopg.Connection, stop: threading.Event) -> None:
    """Until something was notified, or the next sweep is due."""
    for _ in connection.notifies(timeout=settings().sweep_seconds, stop_after=1):
        if stop.is_set():
            return
