"""Which services outside are out, known to all processes: what the circuit breaker keeps.

The first failures that may be a matter of one order (`for_all` is not set) are only counted.
"""

import logging
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import literal_column, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.messages import Message
from models.tables.outages import Outage, goes_on
from services.alarms.failures import ServiceFailure
from services.execution.deferrals import is_open, pause_after
from services.execution.errors import Deferred

LONGEST_PAUSE = timedelta(seconds=30)
"""Between two probes: when the service is back, all goes out within a minute."""

_ENOUGH_FAILURES = 3
"""So many in a row, each of which may be a matter of one order, are a matter of the service."""

logger = logging.getLogger("packline.alarms")


class Entry(NamedTuple):
    """How somebody came to ask a service. `suspected`: it has failed before; `probes`: it is out,
    and nobody else asks it now.
    """

    suspected: bool = False
    probes: bool = False


def enter(service: str) -> Entry:
    """Whether the service may be asked now. Raises `Deferred` while it is out, at once."""
    with transaction() as session:
        outage = open_outage(session, service)
        if outage is None:
            return Entry()
        if not outage.is_open:
            return Entry(suspected=True)
        if _may_probe(session, service):
            return Entry(suspected=True, probes=True)
    raise Deferred(Message.from_data(outage.problem), awaits=service)


def note_failure(service: str, failure: ServiceFailure, entry: Entry) -> bool:
    """Note that a service did not do its part; returns whether it is out, as far as is known.

    Whoever asked it before it was known to be out has nothing to add.
    """
    with transaction() as session:
        outage = _locked_outage(session, service, failure)
        if not outage.refused and (entry.probes or not outage.retry_at):
            outage.failures += 1
            outage.problem = failure.says.as_data()
            if failure.for_all or entry.probes or outage.failures >= _ENOUGH_FAILURES:
                pause = pause_after(outage.failures, LONGEST_PAUSE)
                outage.retry_at = this_instant(session) + pause
        return outage.is_open


def note_refusal(service: str, failure: ServiceFailure) -> None:
    """Raise an alarm: nobody asks the service again before a person has mended why.

    An alarm that it was away, or was to be mended, is over: this is another one.
    """
    with transaction() as session:
        _end(session, service)
        outage = _locked_outage(session, service, failure)
        if not outage.refused:
            outage.failures += 1
            outage.retry_at, outage.refused = None, True
            outage.raised_at = this_instant(session)
            logger.error("Alarm: %s: %s", service, failure.says)


def note_answer(service: str) -> None:
    """A service that had failed does its part again: it is not out, and its alarm is over."""
    with transaction() as session:
        if _end(session, service):
            notify(session, ORDERS_CHANNEL)


def raise_lasting() -> int:
    """Make alarms of the outages that last; returns how many. Each is raised once."""
    lasting = timedelta(seconds=settings().alarm_after_seconds)
    raised = (
        update(Outage)
        .where(is_open(), col(Outage.raised_at).is_(None))
        .where(col(Outage.since) < func.now() - lasting)
        .values(raised_at=func.now())
        .returning(col(Outage.service))
    )
    with transaction() as session:
        services = list(session.scalars(raised))
    for service in services:
        logger.error("Alarm: %s has been away for a while", service)
    return len(services)


def open_outage(session: Session, service: str) -> Outage | None:
    """What is known against a service now."""
    return session.exec(select(Outage).where(Outage.service == service, goes_on())).first()


def _may_probe(session: Session, service: str) -> bool:
    """Whether this one may ask. A probe that falls silent is taken for lost, as runs are."""
    silent = timedelta(seconds=settings().lost_after_seconds)
    taken = (
        update(Outage)
        .where(col(Outage.service) == service, goes_on(), col(Outage.retry_at) <= func.now())
        .values(retry_at=func.now() + silent)
        .returning(col(Outage.id))
    )
    return session.execute(taken).first() is not None


def _locked_outage(session: Session, service: str, failure: ServiceFailure) -> Outage:
    """The open outage of a service, locked; it begins now, if there was none."""
    new = insert(Outage).values(
        service=service,
        problem=failure.says.as_data(),
        since=func.now(),
        failures=0,
        refused=False,
    )
    there = new.on_conflict_do_update(
        index_elements=["service"],
        index_where=literal_column("over_at IS NULL"),
        set_={"service": service},
    )
    id = session.scalar(there.returning(col(Outage.id)))
    return session.get_one(Outage, id)


def _end(session: Session, service: str) -> bool:
    """It is over, unless it waits for a person."""
    ended = (
        update(Outage)
        .where(col(Outage.service) == service, goes_on(), ~col(Outage.refused))
        .values(over_at=func.now(), retry_at=None)
        .returning(col(Outage.id))
    )
    return session.execute(ended).first() is not None
