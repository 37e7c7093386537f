"""Steps 2 and 8: stock, from reserved to booked out.

A step writes a reservation or a movement; the database counts, and refuses what is not there.
Product rows are locked in the order of their SKUs, so that orders never wait for each other in a
circle.
"""

from sqlmodel import Session, col, select

from domain.allocation import Shortage, Wanted, shortages
from models.catalogue import Product, Reservation, StockMovement
from models.enums import MovementKind, OrderStatus, ReservationState, TaskKind
from models.orders import SalesOrder
from models.results import ShortLine, StockBooked, StockCheck
from tasks.cancellation import UPDATE_INVENTORY_STOCK, release_reservations
from tasks.ledger import PACKLINE
from tasks.step import step
from tasks.subjects import order_key
from tasks.worklist import open_task


@step("Check Inventory Levels")
def check_inventory_levels(session: Session, order: SalesOrder) -> StockCheck:
    """Reserve every line, or none: then the order is Backordered and the operator is asked."""
    available = _lock_available(session, [line.sku for line in order.lines])
    missing = shortages([Wanted(line.sku, line.quantity) for line in order.lines], available)
    if missing:
        return _backorder(session, order, missing)
    for line in order.lines:
        line.available_when_short = None
        session.add(Reservation(order_line_id=line.id, sku=line.sku, quantity=line.quantity))
    return StockCheck()


@step(UPDATE_INVENTORY_STOCK)
def update_inventory_stock(session: Session, order: SalesOrder) -> StockBooked:
    """Turn the reservation into a decrement, with a movement per product."""
    _lock_available(session, [line.sku for line in order.lines])
    release_reservations(session, order, ReservationState.CONSUMED)
    for line in order.lines:
        session.add(
            StockMovement(
                sku=line.sku,
                quantity=-line.quantity,
                kind=MovementKind.SOLD,
                reference=order_key(order.number),
                actor=PACKLINE,
                reason="shipped",
            )
        )
    return StockBooked(quantities={line.sku: line.quantity for line in order.lines})


def _lock_available(session: Session, skus: list[str]) -> dict[str, int]:
    """Lock the products, always in the order of their SKUs, and say what is free of each."""
    locked = session.exec(
        select(Product)
        .where(col(Product.sku).in_(skus))
        .order_by(Product.sku)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {product.sku: product.on_hand - product.reserved for product in locked}


def _backorder(session: Session, order: SalesOrder, missing: list[Shortage]) -> StockCheck:
    order.status = OrderStatus.BACKORDERED
    short = {shortage.sku: shortage.available for shortage in missing}
    for line in order.lines:
        line.available_when_short = short.get(line.sku)
    lines = tuple(
        ShortLine(sku=found.sku, wanted=found.wanted, available=found.available)
        for found in missing
    )
    listed = [line.model_dump() for line in lines]
    open_task(session, order, TaskKind.SHORTAGE, {"shortages": listed})
    return StockCheck(shortages=lines)
