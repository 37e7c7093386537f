"""Handing a waiting run to a worker, through Postgres: from the click to the next step in one move.

A run that has come to wait says so on its shipment. Whoever stores the answer marks the shipment as
ready, and the first worker to take the mark goes on with the run. Prefect hears of it when the run
goes on. A shipment whose mark nobody takes, or whose worker dies with it, is the dispatcher's.
"""

from typing import NamedTuple

from sqlalchemy import update
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.notifications import RUNS_CHANNEL, notify
from adapters.database.sessions import transaction
from models.tables.shipments import Shipment
from services.execution.deferrals import come_back_now
from services.execution.errors import CancellationRequested
from services.execution.ledger import find_record
from services.execution.runs import OrderRun

READY = "ready"
"""What the workers are told when a waiting run may go on."""


class ReadyRun(NamedTuple):
    """A waiting run whose answer is stored, and its order with the shipment."""

    number: int
    shipment: int
    run_id: str


def note_waiting(order: OrderRun, key: str, gate: str, round: int) -> None:
    """The run is suspended under this key; an answer that came in that instant sets it going, and
    so does a request to cancel.
    """
    with transaction() as session:
        row = order.lock_fenced(session)
        row.pause_key = key
        turns_back = isinstance(order.pending_interruption(session, row), CancellationRequested)
        if turns_back or find_record(session, order.key, gate, round):
            mark_ready(session, row)


def mark_ready(session: Session, shipment: Shipment) -> None:
    """Let the run of a shipment go on, if it waits or is deferred; one that is neither is told when
    it comes to.
    """
    if shipment.is_deferred:
        come_back_now(session, shipment)
    if shipment.pause_key:
        shipment.resumable_since = this_instant(session)
        notify(session, RUNS_CHANNEL, READY)


def claim_ready_runs(limit: int) -> list[ReadyRun]:
    """Take waiting runs to go on with, those first that have been ready for longest."""
    ready = select(Shipment.key).where(col(Shipment.resumable_since).is_not(None))
    oldest = ready.order_by(col(Shipment.resumable_since)).limit(limit)
    taken = (
        update(Shipment)
        .where(col(Shipment.key).in_(oldest.with_for_update(skip_locked=True)))
        .values(resumable_since=None, pause_key=None)
        .returning(col(Shipment.order_number), col(Shipment.number), col(Shipment.run_id))
    )
    with transaction() as session:
        return [ReadyRun(*row) for row in session.execute(taken)]


def unmark_ready(session: Session, run_id: str) -> None:
    """Take the mark from a run that no worker took."""
    session.execute(
        update(Shipment)
        .where(col(Shipment.run_id) == run_id, col(Shipment.resumable_since).is_not(None))
        .values(resumable_since=None, pause_key=None)
    )
