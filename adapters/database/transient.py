"""Which troubles time heals by itself."""

import psycopg
from httpx import HTTPError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from adapters.database.conflicts import is_session_lost
from domain.errors import Unavailable

_SOMEBODY_AWAY = (
    Unavailable, OperationalError, InterfaceError, PoolTimeout, HTTPError, psycopg.OperationalError,
)  # fmt: skip


def is_transient(problem: BaseException) -> bool:
    """Whether trying again later is worth it: somebody is away, two transactions met, or Postgres
    ended the session of one that stood still.
    """
    return isinstance(problem, _SOMEBODY_AWAY) or is_session_lost(problem)
