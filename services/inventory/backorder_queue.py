"""Who waits for stock, in the order in which they are served. No Prefect here."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, or_, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from adapters.settings import settings
from domain.allocation import Wanted
from domain.sourcing import Place, Waiting, blocking_predecessors
from models.enums import AllocationState, OrderStatus
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment, ShipmentLine
from models.tables.stock import Allocation
from services.inventory.warehouses import distances, warehouses

_WHICH = col(ShipmentLine.order_number), col(ShipmentLine.shipment)


def waiting(session: Session, *only: ColumnElement[bool]) -> list[Waiting]:
    """All that wait, the one promised first first. Only what is wanted is looked through."""
    wanted = _wanted(session, *only)
    places = warehouses(session) if wanted else []
    return [
        Waiting(
            (order, shipment),
            tuple(Wanted(*line[6:]) for line in lines),
            allocated,
            may_be_split(status) and allocated is None,
            distances(places, Place(*destination)),
        )
        for (order, shipment, allocated, status, *destination), lines in groupby(
            wanted, lambda row: tuple(row[:6])
        )
    ]


def _wanted(session: Session, *only: ColumnElement[bool]) -> Sequence[Any]:
    """A row for each product that a shipment wants, with what is to be known of the shipment."""
    shipment = (
        *_WHICH,
        _allocated_warehouse(),
        Shipment.status,
        SalesOrder.country,
        SalesOrder.postal_code,
    )
    columns: tuple[Any, ...] = (*shipment, Allocation.sku, Allocation.quantity)
    return session.execute(
        select(*columns)
        .select_from(Allocation)
        .join(ShipmentLine)
        .join(Shipment)
        .join(SalesOrder, col(SalesOrder.number) == ShipmentLine.order_number)
        .where(Allocation.state == AllocationState.BACKORDERED, *only)
        .order_by(col(SalesOrder.promised_at), *_WHICH)
    ).all()


def waiting_before(
    session: Session, shipment: Shipment, skus: Iterable[str], *, in_line: bool
) -> list[Waiting]:
    """Those that come before a shipment and may change what is left of the products for it; it is
    `in_line` if it waits itself.

    They want some of these, or some of what another of them wants: mostly there are none, however
    many wait for something else.
    """
    if not settings().backorders_first:
        return []
    earlier = _comes_before(shipment, in_line=in_line)
    contested = set(skus)
    while True:
        line = waiting(session, earlier, _wants_any_of(contested))
        wanted = {item.sku for other in line for item in other.wanted}
        if wanted <= contested:
            return blocking_predecessors(line, skus)
        contested |= wanted


def _comes_before(shipment: Shipment, *, in_line: bool) -> ColumnElement[bool]:
    """Of those that wait, the one promised first comes first; a new order leaves all that older
    ones wait for, however soon it is promised.
    """
    mine = shipment.order_number, shipment.number
    promised_earlier = tuple_(col(SalesOrder.promised_at), *_WHICH) < (
        shipment.order.promised_at,
        *mine,
    )
    came_earlier = tuple_(*_WHICH) < mine
    return promised_earlier if in_line else or_(promised_earlier, came_earlier)


def _wants_any_of(skus: Iterable[str]) -> ColumnElement[bool]:
    """The shipment waits for one of the products."""
    wanted, line = aliased(Allocation), aliased(ShipmentLine)
    those = (
        select(line.order_number, line.shipment)
        .join(wanted)
        .where(wanted.state == AllocationState.BACKORDERED, col(wanted.sku).in_(set(skus)))
    )
    return tuple_(*_WHICH).in_(those)


def may_be_split(status: OrderStatus) -> bool:
    """Whether a shipment may still leave from several warehouses: nobody was sent to pick it."""
    unpicked = status in (OrderStatus.NEW, OrderStatus.BACKORDERED)
    return settings().split_shipments and unpicked


def _allocated_warehouse() -> ColumnElement[str | None]:
    """The warehouse that holds the other pieces of the shipment, if one does."""
    held, other = aliased(Allocation), aliased(ShipmentLine)
    return (
        select(func.max(held.warehouse))
        .join(other)
        .where(
            other.order_number == ShipmentLine.order_number,
            other.shipment == ShipmentLine.shipment,
            held.state == AllocationState.ALLOCATED,
        )
        .correlate(ShipmentLine)
        .scalar_subquery()
    )
