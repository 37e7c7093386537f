"""Stock for an order's lines: held, or wanted while the order waits for it. All lines, or none.

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
from models.orders import OrderLine, SalesOrder
from models.results import StockGivenUp, StockRegained
from tasks.ledger import find_record, record, tell
from tasks.subjects import order_key

GIVE_UP_STOCK = "Give Up Stock"
REGAIN_STOCK = "Regain Stock"

_UNDECIDED = (ReservationState.LIVE, ReservationState.WANTED)


def lock_available(session: Session, skus: Iterable[str]) -> dict[str, int]:
    """Lock the products, always in the order of their SKUs, and say what is free of each.

    Lines of orders that come in meanwhile may refer to them, in any order, without waiting.
    """
    locked = session.exec(
        select(Product)
        .where(col(Product.sku).in_(set(skus)))
        .order_by(Product.sku)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {product.sku: product.on_hand - product.reserved for product in locked}


def missing_for(session: Session, order: SalesOrder) -> list[Shortage]:
    """What the order lacks once older orders have what they wait for; locks its products."""
    skus = [line.sku for line in order.lines]
    available = lock_available(session, skus)
    if settings().backorders_first:
        available = left_over(available, _wanted_by_older(session, order, skus))
    return shortages([Wanted(line.sku, line.quantity) for line in order.lines], available)


def hold(session: Session, order: SalesOrder) -> None:
    """Set every line aside. Nothing may be missing, and the products are locked."""
    _enter(session, order, ReservationState.LIVE)


def want(session: Session, order: SalesOrder) -> None:
    """Enter that the order waits for every line; what it held is free."""
    _enter(session, order, ReservationState.WANTED)


def close_reservations(session: Session, order: SalesOrder, state: ReservationState) -> None:
    """Release what the order holds or wants, or consume what it holds: it waits for nothing more.

    What is wanted cannot be consumed: the database refuses it.
    """
    undecided = _reservations(order).where(col(Reservation.state).in_(_UNDECIDED))
    for reservation in session.exec(undecided.order_by(Reservation.sku)).all():
        reservation.state = state
        session.flush()


def give_up(session: Session, order: SalesOrder, why: StockGivenUp) -> None:
    """Take the order's stock away from it for a count that found too little; it waits for more.

    The order is locked, and so are its products.
    """
    want(session, order)
    key = order_key(order.number)
    record(session, key, GIVE_UP_STOCK, _times(session, order) + 1, why, order.run_id or "")
    tell(session, key, GIVE_UP_STOCK, str(why), why.counted_by)
    session.flush()


def regain(session: Session, order: SalesOrder) -> list[Shortage]:
    """Give an order back what it gave up, all or nothing; returns what is missing."""
    missing = missing_for(session, order)
    if not missing:
        hold(session, order)
        result, key = StockRegained(), order_key(order.number)
        record(session, key, REGAIN_STOCK, _times(session, order), result, order.run_id or "")
        tell(session, key, REGAIN_STOCK, str(result))
    return missing


def given_up(session: Session, order: SalesOrder) -> StockGivenUp | None:
    """Why the order lost its stock, if it has not got it back."""
    key, times = order_key(order.number), _times(session, order)
    lost = find_record(session, key, GIVE_UP_STOCK, times)
    if lost is None or find_record(session, key, REGAIN_STOCK, times) is not None:
        return None
    return StockGivenUp.model_validate(lost)


def _times(session: Session, order: SalesOrder) -> int:
    """How often the order has given its stock up."""
    latest = select(func.max(StepRecord.round)).where(
        StepRecord.subject == order_key(order.number), StepRecord.step == GIVE_UP_STOCK
    )
    return session.scalar(latest) or 0


def _enter(session: Session, order: SalesOrder, state: ReservationState) -> None:
    there = {entry.order_line_id: entry for entry in session.exec(_reservations(order))}
    for line in order.lines:
        entry = there.get(line.id) or Reservation(
            order_line_id=line.id, sku=line.sku, quantity=line.quantity
        )
        entry.state = state
        session.add(entry)


def _reservations(order: SalesOrder) -> SelectOfScalar[Reservation]:
    lines = select(OrderLine.id).where(OrderLine.order_number == order.number)
    return select(Reservation).where(col(Reservation.order_line_id).in_(lines))


def _wanted_by_older(session: Session, order: SalesOrder, skus: list[str]) -> dict[str, int]:
    """Pieces that orders before this one wait for. Only what is wanted is looked through."""
    wanted = (
        select(Reservation.sku, func.sum(Reservation.quantity))
        .join(OrderLine, col(OrderLine.id) == Reservation.order_line_id)
        .where(
            Reservation.state == ReservationState.WANTED,
            col(Reservation.sku).in_(skus),
            OrderLine.order_number < order.number,
        )
        .group_by(Reservation.sku)
    )
    return {sku: int(pieces) for sku, pieces in session.execute(wanted)}
