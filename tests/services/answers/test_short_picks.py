"""Too little is found: it leaves the stock, and the operator or a setting says what is done."""

from contextlib import contextmanager

import pytest
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError

from adapters.database.sessions import engine, transaction
from models.enums import ShortPickReason
from models.tables.stock import StockLevel
from services.execution.errors import AnswerRefused
from services.stock_control.backorders import fill_backorders
from tests.factories import make_warehouse, receive
from tests.families import mostly_slow
from tests.process import (
    assert_sound,
    dying_before_the_record_of,
    everything,
    open_task_id,
    rows,
    set_to,
)
from tests.services.orders.test_splits import allocations, pieces
from tests.services.stock_control.test_backorders import order_of, plates_arrive

pytestmark = pytest.mark.lengthy


def found(**short):
    """A picking where so many pieces were found of each product, with why there are fewer."""
    listed = [
        {"sku": sku, "quantity": quantity, "why": why} for sku, (quantity, why) in short.items()
    ]
    return {"outcome": "too few of these, the rest as listed", "found": listed}


@pytest.fixture
def short(process):
    """An order of all four plates and a mug; two of the plates are broken."""
    number = order_of(PLATE=4, MUG=1)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(2, "damaged")))
    assert process.run(number) == "short-pick-1"
    return number


def stock(sku="PLATE"):
    return rows(f"SELECT on_hand, allocated FROM product WHERE sku = '{sku}'")[0]


def movements():
    return rows(
        "SELECT kind, sku, quantity, actor, reason, reference FROM stock_movement"
        " WHERE kind IN ('damaged', 'adjusted') ORDER BY id"
    )


def decide(process, number, decision, shipment=1):
    process.answer("short-pick", number, shipment, decision=decision)
    return process.run(number, shipment)


def test_what_is_broken_leaves_the_stock_with_the_answer(process, short):
    assert movements() == [
        ("damaged", "PLATE", -2, "Jo", "damaged", f"order:{short}:picking:1"),
    ]
    assert stock() == (2, 2)
    assert allocations(short) == [
        (1, "MUG", "allocated", 1),
        (1, "PLATE", "allocated", 2),
        (1, "PLATE", "backordered", 2),
    ]
    assert_sound()


@pytest.mark.parametrize("why", [why for why in ShortPickReason if why != "damaged"])
def test_what_is_not_there_is_an_adjustment_with_its_reason(process, why):
    number = order_of(MUG=3)
    process.run(number)
    process.answer("picking", number, **found(MUG=(0, why)))
    assert movements() == [("adjusted", "MUG", -3, "Jo", why, f"order:{number}:picking:1")]
    assert stock("MUG") == (7, 0)
    assert_sound()


def test_what_others_hold_is_not_touched(process):
    first, second = order_of(MUG=5), order_of(MUG=5)
    other = process.another()
    process.run(first), other.run(second)
    process.answer("picking", first, **found(MUG=(1, "not in bin")))
    assert stock("MUG") == (6, 6)
    assert other.ship(second) == f"Order {second} is Shipped."
    assert_sound()


def test_a_product_that_is_short_needs_a_reason(process):
    number = order_of(MUG=3)
    process.run(number)
    before = everything()
    with pytest.raises(AnswerRefused, match="You found 1 of 3 MUG: say why"):
        process.answer("picking", number, **found(MUG=(1, None)))
    assert everything() == before


def test_the_operator_sees_what_is_short_and_why(process, short):
    assert "| PLATE | 4 | 2 | damaged |" in process.description


def test_only_the_rest_is_picked_again(process, short):
    with pytest.raises(AnswerRefused, match="too low"):
        decide(process, short, "try again")
    plates_arrive(2)
    assert decide(process, short, "try again") == "picking-2"
    assert "| A-02-1 | 2 | PLATE |" in process.description or "| 2 | PLATE |" in process.description
    assert "MUG" not in process.description
    process.answer("picking", short)
    assert process.ship(short) == f"Order {short} is Shipped."
    assert rows("SELECT sku, picked FROM shipment_line ORDER BY 1") == [("MUG", 1), ("PLATE", 4)]
    assert_sound()


def test_what_was_found_ships_and_the_rest_follows(process, short):
    assert decide(process, short, "split") == "packing-1"
    assert pieces(short) == [(1, "PLATE", 2), (1, "MUG", 1), (2, "PLATE", 2)] or pieces(short) == [
        (1, "MUG", 1),
        (1, "PLATE", 2),
        (2, "PLATE", 2),
    ]
    process.answer("packing", short)
    assert process.ship(short) == f"Order {short} is Shipped."
    assert_sound()
    other = process.another()
    assert other.run(short, 2) == "shortage-1"
    assert_sound()
    plates_arrive(2)
    assert fill_backorders() == [short]
    assert other.ship(short, 2) == f"Order {short}, shipment 2 is Shipped."
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    assert_sound()


def test_where_nothing_was_found_nothing_can_be_split(process):
    number = order_of(MUG=2)
    process.run(number)
    process.answer("picking", number, **found(MUG=(0, "not in bin")))
    process.run(number)
    with pytest.raises(AnswerRefused, match="wait instead"):
        decide(process, number, "split")


