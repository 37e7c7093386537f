"""How a picking stands: what its page shows, and what somebody has in hand for nothing."""

from collections import Counter
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, false, or_
from sqlalchemy import select as sql_select
from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.settings import settings
from domain.messages import Message
from domain.picking import ScanBins
from models.enums import TaskState
from models.scanning import LATE, GoodsInHand, PickingState, ScanMeaning, ScanResult
from models.tables.scanning import Scan
from models.tables.staff import StaffTask
from models.tables.stock import StockLevel
from services.access.actors import Actor
from services.scanning.codes import codes_of, names_of
from services.scanning.counting import items_of, lines_of, listed_items, undoable_scans

_LAST_DAYS = timedelta(days=3)
_MOST_TASKS = 20


class LastScan(NamedTuple):
    """The last scan of a take: whether it counted, and what was said of it."""

    counts: bool
    says: Message


def picking_state(session: Session, task: StaffTask, actor: Actor) -> PickingState:
    """How a picking stands for somebody. Its lines are those of the take, and are only there while
    it is theirs.
    """
    mine = task.state == TaskState.OPEN and task.taken_by == actor.name
    codes = codes_of(session, [item.sku for item in listed_items(task)]) if mine else {}
    return PickingState(
        task=task.id,
        take=task.take_number,
        order=task.order_number,
        shipment=task.shipment,
        version=session.scalar(select(func.count()).where(Scan.task_id == task.id)) or 0,
        person=actor.name,
        mine=mine,
        bins_first=settings().scan_bins == ScanBins.FIRST,
        lines=lines_of(task, items_of(session, task), codes) if mine else (),
        undoable=undoable_scans(session, task) if mine else (),
        in_hand=goods_in_hand(session, task, actor.name),
    )


def goods_in_hand(session: Session, task: StaffTask, name: str) -> tuple[GoodsInHand, ...]:
    """What somebody has fetched for a task and nobody wants from them: what came too late, what was
    cancelled since, and all that an earlier take has counted. What they said to have returned is
    not in it.
    """
    what = col(Scan.key), col(Scan.undoes), col(Scan.meaning), col(Scan.result), col(Scan.counts)
    how_much = col(Scan.take_number), col(Scan.sku), col(Scan.pieces)
    theirs = sql_select(*what, *how_much).where(
        col(Scan.task_id) == task.id, col(Scan.staff) == name
    )
    scans = session.execute(theirs.order_by(col(Scan.at))).all()
    undone = {scan.undoes for scan in scans}
    hands = Hands()
    for scan in scans:
        if scan.key not in undone:
            hands.add(scan)
    return _goods(session, task, hands.pieces(kept_take(task, name)))


def tasks_in_hand(session: Session, name: str) -> list[tuple[StaffTask, tuple[GoodsInHand, ...]]]:
    """The tasks of the last days of which somebody has goods in hand that go back to their bins."""
    pieces = select(Scan.task_id).where(
        Scan.staff == name,
        Scan.meaning == ScanMeaning.PIECES,
        Scan.at > this_instant(session) - _LAST_DAYS,
        Scan.task_id == StaffTask.id,
        or_(
            col(Scan.result).in_((*LATE, ScanResult.CANCELLED)),
            and_(col(Scan.counts), ~func.coalesce(_goes_on(name), false())),
        ),
    )
    found = select(StaffTask).where(col(StaffTask.id).in_(pieces)).limit(_MOST_TASKS)
    hands = [(task, goods_in_hand(session, task, name)) for task in session.exec(found)]
    return [(task, goods) for task, goods in hands if goods]


def _goes_on(name: str) -> ColumnElement[bool]:
    """Whether a scan's take is the one that `kept_take` names."""
    theirs = col(StaffTask.taken_by) == name
    is_open = col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD))
    is_done = col(StaffTask.state) == TaskState.DONE
    scanned = col(StaffTask.answer).contains({"scanned": True})
    goes_on = or_(and_(is_open, theirs), and_(is_done, scanned))
    return and_(col(StaffTask.take_number) == col(Scan.take_number), goes_on)


def kept_take(task: StaffTask, name: str) -> int:
    """The take of somebody's whose tote goes on: theirs, or that which the answer came from; 0:
    none.
    """
    if task.state == TaskState.DONE:
        return task.take_number if (task.answer or {}).get("scanned") else 0
    goes_on = task.state in (TaskState.OPEN, TaskState.HELD) and task.taken_by == name
    return task.take_number if goes_on else 0


class Hands:
    """What is in somebody's hands after scan upon scan: in the totes of their takes, and loose."""

    def __init__(self) -> None:
        self.totes: dict[int, Counter[str]] = {}
        self.loose: Counter[str] = Counter()

    def add(self, scan: Row[Any]) -> None:
        """What a scan has changed about it."""
        if scan.meaning == ScanMeaning.RETURNED:
            self.loose.clear()
            self.totes = {k: tote for k, tote in self.totes.items() if k > scan.take_number}
        elif scan.result in LATE and scan.sku:
            self.loose[scan.sku] += scan.pieces
        elif scan.counts and scan.sku and scan.pieces:
            self.totes.setdefault(scan.take_number, Counter())[scan.sku] += scan.pieces
            if scan.pieces < 0:
                self.loose[scan.sku] -= scan.pieces

    def pieces(self, kept: int) -> dict[str, int]:
        """All of it by SKU, but for the tote of one take."""
        return sum((tote for k, tote in self.totes.items() if k != kept), self.loose.copy())


def last_scan(session: Session, task: StaffTask, name: str) -> LastScan | None:
    """What was said of somebody's last scan in the current take."""
    of_take = select(Scan).where(
        Scan.task_id == task.id, Scan.take_number == task.take_number, Scan.staff == name
    )
    scan = session.exec(of_take.order_by(col(Scan.at).desc())).first()
    return LastScan(scan.counts, Message.from_data(scan.answer)) if scan else None


def _goods(session: Session, task: StaffTask, pieces: dict[str, int]) -> tuple[GoodsInHand, ...]:
    if not pieces:
        return ()
    names = names_of(session, pieces)
    lie_in = select(StockLevel.sku, StockLevel.bin).where(
        StockLevel.warehouse == task.warehouse, col(StockLevel.sku).in_(pieces)
    )
    bins = dict(session.exec(lie_in).all())
    return tuple(
        GoodsInHand(sku=sku, name=names[sku], bin=bins.get(sku, ""), pieces=number)
        for sku, number in sorted(pieces.items())
        if number > 0
    )
