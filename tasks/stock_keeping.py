"""Stock that comes in, is found wrong, or is counted: each change is one movement with its reason.

A movement is booked once per product, kind and reference. An adjustment leaves what is set aside
for orders; a count is true whatever is set aside, and then the newest orders give way. New stock
wakes the dispatcher, which fills the orders that wait for it.
"""

from typing import NamedTuple

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from adapters.database import ORDERS_CHANNEL, notify, transaction
from domain.allocation import Which, giving_way
from domain.errors import PacklineError
from models.catalogue import Product, Reservation, StockCount, StockMovement
from models.enums import MovementKind, ReservationState
from models.intake import COUNT_PREFIX, AdjustmentIn, DeliveryIn, StockCountIn
from models.results import StockCounted, StockGivenUp
from models.shipments import Shipment, ShipmentLine
from tasks.reservations import lock_available
from tasks.short_orders import put_short
from tasks.subjects import locked_shipment

_LISTED = 5
"""So many orders are named in a sentence."""
_ATTEMPTS = 20


class UnknownProduct(PacklineError):
    """There is no such product."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"There is no product {sku!r}: `packline stock` lists those there are.")


class AlreadyBooked(PacklineError):
    """Something was booked before under this reference. `same`: with as many pieces."""

    def __init__(self, sku: str, what: str, reference: str, *, same: bool) -> None:
        super().__init__(
            f"{sku} is booked already as {what} under {reference!r}: nothing was changed;"
            " give another reference if it is something else."
        )
        self.same = same


class HeldByOrders(PacklineError):
    """Less would be left than is set aside for orders."""

    def __init__(self, product: Product, left: int, orders: list[int]) -> None:
        super().__init__(
            f"{product.sku} would have {left} pieces left, and {product.reserved} are set aside"
            f" for {_named(orders)}: nothing was changed; cancel what cannot be filled and book it"
            " again, or count the product (`packline stock count`): then the newest give way."
        )
        self.orders = orders


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
    """A shipment that holds pieces of a product. `picked`: they are in its tote."""

    number: int
    shipment: int
    pieces: int
    picked: bool

    @property
    def key(self) -> Which:
        """Its order's number, and its own."""
        return self.number, self.shipment


def book(change: DeliveryIn | AdjustmentIn) -> Product:
    """Book a delivery or an adjustment; returns the product as it is now.

    Raises `UnknownProduct`, `AlreadyBooked`, `HeldByOrders`.
    """
    movement = _movement(change)
    with transaction() as session:
        product = _locked(session, movement.sku)
        _refuse_again(session, movement)
        _move(session, product, movement)
        return product


def count(found: StockCountIn) -> StockCounted:
    """Take a count for true: the difference becomes one movement, in the counter's name.

    Where fewer are counted than are set aside, the newest orders that are not picked yet give up
    their stock, whole orders and as few as that takes, and the operator decides about each.

    Raises `UnknownProduct`, `AlreadyBooked`, `PickedAlready`, `StockInMotion`.
    """
    for _ in range(_ATTEMPTS):
        with transaction() as session:
            if counted := _count(session, found):
                return counted
    raise StockInMotion(found.sku)


def _movement(change: DeliveryIn | AdjustmentIn) -> StockMovement:
    kind, reason = MovementKind.RECEIVED, "delivery"
    if isinstance(change, AdjustmentIn):
        kind, reason = MovementKind(change.kind.value), change.reason
    return StockMovement(
        sku=change.sku,
        quantity=change.quantity,
        kind=kind,
        reference=change.reference,
        actor=change.by,
        reason=reason,
    )


def _locked(session: Session, sku: str, *, and_of: list[Shipment] | None = None) -> Product:
    """The product, locked together with those of these shipments. Raises `UnknownProduct`."""
    others = {line.sku for shipment in and_of or [] for line in shipment.lines}
    if sku not in lock_available(session, {sku} | others):
        raise UnknownProduct(sku)
    return session.get_one(Product, sku)


def _refuse_again(session: Session, movement: StockMovement) -> None:
    booked = select(StockMovement).where(
        StockMovement.sku == movement.sku,
        StockMovement.kind == movement.kind,
        StockMovement.reference == movement.reference,
    )
    if there := session.exec(booked).first():
        same = there.quantity == movement.quantity
        raise AlreadyBooked(there.sku, f"{there.kind}", there.reference, same=same)


def _move(session: Session, product: Product, movement: StockMovement) -> None:
    """Change the locked product's stock, and read it anew: the database counts."""
    left = product.on_hand + movement.quantity
    if left < product.reserved:
        orders = [holder.number for holder in _holders(session, product.sku)]
        raise HeldByOrders(product, left, orders)
    session.add(movement)
    session.flush()
    session.refresh(product)
    if movement.quantity > 0:
        notify(session, ORDERS_CHANNEL)  # somebody may wait for it


