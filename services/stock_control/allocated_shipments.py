"""Which shipments a product is allocated to."""

from typing import Any, NamedTuple

from sqlmodel import Session, col, func, select

from domain.allocation import ShipmentId
from models.enums import AllocationState
from models.tables.orders import SalesOrder
from models.tables.shipments import ShipmentLine
from models.tables.stock import Allocation


class AllocatedShipment(NamedTuple):
    """A shipment that holds pieces of a product, so many of them picked: they are in its tote.

    One that `goes_back` is to be cancelled: it needs no more than what it has picked.
    """

    number: int
    shipment: int
    pieces: int
    picked: int
    goes_back: bool

    @property
    def key(self) -> ShipmentId:
        """Its order's number, and its own."""
        return self.number, self.shipment

    @property
    def unpicked(self) -> int:
        """The pieces that it may give up: nobody has walked for them yet."""
        return self.pieces - self.picked


def allocated_shipments(session: Session, sku: str, warehouse: str) -> list[AllocatedShipment]:
    """The shipments for which pieces of the product are allocated there: those that are to be
    cancelled first, then the newest.
    """
    picked = func.least(func.coalesce(ShipmentLine.picked, 0), Allocation.quantity)
    goes_back = col(SalesOrder.cancel_requested_at).is_not(None)
    which = col(ShipmentLine.order_number), col(ShipmentLine.shipment)
    held: tuple[Any, ...] = (*which, Allocation.quantity, picked, goes_back)
    holding = (
        select(*held)
        .select_from(Allocation)
        .join(ShipmentLine)
        .join(SalesOrder, col(SalesOrder.number) == ShipmentLine.order_number)
        .where(
            Allocation.sku == sku,
            Allocation.warehouse == warehouse,
            Allocation.state == AllocationState.ALLOCATED,
        )
        .order_by(goes_back.desc(), *(number.desc() for number in which))
    )
    return [AllocatedShipment(*row) for row in session.execute(holding)]
