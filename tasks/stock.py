"""Steps 2 and 8: stock, from reserved to booked out, and what gives it back.

A step writes a reservation or a movement; the database counts, and refuses what is not there.
"""

from sqlmodel import Session

from adapters.database import ORDERS_CHANNEL, notify
from domain.allocation import Shortage
from models.catalogue import StockMovement
from models.enums import MovementKind, OrderStatus, ReservationState, TaskKind
from models.results import PutBack, ShortLine, StockBooked, StockCheck, StockReturned
from models.shipments import Shipment
from tasks.cancellation import UPDATE_INVENTORY_STOCK, is_booked_out
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


@step("Return Stock")
def return_stock(session: Session, shipment: Shipment, put_back: PutBack) -> StockReturned:
    """Set free what the order holds, or book in what was booked out and is back in its bins.

    Damaged pieces, and those that are missing, leave the stock in the same instant.
    """
    lock_available(session, [line.sku for line in shipment.goods])
    close_reservations(session, shipment, ReservationState.RELEASED)
    by, booked_out = put_back.put_back_by, is_booked_out(session, shipment)
    returned = _returned(shipment, put_back) if booked_out else {}
    _move(session, shipment, MovementKind.RETURNED, returned, by)
    _move(session, shipment, MovementKind.DAMAGED, _less(put_back.damaged), by)
    if not booked_out:  # else what is missing has left the stock before
        _move(session, shipment, MovementKind.ADJUSTED, _less(put_back.missing), by)
    notify(session, ORDERS_CHANNEL)  # somebody may wait for that stock
    return StockReturned(returned=returned, damaged=put_back.damaged, missing=put_back.missing)


def _returned(shipment: Shipment, put_back: PutBack) -> dict[str, int]:
    """The pieces that are there again, damaged ones too."""
    there = {line.sku: line.quantity - put_back.missing.get(line.sku, 0) for line in shipment.goods}
    return {sku: pieces for sku, pieces in there.items() if pieces}


def _less(pieces: dict[str, int]) -> dict[str, int]:
    return {sku: -lost for sku, lost in pieces.items()}


def _move(
    session: Session, shipment: Shipment, kind: MovementKind, pieces: dict[str, int], by: str
) -> None:
    """A movement per product, in the order of the SKUs, under the shipment's key."""
    for sku in sorted(pieces):
        session.add(
            StockMovement(
                sku=sku,
                quantity=pieces[sku],
                kind=kind,
                reference=shipment.key,
                actor=by,
                reason="put back after the order was cancelled",
            )
        )
        session.flush()


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
