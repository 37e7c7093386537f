"""Stock for a shipment's lines: held, or wanted while it waits for it. All lines, or none; but of
what a picker did not find, the rest is wanted while the other pieces are held.

Code writes the state and the pieces of an allocation; the database counts, and refuses what is not
there. Product rows are locked in the order of their SKUs, so that nobody waits for anybody in a
circle; a stock level is only changed by who has its product. A shipment is held in one warehouse.
It leaves those that come before it what they want, wherever it is. No Prefect here: counts and
answers change allocations too.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, tuple_
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.settings import settings
from domain.allocation import Shortage, Wanted, in_sum
from domain.sourcing import Allotment, Left, Place, Plan, Waiting, plan_for
from models.enums import AllocationState
from models.process import StepName
from models.results.stock import StockReallocated, StockReleased
from models.tables.catalogue import Product, Warehouse
from models.tables.ledger import StepRecord
from models.tables.shipments import Shipment, ShipmentLine, rows_of
from models.tables.stock import Allocation
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import find_record, record
from services.inventory.backorder_queue import may_be_split, waiting_before
from services.inventory.warehouses import distances, sources, warehouses

_UNDECIDED = (AllocationState.ALLOCATED, AllocationState.BACKORDERED)
_HELD = (AllocationState.ALLOCATED, AllocationState.ISSUED)


def lock_products(session: Session, skus: Iterable[str]) -> set[str]:
    """Lock the products, always in the order of their SKUs; returns those that are there.

    Lines of orders that come in meanwhile may refer to them, in any order, without waiting.
    """
    products = select(Product.sku).where(col(Product.sku).in_(set(skus)))
    return set(session.exec(products.order_by(col(Product.sku)).with_for_update(key_share=True)))


def lock_goods(session: Session, shipment: Shipment) -> None:
    """Lock all products of a shipment, before any is touched: who locks some and then others
    may meet somebody in a circle.
    """
    lock_products(session, [line.sku for line in shipment.goods])


def sourcing_plan(session: Session, shipment: Shipment, *, anywhere: bool = False) -> Plan:
    """Where the pieces come from that the shipment does not hold yet, once those that come before
    it have what they wait for. A shipment that holds something has the rest from the same place;
    with `anywhere`, from there first, and from as many others as it takes.

    Locks the shipment's products.
    """
    lock_goods(session, shipment)
    mine = _wish(session, shipment, anywhere=anywhere)
    skus = {item.sku for item in mine.wanted}
    there = sources(session, skus)
    before = waiting_before(session, shipment, there, in_line=_waits(session, shipment))
    if further := {item.sku for other in before for item in other.wanted} - skus:
        there = sources(session, skus | further)
    return plan_for(mine, before, there, strategy=settings().allocation)


def _wish(session: Session, shipment: Shipment, *, anywhere: bool) -> Waiting:
    order = shipment.order
    at = allocated_warehouse(session, shipment)
    return Waiting(
        (shipment.order_number, shipment.number),
        tuple(lacking(session, shipment)),
        at,
        anywhere or (may_be_split(shipment.status) and at is None),
        distances(warehouses(session), Place(order.country, order.postal_code)),
    )


def lacking(session: Session, shipment: Shipment) -> list[Wanted]:
    """The pieces of a shipment that are not allocated to it."""
    rest = [(line.sku, line.quantity - held) for line, _, held, _ in _lines(session, shipment)]
    return [Wanted(sku, pieces) for sku, pieces in rest if pieces]


def take_what_it_lacks(
    session: Session, shipment: Shipment, given: Collection[Allotment], left: Left
) -> bool:
    """Whether all that the shipment lacks is what it is to be given, and that is left still: then
    it is taken from `left`. Nothing is allocated yet. The shipment's products are locked.
    """
    lacks = {item.sku: item.quantity for item in in_sum(lacking(session, shipment))}
    is_left = all(left[part.warehouse][part.sku] >= part.quantity for part in given)
    if not is_left or lacks != Plan(tuple(given)).pieces:
        return False
    for part in given:
        left[part.warehouse][part.sku] -= part.quantity
    return True


def allocate(session: Session, shipment: Shipment, plan: Plan) -> None:
    """Allocate every piece as planned. Nothing may be missing, and the products are locked."""
    (warehouse,) = plan.warehouses
    for line, there, *_ in _lines(session, shipment):
        _enter(session, line, there, held=line.quantity, wanted=0, warehouse=warehouse)


def backorder(session: Session, shipment: Shipment, missing: Iterable[Shortage]) -> None:
    """Enter that the order waits for every line, since these products are missing; what it held is
    free.

    The audit says the same: *orders that wait for stock want each line*.
    """
    for line, there, *_ in _lines(session, shipment):
        _enter(session, line, there, held=0, wanted=line.quantity, warehouse=None)
    short = {shortage.sku for shortage in missing}
    for entry in _backordered(session, shipment):
        entry.lacking = entry.sku in short


def mark_missing(session: Session, shipment: Shipment, missing: Mapping[str, int]) -> None:
    """Enter that so many pieces by SKU of what is held are not there: they are wanted.

    The products are locked.
    """
    at = allocated_warehouse(session, shipment)
    for line, there, held, wanted in _lines(session, shipment):
        if pieces := min(missing.get(line.sku, 0), held):
            left, lacking = held - pieces, wanted + pieces
            _enter(session, line, there, held=left, wanted=lacking, warehouse=at)


def deallocate(session: Session, shipment: Shipment, pieces: Mapping[str, int]) -> None:
    """Enter that so many pieces by SKU travel no more with a shipment: first of what is wanted,
    then of what is held. The products are locked.
    """
    at = allocated_warehouse(session, shipment)
    for line, there, held, wanted in _lines(session, shipment):
        if gone := pieces.get(line.sku, 0):
            still = max(wanted - gone, 0)
            left = max(held - max(gone - wanted, 0), 0)
            _enter(session, line, there, held=left, wanted=still, warehouse=at)
    for entry in _backordered(session, shipment):
        entry.lacking = True  # what it lacked may be gone


def move_to_shipment(session: Session, line: ShipmentLine, warehouse: str | None) -> None:
    """Hold a line that came to a new shipment in the warehouse; or want it, where none is named."""
    held = line.quantity if warehouse else 0
    _enter(session, line, {}, held=held, wanted=line.quantity - held, warehouse=warehouse)


Entries = dict[AllocationState, Allocation]
"""What is held and what is wanted of one line."""


def _enter(
    session: Session,
    line: ShipmentLine,
    there: Entries,
    *,
    held: int,
    wanted: int,
    warehouse: str | None,
) -> None:
    """Let so many pieces of a line be held in the warehouse, and so many be wanted.

    Entries that are there are changed one by one and before any is made, as the database allows one
    of each; what is not needed any more is released.
    """
    wishes = {
        AllocationState.ALLOCATED: (held, warehouse),
        AllocationState.BACKORDERED: (wanted, None),
    }
    spare = [entry for state, entry in there.items() if not wishes[state][0]]
    for state in sorted(wishes, key=lambda state: state not in there):
        pieces, place = wishes[state]
        if pieces:
            entry = there.get(state) or (spare.pop() if spare else _new_entry(line))
            entry.state, entry.quantity, entry.warehouse = state, pieces, place
            entry.lacking = True  # whatever it was when it was wanted before
            session.add(entry)
            if there:
                session.flush()
    for entry in spare:
        entry.state = AllocationState.RELEASED
        session.flush()


def _new_entry(line: ShipmentLine) -> Allocation:
    return Allocation(
        order_number=line.order_number,
        shipment=line.shipment,
        sku=line.sku,
        quantity=line.quantity,
    )


def close_allocations(session: Session, shipment: Shipment, state: AllocationState) -> None:
    """Release what is allocated or backordered for a shipment, or issue what is allocated: it waits
    for nothing more.

    What is backordered cannot be issued: the database refuses it.
    """
    undecided = _allocations(shipment).where(col(Allocation.state).in_(_UNDECIDED))
    for allocation in session.exec(undecided.order_by(Allocation.sku)).all():
        allocation.state = state
        session.flush()


def stop_waiting(session: Session, shipment: Shipment) -> None:
    """Leave to others what the locked shipment still wants; what is allocated to it stays.

    The audit says the same: *no other order wants stock*.
    """
    for allocation in _backordered(session, shipment):
        allocation.state = AllocationState.RELEASED
    session.flush()


def issued(session: Session, shipment: Shipment) -> list[Allotment]:
    """What was allocated to the order and is booked out, with the warehouses it was in."""
    mine = _allocations(shipment).where(Allocation.state == AllocationState.ISSUED)
    return [
        Allotment(str(part.warehouse), part.sku, part.quantity)
        for part in session.exec(mine.order_by(col(Allocation.sku)))
    ]


def release_all(session: Session, shipment: Shipment, why: StockReleased, actor: Actor) -> None:
    """Take what an order holds and nobody has picked for a count that found too little; it waits
    for that, unless it is to be cancelled. What is picked lies in a tote and stays.

    The order is locked, and so are its products.
    """
    mark_missing(session, shipment, _unpicked(session, shipment))
    if shipment.order.cancel_requested_at is not None:
        stop_waiting(session, shipment)
    key = shipment.key
    record(
        session,
        key,
        StepName.RELEASE_STOCK,
        _times(session, shipment) + 1,
        why,
        shipment.run_id or "",
    )
    add_event(session, key, StepName.RELEASE_STOCK, why, actor=actor)
    session.flush()


def _unpicked(session: Session, shipment: Shipment) -> dict[str, int]:
    """The pieces by SKU that are held and that nobody has picked."""
    return {
        line.sku: max(held - (line.picked or 0), 0)
        for line, _, held, _ in _lines(session, shipment)
    }


def reallocate(session: Session, shipment: Shipment) -> Sequence[Shortage]:
    """Set aside what an order gave up, or what a picker did not find, all of it or nothing; returns
    what is missing. One that needs none of it any more, since it was moved or cancelled, has
    regained its stock too.
    """
    plan = sourcing_plan(session, shipment)
    if not plan.missing and (plan.allotments or released_stock(session, shipment)):
        reallocate_as_planned(session, shipment, plan)
    return plan.missing


def reallocate_as_planned(session: Session, shipment: Shipment, plan: Plan) -> None:
    """Allocate every piece as planned, after some had been lost; the timeline says from where. An
    order may need none of them any more.
    """
    lost = released_stock(session, shipment)
    if plan.allotments:
        allocate(session, shipment, plan)
    result = StockReallocated(
        warehouse=allocated_warehouse(session, shipment), reasons=plan.reasons
    )
    key, times = shipment.key, _times(session, shipment)
    if lost:
        record(session, key, StepName.REALLOCATE_STOCK, times, result, shipment.run_id or "")
    add_event(session, key, StepName.REALLOCATE_STOCK, result)
    session.flush()


def warehouse_of(session: Session, shipment: Shipment) -> Warehouse | None:
    """Where the order's stock is allocated, or was until it was booked out; None: nowhere."""
    holding = select(Warehouse).join(Allocation)
    held = holding.where(*_of(shipment), col(Allocation.state).in_(_HELD))
    return session.exec(held.limit(1)).first()


