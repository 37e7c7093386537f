"""What has happened: the ledger of steps, and the events that people read."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Relationship, SQLModel

from models.base import document, identity, instant
from models.enums import Channel, enum_column


class StepRecord(SQLModel, table=True):
    """A step that has happened, and what it gave. Subjects: `order:1001`, `day:2026-11-23`."""

    __tablename__ = "step_record"
    __table_args__ = (Index("ix_step_record_step", "step", "subject", "round"),)  # for the audit

    subject: str = Field(primary_key=True, max_length=64)
    step: str = Field(primary_key=True, max_length=64)
    round: int = Field(primary_key=True)
    result: dict[str, Any] | None = document()
    run_id: str = Field(max_length=36, index=True)
    at: datetime = instant()


class Note(SQLModel, table=True):
    """What a person typed, such as why. Append-only, as the event that refers to it."""

    id: int = identity()
    at: datetime = instant()
    subject: str = Field(max_length=64, index=True)
    author: str = Field(max_length=100)
    text: str = Field(max_length=2000)


class AuditEvent(SQLModel, table=True):
    """A line of a subject's timeline, as data (docs/decisions/0024): no sentence, and nothing by
    which a customer could be known.

    `kind` is the id of a step, or an `EventKind`. Append-only: the database refuses to change or
    delete one.
    """

    __tablename__ = "audit_event"
    __table_args__ = (
        Index("ix_audit_event_subject", "subject", "id"),
        CheckConstraint("kind ~ '^[a-z][a-z0-9:-]*$'", name="kind_is_an_id"),
    )

    id: int = identity()
    at: datetime = instant()
    subject: str = Field(max_length=64)
    actor: str = Field(max_length=100)
    channel: Channel = Field(sa_column=enum_column(Channel, "channel"))
    kind: str = Field(max_length=64)
    values: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB, nullable=False)
    note_id: int | None = Field(default=None, foreign_key="note.id", sa_type=BigInteger)

    note: Note | None = Relationship()
