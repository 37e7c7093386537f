"""Steps 2 and 8: stock, from reserved to booked out.

A step writes a reservation or a movement; the database counts, and refuses what is not there.
"""

from sqlmodel import Session

from domain.allocation import Shortage
from models.catalogue import StockMovement
from models.enums import MovementKind, OrderStatus, ReservationState, TaskKind
from models.results import ShortLine, StockBooked, StockCheck
from models.shipments import Shipment
from tasks.cancellation import UPDATE_INVENTORY_STOCK
from tasks.ledger import PACKLINE
from tasks.progress import move_on
from tasks.reservations import close_reservations, hold, lock_available, missing_for, want
from tasks.step import step
from tasks.worklist import open_task


@step("Check Inventory Levels")
def check_inventory_levels(session: Session, shipment: Shipment) -> StockCheck:
    """Reserve every line, or none: then the order is Backordered and the operator is asked.

    What older orders wait for is not there for this one. An order that waits goes on by itself once
    all of its stock is there.
    """
    missing = missing_for(session, shipment)
    if missing:
        return _backorder(session, shipment, missing)
    hold(session, shipment)
    for line in shipment.goods:
        line.available_when_short = None
    return StockCheck()


@step(UPDATE_INVENTORY_STOCK)
def update_inventory_stock(session: Session, shipment: Shipment) -> StockBooked:
    """Turn the reservation into a decrement, with a movement per product."""
    lock_available(session, [line.sku for line in shipment.goods])
    close_reservations(session, shipment, ReservationState.CONSUMED)
    for line in shipment.goods:
        session.add(
            StockMovement(
                sku=line.sku,
                quantity=-line.quantity,
                kind=MovementKind.SOLD,
                reference=shipment.key,
                actor=PACKLINE,
                reason="shipped",
            )
        )
    return StockBooked(quantities={line.sku: line.quantity for line in shipment.goods})


def _backorder(session: Session, shipment: Shipment, missing: list[Shortage]) -> StockCheck:
    move_on(shipment, OrderStatus.BACKORDERED)
    want(session, shipment)
    short = {shortage.sku: shortage.available for shortage in missing}
    for line in shipment.goods:
        line.available_when_short = short.get(line.sku)
    lines = tuple(
        ShortLine(sku=found.sku, wanted=found.wanted, available=found.available)
        for found in missing
    )
    listed = [line.model_dump() for line in lines]
    open_task(session, shipment, TaskKind.SHORTAGE, {"shortages": listed})
    return StockCheck(shortages=lines)
