"""What a database error says: somebody else was in the way, or the session is gone."""

from psycopg import errors
from sqlalchemy.exc import DBAPIError


def is_session_lost(problem: BaseException) -> bool:
    """Whether the database session is gone, and with it what its transaction had done."""
    return isinstance(problem, DBAPIError) and problem.connection_invalidated


def is_lock_timeout(problem: DBAPIError) -> bool:
    """Whether what it needs was locked by somebody else for too long."""
    return isinstance(problem.orig, errors.LockNotAvailable)


def is_conflict(problem: DBAPIError) -> bool:
    """Whether it got into another transaction's way: done again, it mostly succeeds."""
    return is_lock_timeout(problem) or isinstance(
        problem.orig, errors.DeadlockDetected | errors.SerializationFailure
    )
