"""Splitting a shipment: some of its pieces travel as another shipment of the same order.

The new one is New and has no run: the dispatcher starts one. What it takes with it is wanted, or
held where an allocation said so, from the same instant on. No Prefect here.
"""

from collections.abc import Mapping

from sqlmodel import Session, col, func, select

from adapters.database.notifications import ORDERS_CHANNEL, notify
from domain.messages import Message
from domain.reasons import no_warehouse_has_all
from domain.sourcing import Plan
from domain.splits import CannotSplit, stays
from models.enums import EventKind, OrderStatus
from models.events import SplitOff
from models.process import StepName
from models.results.orders import ShipmentSplit
from models.tables.shipments import Shipment, ShipmentLine
from services.access.actors import PACKLINE, Actor
from services.execution.events import add_event
from services.execution.ledger import record
from services.execution.status import set_status
from services.inventory.allocations import deallocate, lock_products, move_to_shipment
from services.orders.packing import is_with_packers


def split(
    session: Session,
    shipment: Shipment,
    moved: Mapping[str, int],
    why: Message,
    *,
    actor: Actor = PACKLINE,
    warehouse: str | None = None,
) -> Shipment:
    """Move pieces by SKU from a locked shipment to its order's next one, which is made.

    They are wanted from now on, or held in `warehouse`, where they are free. Pieces that were found
    stay: of each line no more can be moved than nobody has picked.

    Raises `CannotSplit`, also for a shipment that is with the packers.

    The audit says the same: *nothing is moved or cancelled once it is with the packers*.
    """
    _refuse_with_packers(session, shipment)
    left = stays({line.sku: line.quantity for line in shipment.goods}, moved)
    lock_products(session, moved)
    deallocate(session, shipment, moved)
    for line in shipment.goods:
        line.quantity = left[line.sku]
    new = _next_shipment(session, shipment, moved, warehouse)
    set_status(shipment, shipment.status)  # its order has one more that is open
    _tell(session, shipment, new, moved, why, actor)
    notify(session, ORDERS_CHANNEL)
    return new


def split_by_warehouse(session: Session, shipment: Shipment, plan: Plan) -> Plan:
    """Make a shipment for each warehouse of the plan but the first, with its stock allocated.

    Returns what is left of the plan: the first warehouse's part. The products are locked.
    """
    first, *others = plan.warehouses
    for warehouse in others:
        pieces = plan.part_of(warehouse).pieces
        split(session, shipment, pieces, no_warehouse_has_all(plan.reasons), warehouse=warehouse)
    return plan.part_of(first)


def _refuse_with_packers(session: Session, shipment: Shipment) -> None:
    if is_with_packers(session, shipment):
        order, number = shipment.order_number, shipment.number
        if number == 1:
            raise CannotSplit("shipment-is-packed", number=order)
        raise CannotSplit("part-is-packed", number=order, shipment=number)


def _next_shipment(
    session: Session, shipment: Shipment, moved: Mapping[str, int], warehouse: str | None
) -> Shipment:
    """Made with its lines. The order is locked, so that nobody else makes the same."""
    latest = select(func.max(col(Shipment.number))).where(
        Shipment.order_number == shipment.order_number
    )
    number = session.exec(latest).one() + 1
    new = Shipment(order_number=shipment.order_number, number=number, status=OrderStatus.NEW)
    session.add(new)
    session.flush()
    for line in [line for line in shipment.lines if moved.get(line.sku)]:
        _move_line(session, line, number, moved[line.sku], warehouse)
    session.flush()
    session.expire(shipment.order, ["shipments"])
    session.refresh(new)
    return new


def _move_line(
    session: Session, line: ShipmentLine, shipment: int, pieces: int, warehouse: str | None
) -> None:
    part = ShipmentLine(
        order_number=line.order_number,
        shipment=shipment,
        sku=line.sku,
        quantity=pieces,
    )
    session.add(part)
    session.flush()
    move_to_shipment(session, part, warehouse)


def _tell(
    session: Session,
    shipment: Shipment,
    new: Shipment,
    moved: Mapping[str, int],
    why: Message,
    actor: Actor,
) -> None:
    pieces = {sku: quantity for sku, quantity in moved.items() if quantity}
    result = ShipmentSplit(shipment=new.number, moved=pieces, why=why)
    run_id = shipment.run_id or ""
    record(session, shipment.key, StepName.SPLIT_SHIPMENT, new.number, result, run_id)
    add_event(session, shipment.key, StepName.SPLIT_SHIPMENT, result, actor=actor)
    source = SplitOff(order=shipment.order_number, shipment=shipment.number, moved=pieces, why=why)
    add_event(session, new.key, EventKind.SPLIT_OFF, source, actor=actor)
