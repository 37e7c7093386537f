"""Stock for a shipment's lines: held, or wanted while it waits for it. All lines, or none; but of
what a picker did not find, the rest is wanted while the other pieces are held.

Code writes the state and the pieces of a reservation; the database counts, and refuses what is not
there. Product rows are locked in the order of their SKUs, so that nobody waits for anybody in a
circle; a stock level is only changed by who has its product. A shipment is held in one warehouse.
It leaves those that come before it what they want, wherever it is. No Prefect here: counts and
answers change reservations too.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.settings import settings
from domain.allocation import Shortage, Wanted
from domain.sourcing import Allotment, Place, Plan, Waiting, plan_for
from models.enums import ReservationState
from models.process import GIVE_UP_STOCK, REGAIN_STOCK
from models.results.stock import StockGivenUp, StockRegained
from models.tables.catalogue import Product, Warehouse
from models.tables.ledger import StepRecord
from models.tables.shipments import Shipment, ShipmentLine
from models.tables.stock import Reservation
from services.execution.events import tell
from services.execution.ledger import find_record, record
from services.inventory.backorder_queue import may_be_split, waiting_before
from services.inventory.warehouses import distances, sources, warehouses

_UNDECIDED = (ReservationState.LIVE, ReservationState.WANTED)
_HELD = (ReservationState.LIVE, ReservationState.CONSUMED)


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
    before = waiting_before(session, shipment, skus, in_line=_waits(session, shipment))
    there = sources(session, skus.union(item.sku for other in before for item in other.wanted))
    return plan_for(mine, before, there, strategy=settings().allocation)


def _wish(session: Session, shipment: Shipment, *, anywhere: bool) -> Waiting:
    order = shipment.order
    at = held_in(session, shipment)
    return Waiting(
        (shipment.order_number, shipment.number),
        tuple(lacks(session, shipment)),
        at,
        anywhere or (may_be_split(shipment.status) and at is None),
        distances(warehouses(session), Place(order.country, order.postal_code)),
    )


def lacks(session: Session, shipment: Shipment) -> list[Wanted]:
    """The pieces of a shipment that are not set aside for it."""
    rest = [(line.sku, line.quantity - held) for line, _, held, _ in _standing(session, shipment)]
    return [Wanted(sku, pieces) for sku, pieces in rest if pieces]


def hold(session: Session, shipment: Shipment, plan: Plan) -> None:
    """Set every piece aside as planned. Nothing may be missing, and the products are locked."""
    (warehouse,) = plan.warehouses
    for line, there, *_ in _standing(session, shipment):
        _set_aside(session, line, there, held=line.quantity, wanted=0, warehouse=warehouse)


def want(session: Session, shipment: Shipment) -> None:
    """Enter that the order waits for every line; what it held is free."""
    for line, there, *_ in _standing(session, shipment):
        _set_aside(session, line, there, held=0, wanted=line.quantity, warehouse=None)


def lose(session: Session, shipment: Shipment, missing: Mapping[str, int]) -> None:
    """Enter that so many pieces by SKU of what is held are not there: they are wanted.

    The products are locked.
    """
    at = held_in(session, shipment)
    for line, there, held, wanted in _standing(session, shipment):
        if pieces := min(missing.get(line.sku, 0), held):
            left, lacking = held - pieces, wanted + pieces
            _set_aside(session, line, there, held=left, wanted=lacking, warehouse=at)


def let_go(session: Session, shipment: Shipment, pieces: Mapping[str, int]) -> None:
    """Enter that so many pieces by SKU travel no more with a shipment: first of what is wanted,
    then of what is held. The products are locked.
    """
    at = held_in(session, shipment)
    for line, there, held, wanted in _standing(session, shipment):
        if gone := pieces.get(line.sku, 0):
            still = max(wanted - gone, 0)
            left = max(held - max(gone - wanted, 0), 0)
            _set_aside(session, line, there, held=left, wanted=still, warehouse=at)


def take_along(session: Session, line: ShipmentLine, warehouse: str | None) -> None:
    """Hold a line that came to a new shipment in the warehouse; or want it, where none is named."""
    held = line.quantity if warehouse else 0
    _set_aside(session, line, {}, held=held, wanted=line.quantity - held, warehouse=warehouse)


Entries = dict[ReservationState, Reservation]
"""What is held and what is wanted of one line."""


def _set_aside(
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
    wishes = {ReservationState.LIVE: (held, warehouse), ReservationState.WANTED: (wanted, None)}
    spare = [entry for state, entry in there.items() if not wishes[state][0]]
    for state in sorted(wishes, key=lambda state: state not in there):
        pieces, place = wishes[state]
        if pieces:
            entry = there.get(state) or (spare.pop() if spare else _new_entry(line))
            entry.state, entry.quantity, entry.warehouse = state, pieces, place
            session.add(entry)
            if there:
                session.flush()
    for entry in spare:
        entry.state = ReservationState.RELEASED
        session.flush()


def _new_entry(line: ShipmentLine) -> Reservation:
    return Reservation(
        order_line_id=line.order_line_id,
        shipment=line.shipment,
        sku=line.sku,
        quantity=line.quantity,
    )


def close_reservations(session: Session, shipment: Shipment, state: ReservationState) -> None:
    """Release what the order holds or wants, or consume what it holds: it waits for nothing more.

    What is wanted cannot be consumed: the database refuses it.
    """
    undecided = _reservations(shipment).where(col(Reservation.state).in_(_UNDECIDED))
    for reservation in session.exec(undecided.order_by(Reservation.sku)).all():
        reservation.state = state
        session.flush()


def consumed(session: Session, shipment: Shipment) -> list[Allotment]:
    """What was set aside for the order and is booked out, with the warehouses it was in."""
    mine = _reservations(shipment).where(Reservation.state == ReservationState.CONSUMED)
    return [
        Allotment(str(part.warehouse), part.sku, part.quantity)
        for part in session.exec(mine.order_by(col(Reservation.sku)))
    ]


def give_up(session: Session, shipment: Shipment, why: StockGivenUp) -> None:
    """Take what an order holds and nobody has picked for a count that found too little; it waits
    for that. What is picked lies in a tote and stays.

    The order is locked, and so are its products.
    """
    lose(session, shipment, _unpicked(session, shipment))
    key = shipment.key
    record(session, key, GIVE_UP_STOCK, _times(session, shipment) + 1, why, shipment.run_id or "")
    tell(session, key, GIVE_UP_STOCK, str(why), why.counted_by)
    session.flush()


def _unpicked(session: Session, shipment: Shipment) -> dict[str, int]:
    """The pieces by SKU that are held and that nobody has picked."""
    return {
        line.sku: max(held - (line.picked or 0), 0)
        for line, _, held, _ in _standing(session, shipment)
    }


def regain(session: Session, shipment: Shipment) -> Sequence[Shortage]:
    """Set aside what an order gave up, or what a picker did not find, all of it or nothing; returns
    what is missing. One that needs none of it any more, since it was moved or cancelled, has
    regained its stock too.
    """
    plan = sourcing_plan(session, shipment)
    if not plan.missing and (plan.allotments or given_up(session, shipment)):
        hold_again(session, shipment, plan)
    return plan.missing


def hold_again(session: Session, shipment: Shipment, plan: Plan) -> None:
    """Set every piece aside as planned, after some had been lost; the timeline says from where. An
    order may need none of them any more.
    """
    lost = given_up(session, shipment)
    if plan.allotments:
        hold(session, shipment, plan)
    result = StockRegained(warehouse=held_in(session, shipment), reasons=plan.reasons)
    key, times = shipment.key, _times(session, shipment)
    if lost:
        record(session, key, REGAIN_STOCK, times, result, shipment.run_id or "")
    tell(session, key, REGAIN_STOCK, str(result))
    session.flush()


def holding_warehouse(session: Session, shipment: Shipment) -> Warehouse | None:
    """Where the order's stock is set aside, or was until it was booked out; None: nowhere."""
    holding = select(Warehouse).join(Reservation)
    held = holding.where(*_of(shipment), col(Reservation.state).in_(_HELD))
    return session.exec(held.limit(1)).first()


