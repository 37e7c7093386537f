"""Steps 2 and 8: stock, from reserved to booked out, and what gives it back.

A step writes a reservation or a movement; the database counts, and refuses what is not there.
"""

from typing import NamedTuple

from sqlmodel import Session

from adapters.database import ORDERS_CHANNEL, notify
from domain.sourcing import Plan
from models.catalogue import StockMovement
from models.enums import MovementKind, OrderStatus, ReservationState, TaskKind
from models.results import PutBack, ShortLine, StockBooked, StockCheck, StockReturned
from models.shipments import Shipment
from tasks.cancellation import UPDATE_INVENTORY_STOCK, is_booked_out
from tasks.ledger import PACKLINE
from tasks.progress import move_on
from tasks.reservations import (
    close_reservations,
    consumed,
    held_in,
    hold,
    lock_products,
    sourcing_plan,
    want,
)
from tasks.splits import split_by_warehouse
from tasks.step import step
from tasks.warehouses import warehouse_called
from tasks.worklist import open_task


class Origin(NamedTuple):
    """Whose goods come back, from which warehouse they were, and who put them back."""

    key: str
    warehouse: str
    put_back_by: str


@step("Check Inventory Levels")
def check_inventory_levels(session: Session, shipment: Shipment) -> StockCheck:
    """Reserve every line, or none: then the order is Backordered and the operator is asked.

    One warehouse gives it all; where an order may be split, each further one gives a shipment. What
    others wait for is not there for this one. An order that waits goes on by itself once all of its
    stock is there. A shipment that was split off with its stock finds it held.
    """
    plan = sourcing_plan(session, shipment)
    if plan.missing:
        return _backorder(session, shipment, plan)
    if at := held_in(session, shipment):
        return StockCheck(warehouse=at, reasons=(f"{at}: set aside when the order was split",))
    hold(session, shipment, split_by_warehouse(session, shipment, plan))
    for line in shipment.goods:
        line.available_when_short = None
    return StockCheck(warehouse=plan.warehouses[0], reasons=plan.reasons)


@step(UPDATE_INVENTORY_STOCK)
def update_inventory_stock(session: Session, shipment: Shipment) -> StockBooked:
    """Turn the reservation into a decrement of its warehouse, with a movement per product."""
    lock_products(session, [line.sku for line in shipment.goods])
    close_reservations(session, shipment, ReservationState.CONSUMED)
    for part in consumed(session, shipment):
        session.add(
            StockMovement(
                warehouse=part.warehouse,
                sku=part.sku,
                quantity=-part.quantity,
                kind=MovementKind.SOLD,
                reference=shipment.key,
                actor=PACKLINE,
                reason="shipped",
            )
        )
    return StockBooked(quantities={line.sku: line.quantity for line in shipment.goods})


@step("Return Stock")
def return_stock(session: Session, shipment: Shipment, put_back: PutBack) -> StockReturned:
    """Set free what the order holds, or book in what was booked out and is back in its bins.

    Damaged pieces, and those that are missing, leave the stock in the same instant.
    """
    lock_products(session, [line.sku for line in shipment.goods])
    warehouse = warehouse_called(session, held_in(session, shipment)).code
    from_where = Origin(shipment.key, warehouse, put_back.put_back_by)
    close_reservations(session, shipment, ReservationState.RELEASED)
    booked_out = is_booked_out(session, shipment)
    returned = _returned(shipment, put_back) if booked_out else {}
    _move(session, from_where, MovementKind.RETURNED, returned)
    _move(session, from_where, MovementKind.DAMAGED, _less(put_back.damaged))
    if not booked_out:  # else what is missing has left the stock before
        _move(session, from_where, MovementKind.ADJUSTED, _less(put_back.missing))
    notify(session, ORDERS_CHANNEL)  # somebody may wait for that stock
    return StockReturned(returned=returned, damaged=put_back.damaged, missing=put_back.missing)


def _returned(shipment: Shipment, put_back: PutBack) -> dict[str, int]:
    """The pieces that are there again, damaged ones too."""
    there = {line.sku: line.quantity - put_back.missing.get(line.sku, 0) for line in shipment.goods}
    return {sku: pieces for sku, pieces in there.items() if pieces}


def _less(pieces: dict[str, int]) -> dict[str, int]:
    return {sku: -lost for sku, lost in pieces.items()}


def _move(session: Session, origin: Origin, kind: MovementKind, pieces: dict[str, int]) -> None:
    """A movement per product, in the order of the SKUs, under the shipment's key."""
    for sku in sorted(pieces):
        session.add(
            StockMovement(
                warehouse=origin.warehouse,
                sku=sku,
                quantity=pieces[sku],
                kind=kind,
                reference=origin.key,
                actor=origin.put_back_by,
                reason="put back after the order was cancelled",
            )
        )
        session.flush()


def _backorder(session: Session, shipment: Shipment, plan: Plan) -> StockCheck:
    move_on(shipment, OrderStatus.BACKORDERED)
    want(session, shipment)
    short = {shortage.sku: shortage.available for shortage in plan.missing}
    for line in shipment.goods:
        line.available_when_short = short.get(line.sku)
    lines = tuple(
        ShortLine(sku=found.sku, wanted=found.wanted, available=found.available)
        for found in plan.missing
    )
    listed = [line.model_dump(exclude_defaults=True) for line in lines]
    open_task(session, shipment, TaskKind.SHORTAGE, {"shortages": listed})
    return StockCheck(shortages=lines, reasons=plan.reasons)
