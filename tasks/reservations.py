"""Stock for a shipment's lines: held, or wanted while it waits for it. All lines, or none.

Code writes the state of a reservation; the database counts, and refuses what is not there. Product
rows are locked in the order of their SKUs, so that nobody waits for anybody in a circle; a stock
level is only changed by who has its product. An order is held in one warehouse. One that has older
ones before it leaves them what they want, wherever it is. No Prefect here: counts and answers
change reservations too.
"""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.settings import settings
from domain.allocation import Shortage, Wanted
from domain.sourcing import Allotment, Plan, allocate
from models.catalogue import Product, Reservation
from models.enums import ReservationState
from models.ledger import StepRecord
from models.results import StockGivenUp, StockRegained
from models.shipments import Shipment, ShipmentLine
from tasks.ledger import find_record, record, tell
from tasks.warehouses import sources

GIVE_UP_STOCK = "Give Up Stock"
REGAIN_STOCK = "Regain Stock"

_UNDECIDED = (ReservationState.LIVE, ReservationState.WANTED)
_HELD = (ReservationState.LIVE, ReservationState.CONSUMED)


def lock_products(session: Session, skus: Iterable[str]) -> set[str]:
    """Lock the products, always in the order of their SKUs; returns those that are there.

    Lines of orders that come in meanwhile may refer to them, in any order, without waiting.
    """
    products = select(Product.sku).where(col(Product.sku).in_(set(skus)))
    return set(session.exec(products.order_by(col(Product.sku)).with_for_update(key_share=True)))


def sourcing_plan(session: Session, shipment: Shipment) -> Plan:
    """The warehouse that has all of the order once older orders have what they wait for.

    Locks the order's products.
    """
    skus = [line.sku for line in shipment.goods]
    lock_products(session, skus)
    older = _wanted_by_older(session, shipment, skus) if settings().backorders_first else {}
    return allocate(
        [Wanted(line.sku, line.quantity) for line in shipment.goods],
        sources(session, skus, shipment.order),
        strategy=settings().allocation,
        claimed=older,
    )


def hold(session: Session, shipment: Shipment, plan: Plan) -> None:
    """Set every line aside as planned. Nothing may be missing, and the products are locked."""
    (warehouse,) = plan.warehouses
    _enter(session, shipment, ReservationState.LIVE, warehouse)


def want(session: Session, shipment: Shipment) -> None:
    """Enter that the order waits for every line; what it held is free."""
    _enter(session, shipment, ReservationState.WANTED, None)


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
    """Take the order's stock away from it for a count that found too little; it waits for more.

    The order is locked, and so are its products.
    """
    want(session, shipment)
    key = shipment.key
    record(session, key, GIVE_UP_STOCK, _times(session, shipment) + 1, why, shipment.run_id or "")
    tell(session, key, GIVE_UP_STOCK, str(why), why.counted_by)
    session.flush()


def regain(session: Session, shipment: Shipment) -> Sequence[Shortage]:
    """Give an order back what it gave up, all or nothing; returns what is missing."""
    plan = sourcing_plan(session, shipment)
    if not plan.missing:
        hold(session, shipment, plan)
        result = StockRegained(warehouse=plan.warehouses[0], reasons=plan.reasons)
        key = shipment.key
        record(session, key, REGAIN_STOCK, _times(session, shipment), result, shipment.run_id or "")
        tell(session, key, REGAIN_STOCK, str(result))
        session.flush()
    return plan.missing


def holding_warehouse(session: Session, shipment: Shipment) -> str | None:
    """Where the order's stock is set aside, or was until it was booked out; None: nowhere."""
    held = _reservations(shipment).where(col(Reservation.state).in_(_HELD))
    found = session.exec(held.limit(1)).first()
    return found.warehouse if found else None


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


def _enter(
    session: Session, shipment: Shipment, state: ReservationState, warehouse: str | None
) -> None:
    there = {entry.order_line_id: entry for entry in session.exec(_reservations(shipment))}
    for line in shipment.goods:
        entry = there.get(line.order_line_id) or Reservation(
            order_line_id=line.order_line_id,
            shipment=line.shipment,
            sku=line.sku,
            quantity=line.quantity,
        )
        entry.state, entry.warehouse = state, warehouse
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
