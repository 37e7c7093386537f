"""Many orders, one after the other: the trouble of one stops none of the others."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from adapters.database.sessions import DatabaseAway, transaction
from adapters.database.transient import is_transient
from adapters.prefect.api import PrefectAway, PrefectBroke
from adapters.settings import settings
from domain.errors import PacklineError

logger = logging.getLogger("packline.orders")


def alone(what: str, do: Callable[[], bool]) -> bool:
    """What `do` says; False when it meets trouble, which is logged: a later look tries again.

    Raises what stops all the others as well: Postgres or Prefect is away.
    """
    try:
        return do()
    except Exception as problem:
        if _stops_all(problem):
            raise
        explained = isinstance(problem, PacklineError) or is_transient(problem)
        logger.warning("%s: %s", what, problem, exc_info=not explained)
        return False


@contextmanager
def impatient_transaction() -> Iterator[Session]:
    """A transaction that does not wait for whoever hangs while it has an order locked.

    It waits for a lock as long as there is between two sweeps; then it raises `OperationalError`.
    """
    milliseconds = max(int(settings().sweep_seconds * 1000), 1)
    with transaction() as session:
        patience = text("SELECT set_config('lock_timeout', :milliseconds, true)")
        session.execute(patience, {"milliseconds": str(milliseconds)})
        yield session


def _stops_all(problem: Exception) -> bool:
    """A server that answers, though with an error of its own, is there for the other orders."""
    if isinstance(problem, DBAPIError):
        return problem.connection_invalidated
    return isinstance(problem, DatabaseAway | PrefectAway) and not isinstance(problem, PrefectBroke)
