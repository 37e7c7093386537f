"""Counting pieces into parcels, under the lock of their packing task.

Scans only raise lines up to what is asked, and an undo takes out what its scan has counted; the
database holds lines to it.
"""

from collections.abc import Mapping, Sequence

from sqlmodel import Session, col, func, select

from models.enums import PackingVerdict
from models.tables.packing import PackingLine, PackingParcel, PackingScan
from models.tables.staff import StaffTask
from services.worklist.checklists import checklist_of
from services.worklist.gates import gate_of


def asked_pieces(task: StaffTask) -> dict[str, int]:
    """The pieces by SKU that a packing task asks for."""
    listed = checklist_of(gate_of(task.kind), task)
    return {item.sku: item.quantity for item in getattr(listed, "items", ())}


def lines_of(session: Session, task: StaffTask) -> dict[str, PackingLine]:
    """The lines of a locked task with what is counted, written down when it is first scanned."""
    found = session.exec(select(PackingLine).where(PackingLine.task_id == task.id)).all()
    if not found:
        found = [
            PackingLine(task_id=task.id, sku=sku, asked=pieces)
            for sku, pieces in asked_pieces(task).items()
        ]
        session.add_all(found)
        session.flush()
    return {line.sku: line for line in found}


def parcels_of(session: Session, task_id: int) -> list[PackingParcel]:
    """The parcels that were begun, in their order."""
    begun = select(PackingParcel).where(PackingParcel.task_id == task_id)
    return list(session.exec(begun.order_by(col(PackingParcel.parcel))))


def begin_parcel(session: Session, task: StaffTask, number: int) -> PackingParcel:
    """A parcel of a locked task, begun now if it was not."""
    parcel = session.get(PackingParcel, (task.id, number))
    if parcel is None:
        parcel = PackingParcel(task_id=task.id, parcel=number)
        session.add(parcel)
        session.flush()
    return parcel


def items_of(session: Session, task_id: int) -> Mapping[int, dict[str, int]]:
    """What lies in each parcel: the pieces by SKU."""
    pieces = func.sum(col(PackingScan.pieces))
    held = (
        select(PackingScan.parcel, PackingScan.sku, pieces)
        .where(PackingScan.task_id == task_id, col(PackingScan.sku).is_not(None))
        .group_by(col(PackingScan.parcel), col(PackingScan.sku))
        .having(pieces > 0)
        .order_by(col(PackingScan.parcel), col(PackingScan.sku))
    )
    found: dict[int, dict[str, int]] = {}
    for parcel, sku, number in session.execute(held):
        found.setdefault(parcel, {})[sku] = int(number)
    return found


def count(line: PackingLine, pieces: int) -> PackingVerdict:
    """Put pieces of a locked line into a parcel, or take some out."""
    line.counted += pieces
    if pieces < 0:
        return PackingVerdict.CHANGED
    return PackingVerdict.LINE_DONE if line.counted == line.asked else PackingVerdict.COUNTED


def undoable(session: Session, task_id: int) -> Sequence[PackingScan]:
    """The scans that have counted something and were not undone, the last one first."""
    undone = select(PackingScan.undoes).where(
        PackingScan.task_id == task_id, col(PackingScan.undoes).is_not(None)
    )
    counted = select(PackingScan).where(
        PackingScan.task_id == task_id,
        PackingScan.pieces > 0,
        col(PackingScan.id).not_in(undone),
    )
    return session.exec(counted.order_by(col(PackingScan.id).desc())).all()
