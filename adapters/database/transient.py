"""Which troubles time heals by itself."""

import psycopg
from httpx import HTTPError, HTTPStatusError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.database.conflicts import is_lock_timeout, is_session_lost
from adapters.database.sessions import DatabaseAway
from domain.errors import Unavailable

HTTP_FOR_NOW = (408, 425, 429)
"""4xx that heal by themselves."""

_SOMEBODY_AWAY = (
    Unavailable, OperationalError, InterfaceError, PoolTimeout, HTTPError, psycopg.OperationalError,
)  # fmt: skip


def is_transient(problem: BaseException) -> bool:
    """Whether trying again later is worth it: somebody is away, two transactions met, or Postgres
    ended the session of one that stood still.

    What HTTP refuses for good, by a 4xx, is not.
    """
    if isinstance(problem, HTTPStatusError):
        status = problem.response.status_code
        return status in HTTP_FOR_NOW or not 400 <= status < 500
    return isinstance(problem, _SOMEBODY_AWAY) or is_session_lost(problem)


def heals_at_once(problem: BaseException) -> bool:
    """Whether to try again without leaving: Postgres broke off, or two transactions met.

    Who waited in vain for a lock has waited enough: somebody hangs.
    """
    if isinstance(problem, DBAPIError) and is_lock_timeout(problem):
        return False
    broke_off = isinstance(problem, OperationalError | InterfaceError | PoolTimeout | DatabaseAway)
    return broke_off or is_session_lost(problem)