def held_in(session: Session, shipment: Shipment) -> str | None:
    """The code of that warehouse."""
    warehouse = holding_warehouse(session, shipment)
    return warehouse.code if warehouse else None


def given_up(session: Session, shipment: Shipment) -> StockGivenUp | None:
    """Why the order lost its stock, if it has not got it back."""
    key, times = shipment.key, _times(session, shipment)
    lost = find_record(session, key, GIVE_UP_STOCK, times)
    if lost is None or find_record(session, key, REGAIN_STOCK, times) is not None:
        return None
    return StockGivenUp.model_validate(lost)


def _times(session: Session, shipment: Shipment) -> int:
    """How often the order has given its stock up."""
    latest = select(func.max(StepRecord.round)).where(
        StepRecord.subject == shipment.key, StepRecord.step == GIVE_UP_STOCK
    )
    return session.scalar(latest) or 0


def _standing(session: Session, shipment: Shipment) -> list[tuple[ShipmentLine, Entries, int, int]]:
    """The lines that travel, each with its entries and the pieces that are held and wanted."""
    there: dict[int, Entries] = {}
    undecided = _reservations(shipment).where(col(Reservation.state).in_(_UNDECIDED))
    for entry in session.exec(undecided):
        there.setdefault(entry.order_line_id, {})[entry.state] = entry
    return [
        (line, mine, _pieces(mine, ReservationState.LIVE), _pieces(mine, ReservationState.WANTED))
        for line in shipment.goods
        for mine in [there.get(line.order_line_id, {})]
    ]


def _waits(session: Session, shipment: Shipment) -> bool:
    return any(wanted for *_, wanted in _standing(session, shipment))


def _pieces(entries: Entries, state: ReservationState) -> int:
    return entries[state].quantity if state in entries else 0


def _reservations(shipment: Shipment) -> SelectOfScalar[Reservation]:
    return select(Reservation).where(*_of(shipment))


def _of(shipment: Shipment) -> tuple[ColumnElement[bool], ...]:
    """The reservations for a shipment's lines."""
    lines = [line.order_line_id for line in shipment.lines]
    of_line = col(Reservation.order_line_id).in_(lines)
    return of_line, col(Reservation.shipment) == shipment.number
