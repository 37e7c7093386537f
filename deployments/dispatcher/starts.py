"""Giving runs to orders that have none."""

import logging
from functools import partial

from sqlmodel import Session, col, update

from adapters.database.notifications import RUNS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.prefect.api import ORDER_FULFILLMENT, PrefectApi
from deployments.dispatcher.cases import PAGE, shipments_without_run
from deployments.dispatcher.recovery import DISPATCHER
from models.enums import EventKind
from models.events import OfRun
from models.tables.shipments import Shipment
from services.execution.events import add_event
from services.execution.one_by_one import alone, impatient_transaction

logger = logging.getLogger("packline.dispatcher")


class Starts:
    """Starts runs, each once. What Prefect refused comes after all others the next time."""

    def __init__(self, prefect: PrefectApi) -> None:
        self._prefect = prefect
        self._refused: set[str] = set()

    def start_orders(self) -> int:
        """Give a run to orders that have none, oldest first, no more than workers take up soon."""
        with transaction() as session:
            waiting = shipments_without_run(session, last=self._refused)
        started = {shipment.key for shipment in waiting if self._try(shipment)}
        refused = {shipment.key for shipment in waiting} - started
        self._refused = refused | (self._refused - started if len(self._refused) < PAGE else set())
        return len(started)

    def _try(self, shipment: Shipment) -> bool:
        name = shipment.name.capitalize()
        return alone(f"{name} has no run yet", partial(self._start, shipment))

    def _start(self, shipment: Shipment) -> bool:
        run_id = self._prefect.start(
            ORDER_FULFILLMENT,
            name=shipment.name,
            parameters={"order_number": shipment.order_number, "shipment": shipment.number},
            tags=[f"order:{shipment.order_number}", f"channel:{shipment.order.channel}"],
            idempotency_key=_idempotency_key(shipment),
        )
        with impatient_transaction() as session:
            _note_run(session, shipment, run_id)
        logger.info("%s: flow run %s started", shipment.name.capitalize(), run_id)
        return True


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
