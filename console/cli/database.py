"""The database, as a command finds it."""

from contextlib import AbstractContextManager

from sqlmodel import Session

from adapters.database.revisions import SchemaOutOfDate, check_schema
from adapters.database.sessions import engine, transaction
from adapters.settings import settings
from console.cli.loading import loaded

_MIGRATE = "adapters.database.schema:migrate"
"""Loaded when it is needed: Alembic takes its time."""


def reading() -> AbstractContextManager[Session]:
    """A session in which to look something up. Raises `SchemaOutOfDate`, `DatabaseAway`."""
    ready()
    return transaction()


def ready() -> None:
    """Our own Postgres is brought up to date by itself; somebody else's only when asked to.

    Raises `SchemaOutOfDate`.
    """
    try:
        check_schema(engine())
    except SchemaOutOfDate:
        if settings().database_url is not None:
            raise
        loaded(_MIGRATE)(engine())
