"""What Packline knows of runs: which of them are due for something, and how each one stands."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, or_, tuple_
from sqlmodel import Session, col, func, select

from adapters.prefect.api import RunState
from adapters.settings import settings
from domain.allocation import ShipmentId
from models.enums import ENDED, OrderStatus, TaskKind, TaskState
from models.tables.ledger import StepRecord
from models.tables.orders import SalesOrder
from models.tables.runs import RunHeartbeat, SupersededRun
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.worklist.gates import gate_round_of

PAGE = 200
"""So many open shipments, or runs, are looked at in one go."""

PAUSE = timedelta(seconds=5)
"""Before a run that crashed starts over: what crashes at once is not tried hundreds of times."""

MARKED = 6
"""So many times as long as another one a run that is marked as ready is left to the workers."""

_WHICH: tuple[Any, Any] = (col(Shipment.order_number), col(Shipment.number))


class Case(NamedTuple):
    """A run to look at, with its shipment, if it has one; whether that has `ended`, or `stopped`
    until somebody presses Retry.
    """

    run_id: str
    state: RunState
    age: timedelta
    which: ShipmentId | None
    fence: int
    ended: bool
    stopped: bool
    silent: bool
    answered: bool

    @property
    def is_over(self) -> bool:
        """It ended, and not just now."""
        return self.age > PAUSE


class OpenShipment(NamedTuple):
    """A shipment that has not ended, and its run."""

    which: ShipmentId
    run_id: str


def shipments_without_run(session: Session, last: Collection[ShipmentId] = ()) -> list[ShipmentId]:
    """Shipments in work whose run is gone, then New ones, as many as may be started now.

    The oldest come first, and the `last` after all others.
    """
    waiting = (
        select(*_WHICH)
        .join(SalesOrder)
        .where(col(Shipment.status).not_in(ENDED), col(Shipment.run_id).is_(None))
        .order_by(*_put_last(last), *_WHICH)
    )
    is_new = col(Shipment.status) == OrderStatus.NEW
    to_begin = waiting.where(is_new, col(SalesOrder.on_hold_since).is_(None))
    found = [
        *session.execute(waiting.where(~is_new).limit(PAGE)),
        *session.execute(to_begin.limit(_room(session))),
    ]
    return [(order, number) for order, number in found]


def still_without_run(session: Session, which: Collection[ShipmentId]) -> set[ShipmentId]:
    """Those of the shipments that are open and have no run."""
    found = select(*_WHICH).where(
        tuple_(*_WHICH).in_(which),
        col(Shipment.status).not_in(ENDED),
        col(Shipment.run_id).is_(None),
    )
    return {(order, number) for order, number in session.execute(found)} if which else set()


def _put_last(which: Collection[ShipmentId]) -> list[ColumnElement[bool]]:
    """Mostly nothing, and the oldest are found by an index."""
    return [tuple_(*_WHICH).in_(which)] if which else []


def _room(session: Session) -> int:
    """So many New shipments may be started beside those that no worker has taken up yet."""
    started = session.scalar(
        select(func.count()).where(
            Shipment.status == OrderStatus.NEW,
            col(Shipment.run_id).is_not(None),
            col(Shipment.claimed_at).is_(None),
        )
    )
    return max(settings().start_ahead - (started or 0), 0)


def runs_to_resume(session: Session) -> list[str]:
    """The runs of open shipments that should go on by an answer, or turn back, and that no worker
    has taken up.

    What was said last is some seconds old, and what they wait for is not a task that a step of
    theirs has opened since.
    """
    found = session.exec(
        select(Shipment.run_id)
        .select_from(Shipment)
        .join(SalesOrder)
        .outerjoin(StaffTask, and_(_its_task(), col(StaffTask.state) == TaskState.OPEN))
        .where(
            col(Shipment.status).not_in(ENDED),
            col(Shipment.run_id).is_not(None),
            col(Shipment.problem).is_(None),
            _opened_by_an_answer(),
            _last_word() < func.now() - _handover(),
            _no_longer_marked(),
        )
    )
    return [str(run_id) for run_id in found]


def _its_task() -> ColumnElement[bool]:
    return and_(
        col(StaffTask.order_number) == Shipment.order_number,
        col(StaffTask.shipment) == Shipment.number,
    )


def _last_word() -> ColumnElement[datetime]:
    """When somebody last answered, asked to cancel, or released the order."""
    last_answer = (
        select(func.max(StaffTask.answered_at))
        .where(_its_task())
        .correlate(Shipment)
        .scalar_subquery()
    )
    return func.greatest(last_answer, SalesOrder.cancel_requested_at, SalesOrder.released_at)


def _opened_by_an_answer() -> ColumnElement[bool]:
    """No task is open, or one that came with an answer, which its run may not know of yet."""
    return or_(
        col(StaffTask.id).is_(None),
        col(StaffTask.kind) == TaskKind.SHORT_PICK,
        col(StaffTask.round) > 1,
        col(StaffTask.opened_at) < SalesOrder.released_at,
    )


def _handover() -> timedelta:
    return timedelta(seconds=settings().handover_seconds)


def _no_longer_marked() -> ColumnElement[bool]:
    """A run that is marked as ready waits for a free worker, and that may take a while."""
    resumable_since = col(Shipment.resumable_since)
    return or_(resumable_since.is_(None), resumable_since < func.now() - MARKED * _handover())


def page_of_open_shipments(session: Session, after: ShipmentId) -> list[OpenShipment]:
    """The next open shipments that have a run."""
    return _open(session, tuple_(*_WHICH) > after)


def open_shipments(session: Session, which: Collection[ShipmentId]) -> list[OpenShipment]:
    """Those of the shipments that are open and have a run."""
    return _open(session, tuple_(*_WHICH).in_(which)) if which else []


def _open(session: Session, wanted: ColumnElement[bool]) -> list[OpenShipment]:
    columns: tuple[Any, ...] = (*_WHICH, Shipment.run_id)
    found = session.execute(
        select(*columns)
        .where(col(Shipment.status).not_in(ENDED), col(Shipment.run_id).is_not(None), wanted)
        .order_by(*_WHICH)
        .limit(PAGE)
    )
    return [OpenShipment((order, number), str(run_id)) for order, number, run_id in found]


def superseded_runs(session: Session) -> list[SupersededRun]:
    """Runs that other runs have taken over the order from, a page of them."""
    return list(session.exec(select(SupersededRun).order_by(col(SupersededRun.at)).limit(PAGE)))


def cases_of(session: Session, states: dict[str, RunState], now: datetime) -> list[Case]:
    """What Packline knows of these runs. Prefect was asked before: this is at least as new. It is
    `now` by Prefect's clock.
    """
    columns: tuple[Any, ...] = (
        Shipment.run_id, *_WHICH, Shipment.key, Shipment.fence, Shipment.status, Shipment.problem,
        _no_longer_marked(),
    )  # fmt: skip
    found = session.execute(select(*columns).where(col(Shipment.run_id).in_(states))).all()
    known = {row.run_id: row for row in found}
    alive = _alive(session, [run_id for run_id, state in states.items() if state.works])
    unmarked = {row.run_id: row.key for row in found if row[-1]}
    answered = _answered(session, unmarked, states)
    return [
        Case(
            run_id,
            state,
            now - state.since,
            *_known(known.get(run_id)),
            silent=now - state.since > _lost_after() and run_id not in alive,
            answered=run_id in answered,
        )
        for run_id, state in states.items()
    ]


def _known(row: Any) -> tuple[ShipmentId | None, int, bool, bool]:
    """What a case says of a shipment: which one, its fence, whether it has ended, or stopped."""
    if row is None:
        return None, 0, False, False
    which = row.order_number, row.number
    return which, row.fence, row.status in ENDED, row.problem is not None


def _alive(session: Session, run_ids: list[str]) -> set[str]:
    """The runs that a worker has given a sign of life for."""
    recent = select(RunHeartbeat.run_id).where(
        col(RunHeartbeat.run_id).in_(run_ids),
        col(RunHeartbeat.seen_at) > func.now() - _lost_after(),
    )
    return set(session.exec(recent)) if run_ids else set()


def _answered(session: Session, keys: dict[str, str], states: dict[str, RunState]) -> set[str]:
    """The runs that wait at a gate whose answer is in the ledger, or whose task was withdrawn, and
    that was not just now.
    """
    waiting = _waiting(keys, states)
    if not waiting:
        return set()
    key = tuple_(col(StepRecord.subject), col(StepRecord.step), col(StepRecord.round))
    answered = select(StepRecord.subject, StepRecord.step, StepRecord.round).where(
        key.in_(waiting), col(StepRecord.at) < func.now() - _handover()
    )
    found = [*session.execute(answered), *session.execute(_withdrawn(set(keys.values())))]
    return {waiting[tuple(entry)] for entry in found if tuple(entry) in waiting}


def _waiting(keys: dict[str, str], states: dict[str, RunState]) -> dict[tuple[str, str, int], str]:
    """The runs that wait at gates, by the place in the ledger where the answer will stand."""
    stops = {
        run_id: gate_round_of(states[run_id].pause_key) for run_id in keys if states[run_id].waits
    }
    return {
        (keys[run_id], stop.gate.name, stop.round): run_id for run_id, stop in stops.items() if stop
    }


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


def _lost_after() -> timedelta:
    return timedelta(seconds=settings().lost_after_seconds)
