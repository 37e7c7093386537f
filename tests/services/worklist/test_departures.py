"""Each shipment is meant for a departure: looked up when a task opens, and when it is due."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from adapters.database.sessions import transaction
from models.enums import Channel, Weekday
from models.imports.requests import HoldIn
from models.tables.shipments import Shipment
from models.tables.shipping import Departure
from services.access.actors import PACKLINE, Actor
from services.imports import kept_rows
from services.imports.files import import_file
from services.orders import holds
from services.orders.cancellation import request_cancellation_of
from services.worklist import departures
from services.worklist.departures import look_up_due_departures
from tests.factories import make_order, make_warehouse, receive
from tests.process import assert_sound, execute, rows

KIM = Actor(name="Kim", channel=Channel.COMMAND_LINE)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COLUMNS = "warehouse,carrier,service_level,weekday,hands_over_at,cut_off\n"


@pytest.fixture(autouse=True)
def every_evening(shop):
    """The house carrier takes standard parcels of MAIN at five, those packed by three."""
    with transaction() as session:
        for day in Weekday:
            session.add(departure(weekday=day))


@pytest.fixture
def now_is(monkeypatch):
    """The clock by which departures are looked up: Monday morning, if nothing else is said."""

    def now_is(day=23, hour=9):
        instant = MONDAY.replace(day=day, hour=hour)
        for module in (departures, holds):
            monkeypatch.setattr(module, "this_instant", lambda _: instant)

    now_is()
    return now_is


def departure(**given):
    house = {"warehouse": "MAIN", "carrier": "house", "service_level": "standard"}
    return Departure(**house | {"hands_over_at": "17:00", "cut_off": "15:00"} | given)


def order(promised=23, lines=None, **given):
    """An order that is promised for six in the evening of a day in November 2026."""
    with transaction() as session:
        promised_at = MONDAY.replace(day=promised, hour=18)
        return make_order(session, lines, promised_at=promised_at, **given)


def picking(process, promised=23, lines=None, **given):
    number = order(promised, lines, **given)
    process.another().run(number)
    return number


def departs(number):
    """Day and hour, or None."""
    ((at,),) = rows(f"SELECT departs_at FROM shipment WHERE order_number = {number}")
    return at and (at.astimezone(UTC).day, at.astimezone(UTC).hour)


def test_a_shipment_is_meant_for_the_last_departure_that_keeps_its_promise(process, now_is):
    assert departs(picking(process, 25)) == (25, 17)
    now_is(hour=16)
    assert departs(picking(process, 23)) == (24, 17)
    assert_sound()


def test_a_departure_is_of_its_warehouse_and_service_level(process, now_is):
    with transaction() as session:
        make_warehouse(session, "YORK", 2, time_zone="Europe/Paris")
        receive(session, "MUG", 50, "YORK")
        session.add(departure(warehouse="YORK", weekday="mon", hands_over_at="13:00"))
        session.add(departure(carrier="acme", weekday="mon", hands_over_at="17:30"))
        session.add(departure(service_level="express", weekday="mon", hands_over_at="12:00",
                              cut_off="11:00"))  # fmt: skip
    assert departs(picking(process)) == (23, 17)
    assert departs(picking(process, service_level="express")) == (23, 12)
    assert departs(picking(process, 30, {"MUG": 30})) == (30, 12)


def test_none_waits_for_stock_with_a_departure(process, now_is):
    assert departs(picking(process, lines={"MUG": 99})) is None
    execute("DELETE FROM departure")
    assert departs(picking(process)) is None


def test_a_shipment_that_missed_its_departure_is_meant_for_the_next(process, now_is):
    today, later = picking(process), picking(process, 25)
    now_is(hour=16)
    assert look_up_due_departures() == 0
    now_is(hour=17)
    assert look_up_due_departures() == 1
    assert (departs(today), departs(later)) == ((24, 17), (25, 17))
    assert look_up_due_departures() == 0


def test_a_cut_off_that_passes_takes_nothing_away(process, now_is):
    number = picking(process)
    now_is(hour=16)
    process.answer("picking", number)
    process.another().run(number)
    assert departs(number) == (23, 17)


def test_what_waits_for_the_carrier_keeps_the_departure_that_has_passed(process, now_is):
    number = picking(process)
    for gate in ("picking", "packing"):
        process.answer(gate, number)
        process.another().run(number)
    now_is(hour=18)
    look_up_due_departures()
    assert departs(number) == (23, 17)
    assert look_up_due_departures() == 0


def test_what_has_left_or_is_cancelled_departs_no_more(process, now_is):
    shipped, cancelled = order(), picking(process)
    process.ship(shipped)
    request_cancellation_of(cancelled, "no longer wanted", KIM)
    process.another().run(cancelled)
    now_is(day=24)
    assert look_up_due_departures() == 0


def test_departures_that_are_imported_or_removed_count_for_all_that_is_open(
    process, now_is, tmp_path
):
    number = picking(process)
    path = tmp_path / "departures.csv"
    path.write_text(COLUMNS + "MAIN,house,standard,mon,17:30,16:30\n")
    import_file(path)
    assert departs(number) == (23, 17)
    assert look_up_due_departures() == 1
    assert rows("SELECT departs_at FROM shipment") == [(MONDAY.replace(hour=17, minute=30),)]
    with transaction() as session:
        kept_rows.remove(session, Departure, {"weekday": "mon"})
    look_up_due_departures()
    assert departs(number) == (24, 17)


def test_a_warehouse_that_works_at_other_times_changes_what_departs(process, now_is, tmp_path):
    number = picking(process, 25)
    path = tmp_path / "warehouses.csv"
    path.write_text("code,name,country,rank,working_days\nMAIN,Main,GB,1,mon-tue\n")
    import_file(path)
    look_up_due_departures()
    assert departs(number) == (24, 17)


def test_a_promise_that_moves_with_a_hold_moves_the_departure(process, now_is):
    number = picking(process, 24)
    holds.put_on_hold(number, HoldIn(reason="other", by="Kim"), KIM)
    now_is(day=26)
    holds.release(number, PACKLINE)
    ((promised_at,),) = rows("SELECT promised_at FROM sales_order")
    assert promised_at > MONDAY.replace(day=26)
    ((departs_at,),) = rows("SELECT departs_at FROM shipment")
    assert MONDAY.replace(day=26) < departs_at <= promised_at
    assert departs_at > promised_at - timedelta(days=1)


def test_a_shipment_that_somebody_works_on_is_looked_up_later(process, now_is):
    number = picking(process)
    now_is(day=24)
    with transaction() as session:
        session.exec(select(Shipment).with_for_update()).all()
        assert look_up_due_departures() == 0
    assert look_up_due_departures() == 1
    assert departs(number) == (24, 17)
