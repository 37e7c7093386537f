"""Looking at the whole database at one instant, with two connections side by side.

Large tables are read from end to end here, which the settings for short questions make slow.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any, TypeVar

from sqlalchemy import text
from sqlmodel import Session

from adapters.database.sessions import transaction

Found = TypeVar("Found")

_WORK_MEM = "128MB"
"""A hash table of a million orders fits in it, and is not written to disk in parts."""

# Each connection keeps one core busy; compiling a query takes longer than most of them.
_BEGIN = f"""
    SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
    SET LOCAL work_mem = '{_WORK_MEM}';
    SET LOCAL jit = off;
    SET LOCAL max_parallel_workers_per_gather = 0
"""


def look_at_all(
    questions: Sequence[Callable[[Session], Found]], told: Callable[[int], None]
) -> list[Found]:
    """The answers to all questions, in their order, as the database is in one instant.

    Two are answered at a time. `told` hears how many have been. Raises `DatabaseAway`.
    """
    left = deque(enumerate(questions))
    answers: dict[int, Found] = {}

    def answer(session: Session) -> None:
        with _emptied_by_errors(left):
            while left:
                number, question = left.popleft()
                answers[number] = question(session)
                told(len(answers))

    _side_by_side(answer)
    return [answers[number] for number in range(len(questions))]


def _side_by_side(work: Callable[[Session], None]) -> None:
    """Do the work in two transactions that see the same instant."""
    with _looking() as session, ThreadPoolExecutor(max_workers=1) as other:
        snapshot, seen = session.scalar(text("SELECT pg_export_snapshot()")), Event()
        helper = other.submit(_work_in, snapshot, seen, work)
        helper.add_done_callback(lambda _: seen.set())
        seen.wait()
        work(session)
        helper.result()


def _work_in(snapshot: Any, seen: Event, work: Callable[[Session], None]) -> None:
    with _looking(snapshot) as session:
        seen.set()
        work(session)


@contextmanager
def _looking(snapshot: str = "") -> Iterator[Session]:
    """A transaction that changes nothing, and sees what another has seen if it is given."""
    with transaction() as session:
        begin = session.connection().connection.cursor()
        begin.execute(_BEGIN)
        if snapshot:
            begin.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        yield session


@contextmanager
def _emptied_by_errors(left: deque[Any]) -> Iterator[None]:
    """Nothing is begun any more once something has failed."""
    try:
        yield
    except BaseException:
        left.clear()
        raise
