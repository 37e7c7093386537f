"""Stock that comes in, is found wrong, moves or is counted: all are movements with their reasons.

Each is about one warehouse, by default the first; a transfer is two movements, out of one and into
another. A movement is booked once per warehouse, product, kind and reference. An adjustment and a
transfer leave what is allocated to orders; a count is true whatever is allocated, and then the
newest orders give way. Stock that comes in wakes the dispatcher, which fills the orders that wait
for it.
"""

from sqlmodel import Session, select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from domain.messages import Message, Value, said
from models.enums import MovementKind
from models.imports.fields import MAX_STOCK
from models.imports.stock import AdjustmentIn, DeliveryIn, TransferIn
from models.tables.catalogue import Product
from models.tables.shipments import Shipment
from models.tables.stock import StockLevel, StockMovement
from services.access.actors import Actor
from services.inventory.allocations import lock_products
from services.inventory.movements import stock_movement
from services.inventory.warehouses import several_warehouses, warehouse_called
from services.stock_control.allocated_shipments import allocated_shipments

_LISTED = 5
"""So many orders are named in a sentence."""


class UnknownProduct(PacklineError):
    """There is no such product."""

    message = "There is no product {sku!r}: `packline stock` lists those there are."

    def __init__(self, sku: str) -> None:
        super().__init__(sku=sku)


class AlreadyBooked(PacklineError):
    """Something was booked before under this reference. `same`: the same, with as many pieces."""

    message = (
        "{sku} is booked already as {what} under {reference!r}: nothing was changed;"
        " give another reference if it is something else."
    )

    def __init__(self, sku: str, what: Message | str, reference: str, *, same: bool) -> None:
        super().__init__(sku=sku, what=what, reference=reference)
        self.same = same


class AllocatedToOrders(PacklineError):
    """Less would be left than is allocated to orders."""

    message = (
        "{what} would have {left} pieces left, and {allocated} are allocated to {orders}: nothing"
        " was changed; cancel what cannot be filled and book it again, or count the product"
        " (`packline stock count`): then the newest give way."
    )

    def __init__(self, what: Message, left: int, allocated: int, orders: list[int]) -> None:
        super().__init__(what=what, left=left, allocated=allocated, orders=named(orders))


class NotOnHand(PacklineError):
    """More would be taken than is there, and no order has to do with it."""

    message = (
        "{what} has {on_hand} pieces on hand, and {taken} were to be taken: nothing was changed;"
        " correct the number, or count the product if there are more."
    )

    def __init__(self, what: Message, on_hand: int, taken: int) -> None:
        super().__init__(what=what, on_hand=on_hand, taken=taken)


class TooManyPieces(PacklineError):
    """A product would have more pieces than can be counted."""

    message = (
        "{sku} would have {pieces:,} pieces in all, and at most {most:,} can be kept: nothing was"
        " changed; correct the number."
    )

    def __init__(self, sku: str, pieces: int) -> None:
        super().__init__(sku=sku, pieces=pieces, most=MAX_STOCK)


def book(change: DeliveryIn | AdjustmentIn, actor: Actor) -> StockLevel:
    """Book a delivery or an adjustment; returns the product's stock in that warehouse now.

    Raises `UnknownWarehouse`, `UnknownProduct`, `AlreadyBooked`, `AllocatedToOrders`, `NotOnHand`.
    """
    with transaction() as session:
        movement = _movement(change, warehouse_called(session, change.warehouse).code, actor)
        locked_level(session, movement.warehouse, movement.sku)
        _refuse_again(session, movement)
        return book_movement(session, movement)


def move(transfer: TransferIn, actor: Actor) -> tuple[StockLevel, StockLevel]:
    """Book pieces out of one warehouse and into another; returns the stock of both now, in turn.

    Raises `UnknownWarehouse`, `UnknownProduct`, `AlreadyBooked`, `AllocatedToOrders`, `NotOnHand`.
    """
    with transaction() as session:
        origin = warehouse_called(session, transfer.from_warehouse).code
        destination = warehouse_called(session, transfer.to_warehouse).code
        locked_level(session, origin, transfer.sku)  # the product: no other level of it changes now
        out = _transferred(transfer, origin, -transfer.quantity, actor)
        into = _transferred(transfer, destination, transfer.quantity, actor)
        _refuse_transfer_again(session, out, into)
        return book_movement(session, out), book_movement(session, into)


def called(session: Session, sku: str, warehouse: str) -> Message:
    """The product, and the warehouse where there are several."""
    if not several_warehouses(session):
        return said(sku)
    return Message("product-there", "{sku} in {warehouse}", {"sku": sku, "warehouse": warehouse})


