"""Goods that a picker did not find, or found broken: they leave the stock with the picker's answer.

The shipment sets that much less aside and wants it in place of that, so that what others hold is
never touched. No Prefect here.
"""

from collections.abc import Mapping

from sqlmodel import Session, col, func, select

from models.enums import MovementKind, ShortPickReason, TaskKind
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.inventory.allocations import allocated_warehouse, lock_goods, mark_missing
from services.inventory.movements import stock_movement
from services.worklist.tasks import tasks_of

Lost = tuple[int, str]
"""Pieces, and why they cannot be sold."""


def write_off(session: Session, shipment: Shipment, lost: Mapping[str, Lost], by: str) -> None:
    """Book out what is lost by SKU of what a locked shipment holds, once per round of picking.

    The audit says the same: *what a picker did not find left the stock once, with the answer*.
    """
    warehouse = allocated_warehouse(session, shipment)
    if warehouse is None:
        return
    lock_goods(session, shipment)  # more of them, where a setting decides about the rest
    mark_missing(session, shipment, {sku: pieces for sku, (pieces, _) in lost.items()})
    reference = f"{shipment.key}:picking:{_round(session, shipment)}"
    for sku, (pieces, why) in lost.items():
        session.add(
            stock_movement(
                _kind(why), warehouse, sku, -pieces, reference=reference, actor=by, reason=why
            )
        )
    session.flush()


def _kind(why: str) -> MovementKind:
    return MovementKind.DAMAGED if why == ShortPickReason.DAMAGED else MovementKind.ADJUSTED


def _round(session: Session, shipment: Shipment) -> int:
    """The round of picking that is being answered."""
    latest = select(func.max(col(StaffTask.round))).where(
        *tasks_of(shipment), StaffTask.kind == TaskKind.PICKING
    )
    return session.exec(latest).one() or 1
