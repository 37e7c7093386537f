"""The batch that somebody has in hand."""

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.enums import TaskState
from models.tables.batches import Batch, BatchTask
from models.tables.staff import StaffTask


def current_batch(session: Session, picker: str) -> Batch | None:
    """The last batch that somebody has taken, also if nothing of it is in their hands any more."""
    theirs = select(Batch).where(Batch.picker == picker)
    return session.exec(theirs.order_by(col(Batch.id).desc()).limit(1)).first()


def tasks_in_hand(session: Session, batch: Batch) -> list[StaffTask]:
    """The open pickings of a batch that are still its picker's."""
    return list(session.exec(_of(batch).where(*_in_hand(batch))))


def locked_tasks(session: Session, batch: Batch, *, in_hand: bool = False) -> list[StaffTask]:
    """All pickings of a batch, or those that are still its picker's, locked: in the order of their
    numbers, as whoever locks several does.
    """
    wanted = _of(batch).where(*_in_hand(batch)) if in_hand else _of(batch)
    return list(session.exec(wanted.with_for_update(of=StaffTask)))


def _of(batch: Batch) -> SelectOfScalar[StaffTask]:
    return (
        select(StaffTask)
        .join(BatchTask, col(BatchTask.task_id) == col(StaffTask.id))
        .where(BatchTask.batch_id == batch.id)
        .order_by(col(StaffTask.id))
        .execution_options(populate_existing=True)
    )


def _in_hand(batch: Batch) -> tuple[ColumnElement[bool], ...]:
    return (
        col(StaffTask.taken_by) == batch.picker,
        col(StaffTask.take_number) == col(BatchTask.take_number),
        col(StaffTask.state) == TaskState.OPEN,
    )
