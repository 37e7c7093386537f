"""Stock that comes in."""

from sqlmodel import Session, select

from adapters.database import transaction
from domain.errors import PacklineError
from models.catalogue import Product, StockMovement
from models.enums import MovementKind


class UnknownProduct(PacklineError):
    """There is no such product."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"There is no product {sku!r}: `packline stock` lists those there are.")


class AlreadyReceived(PacklineError):
    """The delivery was booked before."""

    def __init__(self, sku: str, reference: str) -> None:
        super().__init__(
            f"Delivery {reference!r} of {sku} is booked already: nothing was added;"
            " give another reference if it is another delivery."
        )


def receive(sku: str, quantity: int, *, reference: str, by: str) -> Product:
    """Book a delivery, once per product and reference; returns the product as it is now.

    Raises `UnknownProduct`, `AlreadyReceived`.
    """
    with transaction() as session:
        product = session.get(Product, sku, with_for_update=True)
        if product is None:
            raise UnknownProduct(sku)
        if _is_booked(session, sku, reference):
            raise AlreadyReceived(sku, reference)
        session.add(
            StockMovement(
                sku=sku,
                quantity=quantity,
                kind=MovementKind.RECEIVED,
                reference=reference,
                actor=by,
                reason="delivery",
            )
        )
        session.flush()
        session.refresh(product)
        return product


def _is_booked(session: Session, sku: str, reference: str) -> bool:
    found = select(StockMovement.id).where(
        StockMovement.sku == sku,
        StockMovement.kind == MovementKind.RECEIVED,
        StockMovement.reference == reference,
    )
    return session.exec(found).first() is not None
