"""What a step is about: an order, or a day. The subject locks its row and remembers its ledger.

Steps have rounds: the second call of a step in a flow is its second round (stock is checked again
after an operator said so). A flow starts over from the top in every attempt and makes the same
calls in the same order, so counting the calls finds the same records again.
"""

from abc import ABC, abstractmethod
from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from models.enums import ENDED
from models.tables.ledger import StepRecord
from models.tables.runs import SupersededRun
from models.tables.shipments import Shipment
from services.execution.errors import CancellationRequested, NothingLeft, OnHold, Superseded
from services.execution.ledger import day_key
from services.execution.locks import (
    _next_new_shipment,
    cannot_be_cancelled,
    find_shipment,
    locked_shipment,
)


class Run(ABC):
    """The base of all subjects. `key` is their name in the ledger."""

    key: str = ""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.effects: dict[tuple[str, int], Any] = {}
        """What came of effects whose record could not be written yet, by step and round."""
        self.stop: PacklineError | None = None
        """Why no further step may begin, as the attempt knew when it began."""
        self._calls: Counter[str] = Counter()
        self._records: dict[tuple[str, int], dict[str, Any] | None] = {}

    def may_begin(self) -> None:
        """Raises what `lock` would raise, as far as the attempt knew when it began."""
        if self.stop:
            raise self.stop

    def next_round(self, step: str) -> int:
        """The round that this call of `step` is, from 1."""
        self._calls[step] += 1
        return self._calls[step]

    def rounds_begun(self, step: str) -> int:
        """How often `step` has been called in this attempt."""
        return self._calls[step]

    def rounds_recorded(self, step: str) -> int:
        """How often `step` had happened when the attempt began."""
        return max((round for name, round in self._records if name == step), default=0)

    def recorded(self, step: str, round: int) -> dict[str, Any] | None:
        """The result that earlier attempts left, without asking the database again."""
        return self._records.get((step, round))

    def remember(self, session: Session) -> None:
        """Read the ledger of earlier attempts, once."""
        found = session.exec(select(StepRecord).where(StepRecord.subject == self.key))
        self._records = {(record.step, record.round): record.result for record in found}

    @abstractmethod
    def lock(self, session: Session) -> Any:
        """Lock what the subject stands for until the transaction ends, and return it."""


class OrderRun(Run):
    """An order, or a shipment of one that was split, in the hands of one attempt of a flow run."""

    def __init__(self, shipment: Shipment, run_id: str) -> None:
        super().__init__(run_id)
        self.key = shipment.key
        self.number = shipment.order_number
        self.shipment = shipment.number
        self.title = shipment.name.capitalize()
        self.fence = shipment.fence
        self.status = shipment.status
        self.compensating = False

    @property
    def has_ended(self) -> bool:
        """Nothing was left to do when this attempt began."""
        return self.status in ENDED

    def lock(self, session: Session) -> Shipment:
        """Lock the shipment, to do something for it.

        Raises `Superseded` when a newer attempt has taken it over, and unless the attempt is on its
        compensation, `CancellationRequested` and `OnHold`.
        """
        shipment = self.lock_fenced(session)
        if stop := self.pending_interruption(session, shipment):
            raise stop
        return shipment

    def lock_fenced(self, session: Session) -> Shipment:
        """Lock the shipment, whatever is asked for it. Raises `Superseded`."""
        shipment = locked_shipment(session, self.number, self.shipment)
        if shipment.fence != self.fence:
            raise Superseded(self.title, shipment.run_id)
        return shipment

    def pending_interruption(
        self, session: Session, shipment: Shipment
    ) -> CancellationRequested | OnHold | None:
        """Why the attempt has to stop. Parcels that the carrier has are beyond recall."""
        order = shipment.order
        asked = order.cancel_requested_at or order.on_hold_since or shipment.nothing_left
        if not asked or self.compensating or cannot_be_cancelled(session, shipment):
            return None
        if order.cancel_requested_at is not None:
            return CancellationRequested(self.title, order)
        return NothingLeft(self.title) if shipment.nothing_left else OnHold(order)

    def begin_compensation(self) -> None:
        """From here on, the attempt undoes what was done, and counts its calls anew."""
        self.compensating = True
        self.stop = None
        self._calls.clear()


class ClaimedRun(Run):
    """An order still to be found: the one named, the one this run has, or the next New one."""

    def __init__(self, number: int | None, shipment: int, run_id: str) -> None:
        super().__init__(run_id)
        self.number = number
        self.shipment = shipment

    def recorded(self, step: str, round: int) -> dict[str, Any] | None:
        """What this run, or an earlier run of the named order, has retrieved.

        A named order that has ended is not claimed any more: it is given as it is.
        """
        with transaction() as session:
            if self.number is not None:
                shipment = find_shipment(session, self.number, self.shipment)
                if shipment and shipment.has_ended:
                    return {"number": self.number, "shipment": self.shipment}
                key = shipment.key if shipment else ""
                record = session.get(StepRecord, (key, step, round))
            else:
                mine = StepRecord.run_id == self.run_id
                record = session.exec(
                    select(StepRecord).where(mine, StepRecord.step == step)
                ).first()
        return record.result if record else None

    def lock(self, session: Session) -> Shipment | None:
        """Lock the shipment. None: nothing is waiting. Raises `UnknownOrder`."""
        if self.number is None:
            shipment = _next_new_shipment(session)
        else:
            shipment = locked_shipment(session, self.number, self.shipment)
        if shipment:
            self.key = shipment.key
            if shipment.run_id and shipment.run_id != self.run_id:
                supersede(session, shipment)
            shipment.run_id = self.run_id
        return shipment


class DayRun(Run):
    """A day of the shop; making its summary again is the next revision."""

    def __init__(self, day: date, revision: int, run_id: str) -> None:
        super().__init__(run_id)
        self.key = day_key(day)
        self.day = day
        self.revision = revision

    def next_round(self, step: str) -> int:
        """Every step of a revision has the revision as its round."""
        return self.revision

    def lock(self, session: Session) -> "DayRun":
        """Let one transaction at a time work on the day."""
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": self.key})
        return self


def begin_attempt(session: Session, number: int, shipment: int, run_id: str) -> OrderRun:
    """Begin an attempt: from here on, only this attempt may write to the shipment.

    The run that had it before is superseded: the dispatcher ends it in Prefect. A shipment that has
    ended stays with the run that ended it.
    """
    row = locked_shipment(session, number, shipment)
    if not row.has_ended:
        if row.run_id and row.run_id != run_id:
            supersede(session, row)
        session.execute(delete(SupersededRun).where(col(SupersededRun.run_id) == run_id))
        row.fence += 1
        row.run_id = run_id
        row.problem = None
        row.await_nothing()
        row.claimed_at = row.claimed_at or this_instant(session)
    reference = OrderRun(row, run_id)
    reference.remember(session)
    reference.stop = reference.pending_interruption(session, row)
    return reference


def supersede(session: Session, shipment: Shipment) -> None:
    """Note that the shipment's run has nothing left to do: the shipment goes on without it."""
    gone = insert(SupersededRun).values(run_id=shipment.run_id, order_number=shipment.order_number)
    session.execute(gone.on_conflict_do_nothing())
