"""Goods of a cancelled order that come back: the stock changes with the answer that says so.

From that instant the pieces lie in their bins, so that a count finds them and others may have them,
whenever the order's run goes on. No Prefect here.
"""

from typing import NamedTuple

from sqlmodel import Session

from adapters.database.notifications import ORDERS_CHANNEL, notify
from models.enums import AllocationState, MovementKind
from models.results.work import Restocked
from models.tables.shipments import Shipment
from services.inventory.allocations import allocated_warehouse, close_allocations, lock_goods
from services.inventory.movements import stock_movement
from services.inventory.warehouses import warehouse_called
from services.orders.cancellation import is_booked_out


class Origin(NamedTuple):
    """Whose goods come back, from which warehouse they were, and who put them back."""

    key: str
    warehouse: str
    restocked_by: str


def book_restock(session: Session, shipment: Shipment, restocked: Restocked) -> Restocked:
    """Set free what a locked shipment holds, or book in what was booked out and is there again.

    Damaged pieces, and those that are missing, leave the stock in the same instant.

    The audit says the same: *what came back of a cancelled order is booked in once*.
    """
    lock_goods(session, shipment)
    warehouse = warehouse_called(session, allocated_warehouse(session, shipment)).code
    origin = Origin(shipment.key, warehouse, restocked.restocked_by)
    close_allocations(session, shipment, AllocationState.RELEASED)
    booked_out = is_booked_out(session, shipment)
    returned = _returned(shipment, restocked) if booked_out else {}
    _move(session, origin, MovementKind.RETURNED, returned)
    _move(session, origin, MovementKind.DAMAGED, _less(restocked.damaged))
    if not booked_out:  # else what is missing has left the stock before
        _move(session, origin, MovementKind.ADJUSTED, _less(restocked.missing))
    notify(session, ORDERS_CHANNEL)  # somebody may wait for that stock
    return restocked.model_copy(update={"returned": returned, "booked": True})


def _returned(shipment: Shipment, restocked: Restocked) -> dict[str, int]:
    """The pieces that are there again, damaged ones too."""
    there = {
        line.sku: line.quantity - restocked.missing.get(line.sku, 0) for line in shipment.goods
    }
    return {sku: pieces for sku, pieces in there.items() if pieces}


def _less(pieces: dict[str, int]) -> dict[str, int]:
    return {sku: -lost for sku, lost in pieces.items()}


def _move(session: Session, origin: Origin, kind: MovementKind, pieces: dict[str, int]) -> None:
    """A movement per product, in the order of the SKUs, under the shipment's key."""
    for sku in sorted(pieces):
        session.add(
            stock_movement(
                kind,
                origin.warehouse,
                sku,
                pieces[sku],
                reference=origin.key,
                actor=origin.restocked_by,
                reason="restocked after the order was cancelled",
            )
        )
        session.flush()
