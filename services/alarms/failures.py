"""What the failure of a service means: for this order or for all, for now or until mended."""

from http import HTTPStatus
from typing import NamedTuple

from httpx import HTTPError, HTTPStatusError

from adapters.database.transient import is_transient
from domain.errors import ServiceAway, ServiceRefuses
from domain.messages import Message, said

_WHO_WE_ARE = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.PAYMENT_REQUIRED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
)
"""4xx that are about us, whatever we ask."""


class ServiceFailure(NamedTuple):
    """Why a service did not do its part. `refused`: it will not, until a person has mended why."""

    says: Message
    for_all: bool
    refused: bool = False


def failure_of(problem: Exception) -> ServiceFailure | None:
    """What an error says of the service that was asked; None: nothing."""
    match problem:
        case ServiceAway():
            return ServiceFailure(problem.says, problem.for_all)
        case ServiceRefuses():
            return ServiceFailure(problem.says, problem.for_all, refused=True)
        case HTTPStatusError():
            return _of_status(problem)
        case HTTPError() | OSError():
            return ServiceFailure(said(str(problem) or type(problem).__name__), for_all=True)
    return None


def _of_status(problem: HTTPStatusError) -> ServiceFailure:
    status = problem.response.status_code
    says = Message("http-status", "it answers with HTTP status {status}", {"status": status})
    if is_transient(problem):
        return ServiceFailure(says, for_all=True)
    return ServiceFailure(says, for_all=status in _WHO_WE_ARE, refused=True)
