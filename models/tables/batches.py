"""Batches: pickings that one person fetches in one walk."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.base import identity, instant
from models.tables.catalogue import WAREHOUSE_CHARACTERS


class Batch(SQLModel, table=True):
    """Pickings of one warehouse that somebody has taken to fetch them in one walk."""

    __table_args__ = (Index("ix_batch_picker_id", "picker", "id"),)

    id: int = identity()
    picker: str = Field(max_length=100)
    warehouse: str = Field(foreign_key="warehouse.code", max_length=WAREHOUSE_CHARACTERS)
    taken_at: datetime = instant()


class BatchTask(SQLModel, table=True):
    """A picking of a batch, by the number that its totes have on the cart. It is in the batch for
    as long as that take of it lasts; a take is in one batch.
    """

    __tablename__ = "batch_task"
    __table_args__ = (
        UniqueConstraint("task_id", "take_number"),
        CheckConstraint("number > 0", name="numbered_from_one"),
    )

    batch_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="batch.id")
    number: int = Field(primary_key=True)
    task_id: int = Field(sa_type=BigInteger, foreign_key="staff_task.id", nullable=False)
    take_number: int
