"""Stock for a shipment's lines: held, or wanted while it waits for it. All lines, or none.

Code writes the state of a reservation; the database counts, and refuses what is not there. Product
rows are locked in the order of their SKUs, so that nobody waits for anybody in a circle. An order
that has older ones before it leaves them what they want. No Prefect here: counts and answers change
reservations too.
"""

from collections.abc import Iterable

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.settings import settings
from domain.allocation import Shortage, Wanted, left_over, shortages
from models.catalogue import Product, Reservation
from models.enums import ReservationState
from models.ledger import StepRecord
from models.results import StockGivenUp, StockRegained
from models.shipments import Shipment, ShipmentLine
from tasks.ledger import find_record, record, tell

GIVE_UP_STOCK = "Give Up Stock"
REGAIN_STOCK = "Regain Stock"

_UNDECIDED = (ReservationState.LIVE, ReservationState.WANTED)


def lock_available(session: Session, skus: Iterable[str]) -> dict[str, int]:
    """Lock the products, always in the order of their SKUs, and say what is free of each."""
    locked = session.exec(
        select(Product)
        .where(col(Product.sku).in_(set(skus)))
        .order_by(Product.sku)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {product.sku: product.on_hand - product.reserved for product in locked}


def missing_for(session: Session, shipment: Shipment) -> list[Shortage]:
    """What the order lacks once older orders have what they wait for; locks its products."""
    skus = [line.sku for line in shipment.goods]
    available = lock_available(session, skus)
    if settings().backorders_first:
        available = left_over(available, _wanted_by_older(session, shipment, skus))
    return shortages([Wanted(line.sku, line.quantity) for line in shipment.goods], available)


def hold(session: Session, shipment: Shipment) -> None:
    """Set every line aside. Nothing may be missing, and the products are locked."""
    _enter(session, shipment, ReservationState.LIVE)


def want(session: Session, shipment: Shipment) -> None:
    """Enter that the order waits for every line; what it held is free."""
    _enter(session, shipment, ReservationState.WANTED)


def close_reservations(session: Session, shipment: Shipment, state: ReservationState) -> None:
    """Release what the order holds or wants, or consume what it holds: it waits for nothing more.

    What is wanted cannot be consumed: the database refuses it.
    """
    undecided = _reservations(shipment).where(col(Reservation.state).in_(_UNDECIDED))
    for reservation in session.exec(undecided.order_by(Reservation.sku)).all():
        reservation.state = state
        session.flush()


def give_up(session: Session, shipment: Shipment, why: StockGivenUp) -> None:
    """Take the order's stock away from it for a count that found too little; it waits for more.

    The order is locked, and so are its products.
    """
    want(session, shipment)
    key = shipment.key
    record(session, key, GIVE_UP_STOCK, _times(session, shipment) + 1, why, shipment.run_id or "")
    tell(session, key, GIVE_UP_STOCK, str(why), why.counted_by)
    session.flush()


def regain(session: Session, shipment: Shipment) -> list[Shortage]:
    """Give an order back what it gave up, all or nothing; returns what is missing."""
    missing = missing_for(session, shipment)
    if not missing:
        hold(session, shipment)
        result, key = StockRegained(), shipment.key
        record(session, key, REGAIN_STOCK, _times(session, shipment), result, shipment.run_id or "")
        tell(session, key, REGAIN_STOCK, str(result))
    return missing


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


def _enter(session: Session, shipment: Shipment, state: ReservationState) -> None:
    there = {entry.order_line_id: entry for entry in session.exec(_reservations(shipment))}
    for line in shipment.goods:
        entry = there.get(line.order_line_id) or Reservation(
            order_line_id=line.order_line_id,
            shipment=line.shipment,
            sku=line.sku,
            quantity=line.quantity,
        )
        entry.state = state
        session.add(entry)


def _reservations(shipment: Shipment) -> SelectOfScalar[Reservation]:
    lines = [line.order_line_id for line in shipment.lines]
    return select(Reservation).where(
        col(Reservation.order_line_id).in_(lines), Reservation.shipment == shipment.number
    )


def _wanted_by_older(session: Session, shipment: Shipment, skus: list[str]) -> dict[str, int]:
    """Pieces that orders before this one wait for. Only what is wanted is looked through."""
    wanted = (
        select(Reservation.sku, func.sum(Reservation.quantity))
        .join(ShipmentLine)
        .where(
            Reservation.state == ReservationState.WANTED,
            col(Reservation.sku).in_(skus),
            ShipmentLine.order_number < shipment.order_number,
        )
        .group_by(Reservation.sku)
    )
    return {sku: int(pieces) for sku, pieces in session.execute(wanted)}
