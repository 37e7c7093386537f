"""Runs that leave the worker because something is away, and come back, ever more rarely.

A deferred run is AwaitingRetry in Prefect, and holds no thread, no connection and no lock. When it
is due is said by the database, by its clock: at the shipment's `retry_at`; or, if it awaits a
service, once that is no longer out. Of those that await one, a single one comes back to probe it
(docs/decisions/0029). The dispatcher brings back what is due. No Prefect here.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, or_, tuple_, update
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.allocation import ShipmentId
from models.tables.outages import Outage, goes_on
from models.tables.shipments import Shipment
from services.execution.errors import Deferred

LONGEST_PAUSE = timedelta(minutes=5)
"""Between two attempts of an order that is deferred for a reason of its own."""

_DOUBLINGS = 20


class DueRun(NamedTuple):
    """A deferred run that is to come back, and the fence of the attempt that deferred it."""

    run_id: str
    order_number: int
    shipment: int
    fence: int

    @property
    def which(self) -> ShipmentId:
        """The shipment that it works on."""
        return self.order_number, self.shipment


def pause_after(failures: int, longest: timedelta) -> timedelta:
    """How long to leave alone what has failed so many times, at least once: twice as long each
    time, from PACKLINE_RETRY_SECONDS on.
    """
    seconds = settings().retry_seconds * 2 ** min(failures - 1, _DOUBLINGS)
    return min(timedelta(seconds=seconds), longest)


def defer(session: Session, shipment: Shipment, problem: Exception) -> None:
    """Note on a locked shipment that its run leaves, and when it comes back."""
    shipment.failed_attempts += 1
    if isinstance(problem, Deferred) and problem.awaits:
        shipment.awaits = problem.awaits
    else:
        pause = pause_after(shipment.failed_attempts, LONGEST_PAUSE)
        shipment.retry_at = this_instant(session) + pause


def note_progress(row: Any) -> None:
    """A step has happened for a locked shipment: pauses are short again."""
    if isinstance(row, Shipment):
        row.failed_attempts = 0


def come_back_now(session: Session, shipment: Shipment) -> None:
    """Let a deferred run come back at once, whatever it waits for."""
    shipment.awaits = None
    shipment.retry_at = this_instant(session)
    notify(session, ORDERS_CHANNEL)


def is_deferred(run_id: str) -> bool:
    """Whether the database says when this run comes back."""
    with transaction() as session:
        mine = select(Shipment.key).where(Shipment.run_id == run_id, _is_deferred())
        return session.exec(mine).first() is not None


def due_runs(session: Session, limit: int) -> list[DueRun]:
    """The deferred runs that are to come back now, and one probe for each service that is due."""
    due = or_(
        col(Shipment.retry_at) <= func.now(),
        col(Shipment.awaits).is_not(None) & ~_is_out(),
        col(Shipment.key).in_(_probes()),
    )
    found = session.execute(
        select(Shipment.run_id, Shipment.order_number, Shipment.number, Shipment.fence)
        .where(_is_deferred(), due, col(Shipment.run_id).is_not(None))
        .order_by(col(Shipment.order_number), col(Shipment.number))
        .limit(limit)
    )
    return [DueRun(*row) for row in found]


def note_came_back(session: Session, run: DueRun) -> None:
    """The run is scheduled again; unless it has begun already, and may have been deferred anew."""
    session.execute(
        update(Shipment)
        .where(tuple_(col(Shipment.order_number), col(Shipment.number)) == run.which)
        .where(col(Shipment.fence) == run.fence)
        .values(awaits=None, retry_at=None)
    )


def _is_deferred() -> ColumnElement[bool]:
    return or_(col(Shipment.awaits).is_not(None), col(Shipment.retry_at).is_not(None))


def _is_out() -> ColumnElement[bool]:
    """The service that the shipment awaits is away, or refuses us."""
    open_now = select(Outage.id).where(Outage.service == Shipment.awaits, is_open())
    return open_now.correlate(Shipment).exists()


def is_open() -> ColumnElement[bool]:
    """An outage during which a service is not asked."""
    closed_to_all = or_(col(Outage.refused), col(Outage.retry_at).is_not(None))
    return goes_on() & closed_to_all


def _probes() -> SelectOfScalar[str]:
    """For each service that may be probed now, the shipment that has tried least often."""
    may_be_probed = goes_on() & (col(Outage.retry_at) <= func.now())
    return (
        select(Shipment.key)
        .join(Outage, onclause=col(Outage.service) == Shipment.awaits)
        .where(may_be_probed)
        .distinct(col(Shipment.awaits))
        .order_by(
            col(Shipment.awaits),
            col(Shipment.failed_attempts),
            col(Shipment.order_number),
            col(Shipment.number),
        )
    )
