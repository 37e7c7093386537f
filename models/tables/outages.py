"""Services outside that do not do their part, and the alarms that this raises."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel, col

from models.base import identity, instant


class Outage(SQLModel, table=True):
    """A service outside that is away, or that refuses us; of each service, one at a time is open.

    `problem` is the message of the latest failure, `failures` counts them. While `retry_at` is
    there, nobody asks the service but one probe, from that instant on. A service that has `refused`
    is asked again when a person says so. An outage is an alarm since `raised_at`, told to people at
    `told_at`; many are over before that.

    The audit says the same: *what refuses us is an alarm*.
    """

    __table_args__ = (
        CheckConstraint(
            "NOT refused OR raised_at IS NOT NULL AND retry_at IS NULL",
            name="refused_waits_for_a_person",
        ),
        CheckConstraint("raised_at IS NOT NULL OR told_at IS NULL", name="only_alarms_are_told"),
        Index("uq_outage_open", "service", unique=True, postgresql_where=text("over_at IS NULL")),
    )

    id: int = identity()
    service: str = Field(max_length=64)
    problem: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    since: datetime = instant()
    failures: int = 0
    refused: bool = False
    retry_at: datetime | None = instant(None)
    raised_at: datetime | None = instant(None)
    told_at: datetime | None = instant(None)
    over_at: datetime | None = instant(None)

    @property
    def is_open(self) -> bool:
        """Nobody asks the service now, or one probe does."""
        return self.over_at is None and (self.refused or self.retry_at is not None)


def goes_on() -> ColumnElement[bool]:
    """The condition that an outage is not over."""
    return col(Outage.over_at).is_(None)
