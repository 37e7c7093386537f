"""Leading and sweeping: one dispatcher looks, again and again, at what is due."""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from adapters.database.notifications import RUNS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.database.transient import is_transient
from adapters.prefect.api import DELETED, PrefectApi, PrefectRefused, RunState
from adapters.settings import settings
from deployments.dispatcher.cases import (
    PAGE,
    cases_of,
    open_shipments,
    page_of_open_shipments,
    runs_to_resume,
    superseded_runs,
)
from deployments.dispatcher.lead import campaign
from deployments.dispatcher.recovery import Recovery
from deployments.dispatcher.reminders import reminders
from deployments.dispatcher.starts import Starts
from domain.errors import PacklineError
from models.enums import SweepPart
from services.execution.deferrals import due_runs
from services.execution.one_by_one import OneByOne, alone, in_trouble, one_by_one
from services.stock_control.backorders import fill_backorders

_LOOK_BACK, _FIRST_LOOK_BACK = timedelta(minutes=5), timedelta(days=1)

_BACK_AT_ONCE = 50
"""So many deferred runs come back in one sweep."""

logger = logging.getLogger("packline.dispatcher")


def _nobody_else() -> None:
    """For a dispatcher that is the only one."""


class Dispatcher:
    """A round at a time; between rounds it only remembers how far it has looked.

    `still_leads` raises `StoodStill` when another dispatcher may have taken over. `failures` counts
    what the last round failed to do: the orders that it is written on, and parts of the round.
    """

    def __init__(self, prefect: PrefectApi, still_leads: Callable[[], None] = _nobody_else) -> None:
        self._prefect = prefect
        self._recovery = Recovery(prefect, still_leads)
        self._starts = Starts(prefect, still_leads)
        self._looked_at: datetime | None = None
        self._page_after = (0, 0)
        self._next_look = 0.0
        self.failures = 0

    def sweep(self) -> int:
        """Start, resume and mend what is due; returns how many runs were set going."""
        self.failures = 0
        self._part("Orders that wait for stock", self.fill_backorders)
        mended = self._part("Runs that were answered", self.resume_answered)
        mended += self._part("Runs that are due", self.bring_back_deferred)
        mended += self._part("Runs that do not go on", self._look_around)
        if mended:
            with transaction() as session:
                notify(session, RUNS_CHANNEL)
        started = self._part("Orders without a run", self.start_orders)
        if self.failures:
            logger.warning("This sweep failed %s times: see packline orders", self.failures)
        return mended + started

    def fill_backorders(self) -> int:
        """Let orders go on whose stock is there; their runs are resumed as answered ones are."""
        with self._orders(SweepPart.FILL) as orders:
            return len(fill_backorders(orders))

    def start_orders(self) -> int:
        """Give a run to orders that have none, oldest first, no more than workers take up soon."""
        orders = OneByOne(SweepPart.START)
        started = self._starts.start_orders(orders)
        self.failures += orders.failures
        return started

    def resume_answered(self) -> int:
        """Let runs go on that wait at a gate whose answer is stored, and that no worker took up."""
        with transaction() as session:
            waiting = runs_to_resume(session)
        with self._orders(SweepPart.RESUME) as orders:
            return self._treat(self._prefect.states(waiting), orders) if waiting else 0

    def bring_back_deferred(self) -> int:
        """Let runs come back that had left because something was away, as far as they are due.

        Not too many at once: others want to start. One that has not left yet does so soon.
        """
        with transaction() as session:
            due = due_runs(session, PAGE)
        states = self._prefect.states(run.run_id for run in due) if due else {}
        left = [run for run in due if states.get(run.run_id, DELETED).is_deferred]
        with self._orders(SweepPart.BRING_BACK) as orders:
            return sum(self._recovery.bring_back(run, orders) for run in left[:_BACK_AT_ONCE])

    def recover(self) -> int:
        """Look at the runs that are in work or ended badly, at those that are in trouble, and at a
        page of all the others.
        """
        now = self._prefect.now()
        since = self._looked_at or now - _FIRST_LOOK_BACK
        with transaction() as session:
            page = page_of_open_shipments(session, self._page_after)
            troubled = open_shipments(session, in_trouble(session, SweepPart.RECOVER))
            superseded = superseded_runs(session)
        self._page_after = page[-1].which if page else (0, 0)
        states = self._states_of_the_dead([entry.run_id for entry in (*page, *troubled)])
        states |= self._prefect.in_work() | self._prefect.ended_badly(since)
        for run in superseded:
            states.pop(run.run_id, None)
        with self._orders(SweepPart.RECOVER) as orders:
            moved = self._treat(states, orders)
            for run in superseded:
                self._recovery.end(run, orders)
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

    def _treat(self, states: dict[str, RunState], orders: OneByOne) -> int:
        now = self._prefect.now()
        with transaction() as session:
            cases = cases_of(session, states, now)
        return sum(self._recovery.treat(case, orders) for case in cases)

    @contextmanager
    def _orders(self, part: SweepPart) -> Iterator[OneByOne]:
        """The orders of a part, whose failures are counted."""
        with one_by_one(part) as orders:
            yield orders
        self.failures += orders.failures

    def _part(self, what: str, do: Callable[[], int]) -> int:
        """A part of the sweep. Should it fail as a whole, the other parts go on."""
        done = alone(what, do)
        self.failures += done is None
        return done or 0


def run_forever(stop: threading.Event) -> None:
    """Sweep until told to stop, and remind people of late tasks meanwhile.

    While Postgres or Prefect is away, wait for it.
    """
    prefect = PrefectApi()
    with reminders(stop):
        while not stop.is_set():
            try:
                _lead(prefect, stop)
            except Exception as away:
                if not (is_transient(away) or isinstance(away, PrefectRefused)):
                    raise
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


def _lead(prefect: PrefectApi, stop: threading.Event) -> None:
    """Work as long as this copy holds the lock; its session also hears who wakes it."""
    with campaign() as lead:
        dispatcher = Dispatcher(prefect, lead.check)
        while not stop.is_set():
            if lead.take():
                dispatcher.sweep()
            lead.wait()
