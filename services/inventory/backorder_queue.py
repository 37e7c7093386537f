"""Who waits for stock, in the order in which they are served. No Prefect here.

The line is read from its beginning, a page at a time, and only those in it who want something that
is free: however many wait, and for what, it costs as much as there is to give away
(docs/decisions/0031).
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, String, TextClause, literal, or_, text, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from adapters.settings import settings
from domain.allocation import ShipmentId, Wanted
from domain.sourcing import (
    Left,
    Place,
    Source,
    Waiting,
    blocking_predecessors,
    counted,
    serve,
    skus_left,
)
from models.enums import AllocationState, OrderStatus
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment, ShipmentLine
from models.tables.stock import Allocation
from services.inventory.warehouses import distances, sources, warehouses

_WHICH = col(ShipmentLine.order_number), col(ShipmentLine.shipment)
_PLACE = col(Allocation.promised_at), col(Allocation.order_number), col(Allocation.shipment)
"""The one promised first comes first. The index `ix_allocation_in_line` has them in this order."""

_FIRST_PAGE, _LARGEST_PAGE = 8, 512
"""So many places in the line are looked at; mostly the first ones take all there is."""


def _from_one_to_the_next(condition: str) -> TextClause:
    """The products of such rows, each found behind the one before: not among all rows."""
    next_one = f"SELECT sku FROM allocation WHERE {condition} AND sku > wanted.sku"
    return text(f"""
        WITH RECURSIVE wanted (sku) AS (
            (SELECT sku FROM allocation WHERE {condition} ORDER BY sku LIMIT 1)
            UNION ALL
            SELECT next.sku
            FROM wanted CROSS JOIN LATERAL ({next_one} ORDER BY sku LIMIT 1) AS next
        )
        SELECT sku FROM wanted
    """)


_LACKING = _from_one_to_the_next("state = 'backordered' AND lacking")
_WANTED = _from_one_to_the_next("state = 'backordered'")


def free_of_what_is_lacking(session: Session) -> set[str]:
    """The products of which something is free, and somebody who waits lacks them. Without any,
    nobody can be filled, whatever else is free of what they want.
    """
    return skus_left(counted(sources(session, session.execute(_LACKING).scalars())))


def free_of_what_is_wanted(session: Session) -> Left:
    """What is free of the products for which somebody waits."""
    return counted(sources(session, session.execute(_WANTED).scalars()))


def in_line(
    session: Session, left: Left, *only: ColumnElement[bool], sought: Set[str] = frozenset()
) -> Iterator[Waiting]:
    """Those that wait for something of what is left, the one promised first first; as long as
    something is left of what is `sought`, by default of anything.

    Whoever goes through them counts `left` down: those for whom nothing is left are not read.

    The audit says the same: *who waits for stock stands in line as the order was promised*.
    """
    after, size = None, _FIRST_PAGE
    while (skus := skus_left(left)) and not (sought and sought.isdisjoint(skus)):
        beyond = (tuple_(*_PLACE) > after,) if after else ()
        page = _places(session, skus, size, *only, *beyond)
        yield from _waiting(session, [tuple(place[1:]) for place in page])
        if len(page) < size:
            return
        after, size = tuple(page[-1]), min(size * 4, _LARGEST_PAGE)


def _places(
    session: Session, skus: Iterable[str], size: int, *only: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    """The first places in the lines of these products: as many index entries of each."""
    each = (
        func.unnest(literal(sorted(skus), ARRAY(String))).table_valued("sku").render_derived("each")
    )
    of_one = select(*_PLACE).where(
        Allocation.sku == each.c.sku, Allocation.state == AllocationState.BACKORDERED, *only
    )
    first = of_one.order_by(*_PLACE).limit(size).correlate(each).lateral()
    columns = first.c.promised_at, first.c.order_number, first.c.shipment
    found = select(*columns).select_from(each).join(first, true())
    return session.execute(found.order_by(*columns).limit(size)).all()


def _waiting(session: Session, which: Iterable[ShipmentId]) -> list[Waiting]:
    """These shipments, with all that they want."""
    wanted = _wanted(session, which)
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


def _wanted(session: Session, which: Iterable[ShipmentId]) -> Sequence[Any]:
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
        .where(Allocation.state == AllocationState.BACKORDERED, tuple_(*_WHICH).in_(set(which)))
        .order_by(*_PLACE, col(Allocation.id))
    ).all()


def waiting_before(
    session: Session, shipment: Shipment, there: Sequence[Source], *, in_line: bool
) -> list[Waiting]:
    """Those that come before a shipment and change what is left for it of the products that are
    `there`; it is `in_line` if it waits itself.

    They want some of these, or some of what another of them wants: mostly there are none, however
    many wait for something else. Once they take all there is, nobody else need be looked at.
    """
    if not settings().backorders_first:
        return []
    earlier = _comes_before(shipment, in_line=in_line)
    skus = contested = skus_left(counted(there))
    while True:
        before = _until_nothing_is_left(session, counted(there), skus, earlier)
        further = {item.sku for other in before for item in other.wanted} - contested
        if not further:
            return blocking_predecessors(before, skus)
        contested = contested | further
        there = sources(session, contested)


def _until_nothing_is_left(
    session: Session, left: Left, skus: set[str], earlier: ColumnElement[bool]
) -> list[Waiting]:
    """Those in line until they have taken all that there was of the products."""
    strategy, before = settings().allocation, []
    for other in in_line(session, left, earlier, sought=skus):
        serve(other, left, strategy)
        before.append(other)
    return before


def _comes_before(shipment: Shipment, *, in_line: bool) -> ColumnElement[bool]:
    """Of those that wait, the one promised first comes first; a new order leaves all that older
    ones wait for, however soon it is promised.
    """
    mine = shipment.order_number, shipment.number
    promised_earlier = tuple_(*_PLACE) < (shipment.order.promised_at, *mine)
    came_earlier = tuple_(*_PLACE[1:]) < mine
    return promised_earlier if in_line else or_(promised_earlier, came_earlier)


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
