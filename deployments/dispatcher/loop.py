"""The dispatcher: every open order has one run that works or waits, and every answer reaches it.

It looks at Postgres and at Prefect every few seconds, and at once when somebody hands in an order,
does a task or brings stock. It decides by what is true now and never by what it did before, so
doing a round twice does nothing twice. Any number of copies may run; an advisory lock lets one of
them work.

Orders that wait for stock go on once theirs is there. What it finds of an order's run, and what it
does:

- It is not there, because the order is New or somebody deleted the run: it starts one.
- It waits at a gate whose answer is stored, and no worker has taken it up: it resumes it.
- It is Pending or Running, and no worker gives a sign of life for it: it fences it off, so that
  whoever may still work on it can write nothing more, and lets it start over.
- It crashed, or ended although the order has not: the same.
- It failed, and the order says why: it leaves it to a person, who presses Retry.
- It was cancelled: somebody wants the order cancelled. It notes that, and lets the run start over:
  the run undoes what was done.
- Another run has taken over its order: it ends it.
"""

import logging
import signal
import threading
import time
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

import psycopg
from sqlalchemy import ColumnElement, Select, and_, or_, tuple_
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import contains_eager
from sqlmodel import Session, col, func, select, update

from adapters.database.notifications import ORDERS_CHANNEL, RUNS_CHANNEL, notify
from adapters.database.sessions import database_url, transaction
from adapters.prefect.api import (
    DELETED,
    ORDER_FULFILLMENT,
    FormMissing,
    PrefectApi,
    PrefectRefused,
    RunState,
)
from adapters.settings import settings
from deployments.dispatcher.reminders import reminders
from domain.allocation import ShipmentId
from domain.errors import PacklineError, Unavailable
from models.base import utc_now
from models.enums import ENDED, OrderStatus, TaskKind, TaskState
from models.tables.ledger import StepRecord
from models.tables.orders import SalesOrder
from models.tables.runs import RunHeartbeat, SupersededRun
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.execution.events import add_event
from services.execution.locks import is_collected, locked_shipment
from services.execution.wake_ups import unmark_ready
from services.orders.cancellation import request_cancellation
from services.stock_control.backorders import fill_backorders
from services.worklist.gates import GateRound, gate_round_of

DISPATCHING = 7_225_463_03
"""Advisory lock: one dispatcher works, the others stand by."""

DISPATCHER = "dispatcher"
"""Its name in the timelines."""

PREFECT = "Prefect"
"""Who asks to cancel an order whose run somebody cancelled there."""

_PAGE = 200
_PAUSE = timedelta(seconds=5)
"""Before a run that crashed starts over: what crashes at once is not tried hundreds of times."""
_MARKED = 6
"""So many times as long as another one a run that is marked as ready is left to the workers."""
_LOOK_BACK = timedelta(minutes=5)

_AWAY = (Unavailable, PrefectRefused, OperationalError, psycopg.OperationalError)

logger = logging.getLogger("packline.dispatcher")


class Case(NamedTuple):
    """A run to look at, with its shipment, if it has one."""

    run_id: str
    state: RunState
    which: ShipmentId | None
    ended: bool
    problem: str
    silent: bool
    answered: bool


class OpenShipment(NamedTuple):
    """A shipment that has not ended, and its run."""

    which: ShipmentId
    run_id: str


