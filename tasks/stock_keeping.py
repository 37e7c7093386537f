"""Stock that comes in, is found wrong, or is counted: each change is one movement with its reason.

A movement is booked once per product, kind and reference. What is set aside for orders stays there:
a change that would take it away is refused, with the orders that hold it.
"""

from sqlmodel import Session, col, select

from adapters.database import transaction
from domain.errors import PacklineError
from models.catalogue import Product, Reservation, StockMovement
from models.enums import MovementKind, ReservationState
from models.intake import AdjustmentIn, DeliveryIn, StockCountIn
from models.orders import OrderLine
from models.results import StockCounted

_LISTED = 5
"""So many orders are named in a sentence."""


class UnknownProduct(PacklineError):
    """There is no such product."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"There is no product {sku!r}: `packline stock` lists those there are.")


class AlreadyBooked(PacklineError):
    """The movement was booked before."""

    def __init__(self, movement: StockMovement) -> None:
        super().__init__(
            f"{movement.sku} is booked already as {movement.kind} under {movement.reference!r}:"
            " nothing was changed; give another reference if it is something else."
        )


class HeldByOrders(PacklineError):
    """Less would be left than is set aside for orders."""

    def __init__(self, product: Product, left: int, orders: list[int]) -> None:
        named = ", ".join(map(str, orders[:_LISTED]))
        more = f" and {len(orders) - _LISTED} more" if len(orders) > _LISTED else ""
        which = f"order {named}" if len(orders) == 1 else f"the orders {named}{more}"
        super().__init__(
            f"{product.sku} would have {left} pieces left, and {product.reserved} are set aside"
            f" for {which}: nothing was changed; cancel what cannot be filled, and book it again."
        )


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

    Raises `UnknownProduct`, `AlreadyBooked`, `HeldByOrders`.
    """
    with transaction() as session:
        product = _locked(session, found.sku)
        before = product.on_hand
        movement = StockMovement(
            sku=found.sku,
            quantity=found.counted - before,
            kind=MovementKind.ADJUSTED,
            reference=f"count {found.reference}",
            actor=found.by,
            reason=f"counted {found.counted}, the books had {before}",
        )
        _refuse_again(session, movement)
        if movement.quantity:
            _move(session, product, movement)
        return StockCounted(
            sku=found.sku, before=before, counted=found.counted, counted_by=found.by
        )


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


def _locked(session: Session, sku: str) -> Product:
    product = session.get(Product, sku, with_for_update=True)
    if product is None:
        raise UnknownProduct(sku)
    return product


def _refuse_again(session: Session, movement: StockMovement) -> None:
    booked = select(StockMovement).where(
        StockMovement.sku == movement.sku,
        StockMovement.kind == movement.kind,
        StockMovement.reference == movement.reference,
    )
    if found := session.exec(booked).first():
        raise AlreadyBooked(found)


def _move(session: Session, product: Product, movement: StockMovement) -> None:
    """Change the locked product's stock, and read it anew: the database counts."""
    left = product.on_hand + movement.quantity
    if left < product.reserved:
        raise HeldByOrders(product, left, _holding(session, product.sku))
    session.add(movement)
    session.flush()
    session.refresh(product)


def _holding(session: Session, sku: str) -> list[int]:
    """The orders for which pieces of the product are set aside, the newest first."""
    holding = select(OrderLine.order_number).where(
        OrderLine.id == Reservation.order_line_id,
        Reservation.sku == sku,
        Reservation.state == ReservationState.LIVE,
    )
    return list(session.exec(holding.order_by(col(OrderLine.order_number).desc())))