def test_it_waits_until_the_rest_is_there_and_then_the_rest_is_picked(process, short):
    assert fill_backorders() == []  # the operator is asked: nothing goes on by itself
    assert decide(process, short, "wait") == "short-pick-2"
    assert fill_backorders() == []
    assert_sound()
    plates_arrive(2)
    assert fill_backorders() == [short]
    assert process.run(short) == "picking-2"
    process.answer("picking", short)
    assert process.ship(short) == f"Order {short} is Shipped."
    assert_sound()


def test_an_operator_who_is_asked_is_not_overruled_by_a_delivery(process, short):
    plates_arrive(2)
    assert fill_backorders() == []
    assert open_task_id("short-pick", short)


def test_a_cancelled_line_is_refunded_told_once_and_the_rest_ships(process, short):
    (value,) = rows("SELECT value_minor FROM sales_order")[0]
    assert decide(process, short, "cancel line") == "packing-1"
    assert rows("SELECT sku, cancelled FROM order_line ORDER BY 1") == [("MUG", 0), ("PLATE", 2)]
    (total,) = rows("SELECT total_minor FROM sales_order")[0]
    assert rows("SELECT amount_minor FROM refund") == [(value - total,)]
    assert total < value
    mails = rows("SELECT key, subject, state FROM message")
    assert [(key, state) for key, _, state in mails] == [(f"order:{short}:cancelled:1", "sent")]
    assert_sound()
    process.answer("packing", short)
    assert process.ship(short) == f"Order {short} is Shipped."
    assert stock() == (0, 0)
    assert_sound()


def test_a_cancelled_line_that_was_all_there_is_cancels_the_order(process):
    number = order_of(MUG=2)
    process.run(number)
    process.answer("picking", number, **found(MUG=(0, "not in bin")))
    process.run(number)
    assert decide(process, number, "cancel line") == f"Order {number} is Cancelled: picked short."
    assert_sound()


def test_a_process_that_dies_while_it_cancels_a_line_leaves_all_as_it_was(process, short):
    before = everything()
    with (
        dying_before_the_record_of("Cancel Lines"),
        pytest.raises(DatabaseError, match="stopped"),
    ):
        decide(process, short, "cancel line")
    assert everything() == before
    assert decide(process, short, "cancel line") == "packing-1"
    assert len(rows("SELECT FROM refund")) == 1
    assert_sound()


def test_a_process_that_dies_after_the_notice_was_sent_sends_no_other(process, short):
    process.answer("short-pick", short, decision="cancel line")
    with (
        dying_before_the_record_of("Send Line Cancellation Notice"),
        pytest.raises(DatabaseError, match="stopped"),
    ):
        process.run(short)
    assert process.run(short) == "packing-1"
    assert rows("SELECT unclear, state FROM message") == [(0, "sent")]
    assert_sound()


def test_a_process_that_dies_while_it_splits_a_short_pick_leaves_all_as_it_was(process, short):
    before = everything()
    with (
        dying_before_the_record_of("Split Shipment"),
        pytest.raises(DatabaseError, match="stopped"),
    ):
        decide(process, short, "split")
    assert everything() == before
    assert decide(process, short, "split") == "packing-1"
    assert_sound()


