"""Advisory locks: who may be at something that is no row."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from adapters.database.sessions import engine
from adapters.settings import settings
from domain.errors import Unavailable

MIGRATING = 7_225_463_01
"""One process migrates, the others wait."""

SHIPPING_AND_SUMMING_UP = 7_225_463_02
"""Orders become Shipped together, but never while a day is being summed up."""

DISPATCHING = 7_225_463_03
"""One dispatcher works, the others stand by."""

LOOKING = 7_225_463_04
"""One look for late tasks at a time, so that a role gets one mail for what is late."""


class AlreadyLocked(Unavailable):
    """Another attempt is at the same thing outside the database."""

    message = "Another attempt is at {what} now: this one looks again soon."

    def __init__(self, what: str) -> None:
        super().__init__(what=what)


@contextmanager
def advisory_lock(what: str) -> Iterator["AdvisoryLock"]:
    """Be the only one at something that is outside the database, without an open transaction.

    Raises `AlreadyLocked` while another process is at it. A process that hangs loses its lock when
    it is taken for lost.
    """
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        lock = AdvisoryLock(connection, what)
        lock.take()
        try:
            yield lock
        finally:
            lock.release()


class AdvisoryLock:
    """The right to be at something, which a connection has."""

    def __init__(self, connection: Connection, what: str) -> None:
        self._connection, self._what = connection, what

    def take(self) -> None:
        """Raises `AlreadyLocked`."""
        milliseconds = int(settings().lost_after_seconds * 1000)
        taken = self._connection.scalar(
            text(
                "SELECT pg_try_advisory_lock(hashtextextended(:what, 0)),"
                " set_config('idle_session_timeout', :milliseconds, false)"
            ),
            {"what": self._what, "milliseconds": str(milliseconds)},
        )
        if not taken:
            raise AlreadyLocked(self._what)

    def check(self) -> None:
        """The last thing to do before acting. Raises `AlreadyLocked` if it was lost meanwhile."""
        try:
            self._connection.execute(text("SELECT 1"))
        except DBAPIError as lost:
            raise AlreadyLocked(self._what) from lost

    def release(self) -> None:
        """A connection that was lost has given its lock back already."""
        with suppress(SQLAlchemyError):
            self._connection.execute(
                text(
                    "SELECT pg_advisory_unlock_all(),"
                    " set_config('idle_session_timeout', '0', false)"
                )
            )
