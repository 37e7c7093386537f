"""Asking services outside, so that one that is away costs the others nothing.

A circuit breaker for each service, shared by all processes through Postgres: once it is known to be
out, nobody asks it but one probe at a time, with pauses that grow; the others leave at once. And
however slow a service is, some of a process's threads stay free of it (docs/decisions/0029).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from adapters.database.transient import is_transient
from adapters.settings import settings
from domain.errors import PacklineError
from domain.messages import Message
from services.alarms.failures import ServiceFailure, failure_of
from services.alarms.outages import Entry, enter, note_answer, note_failure, note_refusal
from services.execution.errors import Deferred

MAIL = "mail"
PREFECT = "Prefect"
"""Among the services: the mail server, and Prefect's API where a step asks it for something."""

_SINGLE_ORDERS = ", single orders"
"""After the name of a service that refuses what is asked for some orders: these await that name,
and the others go on asking the service.
"""

_BUSY = Message(
    "outside-is-slow", "{service} is slow, and enough of this worker waits for services outside"
)


@contextmanager
def outside(service: str) -> Iterator[None]:
    """Ask something of a service in this block, with a time-out of its own; no transaction is open.

    Raises `Deferred` when the service is out, or turns out to be. An error that says nothing of the
    service goes through.
    """
    with _some_threads_stay_free(service):
        entry = enter(service)
        try:
            yield
        except Exception as problem:
            failure = failure_of(problem)
            if failure:
                raise _deferred(service, failure, entry) from problem
            if entry.suspected and isinstance(problem, PacklineError) and not is_transient(problem):
                note_answer(service)
            raise
        if entry.suspected:
            note_answer(service)


def is_about_single_orders(awaited: str) -> bool:
    """Whether a service is out for some orders only, which nobody probes it for."""
    return awaited.endswith(_SINGLE_ORDERS)


def _deferred(service: str, failure: ServiceFailure, entry: Entry) -> Deferred:
    if failure.refused:
        awaited = service if failure.for_all else service + _SINGLE_ORDERS
        note_refusal(awaited, failure)
        return Deferred(failure.says, awaited)
    is_out = note_failure(service, failure, entry)
    return Deferred(failure.says, service if is_out else None)


@contextmanager
def _some_threads_stay_free(service: str) -> Iterator[None]:
    """Raises `Deferred` when three of four threads of this process wait for services outside."""
    room = _room(max(settings().worker_threads * 3 // 4, 1))
    if not room.acquire(blocking=False):
        raise Deferred(Message(_BUSY.code, _BUSY.text, {"service": service}))
    try:
        yield
    finally:
        room.release()


@cache
def _room(threads: int) -> BoundedSemaphore:
    return BoundedSemaphore(threads)
