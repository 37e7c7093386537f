"""Which shipments a product is allocated to."""

from typing import Any, NamedTuple

from sqlmodel import Session, col, func, select

from domain.allocation import Which
from models.enums import ReservationState
from models.tables.orders import SalesOrder
from models.tables.shipments import ShipmentLine
from models.tables.stock import Reservation


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


def holders_of(session: Session, sku: str, warehouse: str) -> list[Holder]:
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
