"""Taking a batch: all its pickings at once, and giving them back whole."""

from collections.abc import Collection

from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.errors import PacklineError
from models.tables.batches import Batch, BatchTask
from models.tables.staff import Staff, StaffTask
from services.access.actors import Actor
from services.access.permissions import Action, require
from services.batches.current import current_batch, locked_tasks, tasks_in_hand
from services.batches.proposals import free_pickings
from services.worklist.taking import give_back_locked, take_locked


class NothingToBatch(PacklineError):
    """Of a proposed batch nothing is free any more."""

    message = "Others were quicker: none of these orders is free any more. Take the next batch."


def take_batch(task_ids: Collection[int], actor: Actor) -> Batch:
    """Take those of these pickings that are free, up to the totes of a cart, as one batch.

    Who has a batch in hand keeps that one. Raises `NothingToBatch`, `NotAllowed`.
    """
    require(actor, Action.PICK_BATCHES)
    with transaction() as session:
        session.get(Staff, actor.name, with_for_update=True)  # pressed twice, it is one batch
        batch = current_batch(session, actor.name)
        if batch and tasks_in_hand(session, batch):
            return batch
        tasks = _free(session, task_ids, actor)
        if not tasks:
            raise NothingToBatch
        return _take(session, tasks, actor)


def give_back_batch(actor: Actor) -> None:
    """All pickings of the actor's batch are free again."""
    with transaction() as session:
        batch = current_batch(session, actor.name)
        for task in locked_tasks(session, batch, in_hand=True) if batch else ():
            give_back_locked(session, task, actor)


def _free(session: Session, task_ids: Collection[int], actor: Actor) -> list[StaffTask]:
    """Locked in the order of their numbers, so that two who want the same do not stand in each
    other's way for ever.
    """
    wanted = select(StaffTask).where(
        col(StaffTask.id).in_(task_ids), *free_pickings(session, actor)
    )
    locked = wanted.order_by(col(StaffTask.id)).with_for_update()
    found = list(session.exec(locked.execution_options(populate_existing=True)))
    found.sort(key=lambda task: (task.leaves_at, task.promised_at, task.id))
    return [task for task in found if task.warehouse == found[0].warehouse]


def _take(session: Session, tasks: list[StaffTask], actor: Actor) -> Batch:
    batch = Batch(picker=actor.name, warehouse=tasks[0].warehouse or "")
    session.add(batch)
    session.flush()
    for number, task in enumerate(tasks[: settings().cart_totes], 1):
        take_locked(session, task, actor)
        part = {"number": number, "task_id": task.id, "take_number": task.take_number}
        session.add(BatchTask(batch_id=batch.id, **part))
    session.flush()
    return batch