class Dispatcher:
    """A round at a time; between rounds it only remembers how far it has looked."""

    def __init__(self, prefect: PrefectApi) -> None:
        self._prefect = prefect
        self._looked_at = utc_now() - timedelta(days=1)
        self._page_after = (0, 0)
        self._next_look = 0.0

    def sweep(self) -> int:
        """Start, resume and mend what is due; returns how many runs were set going."""
        fill_backorders()
        mended = self.resume_answered() + self._look_around()
        if mended:
            with transaction() as session:
                notify(session, RUNS_CHANNEL)
        return mended + self.start_orders()

    def start_orders(self) -> int:
        """Give a run to orders that have none, oldest first, no more than workers take up soon."""
        with transaction() as session:
            waiting = _shipments_without_run(session)
        return sum(self._start(shipment) for shipment in waiting)

    def resume_answered(self) -> int:
        """Let runs go on that wait at a gate whose answer is stored, and that no worker took up."""
        with transaction() as session:
            waiting = _runs_to_resume(session)
        return self._treat(self._prefect.states(waiting)) if waiting else 0

    def recover(self) -> int:
        """Look at the runs that are in work or ended badly, and at a page of all the others."""
        now = utc_now()
        with transaction() as session:
            page = _page_of_open_shipments(session, self._page_after)
            superseded = list(session.exec(select(SupersededRun.run_id).limit(_PAGE)))
        self._page_after = page[-1].which if page else (0, 0)
        states = self._states_of_the_dead([entry.run_id for entry in page])
        states |= self._prefect.in_work() | self._prefect.ended_badly(self._looked_at)
        moved = self._treat({run: states[run] for run in states if run not in superseded})
        self._end(superseded)
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

    def _start(self, shipment: Shipment) -> bool:
        """Start a shipment's run, once. One that Prefect refuses does not hold up the others."""
        try:
            run_id = self._prefect.start(
                ORDER_FULFILLMENT,
                name=shipment.name,
                parameters={"order_number": shipment.order_number, "shipment": shipment.number},
                tags=[f"order:{shipment.order_number}", f"channel:{shipment.order.channel}"],
                idempotency_key=_idempotency_key(shipment),
            )
        except PrefectRefused as refusal:
            logger.warning("%s has no run yet: %s", shipment.name.capitalize(), refusal)
            return False
        with transaction() as session:
            _note_run(session, shipment, run_id)
        logger.info("%s: flow run %s started", shipment.name.capitalize(), run_id)
        return True

    def _treat(self, states: dict[str, RunState]) -> int:
        """Do for each run what the table on top of this file says."""
        with transaction() as session:
            cases = _cases(session, states)
        return sum(self._treat_one(case) for case in cases)

    def _treat_one(self, case: Case) -> bool:
        try:
            return self._do(case)
        except PrefectRefused as refusal:
            logger.warning("Flow run %s: %s", case.run_id, refusal)
            return False

    def _do(self, case: Case) -> bool:
        state = case.state
        if state.waits:
            return case.answered and self._resume(case)
        if state.works:
            return case.silent and self._start_over(case, "its worker gives no sign of life")
        if case.ended:
            return False
        if case.which is None:
            crashed = state.kind == "CRASHED" and _is_over(state)
            return crashed and self._start_over(case, "it crashed")
        if state.is_cancelled:
            return self._cancel(case)
        if state == DELETED:
            return self._forget(case)
        if state.kind in ("CRASHED", "FAILED", "COMPLETED") and not case.problem:
            why = f"it is {state.name}, and its order is not at its end"
            return _is_over(state) and self._start_over(case, why)
        return False

    def _resume(self, case: Case) -> bool:
        """Open the gate. What the form says is never read: the answer is in Postgres."""
        stop = gate_round_of(case.state.pause_key)
        if stop is None:
            return False
        with transaction() as session:
            unmark_ready(session, case.run_id)
        try:
            return self._prefect.resume(case.run_id, stop.gate.example)
        except FormMissing:
            schema = stop.gate.form.model_json_schema()
            self._prefect.show_form(case.run_id, case.state.pause_key or "", schema)
            logger.info("Flow run %s: its form was lost and is there again", case.run_id)
            return self._prefect.resume(case.run_id, stop.gate.example)

    def _start_over(self, case: Case, why: str) -> bool:
        """Fence off whoever may still work on the run, then let it start over."""
        if not _fence_off(case, "run starts over", f"{case.run_id}: {why}"):
            return False
        self._prefect.run_again(case.run_id, f"Packline starts this run over: {why}.")
        logger.info("Flow run %s starts over: %s", case.run_id, why)
        return True

    def _cancel(self, case: Case) -> bool:
        """Ask to cancel the order of a cancelled run. The run comes back to undo what was done;
        what the carrier has goes on.
        """
        _ask_to_cancel(case)
        return self._start_over(case, "it was cancelled, and undoes what was done")

    def _forget(self, case: Case) -> bool:
        """A deleted run: the order gets a new one."""
        _fence_off(case, "run is gone", f"{case.run_id} was deleted", forget=True)
        return False

    def _end(self, superseded: Iterable[str]) -> None:
        """End runs in Prefect whose orders other runs have taken over."""
        for run_id in superseded:
            self._prefect.cancel(run_id, "Another run has taken over the order.")
            with transaction() as session:
                if gone := session.get(SupersededRun, run_id):
                    session.delete(gone)


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


