"""What has happened: the ledger of steps, and the events that people read."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.base import document, identity, instant


class StepRecord(SQLModel, table=True):
    """A step that has happened, and what it gave. Subjects: `order:1001`, `day:2026-11-23`."""

    __tablename__ = "step_record"

    subject: str = Field(primary_key=True, max_length=64)
    step: str = Field(primary_key=True, max_length=64)
    round: int = Field(primary_key=True)
    result: dict[str, Any] | None = document()
    run_id: str = Field(max_length=36, index=True)
    at: datetime = instant()


class AuditEvent(SQLModel, table=True):
    """A line of a subject's timeline. Append-only: the database refuses to change or delete one."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "subject", "id"),)

    id: int = identity()
    at: datetime = instant()
    subject: str = Field(max_length=64)
    actor: str = Field(max_length=100)
    event: str = Field(max_length=100)
    detail: str = Field(default="", max_length=4000)