def _movement(change: DeliveryIn | AdjustmentIn, warehouse: str, actor: Actor) -> StockMovement:
    kind, reason = MovementKind.RECEIVED, "delivery"
    if isinstance(change, AdjustmentIn):
        kind, reason = MovementKind(change.kind.value), change.reason
    return stock_movement(
        kind,
        warehouse,
        change.sku,
        change.quantity,
        reference=change.reference,
        actor=actor.name,
        reason=reason,
    )


def _transferred(
    transfer: TransferIn, warehouse: str, quantity: int, actor: Actor
) -> StockMovement:
    return stock_movement(
        MovementKind.TRANSFERRED,
        warehouse,
        transfer.sku,
        quantity,
        reference=transfer.reference,
        actor=actor.name,
        reason=transfer.reason,
    )


def locked_level(
    session: Session, warehouse: str, sku: str, *, and_of: list[Shipment] | None = None
) -> StockLevel:
    """The product's stock level, locked together with the products of these shipments.

    Raises `UnknownProduct`.
    """
    others = {line.sku for shipment in and_of or [] for line in shipment.lines}
    if sku not in lock_products(session, {sku} | others):
        raise UnknownProduct(sku)
    return _level(session, warehouse, sku)


def _level(session: Session, warehouse: str, sku: str) -> StockLevel:
    """The stock level as the database has it now; nothing where nothing ever was."""
    session.flush()
    there = session.get(StockLevel, (sku, warehouse), populate_existing=True)
    return there or StockLevel(warehouse=warehouse, sku=sku)


def _refuse_again(session: Session, movement: StockMovement) -> None:
    booked = select(StockMovement).where(
        StockMovement.warehouse == movement.warehouse,
        StockMovement.sku == movement.sku,
        StockMovement.kind == movement.kind,
        StockMovement.reference == movement.reference,
    )
    if there := session.exec(booked).first():
        same = there.quantity == movement.quantity
        raise AlreadyBooked(there.sku, f"{there.kind}", there.reference, same=same)


def _refuse_transfer_again(session: Session, *wanted: StockMovement) -> None:
    """A transfer's reference is used once per product, whatever the warehouses."""
    sku, reference = wanted[0].sku, wanted[0].reference
    booked = select(StockMovement.warehouse, StockMovement.quantity).where(
        StockMovement.sku == sku,
        StockMovement.kind == MovementKind.TRANSFERRED,
        StockMovement.reference == reference,
    )
    if there := set(session.exec(booked)):
        same = there == {(movement.warehouse, movement.quantity) for movement in wanted}
        raise AlreadyBooked(sku, f"{MovementKind.TRANSFERRED}", reference, same=same)


def book_movement(session: Session, movement: StockMovement) -> StockLevel:
    """Change the stock of a locked product; the database counts. Returns the level as it is now."""
    _refuse_too_much(session, _level(session, movement.warehouse, movement.sku), movement.quantity)
    _refuse_beyond_counting(session, movement)
    session.add(movement)
    if movement.quantity > 0:
        notify(session, ORDERS_CHANNEL)  # somebody may wait for it
    return _level(session, movement.warehouse, movement.sku)


def _refuse_beyond_counting(session: Session, movement: StockMovement) -> None:
    """All warehouses together: the product is locked, and a transfer has left the other one."""
    on_hand = session.exec(select(Product.on_hand).where(Product.sku == movement.sku)).one()
    if on_hand + movement.quantity > max(on_hand, MAX_STOCK):
        raise TooManyPieces(movement.sku, on_hand + movement.quantity)


def _refuse_too_much(session: Session, level: StockLevel, quantity: int) -> None:
    left = level.on_hand + quantity
    if left >= level.allocated:
        return
    what = called(session, level.sku, level.warehouse)
    if not level.allocated:
        raise NotOnHand(what, level.on_hand, -quantity)
    orders = [holder.number for holder in allocated_shipments(session, level.sku, level.warehouse)]
    raise AllocatedToOrders(what, left, level.allocated, orders)


def named(orders: list[int]) -> Message:
    """The first of these orders, and how many more there are."""
    listed: dict[str, Value] = {"orders": tuple(orders[:_LISTED])}
    if len(orders) == 1:
        return Message("order", "order {orders}", listed)
    if len(orders) <= _LISTED:
        return Message("orders", "the orders {orders}", listed)
    listed["more"] = len(orders) - _LISTED
    return Message("orders-and-more", "the orders {orders} and {more} more", listed)
