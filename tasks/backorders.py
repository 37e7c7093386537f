"""Orders that wait for stock are filled by themselves, oldest first, once a warehouse has it all.

Whatever brings stock only wakes the dispatcher, and the dispatcher looks in every sweep: so no
delivery is overlooked, whoever dies when. An order is set going by answering its operator's task,
as the operator would. The step that reserves has the last word, under its locks.
"""

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import Session, col, select

from adapters.database import transaction
from adapters.settings import settings
from domain.allocation import Wanted, Which
from domain.sourcing import Waiting, fillable
from models.catalogue import Reservation
from models.enums import ReservationState, TaskKind, TaskState
from models.forms import TRY_AGAIN
from models.shipments import ShipmentLine
from models.staff import StaffTask
from tasks.acceptance import AnswerRefused
from tasks.answers import answer_by_packline
from tasks.ledger import PACKLINE
from tasks.subjects import unlocked_shipment
from tasks.warehouses import sources
from tasks.worklist import tasks_of


def fill_backorders() -> list[int]:
    """Let shipments go on that can be filled now; returns their orders, the oldest first."""
    with transaction() as session:
        waiting = _waiting(session)
        free = sources(session, {item.sku for order in waiting for item in order.wanted})
        due = fillable(waiting, free, in_turn=settings().backorders_first)
        asked = _asked(session, due)
    return [which[0] for which in due if which in asked and _let_go_on(which)]


def _waiting(session: Session) -> list[Waiting]:
    """All that wait, the oldest first. Only what is wanted is looked through."""
    wanted = session.execute(
        select(
            ShipmentLine.order_number,
            ShipmentLine.shipment,
            Reservation.sku,
            Reservation.quantity,
        )
        .join(ShipmentLine)
        .where(Reservation.state == ReservationState.WANTED)
        .order_by(col(ShipmentLine.order_number), col(ShipmentLine.shipment))
    ).all()
    return [
        Waiting(which, tuple(Wanted(sku, quantity) for *_, sku, quantity in lines))
        for which, lines in groupby(wanted, lambda row: (row[0], row[1]))
    ]


def _asked(session: Session, waiting: Iterable[Which]) -> set[Which]:
    """Those whose operator has a task. The others are on their way already."""
    which = col(StaffTask.order_number), col(StaffTask.shipment)
    found = select(*which).where(*_for_the_operator(), tuple_(*which).in_(list(waiting)))
    return {(number, shipment) for number, shipment in session.execute(found)}


def _for_the_operator() -> tuple[ColumnElement[bool], ...]:
    kinds = (TaskKind.SHORTAGE, TaskKind.SHORT_PICK)
    return col(StaffTask.kind).in_(kinds), col(StaffTask.state) == TaskState.OPEN


def _let_go_on(which: Which) -> bool:
    """Answer for the operator. An order that somebody works on is left for the next sweep."""
    with transaction() as session:
        shipment = unlocked_shipment(session, *which)
        if shipment is None:
            return False
        asked = select(StaffTask).where(*tasks_of(shipment), *_for_the_operator())
        task = session.exec(asked).first()
        if task is None:
            return False
        answer = {
            "gate": str(task.kind),
            "decided_by": PACKLINE,
            "decision": TRY_AGAIN,
            "note": "the stock is there",
        }
        try:
            answer_by_packline(session, shipment, task, answer)
        except AnswerRefused:  # somebody else took it in this instant
            return False
        return True