def _count(session: Session, found: StockCountIn) -> StockCounted | None:
    """Book the count. None: an order took the product meanwhile, that should give way first.

    Orders are locked before products, always: so who gives way is found out before the locks, and
    holds only if it is still so under them.
    """
    guessed = _who_gives_way(_holders(session, found.sku), found.counted)
    there = {key: locked_shipment(session, *key) for key in sorted(guessed)}
    product = _locked(session, found.sku, and_of=list(there.values()))
    _refuse_count_again(session, found)
    holders = _holders(session, found.sku)
    _refuse_if_picked(holders, found)
    short = _who_gives_way(holders, found.counted)
    if not there.keys() >= set(short):
        return None
    _put_short(session, found, [there[key] for key in short], holders)
    return _book_count(session, product, found, tuple(number for number, _ in short))


def _refuse_count_again(session: Session, found: StockCountIn) -> None:
    if there := session.get(StockCount, (found.sku, found.reference)):
        same = there.counted == found.counted
        raise AlreadyBooked(there.sku, f"{there.counted} counted", there.reference, same=same)


def _refuse_if_picked(holders: list[Holder], found: StockCountIn) -> None:
    picked = [holder for holder in holders if holder.picked]
    pieces = sum(holder.pieces for holder in picked)
    if pieces > found.counted:
        raise PickedAlready(found, pieces, [holder.number for holder in picked])


def _who_gives_way(holders: list[Holder], counted: int) -> list[Which]:
    """The newest shipments that are not picked yet, until what is held is not more than counted."""
    excess = sum(holder.pieces for holder in holders) - counted
    return giving_way({h.key: h.pieces for h in holders if not h.picked}, excess)


def _put_short(
    session: Session, found: StockCountIn, short: list[Shipment], holders: list[Holder]
) -> None:
    pieces = {holder.key: holder.pieces for holder in holders}
    kept = sum(pieces.values()) - sum(pieces[_which(shipment)] for shipment in short)
    for shipment in short:
        why = StockGivenUp(
            sku=found.sku,
            wanted=pieces[_which(shipment)],
            available=found.counted - kept,
            counted_by=found.by,
            reference=found.reference,
        )
        put_short(session, shipment, why)


def _book_count(
    session: Session, product: Product, found: StockCountIn, put_short: tuple[int, ...]
) -> StockCounted:
    """Keep the count, and move what it found more or less; orders that gave way free the rest."""
    session.refresh(product)
    before, difference = product.on_hand, found.counted - product.on_hand
    kept = found.model_dump(include={"sku", "reference", "counted"})
    session.add(StockCount(before=before, actor=found.by, **kept))
    if difference:
        _move(session, product, _counted_movement(found, before))
    if put_short:
        notify(session, ORDERS_CHANNEL)  # what they held of other products is free
    return StockCounted(
        sku=found.sku,
        before=before,
        counted=found.counted,
        counted_by=found.by,
        put_short=put_short,
    )


def _counted_movement(found: StockCountIn, before: int) -> StockMovement:
    return StockMovement(
        sku=found.sku,
        quantity=found.counted - before,
        kind=MovementKind.ADJUSTED,
        reference=f"{COUNT_PREFIX}{found.reference}",
        actor=found.by,
        reason=f"counted {found.counted}, the books had {before}",
    )


def _holders(session: Session, sku: str) -> list[Holder]:
    """The shipments for which pieces of the product are set aside, the newest first."""
    other = aliased(ShipmentLine)
    unpicked = select(other.order_line_id).where(
        other.order_number == ShipmentLine.order_number,
        other.shipment == ShipmentLine.shipment,
        col(other.quantity) > 0,
        col(other.picked).is_distinct_from(other.quantity),
    )
    holding = (
        select(
            ShipmentLine.order_number,
            ShipmentLine.shipment,
            Reservation.quantity,
            ~unpicked.correlate(ShipmentLine).exists(),
        )
        .select_from(Reservation)
        .join(ShipmentLine)
        .where(Reservation.sku == sku, Reservation.state == ReservationState.LIVE)
        .order_by(col(ShipmentLine.order_number).desc(), col(ShipmentLine.shipment).desc())
    )
    return [Holder(*row) for row in session.execute(holding)]


def _which(shipment: Shipment) -> Which:
    return shipment.order_number, shipment.number


def _named(orders: list[int]) -> str:
    listed = ", ".join(map(str, orders[:_LISTED]))
    more = f" and {len(orders) - _LISTED} more" if len(orders) > _LISTED else ""
    return f"order {listed}" if len(orders) == 1 else f"the orders {listed}{more}"