def _shipments_without_run(session: Session) -> list[Shipment]:
    """Shipments in work whose run is gone, then New ones, as many as may be started now."""
    started = session.scalar(
        select(func.count()).where(
            Shipment.status == OrderStatus.NEW,
            col(Shipment.run_id).is_not(None),
            col(Shipment.claimed_at).is_(None),
        )
    )
    room = max(settings().start_ahead - (started or 0), 0)
    with_order = contains_eager(Shipment.order)  # type: ignore[arg-type]
    waiting = (
        select(Shipment)
        .join(SalesOrder)
        .options(with_order)
        .where(col(Shipment.status).not_in(ENDED), col(Shipment.run_id).is_(None))
    )
    is_new = col(Shipment.status) == OrderStatus.NEW
    in_work = session.exec(waiting.where(~is_new).limit(_PAGE)).all()
    oldest = col(Shipment.order_number), col(Shipment.number)
    to_begin = waiting.where(is_new, col(SalesOrder.on_hold_since).is_(None))
    new = session.exec(to_begin.order_by(*oldest).limit(room)).all()
    return [*in_work, *new]


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
    add_event(session, shipment.key, "run started", run_id, by=DISPATCHER)
    notify(session, RUNS_CHANNEL)


def _runs_to_resume(session: Session) -> list[str]:
    """The runs of open shipments that should go on by an answer, or turn back, and that no worker
    has taken up.

    What was said last is some seconds old, and what they wait for is not a task that a step of
    theirs has opened since.
    """
    its_task = and_(
        col(StaffTask.order_number) == Shipment.order_number,
        col(StaffTask.shipment) == Shipment.number,
    )
    last_answer = (
        select(func.max(StaffTask.answered_at))
        .where(its_task)
        .correlate(Shipment)
        .scalar_subquery()
    )
    last_word = func.greatest(last_answer, SalesOrder.cancel_requested_at, SalesOrder.released_at)
    out_of_an_answer = or_(
        col(StaffTask.id).is_(None),
        col(StaffTask.kind) == TaskKind.SHORT_PICK,
        col(StaffTask.round) > 1,
        col(StaffTask.opened_at) < SalesOrder.released_at,
    )
    found = session.exec(
        select(Shipment.run_id)
        .select_from(Shipment)
        .join(SalesOrder)
        .outerjoin(StaffTask, and_(its_task, col(StaffTask.state) == TaskState.OPEN))
        .where(
            col(Shipment.status).not_in(ENDED),
            col(Shipment.run_id).is_not(None),
            col(Shipment.problem) == "",
            out_of_an_answer,
            last_word < func.now() - _handover(),
            _no_longer_marked(),
        )
    )
    return [str(run_id) for run_id in found]


def _handover() -> timedelta:
    return timedelta(seconds=settings().handover_seconds)


def _no_longer_marked() -> ColumnElement[bool]:
    """A run that is marked as ready waits for a free worker, and that may take a while."""
    resumable_since = col(Shipment.resumable_since)
    return or_(resumable_since.is_(None), resumable_since < func.now() - _MARKED * _handover())


def _page_of_open_shipments(session: Session, after: ShipmentId) -> list[OpenShipment]:
    """The next open shipments that have a run."""
    place = tuple_(col(Shipment.order_number), col(Shipment.number))
    found = session.execute(
        select(Shipment.order_number, Shipment.number, Shipment.run_id)
        .where(
            col(Shipment.status).not_in(ENDED),
            col(Shipment.run_id).is_not(None),
            place > after,
        )
        .order_by(place)
        .limit(_PAGE)
    )
    return [OpenShipment((order, number), str(run_id)) for order, number, run_id in found]


