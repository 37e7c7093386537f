"""Goods that a picker did not find, or that a packer lacks: they leave the stock with the answer.

The shipment sets that much less aside and wants it in place of that, so that what others hold is
never touched. No Prefect here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from models.enums import LackingReason, MovementKind, ShortPickReason, TaskKind
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.inventory.allocations import allocated_warehouse, lock_goods, mark_missing
from services.inventory.movements import stock_movement
from services.worklist.tasks import tasks_of


class Lost(NamedTuple):
    """Pieces of a product, and why they cannot be sold."""

    sku: str
    pieces: int
    why: str


def write_off(
    session: Session, shipment: Shipment, lost: Sequence[Lost], by: str, gate: TaskKind
) -> None:
    """Book out what is lost of what a locked shipment holds, once per round of the gate that is
    being answered: picking, or packing.

    The audit says the same: *what a picker did not find left the stock once, with the answer*, and
    *what a packer lacks left the stock once, with the answer*.
    """
    warehouse = allocated_warehouse(session, shipment)
    if warehouse is None:
        return
    lock_goods(session, shipment)  # more of them, where a setting decides about the rest
    mark_missing(session, shipment, _by_sku(lost))
    reference = f"{shipment.key}:{gate}:{_round(session, shipment, gate)}"
    for sku, pieces, why in lost:
        session.add(
            stock_movement(
                _kind(why), warehouse, sku, -pieces, reference=reference, actor=by, reason=why
            )
        )
    session.flush()


def _by_sku(lost: Sequence[Lost]) -> Counter[str]:
    pieces: Counter[str] = Counter()
    for one in lost:
        pieces[one.sku] += one.pieces
    return pieces


def _kind(why: str) -> MovementKind:
    damaged = why in (ShortPickReason.DAMAGED, LackingReason.DAMAGED)
    return MovementKind.DAMAGED if damaged else MovementKind.ADJUSTED


def _round(session: Session, shipment: Shipment, gate: TaskKind) -> int:
    """The round of the gate that is being answered."""
    latest = select(func.max(col(StaffTask.round))).where(
        *tasks_of(shipment), StaffTask.kind == gate
    )
    return session.exec(latest).one() or 1
