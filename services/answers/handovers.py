"""Handing a departure's parcels over: one confirmation for many, each shipment answered by itself.

What cannot be answered says why and does not stop the others. It stays open.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time
from domain.errors import PacklineError
from domain.messages import Message
from domain.shop_days import shop_day
from models.enums import EventKind, TaskKind, TaskState
from models.events import OfTask
from models.tables.handovers import MissedPickup
from models.tables.shipments import shipment_message
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.answers.submit import answer_task
from services.execution.errors import AnswerRefused
from services.execution.events import add_event
from services.execution.locks import locked_shipment
from services.shipping.pickups import pickup_of
from services.shipping.ramp import waiting_parcels
from services.worklist.taking import check_may_do
from services.worklist.tasks import TaskNotOpen, find_task


class NothingOnBoard(PacklineError):
    """No shipment is on board with all of its parcels."""

    message = "No order is on board with all of its parcels: scan or tick them first."


@dataclass(frozen=True)
class Refused:
    """Why some shipments were not handed over."""

    says: Message
    shipments: Sequence[Message]


@dataclass(frozen=True)
class Collected:
    """What came of a collection: the tasks that are done, those that were refused, and the
    shipments of which only some parcels are on board.
    """

    done: Sequence[StaffTask]
    refused: Sequence[Refused] = ()
    incomplete: Sequence[Message] = ()


def collect_loaded(
    task_ids: Collection[int], actor: Actor, *, confirmation: str, collected_at: str = ""
) -> Collected:
    """The carrier has collected what is on board: of these tasks, those whose shipment is there
    with all of its parcels. The others stay open.

    Raises `NothingOnBoard`, and `AnswerRefused` where there is no confirmation.
    """
    with transaction() as session:
        on_board = _on_board(session, task_ids)
    complete = [task for task, (loaded, total) in on_board.items() if loaded == total]
    if not complete:
        raise NothingOnBoard
    some = [task for task, (loaded, total) in on_board.items() if 0 < loaded < total]
    came = collect(complete, actor, confirmation=confirmation, collected_at=collected_at)
    return Collected(came.done, came.refused, _named(some))


def collect(
    task_ids: Collection[int], actor: Actor, *, confirmation: str, collected_at: str = ""
) -> Collected:
    """The carrier has collected the shipments of these tasks, just now if no time is given.

    Raises `AnswerRefused` where there is no confirmation.
    """
    if not confirmation.strip():
        raise AnswerRefused("pickup-incomplete", field="confirmation_number")
    answer = {
        "gate": TaskKind.CARRIER_PICKUP,
        "confirmation_number": confirmation,
        "collected_at": collected_at.strip() or _now(),
    }
    done: list[StaffTask] = []
    refusals: dict[str, tuple[Message, list[int]]] = {}
    for task_id in dict.fromkeys(task_ids):
        try:
            done.append(_answered(task_id, answer, actor))
        except PacklineError as problem:
            refusals.setdefault(str(problem), (problem.says, []))[1].append(task_id)
    return Collected(done, [Refused(says, _named(ids)) for says, ids in refusals.values()])


def carrier_missed(task_ids: Collection[int], actor: Actor, note: str = "") -> int:
    """The carrier did not come for the shipments of these tasks: nothing moves, it stands in the
    timeline of each, and operators see it. It is told once a day; returns for how many it was new.
    """
    return sum(_tell_missed(task_id, actor, note) for task_id in dict.fromkeys(task_ids))


def _now() -> str:
    """This instant by the shop's clock, as somebody would type it."""
    with transaction() as session:
        return f"{in_shop_time(this_instant(session)):%Y-%m-%d %H:%M}"


def _answered(task_id: int, answer: dict[str, Any], actor: Actor) -> StaffTask:
    """The task, done: now, or before by the same person, who has pressed twice."""
    try:
        return answer_task(task_id, answer, actor)
    except TaskNotOpen:
        with transaction() as session:
            task = find_task(session, task_id)
        if task.answered_by == actor.name and _is_same(task, answer):
            return task
        raise


def _is_same(task: StaffTask, answer: dict[str, Any]) -> bool:
    kept = (task.answer or {}).get("confirmation_number")
    return kept is not None and kept == answer["confirmation_number"].strip()


def _on_board(session: Session, task_ids: Collection[int]) -> dict[int, tuple[int, int]]:
    """How many parcels of each task are on board, and how many there are."""
    counted: dict[int, tuple[int, int]] = {}
    for parcel in waiting_parcels(session, tasks=task_ids):
        loaded, total = counted.get(parcel.task_id, (0, 0))
        counted[parcel.task_id] = loaded + parcel.is_loaded, total + 1
    return counted


def _named(task_ids: Collection[int]) -> Sequence[Message]:
    """The shipments of these tasks; one that nobody knows is left out."""
    with transaction() as session:
        tasks = [session.get(StaffTask, task_id) for task_id in task_ids]
    return [shipment_message(task.order_number, task.shipment) for task in tasks if task]


def _tell_missed(task_id: int, actor: Actor, note: str) -> bool:
    with transaction() as session:
        task = find_task(session, task_id)
        check_may_do(task, actor)
        shipment = locked_shipment(session, task.order_number, task.shipment)
        session.refresh(task)
        pickup = pickup_of(session, shipment)
        if pickup is None or task.state not in (TaskState.OPEN, TaskState.HELD):
            return False
        day = shop_day(this_instant(session), settings().zone_info)
        said = {"pickup_id": pickup.id, "day": day, "said_by": actor.name}
        once = insert(MissedPickup).values(said).on_conflict_do_nothing()
        if not session.execute(once.returning(col(MissedPickup.pickup_id))).first():
            return False
        event = OfTask(gate=task.kind, task_id=task.id)
        add_event(session, shipment.key, EventKind.PICKUP_MISSED, event, actor=actor, note=note)
        return True
