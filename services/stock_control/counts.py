"""Counts are taken for true: the difference is a movement, and the newest orders give way."""

from sqlmodel import Session

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from domain.allocation import ShipmentId, yields_to
from domain.errors import PacklineError
from domain.messages import Message
from models.enums import MovementKind
from models.imports.fields import COUNT_PREFIX
from models.imports.stock import StockCountIn
from models.results.stock import StockCounted, StockReleased
from models.tables.shipments import Shipment
from models.tables.stock import StockCount, StockLevel, StockMovement
from services.access.actors import Actor
from services.execution.locks import locked_shipment
from services.inventory.movements import stock_movement
from services.inventory.warehouses import several_warehouses, warehouse_called
from services.stock_control.allocated_shipments import AllocatedShipment, allocated_shipments
from services.stock_control.shortfalls import record_shortfall
from services.stock_control.stock_changes import AlreadyBooked, book_movement, locked_level, named

_ATTEMPTS = 20


class PickedAlready(PacklineError):
    """Fewer pieces were counted than are in the totes of orders that are picked."""

    message = (
        "{counted} of {sku} are counted, and {picked} are picked for {orders}: nothing was changed;"
        " count what is in totes and open parcels too."
    )

    def __init__(self, found: StockCountIn, picked: int, orders: list[int]) -> None:
        super().__init__(counted=found.counted, sku=found.sku, picked=picked, orders=named(orders))


class StockInMotion(PacklineError):
    """Orders took the product faster than it could be counted."""

    message = "Orders are taking {sku} in this moment: book the count again."

    def __init__(self, sku: str) -> None:
        super().__init__(sku=sku)


def count(found: StockCountIn, actor: Actor) -> StockCounted:
    """Take a count for true: the difference becomes one movement, in the counter's name.

    Where fewer are counted than are allocated, orders give up what is not picked yet, all of it, as
    few orders as that takes: those that are to be cancelled, then the newest. About the others the
    operator decides.

    Raises `UnknownWarehouse`, `UnknownProduct`, `AlreadyBooked`, `PickedAlready`, `StockInMotion`.

    The audit says the same: *what a count found more or less is moved once*.
    """
    for _ in range(_ATTEMPTS):
        with transaction() as session:
            warehouse = warehouse_called(session, found.warehouse).code
            if counted := _count(session, found, warehouse, actor):
                return counted
    raise StockInMotion(found.sku)


def _count(
    session: Session, found: StockCountIn, warehouse: str, actor: Actor
) -> StockCounted | None:
    """Book the count. None: an order took the product meanwhile, that should give way first.

    Orders are locked before products, always: so who gives way is found out before the locks, and
    holds only if it is still so under them.
    """
    guessed = _who_gives_way(allocated_shipments(session, found.sku, warehouse), found.counted)
    there = {key: locked_shipment(session, *key) for key in sorted(guessed)}
    level = locked_level(session, warehouse, found.sku, and_of=list(there.values()))
    _refuse_count_again(session, found, warehouse)
    holders = allocated_shipments(session, found.sku, warehouse)
    _refuse_if_picked(holders, found)
    short = _who_gives_way(holders, found.counted)
    if not there.keys() >= short.keys():
        return None
    _record_shortfalls(session, found, actor, [there[key] for key in short], holders)
    asked = tuple(holder.number for holder in short.values() if not holder.goes_back)
    return _book_count(session, level, found, actor, asked)


def _refuse_count_again(session: Session, found: StockCountIn, warehouse: str) -> None:
    if there := session.get(StockCount, (found.sku, warehouse, found.reference)):
        same = there.counted == found.counted
        what = Message("counted", "{pieces} counted", {"pieces": there.counted})
        raise AlreadyBooked(there.sku, what, there.reference, same=same)


def _refuse_if_picked(holders: list[AllocatedShipment], found: StockCountIn) -> None:
    picked = [holder for holder in holders if holder.picked]
    pieces = sum(holder.picked for holder in picked)
    if pieces > found.counted:
        raise PickedAlready(found, pieces, [holder.number for holder in picked])


def _who_gives_way(
    holders: list[AllocatedShipment], counted: int
) -> dict[ShipmentId, AllocatedShipment]:
    """The first shipments with pieces to pick, until what is held is not more than counted."""
    excess = sum(holder.pieces for holder in holders) - counted
    may = {holder.key: holder for holder in holders if holder.unpicked}
    chosen = yields_to({key: holder.unpicked for key, holder in may.items()}, excess)
    return {key: may[key] for key in chosen}


def _record_shortfalls(
    session: Session,
    found: StockCountIn,
    actor: Actor,
    short: list[Shipment],
    holders: list[AllocatedShipment],
) -> None:
    unpicked = {holder.key: holder.unpicked for holder in holders}
    held = sum(holder.pieces for holder in holders)
    kept = held - sum(unpicked[_which(shipment)] for shipment in short)
    for shipment in short:
        why = StockReleased(
            sku=found.sku,
            wanted=unpicked[_which(shipment)],
            available=found.counted - kept,
            counted_by=actor.name,
            reference=found.reference,
        )
        record_shortfall(session, shipment, why, actor)


def _book_count(
    session: Session,
    level: StockLevel,
    found: StockCountIn,
    actor: Actor,
    short_orders: tuple[int, ...],
) -> StockCounted:
    """Keep the count, and move what it found more or less; orders that gave way free the rest."""
    warehouse, before = level.warehouse, level.on_hand
    kept = found.model_dump(include={"sku", "reference", "counted"})
    session.add(StockCount(warehouse=warehouse, before=before, actor=actor.name, **kept))
    if found.counted != before:
        book_movement(session, _counted_movement(found, warehouse, before, actor))
    if short_orders:
        notify(session, ORDERS_CHANNEL)  # what they held of other products is free
    return StockCounted(
        sku=found.sku,
        warehouse=warehouse if several_warehouses(session) else "",
        before=before,
        counted=found.counted,
        counted_by=actor.name,
        short_orders=short_orders,
    )


def _counted_movement(
    found: StockCountIn, warehouse: str, before: int, actor: Actor
) -> StockMovement:
    return stock_movement(
        MovementKind.ADJUSTED,
        warehouse,
        found.sku,
        found.counted - before,
        reference=f"{COUNT_PREFIX}{found.reference}",
        actor=actor.name,
        reason=f"counted {found.counted}, the books had {before}",
    )


def _which(shipment: Shipment) -> ShipmentId:
    return shipment.order_number, shipment.number
