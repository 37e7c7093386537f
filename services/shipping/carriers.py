"""Asking carriers, each with a time-out and a circuit breaker of its own."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from threading import BoundedSemaphore, Thread
from typing import TypeVar

from adapters.carriers.base import Carrier, CarrierAway
from adapters.carriers.registry import carrier_named
from adapters.settings import settings
from services.alarms.circuit import outside

_MOST_HANGING = 32
"""Calls that hang for ever keep their threads; more are not begun."""

Answer = TypeVar("Answer")

_calls = BoundedSemaphore(_MOST_HANGING)


def ask_carrier(name: str, question: Callable[[Carrier], Answer]) -> Answer:
    """What the carrier of that name answers. Outside any transaction.

    Raises `Deferred` when it is away, or refuses us, and what the question raises otherwise.
    """
    with outside(f"carrier {name}"):
        return _in_time(partial(question, carrier_named(name)))


def _in_time(call: Callable[[], Answer]) -> Answer:
    """The answer, if it comes in time. What comes later is lost; the key of the call tells."""
    answer: Future[Answer] = Future()
    if not _calls.acquire(blocking=False):
        raise CarrierAway
    Thread(target=_answer, args=[call, answer], name="carrier", daemon=True).start()
    try:
        return answer.result(settings().carrier_timeout_seconds)
    except TimeoutError as late:
        raise CarrierAway from late


def _answer(call: Callable[[], Answer], answer: "Future[Answer]") -> None:
    try:
        answer.set_result(call())
    except BaseException as problem:  # noqa: BLE001  (whoever asked gets it)
        answer.set_exception(problem)
    finally:
        _calls.release()
