"""What is taken on board, and why something is not."""

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel
from services.access.actors import Actor
from services.shipping.loading import load, unload
from services.shipping.ramp import RampDeparture, ramps
from tests.factories import make_label, make_warehouse
from tests.process import execute, rows
from tests.ramp import make_waiting

LEE = Actor(name="Lee", channel=Channel.CONSOLE)
HOUSE = RampDeparture("house", "MAIN", None)
ON_HOLD = (
    "UPDATE sales_order SET on_hold_since = now(), held_by = 'Max', hold_reason = 'other';"
    " UPDATE staff_task SET state = 'held'"
)
CANCELLED = (
    "UPDATE sales_order SET cancel_requested_at = now(), cancel_requested_by = 'Max',"
    " cancel_reason = 'x'"
)


@pytest.fixture
def parcel(database):
    """The tracking number of a parcel that waits."""
    with transaction() as session:
        return make_waiting(session, 1)[0]


def loaded():
    return rows("SELECT count(*) FROM loaded_parcel")[0][0]


@pytest.mark.parametrize(
    ("meanwhile", "result", "says"),
    [
        (ON_HOLD, "lay-aside", "is on hold"),
        (CANCELLED, "lay-aside", "is being cancelled"),
        ("UPDATE shipment SET address_changed = true", "lay-aside", "gets another label"),
        (
            "UPDATE shipment SET address_changed = true; UPDATE staff_task SET state = 'withdrawn'",
            "lay-aside",
            "gets another label",
        ),
        (CANCELLED + "; UPDATE staff_task SET state = 'withdrawn'", "lay-aside", "cancelled"),
        ("UPDATE shipping_label SET state = 'voided'", "old-label", "not valid any more"),
        ("DELETE FROM staff_task", "not-ready", "not ready"),
        (
            "UPDATE carrier_pickup SET state = 'collected', collected_at = now(),"
            " confirmation_number = 'C'",
            "collected",
            "collected already",
        ),
        ("UPDATE shipment SET departs_at = '2026-11-27 16:00+00'", "other-departure", "16:00"),
    ],
)
def test_what_may_not_leave_now_is_not_taken_on_board(parcel, meanwhile, result, says):
    execute(meanwhile)
    came = load(parcel, HOUSE, LEE)
    assert (came.result, loaded()) == (result, 0)
    assert says in str(came.says)


@pytest.mark.parametrize("code", ["", " ", "\x00", "T-", "x" * 500, "%"])
def test_no_parcel_has_such_a_code(parcel, code):
    assert load(code, HOUSE, LEE).result == "unknown-parcel"
    assert unload(code, LEE).result == "unknown-parcel"


def test_a_parcel_comes_off_again_until_it_is_collected(parcel):
    assert unload(parcel, LEE).result == "not-loaded"
    assert load(parcel, HOUSE, LEE).result == "all-loaded"
    assert unload(parcel, LEE).result == "unloaded"
    load(parcel, HOUSE, LEE)
    execute(
        "UPDATE carrier_pickup SET state = 'collected', collected_at = now(),"
        " confirmation_number = 'C'"
    )
    assert (unload(parcel, LEE).result, loaded()) == ("collected", 1)


def test_departures_are_of_one_carrier_and_warehouse_at_one_time(database):
    with transaction() as session:
        make_warehouse(session, "NORTH", 2)
        make_waiting(session, 3)
    execute("UPDATE staff_task SET warehouse = 'NORTH' WHERE order_number = 1001")
    execute("UPDATE shipment SET departs_at = '2026-11-27 16:00+00' WHERE order_number = 1002")
    with transaction() as session:
        found = [(one.departure.warehouse, one.departure.departs_at) for one in ramps(session)]
        of_north = ramps(session, {"NORTH"})
    assert [(place, bool(at)) for place, at in found] == [
        ("MAIN", True),
        ("MAIN", False),
        ("NORTH", False),
    ]
    assert [one.departure.warehouse for one in of_north] == ["NORTH"]


def test_a_label_that_was_replaced_is_no_parcel_of_the_departure(parcel):
    execute("UPDATE shipping_label SET state = 'voided'")
    with transaction() as session:
        [(number,)] = rows("SELECT order_number FROM shipment")
        make_label(session, number, key="again", tracking_number="NEW")
    with transaction() as session:
        [one] = ramps(session)
    assert [waiting.tracking_number for waiting in one.parcels] == ["NEW"]
