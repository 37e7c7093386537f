"""The dispatcher: every open order has its run, and every stored answer reaches it.

It looks at Postgres every few seconds, and at once when somebody hands in an order or does a task.
Any number of copies may run; an advisory lock lets one of them work.
"""

import logging
import signal
import threading

import psycopg
from sqlalchemy import and_, or_
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, func, select, update

from adapters.database import (
    ORDERS_CHANNEL,
    RUNS_CHANNEL,
    database_url,
    notify,
    transaction,
)
from adapters.prefect_api import ORDER_FULFILLMENT, PrefectApi, PrefectRefused, RunState
from adapters.settings import settings
from domain.errors import PacklineError, Unavailable
from models.enums import ENDED, OrderStatus, TaskKind, TaskState
from models.ledger import AuditEvent
from models.orders import SalesOrder
from models.staff import StaffTask
from tasks.answers import gate_of
from tasks.subjects import order_key

DISPATCHING = 7_225_463_03
"""Advisory lock: one dispatcher works, the others stand by."""

logger = logging.getLogger("packline.dispatcher")


def sweep(prefect: PrefectApi) -> int:
    """Start and resume what is due; returns how many runs. Doing it twice does nothing twice."""
    moved = start_new_orders(prefect) + resume_answered(prefect)
    if moved:
        with transaction() as session:
            notify(session, RUNS_CHANNEL)
    return moved


def start_new_orders(prefect: PrefectApi) -> int:
    """Give New orders a run each, oldest first, no more at once than workers take up soon."""
    with transaction() as session:
        waiting = _waiting_orders(session)
    return sum(_start(prefect, order) for order in waiting)


def resume_answered(prefect: PrefectApi) -> int:
    """Let runs go on that wait at a gate where nobody has anything left to answer."""
    with transaction() as session:
        gates = _gates_by_run(session)
    if not gates:
        return 0
    return sum(
        _resume(prefect, run_id, state)
        for run_id, state in prefect.states(gates).items()
        if state.waits and state.pause_key != gates[run_id]
    )


def run_forever(stop: threading.Event) -> None:
    """Sweep until told to stop. While Postgres or Prefect is away, wait for it."""
    prefect = PrefectApi()
    while not stop.is_set():
        try:
            _lead(prefect, stop)
        except (Unavailable, OperationalError, psycopg.OperationalError) as away:
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
    """Work as long as this copy holds the lock; its connection also hears the notifications."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(ORDERS_CHANNEL))
        )
        while not stop.is_set():
            if _leads(connection):
                sweep(prefect)
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


def _waiting_orders(session: Session) -> list[SalesOrder]:
    """New orders without a run, as many as may be started now."""
    started = session.scalar(
        select(func.count()).where(
            SalesOrder.status == OrderStatus.NEW,
            col(SalesOrder.run_id).is_not(None),
            col(SalesOrder.claimed_at).is_(None),
        )
    )
    room = settings().start_ahead - (started or 0)
    unclaimed = select(SalesOrder).where(
        SalesOrder.status == OrderStatus.NEW, col(SalesOrder.run_id).is_(None)
    )
    found = session.exec(unclaimed.order_by(col(SalesOrder.number)).limit(max(room, 0)))
    return list(found)


def _note_run(session: Session, number: int, run_id: str) -> None:
    """Keep the run with its order, unless the order has found another in the meantime."""
    session.execute(
        update(SalesOrder)
        .where(col(SalesOrder.number) == number, col(SalesOrder.run_id).is_(None))
        .values(run_id=run_id)
    )
    session.add(
        AuditEvent(
            subject=order_key(number), actor="dispatcher", event="run started", detail=run_id
        )
    )


def _start(prefect: PrefectApi, order: SalesOrder) -> bool:
    """Start the order's run, once. One order that Prefect refuses does not hold up the others."""
    try:
        run_id = prefect.start(
            ORDER_FULFILLMENT,
            name=f"order {order.number}",
            parameters={"order_number": order.number},
            tags=[f"order:{order.number}", f"channel:{order.channel}"],
            idempotency_key=order_key(order.number),
        )
    except PrefectRefused as refusal:
        logger.warning("Order %s has no run yet: %s", order.number, refusal)
        return False
    with transaction() as session:
        _note_run(session, order.number, run_id)
    return True


def _gates_by_run(session: Session) -> dict[str, str | None]:
    """The runs that may wait at a gate behind them, each with the gate where a person has a task.

    That is: open orders without an open task, and those whose open task came out of an answer and
    not out of a step of their run.
    """
    open_task = and_(
        col(StaffTask.order_number) == SalesOrder.number, col(StaffTask.state) == TaskState.OPEN
    )
    out_of_an_answer = or_(
        col(StaffTask.id).is_(None),
        col(StaffTask.kind) == TaskKind.SHORT_PICK,
        col(StaffTask.round) > 1,
    )
    found = session.execute(
        select(SalesOrder.run_id, StaffTask.kind, StaffTask.round)
        .select_from(SalesOrder)
        .outerjoin(StaffTask, open_task)
        .where(
            col(SalesOrder.status).not_in(ENDED),
            col(SalesOrder.run_id).is_not(None),
            out_of_an_answer,
        )
    )
    return {str(run_id): f"{kind}-{round}" if kind else None for run_id, kind, round in found}


def _resume(prefect: PrefectApi, run_id: str, state: RunState) -> bool:
    """Open the gate. What the form says is never read: the answer is in Postgres."""
    gate = gate_of(state.pause_key or "")
    try:
        return gate is not None and prefect.resume(run_id, gate.example)
    except PrefectRefused as refusal:
        logger.warning("Flow run %s was not resumed: %s", run_id, refusal)
        return False


if __name__ == "__main__":
    main()
