"""A shipment is split: some of its pieces travel as another one, and each is counted once."""

import pytest
from sqlalchemy.exc import DatabaseError, IntegrityError

from adapters.database.sessions import transaction
from console.queries.orders import order_sheet
from console.queries.tasks import open_tasks
from domain.messages import said
from domain.splits import CannotSplit, stays
from models.enums import OrderStatus
from models.tables.stock import StockLevel
from services.execution.locks import locked_shipment
from services.orders.splits import split
from services.stock_control.backorders import fill_backorders
from tests.factories import make_order, make_warehouse, receive
from tests.process import assert_sound, dying_before_the_record_of, everything, rows, set_to
from tests.services.stock_control.test_backorders import order_of, plates_arrive
from tests.tasks.test_stock import at_once
from tests.timelines import details

pytestmark = pytest.mark.lengthy


@pytest.fixture
def two(process):
    """Ten mugs and four plates in MAIN; six mugs and five plates in YORK."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        for sku, pieces in (("MUG", 6), ("PLATE", 5)):
            session.add(StockLevel(sku=sku, warehouse="YORK", bin="Y-7"))
            session.flush()
            receive(session, sku, pieces, "YORK")
    return process


def move(number, **moved):
    with transaction() as session:
        return split(session, locked_shipment(session, number), moved, said("tried")).number


def pieces(number):
    """What travels with each shipment: pieces by SKU."""
    found = rows(
        "SELECT shipment, sku, quantity FROM shipment_line"
        f" WHERE order_number = {number} ORDER BY shipment, sku"
    )
    return [tuple(row) for row in found]


def allocations(number):
    """What each shipment holds or wants."""
    return rows(
        "SELECT shipment, sku, state, quantity FROM allocation"
        f" WHERE order_number = {number} AND state IN ('allocated', 'backordered', 'issued')"
        " ORDER BY 1, 2, 3"
    )


@pytest.mark.parametrize(
    ("moved", "left"),
    [
        ({"MUG": 1}, {"MUG": 2, "PLATE": 1}),
        ({"MUG": 3}, {"MUG": 0, "PLATE": 1}),
        ({"MUG": 2, "PLATE": 1}, {"MUG": 1, "PLATE": 0}),
    ],
)
def test_what_is_not_moved_stays(moved, left):
    assert stays({"MUG": 3, "PLATE": 1}, moved) == left


@pytest.mark.parametrize(
    ("moved", "error"),
    [
        ({}, "Nothing is to be moved"),
        ({"MUG": 0}, "Nothing is to be moved"),
        ({"MUG": 4}, "has 3 of MUG to move, and 4 were"),
        ({"CUP": 1}, "has 0 of CUP to move"),
        ({"MUG": 3, "PLATE": 1}, "Nothing would be left"),
    ],
)
def test_a_split_that_makes_no_two_shipments_is_refused(moved, error):
    with pytest.raises(CannotSplit, match=error):
        stays({"MUG": 3, "PLATE": 1}, moved)


def test_moved_pieces_are_wanted_and_the_others_stay_held(process):
    number = order_of(MUG=3, PLATE=1)
    process.run(number)
    assert move(number, MUG=1, PLATE=1) == 2
    assert pieces(number) == [(1, "MUG", 2), (1, "PLATE", 0), (2, "MUG", 1), (2, "PLATE", 1)]
    assert allocations(number) == [
        (1, "MUG", "allocated", 2),
        (2, "MUG", "backordered", 1),
        (2, "PLATE", "backordered", 1),
    ]
    assert rows("SELECT sku, allocated FROM product ORDER BY 1") == [("MUG", 2), ("PLATE", 0)]
    assert details("split-shipment", f"order:{number}") == [
        "1 of MUG, 1 of PLATE as shipment 2: tried"
    ]
    assert details("split-off", f"order:{number}:2") == [
        f"1 of MUG, 1 of PLATE from order {number}: tried"
    ]
    assert_sound()


def test_each_shipment_takes_all_steps_and_the_order_is_shipped_with_the_last(process):
    number = order_of(MUG=3, PLATE=1)
    process.run(number)
    move(number, PLATE=1)
    other = process.another()
    process.answer("picking", number)
    assert process.ship(number) == f"Order {number} is Shipped."
    assert rows("SELECT status FROM sales_order") == [("Processing",)]
    assert_sound()
    assert other.ship(number, 2) == f"Order {number}, shipment 2 is Shipped."
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    steps = "SELECT count(*) FROM step_record WHERE subject = 'order:{}' AND step NOT LIKE 'gate%'"
    assert rows(steps.format(f"{number}:2")) == [(14,)]
    assert len(set(rows("SELECT tracking_number FROM shipment"))) == 2
    assert_sound()


def test_the_value_of_the_order_stays_as_it_was(process):
    number = order_of(MUG=3, PLATE=1)
    process.run(number)
    before = rows("SELECT total_minor, value_minor FROM sales_order")
    move(number, PLATE=1)
    process.another().run(number, 2)
    assert rows("SELECT total_minor, value_minor FROM sales_order") == before
    assert_sound()


def test_a_further_shipment_may_be_split_again(process):
    number = order_of(MUG=3)
    process.run(number)
    move(number, MUG=2)
    with transaction() as session:
        second = locked_shipment(session, number, 2)
        assert split(session, second, {"MUG": 1}, said("tried again")).number == 3
    assert pieces(number) == [(1, "MUG", 1), (2, "MUG", 1), (3, "MUG", 1)]


def test_nothing_is_split_off_what_is_with_the_packers(process):
    number = order_of(MUG=3, PLATE=1)
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    before = everything()
    with pytest.raises(CannotSplit, match="is with the packers"):
        move(number, PLATE=1)
    with pytest.raises(IntegrityError, match="with the packers"), transaction() as session:
        locked_shipment(session, number).lines[0].quantity = 1
    assert everything() == before


def test_the_database_refuses_pieces_that_travel_twice(process):
    number = order_of(MUG=3)
    process.run(number)
    with pytest.raises(IntegrityError, match="other pieces of MUG"), transaction() as session:
        locked_shipment(session, number).lines[0].quantity = 2


def test_an_order_that_no_warehouse_has_all_of_leaves_from_two(two, monkeypatch):
    set_to(monkeypatch, PACKLINE_SPLIT_SHIPMENTS="true")
    number = order_of(MUG=8, PLATE=5)
    assert two.run(number) == "picking-1"
    assert pieces(number) == [(1, "MUG", 8), (1, "PLATE", 0), (2, "PLATE", 5)]
    held = "SELECT shipment, sku, warehouse FROM allocation WHERE state = 'allocated' ORDER BY 1"
    assert rows(held) == [(1, "MUG", "MAIN"), (2, "PLATE", "YORK")]
    assert_sound()
    other = two.another()
    assert other.run(number, 2) == "picking-1"
    assert "Walk the bins of **York**" in other.description
    assert f"order {number}, shipment 2" in other.description
    said = f"SELECT result ->> 'warehouse' FROM step_record WHERE subject = 'order:{number}:2'"
    assert rows(f"{said} AND step = 'check-inventory-levels'") == [("YORK",)]
    two.answer("picking", number, 1)
    two.ship(number)
    other.answer("picking", number, 2)
    assert other.ship(number, 2) == f"Order {number}, shipment 2 is Shipped."
    assert_sound()


def test_a_backorder_is_filled_from_several_warehouses_when_it_may_be_split(two, monkeypatch):
    set_to(monkeypatch, PACKLINE_SPLIT_SHIPMENTS="true")
    number = order_of(PLATE=10)
    assert two.run(number) == "shortage-1"
    plates_arrive(1)
    assert fill_backorders() == [number]
    assert two.run(number) == "picking-1"
    assert pieces(number) == [(1, "PLATE", 5), (2, "PLATE", 5)]
    assert_sound()


def test_a_process_that_dies_while_it_splits_leaves_all_as_it_was(two, monkeypatch):
    set_to(monkeypatch, PACKLINE_SPLIT_SHIPMENTS="true")
    number = order_of(MUG=8, PLATE=5)
    with (
        dying_before_the_record_of("Split Shipment"),
        pytest.raises(DatabaseError, match="stopped"),
    ):
        two.run(number)
    assert pieces(number) == [(1, "MUG", 8), (1, "PLATE", 5)]
    assert_sound()
    two.run(number)
    assert len(rows("SELECT FROM shipment")) == 2
    assert_sound()


def test_the_one_promised_first_is_filled_first(process):
    with transaction() as session:
        late = make_order(session, {"PLATE": 6})
        soon = make_order(session, {"PLATE": 6})
        session.connection().exec_driver_sql(
            f"UPDATE sales_order SET promised_at = received_at WHERE number = {soon}"
        )
    other = process.another()
    assert process.run(late) == "shortage-1"
    assert other.run(soon) == "shortage-1"
    plates_arrive(2)
    assert fill_backorders() == [soon]
    assert other.run(soon) == "picking-1"
    assert_sound()


def test_an_express_order_does_not_take_what_an_older_one_waits_for(process):
    process.run(old := order_of(PLATE=6))
    with transaction() as session:
        soon = make_order(session, {"PLATE": 1})
        session.connection().exec_driver_sql(
            f"UPDATE sales_order SET promised_at = received_at WHERE number = {soon}"
        )
    assert process.another().run(soon) == "shortage-1"
    assert old < soon
    assert_sound()


def test_an_order_of_two_shipments_stands_where_they_do(process):
    number = order_of(MUG=2, PLATE=1)
    process.run(number)
    move(number, PLATE=1)
    assert rows("SELECT status FROM sales_order") == [(OrderStatus.PROCESSING,)]


def test_the_mail_of_a_part_says_what_follows_later(process):
    number = order_of(MUG=2, PLATE=1)
    process.run(number)
    move(number, PLATE=1)
    process.answer("picking", number, 1)
    process.ship(number)
    process.another().ship(number, 2)
    (first, text), (last, other) = rows("SELECT subject, text FROM message ORDER BY id")
    assert first.startswith(f"Part of your order {number} is being shipped")
    assert "WHAT FOLLOWS LATER\n\n1 × PLATE in blue (PLATE)" in text
    assert last.startswith(f"Part of your order {number} is being shipped")
    assert "WHAT FOLLOWS LATER" not in other


def test_lists_name_the_shipment_where_there_are_several(process):
    number = order_of(MUG=2, PLATE=1)
    process.run(number)
    move(number, PLATE=1)
    process.another().run(number, 2)
    with transaction() as session:
        waiting = [(row.order_number, row.shipment) for row in open_tasks(session)]
        sheet = order_sheet(session, number)
    assert waiting == [(number, 1), (number, 2)]
    assert [(row.number, row.pieces) for row in sheet.shipments] == [
        (1, {"MUG": 2}),
        (2, {"PLATE": 1}),
    ]
    assert "Split off (shipment 2)" in [event.event for event in sheet.timeline]


def test_two_splits_at_once_make_two_shipments(process):
    number = order_of(MUG=3)
    process.run(number)
    assert sorted(at_once(lambda _: move(number, MUG=1), [1, 2])) == [2, 3]
    assert pieces(number) == [(1, "MUG", 1), (2, "MUG", 1), (3, "MUG", 1)]
    assert_sound()
