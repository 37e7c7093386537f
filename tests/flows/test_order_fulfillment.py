"""One test per outcome of an order."""

import pytest

from adapters.database.sessions import transaction
from tests.factories import make_order, receive
from tests.process import ORDER_STEPS, assert_sound, rows
from tests.timelines import timeline


@pytest.fixture
def number(shop):
    with transaction() as session:
        return make_order(session, {"PLATE": 1, "MUG": 2})


@pytest.fixture
def too_much(shop):
    """An order of six plates, of which there are four, and of two mugs."""
    with transaction() as session:
        return make_order(session, {"PLATE": 6, "MUG": 2})


def plates_arrive(pieces):
    with transaction() as session:
        receive(session, "PLATE", pieces)


def stock():
    return {
        sku: (on_hand, allocated)
        for sku, on_hand, allocated in rows("SELECT sku, on_hand, allocated FROM product")
    }


def status():
    return rows("SELECT status FROM sales_order")[0][0]


def test_an_order_is_shipped_with_each_step_once_and_in_order(process, number, mail_server):
    assert process.ship(number) == f"Order {number} is Shipped."
    assert process.ran == list(ORDER_STEPS)
    assert status() == "Shipped"
    assert stock() == {"MUG": (8, 0), "PLATE": (3, 0)}
    assert [mail["To"] for mail in mail_server.mails] == ["ada@example.com"]
    assert_sound()


def test_an_order_waits_three_times_for_a_person(process, number):
    waits = []
    while not (outcome := process.run(number)).startswith("Order"):
        waits.append(outcome)
        process.answer(outcome.removesuffix("-1"))
    assert waits == ["picking-1", "packing-1", "carrier-pickup-1"]
    assert_sound()


def test_a_waiting_order_holds_its_stock(process, number):
    assert process.run(number) == "picking-1"
    assert stock() == {"MUG": (10, 2), "PLATE": (4, 1)}
    assert status() == "Processing"
    assert_sound()


def test_the_person_who_picks_sees_the_list_in_walking_order(process, number):
    process.run(number)
    listed = [line.split(" | ")[0] for line in process.description.splitlines() if "A-" in line]
    assert listed == ["| A-01-1", "| A-10-1"]
    assert f"## Pick: order {number}" in process.description


def test_a_backordered_order_is_filled_once_stock_arrives(process, too_much):
    assert process.run(too_much) == "shortage-1"
    assert status() == "Backordered"
    assert "| PLATE | 6 | 4 |" in process.description
    plates_arrive(2)
    process.answer("shortage")
    assert process.ship(too_much) == f"Order {too_much} is Shipped."
    assert stock() == {"MUG": (8, 0), "PLATE": (0, 0)}
    assert process.ran.count("Check Inventory Levels") == 2
    assert_sound()


def test_a_backordered_order_allocates_nothing_and_says_what_is_short(process, too_much):
    process.run(too_much)
    assert stock() == {"MUG": (10, 0), "PLATE": (4, 0)}
    found = "SELECT sku, quantity, available_when_short FROM shipment_line"
    lines = rows(f"{found} ORDER BY sku DESC")
    assert lines == [("PLATE", 6, 4), ("MUG", 2, None)]
    assert_sound()


def test_the_operator_is_asked_again_while_stock_is_still_short(process, too_much):
    process.run(too_much)
    plates_arrive(1)
    process.answer("shortage")
    assert process.run(too_much) == "shortage-2"
    assert "| PLATE | 6 | 5 |" in process.description
    assert_sound()


def test_a_backordered_order_that_is_cancelled_has_nothing_allocated(
    process, too_much, mail_server
):
    process.run(too_much)
    process.answer("shortage", decision="cancel order", note="discontinued")
    assert process.run(too_much) == f"Order {too_much} is Cancelled: stock is short (discontinued)."
    assert status() == "Cancelled"
    assert stock() == {"MUG": (10, 0), "PLATE": (4, 0)}
    assert [mail["To"] for mail in mail_server.mails] == ["ada@example.com"]
    (told,) = timeline("answered")
    assert told.event == "Decide about a shortage: done"
    assert told.detail == "Max decided: cancel order (through command line): discontinued"
    assert_sound()


def test_a_short_pick_is_picked_again_and_shipped(process, number):
    process.run(number)
    missing = [{"sku": "MUG", "quantity": 1, "why": "not in bin"}]
    process.answer("picking", outcome="too few of these, the rest as listed", found=missing)
    assert process.run(number) == "short-pick-1"
    assert "| MUG | 2 | 1 |" in process.description
    process.answer("short-pick")
    assert process.run(number) == "picking-2"
    assert "| A-01-1 | 1 | MUG |" in process.description
    assert process.ship(number) == f"Order {number} is Shipped."
    assert process.ran == list(ORDER_STEPS)
    assert_sound()


def test_a_short_pick_that_is_cancelled_gives_its_stock_back(process, number):
    process.run(number)
    missing = [{"sku": "PLATE", "quantity": 0, "why": "not in bin"}]
    process.answer("picking", outcome="too few of these, the rest as listed", found=missing)
    process.run(number)
    process.answer("short-pick", decision="cancel order")
    assert process.run(number) == "restock-1"  # the mugs are in the tote
    process.answer("restock")
    assert process.run(number) == f"Order {number} is Cancelled: picked short."
    assert stock() == {"MUG": (10, 0), "PLATE": (3, 0)}  # the missing one is gone
    assert status() == "Cancelled"
    assert rows("SELECT 1 FROM staff_task WHERE state = 'open'") == []
    assert_sound()


def test_an_order_of_several_parcels_has_a_label_and_a_number_for_each(process, number):
    parcel = {"weight_grams": 700, "length_mm": 200, "width_mm": 150, "height_mm": 100}
    process.run(number)
    process.answer("picking")
    process.run(number)
    process.answer("packing", parcels=[parcel, parcel, parcel])
    assert process.ship(number) == f"Order {number} is Shipped."
    labels = rows("SELECT DISTINCT tracking_number FROM shipping_label WHERE state = 'bought'")
    assert len(labels) == 3
    assert rows("SELECT parcels, weight_grams FROM carrier_pickup") == [(3, 2100)]
    assert_sound()


def test_an_address_that_mail_servers_refuse_does_not_hold_up_the_order(
    process, number, mail_server
):
    mail_server.refuses["ada@example.com"] = "550 no such person"
    assert process.ship(number) == f"Order {number} is Shipped."
    ((state, problem),) = rows("SELECT state, problem FROM message")
    assert state == "refused"
    assert "550 no such person" in problem


def test_two_orders_are_worked_on_side_by_side(process, number, shop):
    with transaction() as session:
        second = make_order(session, {"MUG": 3})
    other = process.another()
    assert process.run(number) == "picking-1"
    assert other.ship(second) == f"Order {second} is Shipped."
    assert process.ship(number) == f"Order {number} is Shipped."
    assert stock() == {"MUG": (5, 0), "PLATE": (3, 0)}
    assert_sound()