@pytest.fixture
def york(process):
    """A second warehouse, which has eight plates."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        session.add(StockLevel(sku="PLATE", warehouse="YORK", bin="Y-7"))
        session.flush()
        receive(session, "PLATE", 8, "YORK")


def test_the_rest_is_picked_from_other_stock_of_the_same_warehouse(process, york):
    number = order_of(MUG=3)
    process.run(number)
    process.answer("picking", number, **found(MUG=(1, "damaged")))
    process.run(number)
    assert decide(process, number, "pick elsewhere") == "picking-2"
    assert stock("MUG") == (8, 3)
    assert_sound()


def test_or_else_from_another_warehouse_as_a_shipment_of_its_own(process, short, york):
    assert decide(process, short, "pick elsewhere") == "packing-1"
    other = process.another()
    assert other.run(short, 2) == "picking-1"
    assert "| Y-7 | 2 | PLATE |" in other.description
    assert_sound()


def test_what_no_warehouse_has_cannot_be_picked_elsewhere(process, short):
    with pytest.raises(AnswerRefused, match="PLATE: 2 wanted, 0 available"):
        decide(process, short, "pick elsewhere")


@pytest.mark.parametrize(
    ("rule", "stops_at"),
    [
        ("split", "packing-1"),
        ("wait", "short-pick-2"),
        ("cancel line", "packing-1"),
        ("cancel order", "restock-1"),
        ("pick elsewhere", "short-pick-1"),  # nowhere: the operator is asked
        ("ask", "short-pick-1"),
    ],
)
def test_the_setting_decides_in_place_of_the_operator(process, monkeypatch, rule, stops_at):
    set_to(monkeypatch, PACKLINE_SHORT_PICK=rule)
    number = order_of(PLATE=4, MUG=1)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(2, "not in bin")))
    assert process.run(number) == stops_at
    assert_sound()


def test_where_nothing_was_found_the_setting_split_waits(process, monkeypatch):
    set_to(monkeypatch, PACKLINE_SHORT_PICK="split")
    number = order_of(PLATE=4)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(0, "not in bin")))
    assert process.run(number) == "short-pick-2"
    plates_arrive(4)
    assert fill_backorders() == [number]
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_what_is_in_stock_ships_now_and_the_rest_follows(process):
    number = order_of(PLATE=6, MUG=2)
    process.run(number)
    process.answer("shortage", number, decision="split")
    assert process.run(number) == "picking-1"
    assert pieces(number) == [(1, "MUG", 2), (1, "PLATE", 4), (2, "PLATE", 2)]
    assert_sound()
    process.another().run(number, 2)
    assert_sound()


def test_what_is_not_in_stock_is_cancelled_and_the_rest_ships(process):
    number = order_of(PLATE=6, MUG=2)
    process.run(number)
    process.answer("shortage", number, decision="cancel line")
    assert process.run(number) == "picking-1"
    assert rows("SELECT key, state FROM message") == [(f"order:{number}:cancelled:1", "sent")]
    process.answer("picking", number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_where_nothing_is_in_stock_nothing_can_be_split(process):
    process.run(order_of(PLATE=4))
    number, other = order_of(PLATE=2), process.another()
    other.run(number)
    with pytest.raises(AnswerRefused, match="Nothing of it is in stock"):
        other.answer("shortage", number, decision="split")


@pytest.fixture
def rest(process, short):
    """The same order: what was found is with the packers, and the two other plates are short."""
    decide(process, short, "split")
    other = process.another()
    assert other.run(short, 2) == "shortage-1"
    return other


def test_the_last_part_is_cancelled_while_others_of_its_order_go_on(process, short, rest):
    rest.answer("shortage", short, 2, decision="cancel line")
    assert rest.run(short, 2) == (f"Order {short}, shipment 2 is Cancelled: nothing of it is left.")
    assert process.ship(short) == f"Order {short} is Shipped."
    assert_sound()


def test_once_the_others_have_left_the_last_part_is_cancelled_and_refunded(process, short, rest):
    process.ship(short)
    rest.answer("shortage", short, 2, decision="cancel line")
    assert "shipment 2 is Cancelled: nothing of it is left" in rest.run(short, 2)
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    assert rows("SELECT sku, cancelled FROM order_line ORDER BY 1") == [("MUG", 0), ("PLATE", 2)]
    assert rows("SELECT value_minor - total_minor = amount_minor FROM sales_order, refund") == [
        (True,)
    ]
    assert_sound()


def test_a_cancelled_order_takes_all_its_parts_back(process, short, rest):
    rest.answer("shortage", short, 2, decision="cancel order")
    assert process.run(short) == "restock-1"
    process.answer("restock", short)
    assert process.run(short) == f"Order {short} is Cancelled: stock is short."
    assert rest.run(short, 2) == f"Order {short}, shipment 2 is Cancelled: stock is short."
    assert rows("SELECT status FROM sales_order") == [("Cancelled",)]
    assert rows(
        "SELECT count(*), sum(amount_minor) = max(value_minor) FROM sales_order, refund"
    ) == [(1, True)]
    assert stock() == (2, 0)
    assert_sound()


@contextmanager
def product_locks():
    """The sets of products that each transaction locks, in turn."""
    transactions = [[]]

    def note(_conn, _cursor, statement, parameters, *_more):
        if statement.endswith("FOR NO KEY UPDATE") and "FROM product" in statement:
            transactions[-1].append(set(parameters.values()))

    def end(_conn):
        transactions.append([])

    watched = {"before_cursor_execute": note, "commit": end, "rollback": end}
    for name, listener in watched.items():
        event.listen(engine(), name, listener)
    yield transactions
    for name, listener in watched.items():
        event.remove(engine(), name, listener)


def assert_locked_at_once(transactions):
    """What a transaction locks later is among what it has locked first, in the order of SKUs."""
    locking = [locks for locks in transactions if locks]
    assert locking
    assert [later for first, *others in locking for later in others if not later <= first] == []


@pytest.mark.parametrize(
    "decision",
    mostly_slow(["try again", "pick elsewhere", "split", "wait", "cancel line"], but=("split",)),
)
def test_a_decision_locks_all_products_at_once(process, short, decision):
    plates_arrive(4)
    with product_locks() as transactions:
        process.answer("short-pick", short, decision=decision)
    assert_locked_at_once(transactions)


@pytest.mark.parametrize(
    "rule", mostly_slow(["pick elsewhere", "split", "wait", "cancel line"], but=("split",))
)
def test_a_pick_and_what_a_setting_decides_about_it_lock_all_products_at_once(
    process, monkeypatch, rule
):
    set_to(monkeypatch, PACKLINE_SHORT_PICK=rule)
    number = order_of(PLATE=4, MUG=1)
    process.run(number)
    plates_arrive(4)
    with product_locks() as transactions:
        process.answer("picking", number, **found(PLATE=(2, "damaged")))
    assert_locked_at_once(transactions)
