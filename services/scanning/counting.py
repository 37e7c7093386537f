"""What a take of a picking has counted: kept with the scans, and never more than is asked for."""

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from sqlmodel import Session, col, select

from models.enums import TaskKind, TaskState
from models.results.checklists import ChecklistItem, PickingChecklist
from models.scanning import (
    PickingLine,
    ScanMeaning,
    ScanResult,
    ScanSource,
    UndoableScan,
)
from models.tables.scanning import Scan, ScannedItem
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE
from services.scanning.verdicts import verdict
from services.worklist.tasks import tasks_of


def locked_items(session: Session, task: StaffTask) -> dict[str, ScannedItem]:
    """What the current take of a locked task counts, by SKU, as its list stands now.

    What was counted of a line that the customer has cancelled since is taken off again: that is a
    scan of Packline's own.
    """
    items = items_of(session, task)
    listed = {item.sku: item for item in listed_items(task)}
    for sku, asked in listed.items():
        if sku not in items:
            items[sku] = _new_item(session, task, asked)
    for sku, item in list(items.items()):
        asked_now = listed[sku].quantity if sku in listed else 0
        if item.asked != asked_now:
            _ask_for(session, task, item, asked_now)
        if not asked_now:
            session.delete(items.pop(sku))
    session.flush()
    return items


def listed_items(task: StaffTask) -> tuple[ChecklistItem, ...]:
    """What a picking task lists, in walking order."""
    return PickingChecklist.model_validate(task.checklist or {}).items


def items_of(session: Session, task: StaffTask) -> dict[str, ScannedItem]:
    """What the current take of a task has counted, by SKU, as it was last."""
    return {item.sku: item for item in _items(session, task)}


def lines_of(
    task: StaffTask,
    counted: Mapping[str, ScannedItem],
    codes: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[PickingLine, ...]:
    """The lines of a picking in the order in which to fetch them; what was skipped comes last."""
    lines = [_line(item, counted.get(item.sku), codes or {}) for item in listed_items(task)]
    moved = {sku: item.moved_to_end for sku, item in counted.items()}
    return tuple(sorted(lines, key=lambda line: moved.get(line.sku, 0)))


def undoable_scans(session: Session, task: StaffTask) -> tuple[UndoableScan, ...]:
    """What was counted or said to be short in the current take, and not undone, the last at the
    end.
    """
    undone = select(Scan.undoes).where(Scan.task_id == task.id, col(Scan.undoes).is_not(None))
    counting = select(Scan.key, Scan.sku, Scan.pieces).where(
        Scan.task_id == task.id,
        Scan.take_number == task.take_number,
        col(Scan.counts),
        col(Scan.meaning).in_((ScanMeaning.PIECES, ScanMeaning.SHORT)),
        Scan.source != ScanSource.PACKLINE,
        col(Scan.key).not_in(undone),
    )
    found = session.exec(counting.order_by(col(Scan.at)))
    return tuple(UndoableScan(key=key, sku=sku or "", pieces=pieces) for key, sku, pieces in found)


def is_as_scanned(session: Session, shipment: Shipment, found: Mapping[str, int]) -> bool:
    """Whether the picking of a locked shipment was scanned, each line to its end, and these pieces
    are what the scans have counted.
    """
    of_shipment = select(StaffTask).where(
        *tasks_of(shipment), StaffTask.kind == TaskKind.PICKING, StaffTask.state == TaskState.OPEN
    )
    task = session.exec(
        of_shipment.with_for_update().execution_options(populate_existing=True)
    ).first()
    if task is None or not any(True for _ in _items(session, task)):
        return False
    items = locked_items(session, task)
    settled = all(item.counted == item.asked or item.short_reason for item in items.values())
    return settled and {sku: item.counted for sku, item in items.items()} == dict(found)


def _items(session: Session, task: StaffTask) -> Iterable[ScannedItem]:
    of_take = select(ScannedItem).where(
        ScannedItem.task_id == task.id, ScannedItem.take_number == task.take_number
    )
    return session.exec(of_take.order_by(ScannedItem.sku)).all()


def _new_item(session: Session, task: StaffTask, listed: ChecklistItem) -> ScannedItem:
    item = ScannedItem(
        task_id=task.id, take_number=task.take_number, sku=listed.sku, asked=listed.quantity
    )
    session.add(item)
    return item


def _ask_for(session: Session, task: StaffTask, item: ScannedItem, asked: int) -> None:
    surplus = item.counted - asked
    if surplus > 0:
        session.add(_taken_off(task, item.sku, surplus))
        item.counted = asked
    if asked:
        item.asked = asked
    if item.counted == item.asked:
        item.short_reason = None


def _taken_off(task: StaffTask, sku: str, pieces: int) -> Scan:
    says = verdict(ScanResult.CANCELLED, pieces=pieces, name=sku)
    return Scan(
        key=uuid4(),
        task_id=task.id,
        take_number=task.take_number,
        device=UUID(int=0),
        sequence=0,
        source=ScanSource.PACKLINE,
        meaning=ScanMeaning.PIECES,
        raw="",
        sku=sku,
        pieces=-pieces,
        result=ScanResult.CANCELLED,
        counts=True,
        answer=says.as_data(),
        staff=task.taken_by or PACKLINE.name,
    )


def _line(
    listed: ChecklistItem, item: ScannedItem | None, codes: Mapping[str, Mapping[str, int]]
) -> PickingLine:
    line = PickingLine(
        sku=listed.sku,
        name=listed.name,
        bin=listed.bin,
        barcode=listed.barcode,
        asked=listed.quantity,
        codes=codes.get(listed.sku, {}),
    )
    if item is None:
        return line
    return line.model_copy(
        update={
            "counted": min(item.counted, listed.quantity),
            "bin_seen": item.bin_seen,
            "why": item.short_reason,
        }
    )
