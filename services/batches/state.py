"""How a batch stands: its orders, the bins that are left, and what waits for its tote."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select
from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from domain.walking import walking_key
from models.batches import BatchOrder, BatchState, BatchStop, Placing, Share
from models.enums import BatchOrderState, TaskState
from models.scanning import GoodsInHand, ScanMeaning
from models.tables.batches import Batch, BatchTask
from models.tables.orders import SalesOrder
from models.tables.scanning import Scan
from models.tables.staff import StaffTask
from services.scanning.codes import names_of
from services.scanning.counting import items_of, lines_of
from services.scanning.state import goods_in_hand
from services.worklist.totes import totes_of


def batch_state(session: Session, batch: Batch) -> BatchState:
    """How a batch stands for who picks it."""
    tasks = _tasks(session, batch)
    shipments = [(task.order_number, task.shipment) for _, task, _ in tasks]
    totes = totes_of(session, shipments)
    orders = []
    for part, task, cancelled in tasks:
        state = _state_of(batch, part, task, cancelled=cancelled)
        named = tuple(totes.get((task.order_number, task.shipment), ()))
        orders.append(_order(session, part, task, state, named))
    return BatchState(
        id=batch.id,
        warehouse=batch.warehouse,
        orders=tuple(orders),
        stops=stops_of(orders),
        placing=_placing(session, [order for order in orders if order.in_hand]),
        in_hand=_in_hand(session, [task for _, task, _ in tasks], batch.picker),
    )


def stops_of(orders: Iterable[BatchOrder]) -> tuple[BatchStop, ...]:
    """The bins that are left, in walking order over all orders; what was skipped comes last."""
    open_lines = defaultdict(list)
    moved: dict[tuple[str, str], int] = defaultdict(int)
    for order in orders:
        for line in order.lines:
            if not line.is_settled:
                key = line.bin, line.sku
                open_lines[key].append((order.number, line))
                moved[key] = max(moved[key], order.moved.get(line.sku, 0))
    walked = sorted(open_lines, key=lambda key: (moved[key], walking_key(key[0]), key[1]))
    return tuple(
        BatchStop(
            **open_lines[key][0][1].model_dump(include={"bin", "sku", "name", "barcode"}),
            shares=tuple(
                Share(number=number, pieces=line.asked - line.counted)
                for number, line in open_lines[key]
            ),
        )
        for key in walked
    )


def _tasks(session: Session, batch: Batch) -> Sequence[tuple[BatchTask, StaffTask, bool]]:
    of_batch = (
        select(BatchTask, StaffTask, col(SalesOrder.cancel_requested_at).is_not(None))
        .join(StaffTask, col(StaffTask.id) == col(BatchTask.task_id))
        .join(SalesOrder, col(SalesOrder.number) == col(StaffTask.order_number))
        .where(BatchTask.batch_id == batch.id)
        .order_by(col(BatchTask.number))
    )
    found = session.exec(of_batch.execution_options(populate_existing=True)).all()
    return [(part, task, cancelled) for part, task, cancelled in found]


def _state_of(
    batch: Batch, part: BatchTask, task: StaffTask, *, cancelled: bool
) -> BatchOrderState:
    if task.state == TaskState.DONE:
        return BatchOrderState.DONE
    if cancelled or task.state == TaskState.WITHDRAWN:
        return BatchOrderState.CALLED_OFF
    if task.taken_by != batch.picker or task.take_number != part.take_number:
        return BatchOrderState.GIVEN_BACK
    return BatchOrderState.ON_HOLD if task.state == TaskState.HELD else BatchOrderState.IN_HAND


def _order(
    session: Session,
    part: BatchTask,
    task: StaffTask,
    state: BatchOrderState,
    totes: tuple[str, ...],
) -> BatchOrder:
    counted = items_of(session, task) if state == BatchOrderState.IN_HAND else {}
    keeps = state in (BatchOrderState.IN_HAND, BatchOrderState.ON_HOLD)
    return BatchOrder(
        number=part.number,
        task=task.id,
        take=part.take_number,
        order=task.order_number,
        shipment=task.shipment,
        state=state,
        totes=totes if keeps else (),
        lines=lines_of(task, counted) if state == BatchOrderState.IN_HAND else (),
        moved={sku: item.moved_to_end for sku, item in counted.items()},
    )


def _placing(session: Session, orders: Sequence[BatchOrder]) -> Placing | None:
    """What was counted since the last scan of a tote, and not undone."""
    takes = {order.task: order for order in orders}
    waiting = session.execute(_since_tote([order.task for order in orders])).all()
    found = [
        (takes[task], take, sku, pieces)
        for task, take, sku, pieces in waiting
        if take == takes[task].take and pieces > 0
    ]
    if not found:
        return None
    order, _, sku, pieces = min(found, key=lambda one: (one[0].number, one[2] or ""))
    name = names_of(session, [sku or ""]).get(sku or "", "")
    return Placing(number=order.number, sku=sku or "", name=name, pieces=pieces)


def _since_tote(tasks: Sequence[int]) -> Select[Any]:
    undo, placed = aliased(Scan), aliased(Scan)
    last_placed = (
        select(func.max(placed.at))
        .where(
            placed.task_id == Scan.task_id,
            placed.take_number == Scan.take_number,
            placed.meaning == ScanMeaning.TOTE,
            placed.counts,
        )
        .correlate(Scan)
        .scalar_subquery()
    )
    undone = select(undo.key).where(undo.undoes == Scan.key, undo.counts).correlate(Scan).exists()
    return (
        sql_select(
            col(Scan.task_id), col(Scan.take_number), col(Scan.sku), func.sum(col(Scan.pieces))
        )
        .where(
            col(Scan.task_id).in_(tasks),
            col(Scan.meaning) == ScanMeaning.PIECES,
            col(Scan.counts),
            ~undone,
            func.coalesce(col(Scan.at) > last_placed, True),
        )
        .group_by(col(Scan.task_id), col(Scan.take_number), col(Scan.sku))
    )


def _in_hand(session: Session, tasks: Sequence[StaffTask], picker: str) -> tuple[GoodsInHand, ...]:
    """What goes back to its bins of all these orders, by product."""
    pieces: dict[str, GoodsInHand] = {}
    for task in tasks:
        for goods in goods_in_hand(session, task, picker):
            before = pieces[goods.sku].pieces if goods.sku in pieces else 0
            pieces[goods.sku] = goods.model_copy(update={"pieces": goods.pieces + before})
    return tuple(sorted(pieces.values(), key=lambda goods: walking_key(goods.bin)))
