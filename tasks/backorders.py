"""Orders that wait for stock are filled by themselves, oldest first, once a warehouse has it all.

Whatever brings stock only wakes the dispatcher, and the dispatcher looks in every sweep: so no
delivery is overlooked, whoever dies when. An order is set going by answering its operator's task,
as the operator would. The step that reserves has the last word, under its locks.
"""

from collections.abc import Iterable
from itertools import groupby

from sqlmodel import Session, col, select

from adapters.database import transaction
from adapters.settings import settings
from domain.allocation import Wanted
from domain.sourcing import Waiting, fillable
from models.catalogue import Reservation
from models.enums import ReservationState, TaskKind, TaskState
from models.forms import TRY_AGAIN
from models.orders import OrderLine, SalesOrder
from models.staff import StaffTask
from tasks.acceptance import AnswerRefused
from tasks.answers import answer_by_packline
from tasks.ledger import PACKLINE
from tasks.warehouses import sources


def fill_backorders() -> list[int]:
    """Let the orders go on that can be filled now; returns their numbers, the oldest first."""
    with transaction() as session:
        waiting = _waiting(session)
        free = sources(session, {item.sku for order in waiting for item in order.wanted})
        due = fillable(waiting, free, in_turn=settings().backorders_first)
        asked = _asked(session, due)
    return [number for number in due if number in asked and _let_go_on(number)]


def _waiting(session: Session) -> list[Waiting]:
    """All that wait, the oldest first. Only what is wanted is looked through."""
    wanted = session.execute(
        select(OrderLine.order_number, Reservation.sku, Reservation.quantity)
        .join(Reservation, col(Reservation.order_line_id) == OrderLine.id)
        .where(Reservation.state == ReservationState.WANTED)
        .order_by(col(OrderLine.order_number))
    ).all()
    return [
        Waiting(number, tuple(Wanted(sku, quantity) for _, sku, quantity in lines))
        for number, lines in groupby(wanted, lambda row: row[0])
    ]


def _asked(session: Session, numbers: Iterable[int]) -> set[int]:
    """Those whose operator has a task. The others are on their way already."""
    found = select(StaffTask.order_number).where(*_for_the_operator(numbers))
    return set(session.exec(found))


def _for_the_operator(numbers: Iterable[int]) -> tuple[bool, ...]:
    kinds = (TaskKind.SHORTAGE, TaskKind.SHORT_PICK)
    return (  # type: ignore[return-value]
        col(StaffTask.order_number).in_(numbers),
        col(StaffTask.kind).in_(kinds),
        col(StaffTask.state) == TaskState.OPEN,
    )


def _let_go_on(number: int) -> bool:
    """Answer for the operator. An order that somebody works on is left for the next sweep."""
    unlocked = select(SalesOrder).where(SalesOrder.number == number)
    with transaction() as session:
        order = session.exec(unlocked.with_for_update(skip_locked=True)).first()
        task = session.exec(select(StaffTask).where(*_for_the_operator([number]))).first()
        if order is None or task is None:
            return False
        answer = {
            "gate": str(task.kind),
            "decided_by": PACKLINE,
            "decision": TRY_AGAIN,
            "note": "the stock is there",
        }
        try:
            answer_by_packline(session, order, task, answer)
        except AnswerRefused:  # somebody else took it in this instant
            return False
        return True
