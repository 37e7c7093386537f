"""Two workers and two dispatchers on the stack of tests/live.py, and things that go wrong."""

from collections.abc import Iterator

import pytest

from tests.live import LiveStack
from tests.process import process

__all__ = ["process"]


@pytest.fixture(scope="session")
def _doubled(_stack: LiveStack) -> LiveStack:
    _stack.stack.add_worker("worker-2")
    _stack.stack.add_dispatcher("dispatcher-2")
    _stack.until(lambda: _works(_stack), "the second worker")
    return _stack


@pytest.fixture
def chaos(_doubled: LiveStack, live: LiveStack) -> Iterator[LiveStack]:
    """The stack, with two of everything that may die."""
    yield live
    live.disarm()


def _works(stack: LiveStack) -> bool:
    log = stack.stack.folder / "logs" / "worker-2.log"
    return log.exists() and "started!" in log.read_text()
