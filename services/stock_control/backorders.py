"""Shipments that wait for stock are filled by themselves, once a warehouse has it all: the one
promised first comes first.

Whatever brings stock only wakes the dispatcher, and the dispatcher looks in every sweep: so no
delivery is overlooked, whoever dies when. An order is set going by answering its operator's task,
as the operator would, once its plan lacks nothing, under the locks under which stock is allocated.
The step that allocates makes the same plan, so a sweep that finds no new stock changes nothing.
"""

from collections.abc import Iterable
from functools import partial

from sqlalchemy import ColumnElement, and_, or_, tuple_
from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.allocation import ShipmentId
from domain.reasons import STOCK_IS_THERE
from domain.sourcing import fillable
from models.enums import SweepPart, TaskKind, TaskState
from models.forms.decisions import TRY_AGAIN
from models.tables.shipments import shipment_name
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE
from services.answers.submit import answer_by_packline
from services.execution.locks import unlocked_shipment
from services.execution.one_by_one import OneByOne, impatient_transaction
from services.inventory.allocations import sourcing_plan
from services.inventory.backorder_queue import waiting
from services.inventory.warehouses import sources
from services.worklist.tasks import tasks_of


def fill_backorders(orders: OneByOne | None = None) -> list[int]:
    """Let shipments go on that can be filled now; returns their orders, as they were promised.

    One that meets trouble is left for the next sweep, and `orders` knows of it.
    """
    orders = orders or OneByOne(SweepPart.FILL)
    with transaction() as session:
        line = waiting(session)
        free = sources(session, {item.sku for order in line for item in order.wanted})
        due = fillable(
            line, free, strategy=settings().allocation, in_turn=settings().backorders_first
        )
        asked = _asked(session, due)
    return [which[0] for which in due if which in asked and _try_to_let_go_on(which, orders)]


def _asked(session: Session, due: Iterable[ShipmentId]) -> set[ShipmentId]:
    """Those whose operator has a task. The others are on their way already."""
    which = col(StaffTask.order_number), col(StaffTask.shipment)
    found = select(*which).where(*_for_the_operator(), tuple_(*which).in_(list(due)))
    return {(number, shipment) for number, shipment in session.execute(found)}


def _for_the_operator() -> tuple[ColumnElement[bool], ...]:
    """The tasks that Packline may answer: one that asks what to do about a pick does not wait."""
    waits = col(StaffTask.checklist).contains({"waits": True})
    due = or_(
        col(StaffTask.kind) == TaskKind.SHORTAGE,
        and_(col(StaffTask.kind) == TaskKind.SHORT_PICK, waits),
    )
    return due, col(StaffTask.state) == TaskState.OPEN


def _try_to_let_go_on(which: ShipmentId, orders: OneByOne) -> bool:
    what = f"{shipment_name(*which).capitalize()} waits for stock"
    return orders.attempt(what, which, partial(_let_go_on, which))


def _let_go_on(which: ShipmentId) -> bool:
    """Answer for the operator, if the stock is there still. An order that somebody works on is left
    for the next sweep.
    """
    with impatient_transaction() as session:
        shipment = unlocked_shipment(session, *which)
        if shipment is None:
            return False
        asked = select(StaffTask).where(*tasks_of(shipment), *_for_the_operator())
        task = session.exec(asked).first()
        if task is None or sourcing_plan(session, shipment).missing:
            return False
        answer = {
            "gate": str(task.kind),
            "decided_by": PACKLINE.name,
            "decision": TRY_AGAIN,
        }
        answer_by_packline(session, shipment, task, answer, because=STOCK_IS_THERE)
        return True