def warehouse_codes(
    session: Session, shipments: Collection[Shipment]
) -> dict[tuple[int, int], str]:
    """The same of many, by order and shipment: the codes. Those without stock are left out."""
    of_one = tuple_(col(Allocation.order_number), col(Allocation.shipment))
    wanted = [(shipment.order_number, shipment.number) for shipment in shipments]
    held = select(Allocation.order_number, Allocation.shipment, Allocation.warehouse).where(
        of_one.in_(wanted), col(Allocation.state).in_(_HELD)
    )
    return {(order, number): code for order, number, code in session.exec(held) if code}


def allocated_warehouse(session: Session, shipment: Shipment) -> str | None:
    """The code of that warehouse."""
    warehouse = warehouse_of(session, shipment)
    return warehouse.code if warehouse else None


def released_stock(session: Session, shipment: Shipment) -> StockReleased | None:
    """Why the order lost its stock, if it has not got it back."""
    key, times = shipment.key, _times(session, shipment)
    lost = find_record(session, key, StepName.RELEASE_STOCK, times)
    if lost is None or find_record(session, key, StepName.REALLOCATE_STOCK, times) is not None:
        return None
    return StockReleased.model_validate(lost)


def _times(session: Session, shipment: Shipment) -> int:
    """How often the order has given its stock up."""
    latest = select(func.max(StepRecord.round)).where(
        StepRecord.subject == shipment.key, StepRecord.step == StepName.RELEASE_STOCK
    )
    return session.scalar(latest) or 0