def _cases(session: Session, states: dict[str, RunState]) -> list[Case]:
    """What Packline knows of these runs. Prefect was asked before: this is at least as new."""
    shipments = {
        str(shipment.run_id): (shipment, unmarked)
        for shipment, unmarked in session.execute(
            select(Shipment, _no_longer_marked()).where(col(Shipment.run_id).in_(states))
        )
    }
    alive = _alive(session, [run_id for run_id, state in states.items() if state.works])
    unmarked = {run_id: row.key for run_id, (row, unmarked) in shipments.items() if unmarked}
    answered = _answered(session, unmarked, states)
    return [
        Case(
            run_id,
            state,
            *_known(shipments[run_id][0] if run_id in shipments else None),
            silent=_is_old(state) and run_id not in alive,
            answered=run_id in answered,
        )
        for run_id, state in states.items()
    ]


def _known(shipment: Shipment | None) -> tuple[ShipmentId | None, bool, str]:
    """What a case says of a shipment: which one, whether it has ended, and its problem."""
    if shipment is None:
        return None, False, ""
    which = shipment.order_number, shipment.number
    return which, shipment.has_ended, shipment.problem


def _alive(session: Session, run_ids: list[str]) -> set[str]:
    """The runs that a worker has given a sign of life for."""
    lost_after = timedelta(seconds=settings().lost_after_seconds)
    recent = select(RunHeartbeat.run_id).where(
        col(RunHeartbeat.run_id).in_(run_ids),
        col(RunHeartbeat.seen_at) > func.now() - lost_after,
    )
    return set(session.exec(recent)) if run_ids else set()


def _answered(session: Session, keys: dict[str, str], states: dict[str, RunState]) -> set[str]:
    """The runs that wait at a gate whose answer is in the ledger, or whose task was withdrawn, and
    that was not just now.
    """
    waiting: dict[tuple[str, str, int], str] = {}
    for run_id, key_of_shipment in keys.items():
        stop: GateRound | None = (
            gate_round_of(states[run_id].pause_key) if states[run_id].waits else None
        )
        if stop:
            waiting[key_of_shipment, stop.gate.name, stop.round] = run_id
    if not waiting:
        return set()
    key = tuple_(col(StepRecord.subject), col(StepRecord.step), col(StepRecord.round))
    answered = select(StepRecord.subject, StepRecord.step, StepRecord.round).where(
        key.in_(waiting), col(StepRecord.at) < func.now() - _handover()
    )
    found = [*session.execute(answered), *session.execute(_withdrawn(set(keys.values())))]
    return {waiting[tuple(entry)] for entry in found if tuple(entry) in waiting}


def _withdrawn(keys: set[str]) -> Select[tuple[str, str, int]]:
    """The gates of these shipments whose tasks were withdrawn: their orders are to be cancelled, or
    were released.
    """
    asked = func.greatest(SalesOrder.cancel_requested_at, SalesOrder.released_at)
    return (
        select(Shipment.key, "gate: " + col(StaffTask.kind), StaffTask.round)
        .select_from(StaffTask)
        .join(Shipment)
        .join(SalesOrder)
        .where(
            col(Shipment.key).in_(keys),
            StaffTask.state == TaskState.WITHDRAWN,
            asked < func.now() - _handover(),
        )
    )


def _is_old(state: RunState) -> bool:
    return _age(state) > timedelta(seconds=settings().lost_after_seconds)


def _is_over(state: RunState) -> bool:
    """It ended, and not just now."""
    return _age(state) > _PAUSE


def _age(state: RunState) -> timedelta:
    return utc_now() - state.since


def _fence_off(case: Case, event: str, detail: str, *, forget: bool = False) -> bool:
    """From here on, no attempt of this run that may still be alive can write to its shipment.

    False: the shipment has another run by now. A run without a shipment has nothing to fence.
    """
    if case.which is None:
        return True
    with transaction() as session:
        shipment = locked_shipment(session, *case.which)
        if shipment.run_id != case.run_id:
            return False
        if not shipment.has_ended:
            shipment.fence += 1
            shipment.run_id = None if forget else shipment.run_id
            shipment.pause_key = shipment.resumable_since = None
            add_event(session, shipment.key, event, detail, by=DISPATCHER)
    return True


def _ask_to_cancel(case: Case) -> None:
    """Note that the order of a run is to be cancelled, unless it has another run by now."""
    with transaction() as session:
        shipment = locked_shipment(session, *(case.which or (0, 0)))
        if shipment.run_id != case.run_id or shipment.has_ended:
            return
        if not is_collected(session, shipment):
            request_cancellation(
                session, shipment.order, "its flow run was cancelled in Prefect", PREFECT
            )
