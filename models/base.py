"""What all tables share: naming of constraints, and the columns that many of them have."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    DateTime,
    FetchedValue,
    Identity,
    String,
    TextClause,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def utc_now() -> datetime:
    """This instant by this machine's clock, in UTC: to show, never to compare (decision 28)."""
    return datetime.now(UTC)


THIS_INSTANT = text("clock_timestamp()")
"""By the database's clock (docs/decisions/0028)."""


def instant(default: TextClause | None = THIS_INSTANT, *, index: bool = False) -> Any:
    """A `timestamptz` column; by default it has the instant at which the row is inserted."""
    kind = DateTime(timezone=True)
    if default is None:
        return Field(default=None, sa_type=kind, nullable=True, index=index)
    given = {"server_default": default}
    return Field(default=None, sa_type=kind, nullable=False, index=index, sa_column_kwargs=given)


def later() -> Any:
    """A `timestamptz` column for an instant that whoever inserts the row says."""
    return Field(sa_type=DateTime(timezone=True), nullable=False)


def written_instant() -> Any:
    """A `timestamptz` column that a trigger of the database writes."""
    kept = {"server_default": FetchedValue()}
    kind = DateTime(timezone=True)
    return Field(default=None, sa_type=kind, nullable=False, sa_column_kwargs=kept)


def identity(start: int = 1) -> Any:
    """A primary key that the database counts up."""
    return Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger,
        sa_column_args=[Identity(start=start)],
        sa_column_kwargs={"autoincrement": True},
    )


def big_integer() -> Any:
    """A nullable BIGINT column: an amount in minor units."""
    return Field(default=None, sa_type=BigInteger, nullable=True)


def minor_units(default: int | None = None) -> Any:
    """A BIGINT column: an amount in minor units, always there."""
    if default is None:
        return Field(sa_type=BigInteger, nullable=False)
    kept = {"server_default": str(default)}
    return Field(default=default, sa_type=BigInteger, nullable=False, sa_column_kwargs=kept)


def document() -> Any:
    """A JSONB column."""
    return Field(default=None, sa_type=JSONB(none_as_null=True), nullable=True)


def postal_key() -> Any:
    """The postal prefix as places are looked up by it; the rule is `domain.places.comparable`."""
    without_gaps = "lower(regexp_replace(postal_prefix, '[[:space:]-]', '', 'g'))"
    kept = Computed(without_gaps, persisted=True)
    return Field(default=None, sa_column=Column(String(20), kept, nullable=False))
