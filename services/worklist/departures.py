"""Which of a carrier's departures each shipment travels with (docs/decisions/0036).

A shipment's departure is kept with it, so that lists of tasks are sorted by a column. It is looked
up when a task is opened, and later where it is due: once it has passed, or once departures,
warehouses or the promise have changed.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import exists, update
from sqlmodel import Session, col, select

from adapters.carriers.base import HOUSE
from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.settings.shop_clock import open_hours
from domain.calendars import clock
from domain.departures import Departure as WeeklyDeparture
from domain.departures import Timetable, departure_for
from models.enums import ENDED, ServiceLevel, TaskKind, TaskState, Weekday
from models.tables.catalogue import Warehouse
from models.tables.shipments import Shipment
from models.tables.shipping import Departure
from models.tables.staff import StaffTask
from services.inventory.allocations import warehouse_codes
from services.inventory.warehouses import warehouses

_AT_ONCE = 500
_WEEK = tuple(Weekday)

Line = tuple[str, str, ServiceLevel]
"""Whose departures: a warehouse's, of a carrier, for a service level."""


def look_up_departure(session: Session, shipment: Shipment, warehouse: Warehouse | None) -> None:
    """Keep the departure of a locked shipment whose stock is in that warehouse."""
    found = None
    if warehouse is not None:
        line = _line(shipment, warehouse.code)
        weekly = session.exec(select(Departure).where(*_of_line(line))).all()
        found = Timetable([_weekly(row) for row in weekly], open_hours(warehouse))
    _keep(shipment, found, this_instant(session))


def look_up_departures(session: Session) -> None:
    """Have the departures of all open shipments looked up anew, soon: what they go by changed."""
    session.execute(
        update(Shipment)
        .where(col(Shipment.status).not_in(ENDED))
        .values(departure_due_at=this_instant(session))
    )


def look_up_due_departures() -> int:
    """Look up the departures that are due; returns how many. Those of shipments that somebody works
    on at this instant are left for the next round.
    """
    looked_up = 0
    while some := _look_up_some():
        looked_up += some
    return looked_up


def _look_up_some() -> int:
    with transaction() as session:
        now = this_instant(session)
        due = session.exec(
            select(Shipment)
            .where(col(Shipment.status).not_in(ENDED), col(Shipment.departure_due_at) <= now)
            .order_by(col(Shipment.departure_due_at))
            .limit(_AT_ONCE)
            .with_for_update(skip_locked=True)
        ).all()
        places = warehouse_codes(session, due)
        tables = _timetables(session)
        for shipment in due:
            if _is_at_the_ramp(session, shipment, now):
                shipment.departure_due_at = None
            else:
                code = places.get((shipment.order_number, shipment.number), "")
                _keep(shipment, tables.get(_line(shipment, code)), now)
    return len(due)


def _keep(shipment: Shipment, timetable: Timetable | None, now: datetime) -> None:
    departs_at = None
    if timetable is not None:
        promised_at, meant_for = shipment.order.promised_at, shipment.departs_at
        departs_at = departure_for(timetable, now=now, promised_at=promised_at, meant_for=meant_for)
    shipment.departs_at = shipment.departure_due_at = departs_at


def _is_at_the_ramp(session: Session, shipment: Shipment, now: datetime) -> bool:
    """Whether its parcels waited for the departure that has passed: they may be on board, and if
    they are not, it is that one which they have missed.
    """
    if shipment.departs_at is None or shipment.departs_at > now:
        return False
    waits = exists().where(
        col(StaffTask.order_number) == shipment.order_number,
        col(StaffTask.shipment) == shipment.number,
        col(StaffTask.kind) == TaskKind.CARRIER_PICKUP,
        col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD)),
    )
    return bool(session.scalar(select(waits)))


def _timetables(session: Session) -> Mapping[Line, Timetable]:
    """All of them."""
    weekly: dict[Line, list[WeeklyDeparture]] = defaultdict(list)
    for row in session.exec(select(Departure)):
        weekly[row.warehouse, row.carrier, row.service_level].append(_weekly(row))
    hours = {warehouse.code: open_hours(warehouse) for warehouse in warehouses(session)}
    return {line: Timetable(some, hours[line[0]]) for line, some in weekly.items()}


def _line(shipment: Shipment, warehouse: str) -> Line:
    """The carrier is the one that has its parcels' labels, or will have: the house carrier."""
    return warehouse, shipment.carrier or HOUSE, shipment.order.service_level


def _of_line(line: Line) -> tuple[bool, ...]:
    warehouse, carrier, service_level = line
    return (
        Departure.warehouse == warehouse,
        Departure.carrier == carrier,
        Departure.service_level == service_level,
    )


def _weekly(row: Departure) -> WeeklyDeparture:
    return WeeklyDeparture(_WEEK.index(row.weekday), clock(row.hands_over_at), clock(row.cut_off))
