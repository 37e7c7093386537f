"""A worker that is killed by SIGKILL where an order does not go straight: while it is compensated,
while its labels are replaced, and in one of several shipments.
"""

import pytest

from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from domain.messages import said
from models.imports.requests import AddressIn
from services.execution.locks import locked_shipment
from services.orders.splits import split
from tests.actors import change_address, request_cancellation_of, someone
from tests.chaos.shop import (
    assert_audit_passes,
    mails_by_order,
    status_of,
    take_in,
    until_ended,
    until_waiting,
    work,
)
from tests.chaos.test_buttons import BUTTONS, is_to_be_cancelled
from tests.chaos.test_killed_in_a_step import places
from tests.factories import make_order
from tests.process import COMPENSATION_STEPS, rows

OUTSIDE = ("Cancel Carrier Pickup", "Void Shipping Labels", "Send Cancellation Notice")
VOID = "Void Outdated Labels"
STRAIGHT = ("picking", "packing", "carrier-pickup")
ELSEWHERE = AddressIn(
    address_line1="2 Quay", city="Hull", postal_code="HU1 1AA", country="GB", by="Max"
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def bring_to_pickup(live, number):
    for gate in STRAIGHT:
        until_waiting(live, number, f"{gate}-1")
        if gate != "carrier-pickup":
            work([number])


def bookings(number):
    return rows(
        "SELECT kind, voided_at IS NOT NULL FROM carrier_booking"
        f" WHERE key LIKE 'order:{number}:%' ORDER BY kind, key"
    )


@pytest.mark.parametrize(
    "place", places(COMPENSATION_STEPS, *[f"{step}: intended" for step in OUTSIDE])
)
def test_killed_in_compensation(chaos, place):
    (number,) = take_in()
    bring_to_pickup(chaos, number)
    armed = chaos.arm(place)
    request_cancellation_of(number, "changed their mind", "Max")
    until_ended(chaos, [number])
    assert not armed.exists()
    assert status_of(number) == "Cancelled"
    assert bookings(number) == [("label", True), ("pickup", True)]
    assert rows(f"SELECT count(*) FROM refund WHERE order_number = {number}") == [(1,)]
    told = mails_by_order(chaos)[number]
    assert told in ((2, 3) if place == "Send Cancellation Notice: intended" else (2,))
    assert_audit_passes(chaos)


@pytest.mark.parametrize("place", places([VOID], f"{VOID}: intended"))
def test_killed_while_labels_are_replaced(chaos, place):
    (number,) = take_in()
    bring_to_pickup(chaos, number)
    armed = chaos.arm(place)
    change_address(number, ELSEWHERE, new_label=True)
    until_ended(chaos, [number])
    assert not armed.exists()
    assert status_of(number) == "Shipped"
    assert bookings(number) == [("label", True), ("label", False), ("pickup", False)]
    assert mails_by_order(chaos)[number] == 2
    assert_audit_passes(chaos)


@pytest.fixture
def split_order():
    """An order of two mugs that travel in a shipment each."""
    with transaction() as session:
        number = make_order(session, {"MUG": 2})
        split(
            session,
            locked_shipment(session, number),
            {"MUG": 1},
            said("asked for"),
            actor=someone("Max"),
        )
        notify(session, ORDERS_CHANNEL)
    return number


@pytest.mark.parametrize(
    "place",
    places(
        ["Check Inventory Levels", "Update Order Status to Shipped"],
        quick={"Update Order Status to Shipped: committed"},
    ),
)
def test_killed_in_one_of_two_shipments(chaos, split_order, place):
    armed = chaos.arm(place)
    until_ended(chaos, [split_order])
    assert not armed.exists()
    shipped = f"SELECT status FROM shipment WHERE order_number = {split_order}"
    assert rows(shipped) == [("Shipped",), ("Shipped",)]
    assert bookings(split_order) == [("label", False), ("label", False)] + [("pickup", False)] * 2
    assert mails_by_order(chaos)[split_order] == 2
    assert_audit_passes(chaos)


@pytest.mark.slow
@pytest.mark.parametrize("button", ["Cancel", "Delete"])
def test_a_button_on_one_of_two_runs(chaos, split_order, button):
    second = f"SELECT run_id FROM shipment WHERE order_number = {split_order} AND number = 2"
    chaos.until(lambda: rows(second)[0][0], "the run of shipment 2")
    (run_id,) = rows(second)[0]
    chaos.until(lambda: chaos.prefect.state(run_id).pause_key == "picking-1", "its picking task")
    BUTTONS[button](chaos, run_id)
    if button == "Cancel":
        chaos.until(lambda: is_to_be_cancelled(split_order), "the request")
    until_ended(chaos, [split_order])
    assert status_of(split_order) == ("Cancelled" if button == "Cancel" else "Shipped")
    assert_audit_passes(chaos)