def _lines(session: Session, shipment: Shipment) -> list[tuple[ShipmentLine, Entries, int, int]]:
    """The lines that travel, each with its entries and the pieces that are held and wanted."""
    there: dict[str, Entries] = {}
    undecided = _allocations(shipment).where(col(Allocation.state).in_(_UNDECIDED))
    for entry in session.exec(undecided):
        there.setdefault(entry.sku, {})[entry.state] = entry
    return [
        (
            line,
            mine,
            _pieces(mine, AllocationState.ALLOCATED),
            _pieces(mine, AllocationState.BACKORDERED),
        )
        for line in shipment.goods
        for mine in [there.get(line.sku, {})]
    ]


def _waits(session: Session, shipment: Shipment) -> bool:
    return any(wanted for *_, wanted in _lines(session, shipment))


def _pieces(entries: Entries, state: AllocationState) -> int:
    return entries[state].quantity if state in entries else 0


def _allocations(shipment: Shipment) -> SelectOfScalar[Allocation]:
    return select(Allocation).where(*_of(shipment))


def _backordered(session: Session, shipment: Shipment) -> Sequence[Allocation]:
    wanted = _allocations(shipment).where(Allocation.state == AllocationState.BACKORDERED)
    return session.exec(wanted).all()


def _of(shipment: Shipment) -> tuple[ColumnElement[bool], ...]:
    """The allocations for a shipment's lines."""
    return rows_of(Allocation, shipment)
