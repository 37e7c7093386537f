"""Stock that comes in, is found wrong, moves or is counted: all are movements with their reasons.

Each is about one warehouse, by default the first; a transfer is two movements, out of one and into
another. A movement is booked once per warehouse, product, kind and reference. An adjustment and a
transfer leave what is set aside for orders; a count is true whatever is set aside, and then the
newest orders give way. Stock that comes in wakes the dispatcher, which fills the orders that wait
for it.
"""

from typing import Any, NamedTuple

from sqlmodel import Session, col, func, select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from domain.allocation import Which, giving_way
from domain.errors import PacklineError
from models.enums import MovementKind, ReservationState
from models.imports.fields import COUNT_PREFIX, MAX_STOCK
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.results.stock import StockCounted, StockGivenUp
from models.tables.catalogue import Product
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment, ShipmentLine
from models.tables.stock import Reservation, StockCount, StockLevel, StockMovement
from tasks.reservations import lock_products
from tasks.short_orders import put_short
from tasks.subjects import locked_shipment
from tasks.warehouses import several_warehouses, warehouse_called

_LISTED = 5
"""So many orders are named in a sentence."""
_ATTEMPTS = 20


class UnknownProduct(PacklineError):
    """There is no such product."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"There is no product {sku!r}: `packline stock` lists those there are.")


class AlreadyBooked(PacklineError):
    """Something was booked before under this reference. `same`: the same, with as many pieces."""

    def __init__(self, sku: str, what: str, reference: str, *, same: bool) -> None:
        super().__init__(
            f"{sku} is booked already as {what} under {reference!r}: nothing was changed;"
            " give another reference if it is something else."
        )
        self.same = same


class HeldByOrders(PacklineError):
    """Less would be left than is set aside for orders."""

    def __init__(self, what: str, left: int, reserved: int, orders: list[int]) -> None:
        super().__init__(
            f"{what} would have {left} pieces left, and {reserved} are set aside"
            f" for {_named(orders)}: nothing was changed; cancel what cannot be filled and book it"
            " again, or count the product (`packline stock count`): then the newest give way."
        )
        self.orders = orders


class NotOnHand(PacklineError):
    """More would be taken than is there, and no order has to do with it."""

    def __init__(self, what: str, on_hand: int, taken: int) -> None:
        super().__init__(
            f"{what} has {on_hand} pieces on hand, and {taken} were to be taken: nothing was"
            " changed; correct the number, or count the product if there are more."
        )


class TooManyPieces(PacklineError):
    """A product would have more pieces than can be counted."""

    def __init__(self, sku: str, pieces: int) -> None:
        super().__init__(
            f"{sku} would have {pieces:,} pieces in all, and at most {MAX_STOCK:,} can be kept:"
            " nothing was changed; correct the number."
        )


class PickedAlready(PacklineError):
    """Fewer pieces were counted than are in the totes of orders that are picked."""

    def __init__(self, found: StockCountIn, picked: int, orders: list[int]) -> None:
        super().__init__(
            f"{found.counted} of {found.sku} are counted, and {picked} are picked for"
            f" {_named(orders)}: nothing was changed; count what is in totes and open parcels too."
        )
        self.orders = orders


class StockInMotion(PacklineError):
    """Orders took the product faster than it could be counted."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"Orders are taking {sku} in this moment: book the count again.")


class Holder(NamedTuple):
    """A shipment that holds pieces of a product, so many of them picked: they are in its tote.

    One that `goes_back` is to be cancelled: it needs no more than what it has picked.
    """

    number: int
    shipment: int
    pieces: int
    picked: int
    goes_back: bool

    @property
    def key(self) -> Which:
        """Its order's number, and its own."""
        return self.number, self.shipment

    @property
    def unpicked(self) -> int:
        """The pieces that it may give up: nobody has walked for them yet."""
        return self.pieces - self.picked


def book(change: DeliveryIn | AdjustmentIn) -> StockLevel:
    """Book a delivery or an adjustment; returns the product's stock in that warehouse now.

    Raises `UnknownWarehouse`, `UnknownProduct`, `AlreadyBooked`, `HeldByOrders`, `NotOnHand`.
    """
    with transaction() as session:
        movement = _movement(change, warehouse_called(session, change.warehouse).code)
        _locked(session, movement.warehouse, movement.sku)
        _refuse_again(session, movement)
        return _move(session, movement)


