"""Giving runs to orders that have none."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlmodel import Session, col, update

from adapters.database.notifications import RUNS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.failpoints import failpoint
from adapters.prefect.api import ORDER_FULFILLMENT, PrefectApi
from deployments.dispatcher.cases import shipments_without_run, still_without_run
from deployments.dispatcher.recovery import DISPATCHER
from domain.allocation import ShipmentId
from models.enums import EventKind, SweepPart
from models.events import OfRun
from models.tables.shipments import Shipment, shipment_name
from services.execution.events import add_event
from services.execution.locks import find_shipment
from services.execution.one_by_one import OneByOne, impatient_transaction, in_trouble

logger = logging.getLogger("packline.dispatcher")


class Starts:
    """Starts runs, each once. Orders for which that failed come after all others the next time."""

    def __init__(self, prefect: PrefectApi, still_leads: Callable[[], None]) -> None:
        self._prefect, self._still_leads = prefect, still_leads

    def start_orders(self, orders: OneByOne) -> int:
        """Give a run to orders that have none, oldest first, no more than workers take up soon."""
        with transaction() as session:
            troubled = still_without_run(session, in_trouble(session, SweepPart.START))
            waiting = shipments_without_run(session, last=troubled)
        started = sum(self._try(which, orders) for which in waiting)
        orders.save(untouched=troubled.difference(waiting))
        return started

    def _try(self, which: ShipmentId, orders: OneByOne) -> bool:
        what = f"{shipment_name(*which).capitalize()} has no run yet"
        return orders.attempt(what, which, partial(self._start, which))

    def _start(self, which: ShipmentId) -> bool:
        with transaction() as session:
            shipment = find_shipment(session, *which)
            if shipment is None or shipment.run_id:
                return False
            started = _run_of(shipment)
        self._still_leads()
        run_id = self._prefect.start(ORDER_FULFILLMENT, **started)
        with impatient_transaction() as session:
            _note_run(session, shipment, run_id)
            failpoint("dispatcher: run noted")
        logger.info("%s: flow run %s started", shipment.name.capitalize(), run_id)
        return True


def _run_of(shipment: Shipment) -> dict[str, Any]:
    """What Prefect is told of a shipment's run."""
    return {
        "name": shipment.name,
        "parameters": {"order_number": shipment.order_number, "shipment": shipment.number},
        "tags": [f"order:{shipment.order_number}", f"channel:{shipment.order.channel}"],
        "idempotency_key": _idempotency_key(shipment),
    }


def _idempotency_key(shipment: Shipment) -> str:
    """The same for whoever starts this run of the shipment, also after a crash in between.

    With the instant at which the order came in: a database made anew counts from 1001 again.
    """
    received = shipment.order.received_at.timestamp()
    return f"{shipment.key}:{received:.6f}:{shipment.runs + 1}"


def _note_run(session: Session, shipment: Shipment, run_id: str) -> None:
    """Keep the run with its shipment, unless that has found another in the meantime; a worker is
    told of it.
    """
    session.execute(
        update(Shipment)
        .where(col(Shipment.key) == shipment.key, col(Shipment.run_id).is_(None))
        .values(run_id=run_id, runs=Shipment.runs + 1)
    )
    started = OfRun(run_id=run_id)
    add_event(session, shipment.key, EventKind.RUN_STARTED, started, actor=DISPATCHER)
    notify(session, RUNS_CHANNEL)
