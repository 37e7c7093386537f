"""Shipments that wait for stock are filled by themselves, once a warehouse has it all: the one
promised first comes first.

Whatever brings stock only wakes the dispatcher, and the dispatcher looks in every sweep: so no
delivery is overlooked, whoever dies when. An order is set going by answering its operator's task,
as the operator would. The step that reserves has the last word, under its locks.
"""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from adapters.database import transaction
from adapters.settings import settings
from domain.allocation import Wanted, Which
from domain.sourcing import Waiting, fillable
from models.catalogue import Reservation
from models.enums import ReservationState, TaskKind, TaskState
from models.forms import TRY_AGAIN
from models.orders import SalesOrder
from models.shipments import ShipmentLine
from models.staff import StaffTask
from tasks.answers import answer_by_packline
from tasks.ledger import PACKLINE
from tasks.refusals import AnswerRefused
from tasks.subjects import unlocked_shipment
from tasks.warehouses import sources
from tasks.worklist import tasks_of


def fill_backorders() -> list[int]:
    """Let shipments go on that can be filled now; returns their orders, as they were promised."""
    with transaction() as session:
        waiting = _waiting(session)
        free = sources(session, {item.sku for order in waiting for item in order.wanted})
        due = fillable(
            waiting,
            free,
            in_turn=settings().backorders_first,
            may_split=settings().split_shipments,
        )
        asked = _asked(session, due)
    return [which[0] for which in due if which in asked and _let_go_on(which)]


def _waiting(session: Session) -> list[Waiting]:
    """All that wait, the one promised first first. Only what is wanted is looked through."""
    which = col(ShipmentLine.order_number), col(ShipmentLine.shipment)
    wishes: tuple[Any, ...] = (*which, _held_at(), Reservation.sku, Reservation.quantity)
    wanted = session.execute(
        select(*wishes)
        .select_from(Reservation)
        .join(ShipmentLine)
        .join(SalesOrder, col(SalesOrder.number) == ShipmentLine.order_number)
        .where(Reservation.state == ReservationState.WANTED)
        .order_by(col(SalesOrder.promised_at), *which)
    ).all()
    return [
        Waiting((order, shipment), tuple(Wanted(*line[3:]) for line in lines), held_at)
        for (order, shipment, held_at), lines in groupby(wanted, lambda row: tuple(row[:3]))
    ]


def _held_at() -> ColumnElement[str | None]:
    """The warehouse that holds the other pieces of the shipment, if one does."""
    held, other = aliased(Reservation), aliased(ShipmentLine)
    return (
        select(func.max(held.warehouse))
        .join(other)
        .where(
            other.order_number == ShipmentLine.order_number,
            other.shipment == ShipmentLine.shipment,
            held.state == ReservationState.LIVE,
        )
        .correlate(ShipmentLine)
        .scalar_subquery()
    )


def _asked(session: Session, waiting: Iterable[Which]) -> set[Which]:
    """Those whose operator has a task. The others are on their way already."""
    which = col(StaffTask.order_number), col(StaffTask.shipment)
    found = select(*which).where(*_for_the_operator(), tuple_(*which).in_(list(waiting)))
    return {(number, shipment) for number, shipment in session.execute(found)}


def _for_the_operator() -> tuple[ColumnElement[bool], ...]:
    """The tasks that Packline may answer: one that asks what to do about a pick does not wait."""
    waits = col(StaffTask.checklist)["waits"].as_boolean()
    due = or_(
        col(StaffTask.kind) == TaskKind.SHORTAGE,
        and_(col(StaffTask.kind) == TaskKind.SHORT_PICK, waits),
    )
    return due, col(StaffTask.state) == TaskState.OPEN


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
