"""Staff, and the tasks that wait for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import document, identity, instant
from models.enums import AnsweredThrough, Role, TaskKind, TaskState, enum_column


class Staff(SQLModel, table=True):
    """Somebody who works here, and in which role."""

    name: str = Field(primary_key=True, max_length=100)
    role: Role = Field(sa_column=enum_column(Role, "role"))
    email: str = Field(default="", max_length=320)


class StaffTask(SQLModel, table=True):
    """One thing that one person is asked to do for an order, and the answer.

    A refused answer closes its round, with the complaint in the task of the next round. `shown`
    counts how often its form was put up in Prefect.
    """

    __tablename__ = "staff_task"
    __table_args__ = (
        UniqueConstraint("order_number", "kind", "round"),
        Index(
            "ix_staff_task_one_open",
            "order_number",
            "kind",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_staff_task_to_do", "role", "due_at", postgresql_where=text("state = 'open'")),
        CheckConstraint(
            "(state IN ('done', 'refused')) = (answered_at IS NOT NULL)",
            name="answered_when_closed",
        ),
    )

    id: int = identity()
    order_number: int = Field(foreign_key="sales_order.number", sa_type=BigInteger)
    kind: TaskKind = Field(sa_column=enum_column(TaskKind, "kind"))
    round: int = 1
    role: Role = Field(sa_column=enum_column(Role, "role"))
    state: TaskState = Field(default=TaskState.OPEN, sa_column=enum_column(TaskState, "state"))
    opened_at: datetime = instant()
    due_at: datetime = instant()
    checklist: dict[str, Any] | None = document()
    shown: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    complaint: str = Field(default="", max_length=2000)
    answer: dict[str, Any] | None = document()
    answered_by: str | None = Field(default=None, max_length=100)
    answered_at: datetime | None = instant(None)
    answered_through: AnsweredThrough | None = Field(
        default=None, sa_column=enum_column(AnsweredThrough, "answered_through", nullable=True)
    )