def move(transfer: TransferIn) -> tuple[StockLevel, StockLevel]:
    """Book pieces out of one warehouse and into another; returns the stock of both now, in turn.

    Raises `UnknownWarehouse`, `UnknownProduct`, `AlreadyBooked`, `HeldByOrders`, `NotOnHand`.
    """
    with transaction() as session:
        origin = warehouse_called(session, transfer.from_warehouse).code
        destination = warehouse_called(session, transfer.to_warehouse).code
        _locked(session, origin, transfer.sku)  # the product: no other level of it changes now
        out = _transferred(transfer, origin, -transfer.quantity)
        into = _transferred(transfer, destination, transfer.quantity)
        _refuse_transfer_again(session, out, into)
        return _move(session, out), _move(session, into)


def count(found: StockCountIn) -> StockCounted:
    """Take a count for true: the difference becomes one movement, in the counter's name.

    Where fewer are counted than are set aside, orders give up what is not picked yet, all of it, as
    few orders as that takes: those that are to be cancelled, then the newest. About the others the
    operator decides.

    Raises `UnknownWarehouse`, `UnknownProduct`, `AlreadyBooked`, `PickedAlready`, `StockInMotion`.
    """
    for _ in range(_ATTEMPTS):
        with transaction() as session:
            warehouse = warehouse_called(session, found.warehouse).code
            if counted := _count(session, found, warehouse):
                return counted
    raise StockInMotion(found.sku)


def called(session: Session, sku: str, warehouse: str) -> str:
    """The product, and the warehouse where there are several."""
    return f"{sku} in {warehouse}" if several_warehouses(session) else sku


def _movement(change: DeliveryIn | AdjustmentIn, warehouse: str) -> StockMovement:
    kind, reason = MovementKind.RECEIVED, "delivery"
    if isinstance(change, AdjustmentIn):
        kind, reason = MovementKind(change.kind.value), change.reason
    return StockMovement(
        warehouse=warehouse,
        sku=change.sku,
        quantity=change.quantity,
        kind=kind,
        reference=change.reference,
        actor=change.by,
        reason=reason,
    )


def _transferred(transfer: TransferIn, warehouse: str, quantity: int) -> StockMovement:
    return StockMovement(
        warehouse=warehouse,
        sku=transfer.sku,
        quantity=quantity,
        kind=MovementKind.TRANSFERRED,
        reference=transfer.reference,
        actor=transfer.by,
        reason=transfer.reason,
    )


