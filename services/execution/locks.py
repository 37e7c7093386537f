"""Locking rows: an order's before its shipments', and both before anything else.

Their keys never change, so rows that refer to them are written meanwhile: whoever holds a task's
row, and binds a tote to its shipment, does not wait for somebody who wants that task.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import tuple_
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import contains_eager, selectinload
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.database.conflicts import is_lock_timeout
from domain.allocation import ShipmentId
from models.enums import OrderStatus, PickupState
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment, rows_of
from models.tables.shipping import CarrierPickup
from services.execution.errors import OrderInUse, UnknownOrder

IDENTITIES = range(1, 2**63)
"""What the database counts up: order numbers, task numbers."""


def locked_order(session: Session, number: int) -> SalesOrder:
    """The order's row, locked. It is always locked before anything else of the order.

    Raises `UnknownOrder`, and `OrderInUse` when somebody else keeps it locked.
    """
    if number in IDENTITIES:
        with _lock_of(number):
            order = session.get(
                SalesOrder, number, with_for_update={"key_share": True}, populate_existing=True
            )
        if order:
            return order
    raise UnknownOrder(number)


def find_shipment(session: Session, number: int, shipment: int = 1) -> Shipment | None:
    """The row of an order's shipment, if there is one of these numbers."""
    return session.get(Shipment, (number, shipment)) if number in IDENTITIES else None


def locked_shipment(session: Session, number: int, shipment: int = 1) -> Shipment:
    """The shipment's row with that of its order, both locked, the order first.

    Raises `UnknownOrder`, and `OrderInUse` when somebody else keeps them locked.
    """
    of_these = _with_order().where(Shipment.order_number == number, Shipment.number == shipment)
    locked = of_these.with_for_update(of=[SalesOrder, Shipment], key_share=True)
    if number in IDENTITIES:
        with _lock_of(number):
            found = session.exec(locked.execution_options(populate_existing=True)).first()
        if found:
            return found
    raise UnknownOrder(number, shipment)


def unlocked_shipment(session: Session, number: int, shipment: int) -> Shipment | None:
    """The shipment, locked now, unless somebody else has locked it or its order."""
    of_these = _with_order().where(Shipment.order_number == number, Shipment.number == shipment)
    return _first_unlocked(session, of_these)


def unlocked_shipments(session: Session, which: Collection[ShipmentId]) -> list[Shipment]:
    """These shipments, locked now, with their lines; without those that somebody else has locked,
    or whose order.
    """
    of_these = _with_order().where(
        tuple_(col(Shipment.order_number), col(Shipment.number)).in_(which)
    )
    locked = of_these.order_by(col(Shipment.order_number), col(Shipment.number)).with_for_update(
        of=[SalesOrder, Shipment], skip_locked=True, key_share=True
    )
    lines = selectinload(Shipment.lines)  # type: ignore[arg-type]
    return list(session.exec(locked.options(lines).execution_options(populate_existing=True)))


def cannot_be_cancelled(session: Session, shipment: Shipment) -> bool:
    """Whether it has ended, or the carrier has its parcels."""
    return shipment.has_ended or is_collected(session, shipment)


def is_collected(session: Session, shipment: Shipment) -> bool:
    """Whether the carrier has the shipment's parcels."""
    found = select(CarrierPickup.id).where(
        *rows_of(CarrierPickup, shipment),
        CarrierPickup.state == PickupState.COLLECTED,
    )
    return session.exec(found).first() is not None


def locked_shipments(session: Session, order: SalesOrder) -> list[Shipment]:
    """All shipments of a locked order, locked too."""
    of_order = select(Shipment).where(Shipment.order_number == order.number)
    locked = of_order.order_by(col(Shipment.number)).with_for_update(key_share=True)
    return list(session.exec(locked.execution_options(populate_existing=True)))


@contextmanager
def _lock_of(number: int) -> Iterator[None]:
    """Waiting for an order's row, with an end that names the order."""
    try:
        yield
    except OperationalError as problem:
        if is_lock_timeout(problem):
            raise OrderInUse(number) from problem
        raise


def _next_new_shipment(session: Session) -> Shipment | None:
    unclaimed = (
        _with_order()
        .where(
            Shipment.status == OrderStatus.NEW,
            col(Shipment.run_id).is_(None),
            col(SalesOrder.on_hold_since).is_(None),
        )
        .order_by(col(Shipment.order_number), col(Shipment.number))
        .limit(1)
    )
    return _first_unlocked(session, unclaimed)


def _first_unlocked(session: Session, wanted: SelectOfScalar[Shipment]) -> Shipment | None:
    locked = wanted.with_for_update(of=[SalesOrder, Shipment], skip_locked=True, key_share=True)
    return session.exec(locked.execution_options(populate_existing=True)).first()


def _with_order() -> SelectOfScalar[Shipment]:
    order = contains_eager(Shipment.order)  # type: ignore[arg-type]
    return select(Shipment).join(SalesOrder).options(order)
