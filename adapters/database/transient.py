"""Which troubles time heals by itself."""

from httpx import HTTPError, HTTPStatusError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.database.sessions import DatabaseAway
from domain.errors import Unavailable

HTTP_FOR_NOW = (408, 425, 429)
"""4xx that heal by themselves."""

_LOCK_NOT_AVAILABLE = "55P03"


def is_transient(problem: BaseException) -> bool:
    """Whether trying again later is worth it: somebody is away, or two transactions met.

    What HTTP refuses for good, by a 4xx, is not.
    """
    if isinstance(problem, HTTPStatusError):
        status = problem.response.status_code
        return status in HTTP_FOR_NOW or not 400 <= status < 500
    return isinstance(
        problem, Unavailable | OperationalError | InterfaceError | PoolTimeout | HTTPError
    )


def heals_at_once(problem: BaseException) -> bool:
    """Whether to try again without leaving: Postgres broke off, or two transactions met.

    Who waited in vain for a lock has waited enough: somebody hangs.
    """
    if isinstance(problem, OperationalError):
        return getattr(problem.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE
    return isinstance(problem, DatabaseAway | InterfaceError | PoolTimeout)