def _locked(
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


def _move(session: Session, movement: StockMovement) -> StockLevel:
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
    if left >= level.reserved:
        return
    what = called(session, level.sku, level.warehouse)
    if not level.reserved:
        raise NotOnHand(what, level.on_hand, -quantity)
    orders = [holder.number for holder in _holders(session, level.sku, level.warehouse)]
    raise HeldByOrders(what, left, level.reserved, orders)


def _count(session: Session, found: StockCountIn, warehouse: str) -> StockCounted | None:
    """Book the count. None: an order took the product meanwhile, that should give way first.

    Orders are locked before products, always: so who gives way is found out before the locks, and
    holds only if it is still so under them.
    """
    guessed = _who_gives_way(_holders(session, found.sku, warehouse), found.counted)
    there = {key: locked_shipment(session, *key) for key in sorted(guessed)}
    level = _locked(session, warehouse, found.sku, and_of=list(there.values()))
    _refuse_count_again(session, found, warehouse)
    holders = _holders(session, found.sku, warehouse)
    _refuse_if_picked(holders, found)
    short = _who_gives_way(holders, found.counted)
    if not there.keys() >= short.keys():
        return None
    _put_short(session, found, [there[key] for key in short], holders)
    asked = tuple(holder.number for holder in short.values() if not holder.goes_back)
    return _book_count(session, level, found, asked)


def _refuse_count_again(session: Session, found: StockCountIn, warehouse: str) -> None:
    if there := session.get(StockCount, (found.sku, warehouse, found.reference)):
        same = there.counted == found.counted
        raise AlreadyBooked(there.sku, f"{there.counted} counted", there.reference, same=same)


def _refuse_if_picked(holders: list[Holder], found: StockCountIn) -> None:
    picked = [holder for holder in holders if holder.picked]
    pieces = sum(holder.picked for holder in picked)
    if pieces > found.counted:
        raise PickedAlready(found, pieces, [holder.number for holder in picked])


def _who_gives_way(holders: list[Holder], counted: int) -> dict[Which, Holder]:
    """The first shipments with pieces to pick, until what is held is not more than counted."""
    excess = sum(holder.pieces for holder in holders) - counted
    may = {holder.key: holder for holder in holders if holder.unpicked}
    chosen = giving_way({key: holder.unpicked for key, holder in may.items()}, excess)
    return {key: may[key] for key in chosen}


def _put_short(
    session: Session, found: StockCountIn, short: list[Shipment], holders: list[Holder]
) -> None:
    unpicked = {holder.key: holder.unpicked for holder in holders}
    held = sum(holder.pieces for holder in holders)
    kept = held - sum(unpicked[_which(shipment)] for shipment in short)
    for shipment in short:
        why = StockGivenUp(
            sku=found.sku,
            wanted=unpicked[_which(shipment)],
            available=found.counted - kept,
            counted_by=found.by,
            reference=found.reference,
        )
        put_short(session, shipment, why)


def _book_count(
    session: Session, level: StockLevel, found: StockCountIn, put_short: tuple[int, ...]
) -> StockCounted:
    """Keep the count, and move what it found more or less; orders that gave way free the rest."""
    warehouse, before = level.warehouse, level.on_hand
    kept = found.model_dump(include={"sku", "reference", "counted"})
    session.add(StockCount(warehouse=warehouse, before=before, actor=found.by, **kept))
    if found.counted != before:
        _move(session, _counted_movement(found, warehouse, before))
    if put_short:
        notify(session, ORDERS_CHANNEL)  # what they held of other products is free
    return StockCounted(
        sku=found.sku,
        warehouse=warehouse if several_warehouses(session) else "",
        before=before,
        counted=found.counted,
        counted_by=found.by,
        put_short=put_short,
    )


def _counted_movement(found: StockCountIn, warehouse: str, before: int) -> StockMovement:
    return StockMovement(
        warehouse=warehouse,
        sku=found.sku,
        quantity=found.counted - before,
        kind=MovementKind.ADJUSTED,
        reference=f"{COUNT_PREFIX}{found.reference}",
        actor=found.by,
        reason=f"counted {found.counted}, the books had {before}",
    )


def _holders(session: Session, sku: str, warehouse: str) -> list[Holder]:
    """The shipments for which pieces of the product are set aside there: those that are to be
    cancelled first, then the newest.
    """
    picked = func.least(func.coalesce(ShipmentLine.picked, 0), Reservation.quantity)
    goes_back = col(SalesOrder.cancel_requested_at).is_not(None)
    which = col(ShipmentLine.order_number), col(ShipmentLine.shipment)
    held: tuple[Any, ...] = (*which, Reservation.quantity, picked, goes_back)
    holding = (
        select(*held)
        .select_from(Reservation)
        .join(ShipmentLine)
        .join(SalesOrder, col(SalesOrder.number) == ShipmentLine.order_number)
        .where(
            Reservation.sku == sku,
            Reservation.warehouse == warehouse,
            Reservation.state == ReservationState.LIVE,
        )
        .order_by(goes_back.desc(), *(number.desc() for number in which))
    )
    return [Holder(*row) for row in session.execute(holding)]


def _which(shipment: Shipment) -> Which:
    return shipment.order_number, shipment.number


def _named(orders: list[int]) -> str:
    listed = ", ".join(map(str, orders[:_LISTED]))
    more = f" and {len(orders) - _LISTED} more" if len(orders) > _LISTED else ""
    return f"order {listed}" if len(orders) == 1 else f"the orders {listed}{more}"
