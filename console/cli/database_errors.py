"""A database that does not answer any more, in one sentence."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import OperationalError

from adapters.database.sessions import DatabaseAway, database_url


@contextmanager
def database_errors_explained() -> Iterator[None]:
    """What a command does with the database. Raises `DatabaseAway`."""
    try:
        yield
    except OperationalError as problem:
        raise DatabaseAway(database_url(), problem.orig) from problem
