"""Shipments that wait for stock are filled by themselves, once a warehouse has it all: the one
promised first comes first.

Whatever brings stock only wakes the dispatcher, and the dispatcher looks in every sweep: so no
delivery is overlooked, whoever dies when. An order is set going by answering its operator's task,
as the operator would. Who can be filled is found once for all, by the rule of the step that
allocates; each then gets its answer by itself, under its locks, if its pieces are there still. A
sweep that finds no new stock changes nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import partial

from psycopg.errors import LockNotAvailable
from sqlalchemy import ColumnElement, and_, or_, text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.allocation import ShipmentId
from domain.reasons import STOCK_IS_THERE
from domain.sourcing import Allotment, Left, counted, fillable
from models.enums import SweepPart, TaskKind, TaskState
from models.forms.decisions import TRY_AGAIN
from models.tables.shipments import Shipment, shipment_name
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE
from services.answers.submit import answer_by_packline
from services.execution.locks import unlocked_shipments
from services.execution.one_by_one import OneByOne, impatient_transaction
from services.inventory.allocations import lock_products, take_what_it_lacks
from services.inventory.backorder_queue import (
    free_of_what_is_lacking,
    free_of_what_is_wanted,
    in_line,
)
from services.inventory.warehouses import sources

Due = Mapping[ShipmentId, Collection[Allotment]]
"""Shipments that can be filled, as they were promised, with what each gets."""

_TOGETHER = 20
"""So many are answered for in one transaction, while nobody else takes their products."""


def fill_backorders(orders: OneByOne | None = None) -> list[int]:
    """Let shipments go on that can be filled now; returns their orders, as they were promised.

    One that meets trouble or that somebody works on is left for the next sweep, and so are those
    that want a product which somebody has locked for long; `orders` knows of the trouble.
    """
    due, busy = list(_due().items()), set[str]()
    orders = orders or OneByOne(SweepPart.FILL)
    batches = [dict(due[first : first + _TOGETHER]) for first in range(0, len(due), _TOGETHER)]
    return [number for batch in batches for number in _try_to_let_go_on(batch, orders, busy)]


def _due() -> Due:
    """Those that can be filled and whose operator has a task, with what each gets. The others that
    can be filled are on their way already. All is looked at as it is in one instant.
    """
    with transaction() as session:
        session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
        if not (sought := free_of_what_is_lacking(session)):
            return {}
        left = free_of_what_is_wanted(session)
        rules = settings()
        due = fillable(
            in_line(session, left, sought=sought),
            left,
            strategy=rules.allocation,
            in_turn=rules.backorders_first,
        )
        return _asked(session, due)


def _asked(session: Session, due: Due) -> Due:
    """Those whose operator has a task, in their order."""
    which = col(StaffTask.order_number), col(StaffTask.shipment)
    of_these = which[0].in_({number for number, _ in due})
    asked = {
        tuple(row) for row in session.execute(select(*which).where(*_for_the_operator(), of_these))
    }
    return {one: given for one, given in due.items() if one in asked}


def _for_the_operator() -> tuple[ColumnElement[bool], ...]:
    """The tasks that Packline may answer: one that asks what to do about a pick does not wait."""
    waits = col(StaffTask.checklist).contains({"waits": True})
    due = or_(
        col(StaffTask.kind) == TaskKind.SHORTAGE,
        and_(col(StaffTask.kind) == TaskKind.SHORT_PICK, waits),
    )
    return due, col(StaffTask.state) == TaskState.OPEN


def _try_to_let_go_on(batch: Due, orders: OneByOne, busy: set[str]) -> list[int]:
    """All at once; if that meets trouble, one by one, so that it is the trouble of one alone."""
    free = {which: given for which, given in batch.items() if busy.isdisjoint(_skus(given))}
    with suppress(Exception):  # it comes again, with the name of whose it is
        return _let_go_on(free)
    return [number for which in free for number in _alone(which, free[which], orders, busy)]


def _alone(
    which: ShipmentId, given: Collection[Allotment], orders: OneByOne, busy: set[str]
) -> list[int]:
    """The order's number, if it went on."""
    if not busy.isdisjoint(_skus(given)):
        return []
    what = f"{shipment_name(*which).capitalize()} waits for stock"
    let_go_on = partial(_let_go_on, {which: given}, busy)
    return [which[0]] if orders.attempt(what, which, lambda: bool(let_go_on())) else []


def _skus(given: Collection[Allotment]) -> set[str]:
    return {part.sku for part in given}


def _let_go_on(due: Due, busy: set[str] | None = None) -> list[int]:
    """Answer for the operator, where the stock is there still; returns the orders. One that
    somebody works on is left for the next sweep. Products that cannot be locked become `busy`.
    """
    with impatient_transaction() as session:
        there = {_which(one): one for one in unlocked_shipments(session, due.keys())}
        tasks = _open_tasks(session, there)
        left = _left_of_all_goods(session, there.values(), busy)
        return [
            which[0]
            for which, given in due.items()
            if which in tasks
            and take_what_it_lacks(session, there[which], given, left)
            and _answer(session, there[which], tasks[which])
        ]


def _which(shipment: Shipment) -> ShipmentId:
    return shipment.order_number, shipment.number


def _open_tasks(
    session: Session, there: Mapping[ShipmentId, Shipment]
) -> dict[ShipmentId, StaffTask]:
    of_orders = col(StaffTask.order_number).in_({number for number, _ in there})
    found = session.exec(select(StaffTask).where(*_for_the_operator(), of_orders))
    tasks = {(task.order_number, task.shipment): task for task in found}
    return {which: task for which, task in tasks.items() if which in there}


def _left_of_all_goods(
    session: Session, shipments: Iterable[Shipment], busy: set[str] | None
) -> Left:
    """What is free of the products of these shipments, which are locked."""
    skus = {line.sku for shipment in shipments for line in shipment.goods}
    try:
        lock_products(session, skus)
    except OperationalError as problem:
        if isinstance(problem.orig, LockNotAvailable) and busy is not None:
            busy |= skus
        raise
    return counted(sources(session, skus))


def _answer(session: Session, shipment: Shipment, task: StaffTask) -> bool:
    answer = {"gate": str(task.kind), "decided_by": PACKLINE.name, "decision": TRY_AGAIN}
    answer_by_packline(session, shipment, task, answer, because=STOCK_IS_THERE)
    return True
