"""Many orders, one after the other: the trouble of one stops none of the others."""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import delete, func, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from adapters.database.conflicts import is_session_lost
from adapters.database.locks import AlreadyLocked
from adapters.database.sessions import DatabaseAway, InUse, transaction
from adapters.database.transient import is_transient
from adapters.prefect.api import PrefectAway, PrefectBroke
from domain.allocation import ShipmentId
from domain.errors import PacklineError, Unavailable, reason
from domain.messages import Message
from models.enums import SweepPart
from models.tables.runs import SweepProblem

_LOCK_MILLISECONDS = 200
"""So long the dispatcher waits for a lock. Who has one is at work: a later sweep comes back."""

_WHICH = tuple_(col(SweepProblem.order_number), col(SweepProblem.shipment))

Done = TypeVar("Done")

logger = logging.getLogger("packline.orders")


class StoodStill(Unavailable):
    """Whoever sweeps may have been replaced meanwhile, and is to do nothing more."""

    message = "This process stood still, and another one may have taken its place: it begins anew."


class OneByOne:
    """A part of the sweep: each order by itself. What fails for one is written on that one."""

    def __init__(self, part: SweepPart) -> None:
        self._part = part
        self._failed: dict[ShipmentId, Message] = {}

    @property
    def failures(self) -> int:
        """How many orders it failed for."""
        return len(self._failed)

    def attempt(self, what: str, which: ShipmentId | None, do: Callable[[], bool]) -> bool:
        """What `do` says; False when it meets trouble, which is noted: a later sweep tries again.

        What somebody is working on at the moment is no trouble. Raises what stops all the others as
        well: Postgres or Prefect is away.
        """
        return alone(what, do, partial(self._note, which)) or False

    def _note(self, which: ShipmentId | None, problem: Exception) -> None:
        if which and not isinstance(problem, InUse | AlreadyLocked):
            self._failed[which] = reason(problem)

    def save(self, untouched: Collection[ShipmentId] = ()) -> None:
        """Write on the orders what failed, and take from all others what failed before; the
        `untouched` keep it.
        """
        with transaction() as session:
            kept = [*self._failed, *untouched]
            mended = delete(SweepProblem).where(col(SweepProblem.part) == self._part)
            session.execute(mended.where(_WHICH.not_in(kept)) if kept else mended)
            if self._failed:
                session.execute(_noted(self._part, self._failed))


@contextmanager
def one_by_one(part: SweepPart) -> Iterator[OneByOne]:
    """A part of the sweep that looks at every order for which there is something to do."""
    orders = OneByOne(part)
    yield orders
    orders.save()


def in_trouble(session: Session, part: SweepPart) -> set[ShipmentId]:
    """The shipments for which that part of the sweep failed."""
    of_part = select(SweepProblem.order_number, SweepProblem.shipment).where(
        SweepProblem.part == part
    )
    return {(order, shipment) for order, shipment in session.execute(of_part)}


def _note_nothing(_problem: Exception) -> None:
    """For trouble that stands in the log alone."""


def alone(
    what: str, do: Callable[[], Done], note: Callable[[Exception], None] = _note_nothing
) -> Done | None:
    """What `do` gives; None when it meets trouble, which is logged, and `note` gets it: a later
    look tries again.

    Raises what stops all the others as well: Postgres or Prefect is away.
    """
    try:
        return do()
    except Exception as problem:
        if stops_all(problem):
            raise
        _log(what, problem)
        note(problem)
        return None


@contextmanager
def impatient_transaction() -> Iterator[Session]:
    """A transaction that waits for nobody's lock.

    Raises `InUse` when somebody has locked what it needs, and goes on working.
    """
    with transaction() as session:
        patience = text("SELECT set_config('lock_timeout', :milliseconds, true)")
        session.execute(patience, {"milliseconds": str(_LOCK_MILLISECONDS)})
        yield session


def stops_all(problem: Exception) -> bool:
    """Whether nothing can be done for the other orders either. A server that answers, though with
    an error of its own, is there for them.
    """
    away = isinstance(problem, DatabaseAway | PrefectAway | StoodStill)
    return is_session_lost(problem) or (away and not isinstance(problem, PrefectBroke))


def _log(what: str, problem: Exception) -> None:
    explained = isinstance(problem, PacklineError) or is_transient(problem)
    logger.warning("%s: %s", what, problem, exc_info=None if explained else problem)


def _noted(part: SweepPart, failed: dict[ShipmentId, Message]) -> Any:
    """What fails, since when it first did."""
    rows = [
        {"order_number": order, "shipment": shipment, "part": part, "problem": problem.as_data()}
        for (order, shipment), problem in sorted(failed.items())
    ]
    new = insert(SweepProblem).values([row | {"since": func.now()} for row in rows])
    return new.on_conflict_do_update(
        index_elements=["order_number", "shipment", "part"],
        set_={"problem": new.excluded.problem},
    )
