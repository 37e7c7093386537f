"""Which troubles time heals by itself."""

from httpx import HTTPError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import Unavailable


def is_transient(problem: BaseException) -> bool:
    """Whether trying again later is worth it: somebody is away, or two transactions met."""
    return isinstance(
        problem, Unavailable | OperationalError | InterfaceError | PoolTimeout | HTTPError
    )
