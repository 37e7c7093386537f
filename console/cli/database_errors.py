"""A database that does not answer any more, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from adapters.database.conflicts import is_conflict, is_session_lost
from adapters.database.sessions import DatabaseAway, InUse, database_url


@contextmanager
def database_errors_explained() -> Iterator[None]:
    """What a command does with the database. Raises `DatabaseAway`, and `InUse`."""
    try:
        yield
    except DBAPIError as problem:
        if is_conflict(problem):
            raise InUse from problem
        if isinstance(problem, OperationalError) or is_session_lost(problem):
            raise DatabaseAway(database_url(), problem.orig) from problem
        raise
