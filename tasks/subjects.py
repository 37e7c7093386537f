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

from adapters.database import transaction
from domain.errors import PacklineError
from models.base import utc_now
from models.enums import ENDED, OrderStatus
from models.ledger import StepRecord
from models.orders import SalesOrder
from models.runs import OvertakenRun

RETRIEVE_NEW_ORDER = "Retrieve New Order"
DAILY_FULFILLMENT_SUMMARY = "Daily Fulfillment Summary"

IDENTITIES = range(1, 2**63)
"""What the database counts up: order numbers, task numbers."""


class UnknownOrder(PacklineError):
    """There is no such order."""

    def __init__(self, number: int) -> None:
        super().__init__(f"There is no order {number}: `packline orders` lists those there are.")


class Superseded(PacklineError):
    """A newer attempt works on the order; this one may write nothing more."""

    def __init__(self, number: int, run_id: str | None) -> None:
        super().__init__(
            f"Order {number} was taken over by flow run {run_id}: watch that run, nothing is lost."
        )


class Subject(ABC):
    """The base of all subjects. `key` is their name in the ledger."""

    key: str = ""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.effects: dict[tuple[str, int], Any] = {}
        """What came of effects whose record could not be written yet, by step and round."""
        self._calls: Counter[str] = Counter()
        self._records: dict[tuple[str, int], dict[str, Any] | None] = {}

    def next_round(self, step: str) -> int:
        """The round that this call of `step` is, from 1."""
        self._calls[step] += 1
        return self._calls[step]

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


class OrderRef(Subject):
    """An order in the hands of one attempt of one flow run."""

    def __init__(self, number: int, run_id: str, fence: int, status: OrderStatus) -> None:
        super().__init__(run_id)
        self.key = order_key(number)
        self.number = number
        self.fence = fence
        self.status = status

    @property
    def has_ended(self) -> bool:
        """Nothing was left to do when this attempt began."""
        return self.status in ENDED

    def lock(self, session: Session) -> SalesOrder:
        """Lock the order. Raises `Superseded` when a newer attempt has taken it over."""
        order = locked_order(session, self.number)
        if order.fence != self.fence:
            raise Superseded(self.number, order.run_id)
        return order


class Claim(Subject):
    """An order still to be found: the one named, the one this run has, or the next New one."""

    def __init__(self, number: int | None, run_id: str) -> None:
        super().__init__(run_id)
        self.number = number

    def recorded(self, step: str, round: int) -> dict[str, Any] | None:
        """What this run, or an earlier run of the named order, has retrieved.

        A named order that has ended is not claimed any more: it is given as it is.
        """
        with transaction() as session:
            if self.number is not None:
                order = find_order(session, self.number)
                if order and order.has_ended:
                    return {"number": order.number}
                record = session.get(StepRecord, (order_key(self.number), step, round))
            else:
                mine = StepRecord.run_id == self.run_id
                record = session.exec(
                    select(StepRecord).where(mine, StepRecord.step == step)
                ).first()
        return record.result if record else None

    def lock(self, session: Session) -> SalesOrder | None:
        """Lock the order. None: nothing is waiting. Raises `UnknownOrder`."""
        if self.number is None:
            order = _next_new_order(session)
        else:
            order = locked_order(session, self.number)
        if order:
            self.key = order_key(order.number)
            if order.run_id and order.run_id != self.run_id:
                overtake(session, order)
            order.run_id = self.run_id
        return order


class DayRef(Subject):
    """A day of the shop; making its summary again is the next revision."""

    def __init__(self, day: date, revision: int, run_id: str) -> None:
        super().__init__(run_id)
        self.key = day_key(day)
        self.day = day
        self.revision = revision

    def next_round(self, step: str) -> int:
        """Every step of a revision has the revision as its round."""
        return self.revision

    def lock(self, session: Session) -> "DayRef":
        """Let one transaction at a time work on the day."""
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": self.key})
        return self


def order_key(number: int) -> str:
    """An order's name in the ledger and in the timeline."""
    return f"order:{number}"


def day_key(day: date) -> str:
    """A day's name in the ledger and in the timeline."""
    return f"day:{day.isoformat()}"


def find_order(session: Session, number: int, *, lock: bool = False) -> SalesOrder | None:
    """The order's row, if there is one of that number."""
    if number not in IDENTITIES:
        return None
    return session.get(SalesOrder, number, with_for_update=lock or None, populate_existing=True)


def locked_order(session: Session, number: int) -> SalesOrder:
    """The order's row, locked. It is always locked before anything else of the order.

    Raises `UnknownOrder`.
    """
    order = find_order(session, number, lock=True)
    if order is None:
        raise UnknownOrder(number)
    return order


def take_over(session: Session, number: int, run_id: str) -> OrderRef:
    """Begin an attempt: from here on, only this attempt may write to the order.

    The run that had it before is overtaken: the dispatcher ends it in Prefect. An order that has
    ended stays with the run that ended it.
    """
    order = locked_order(session, number)
    if not order.has_ended:
        if order.run_id and order.run_id != run_id:
            overtake(session, order)
        session.execute(delete(OvertakenRun).where(col(OvertakenRun.run_id) == run_id))
        order.fence += 1
        order.run_id = run_id
        order.problem = ""
        order.waits_at = order.ready_at = None
        order.claimed_at = order.claimed_at or utc_now()
    reference = OrderRef(number, run_id, order.fence, order.status)
    reference.remember(session)
    return reference


def overtake(session: Session, order: SalesOrder) -> None:
    """Note that the order's run has nothing left to do: the order goes on without it."""
    gone = insert(OvertakenRun).values(run_id=order.run_id, order_number=order.number, at=utc_now())
    session.execute(gone.on_conflict_do_nothing())


def _next_new_order(session: Session) -> SalesOrder | None:
    unclaimed = (
        select(SalesOrder)
        .where(SalesOrder.status == OrderStatus.NEW, SalesOrder.run_id == None)  # noqa: E711
        .order_by(SalesOrder.number)  # type: ignore[arg-type]
        .limit(1)
    )
    return session.exec(unclaimed.with_for_update(skip_locked=True)).first()
