"""Stock, from allocated to booked out, also when everybody wants the last piece."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import select

from adapters.database.sessions import transaction
from models.enums import AllocationState
from models.imports.stock import StockCountIn
from models.tables.catalogue import Product
from models.tables.staff import StaffTask
from models.tables.stock import Allocation, StockMovement
from services.execution.locks import locked_shipment
from tasks.stock import check_inventory_levels, update_inventory_stock
from tests.actors import count
from tests.factories import make_cancelled, make_order, make_product, receive, the_shipment
from tests.families import mostly_slow
from tests.process import rows

PARALLEL = 8


def stocked(session, **stock):
    for sku, pieces in stock.items():
        make_product(session, sku, stock=pieces)


def an_order(session, **lines):
    return the_shipment(session, make_order(session, lines))


def counters(session, sku):
    product = session.get(Product, sku, populate_existing=True)
    return product.on_hand, product.allocated


def allocate(number):
    with transaction() as session:
        return check_inventory_levels.body(session, locked_shipment(session, number)).allocated


def at_once(work, given):
    """Do it for all that is given, in as many threads, from one instant on."""
    together = Barrier(len(given))

    def begin(item):
        together.wait()
        return work(item)

    with ThreadPoolExecutor(len(given)) as threads:
        return list(threads.map(begin, given))


def test_every_line_is_allocated(session):
    stocked(session, MUG=10, PLATE=4)
    assert check_inventory_levels.body(session, an_order(session, MUG=2, PLATE=4)).allocated
    session.flush()
    assert counters(session, "MUG") == (10, 2)
    assert counters(session, "PLATE") == (4, 4)


def test_an_order_that_is_short_of_one_product_allocates_none(session):
    stocked(session, MUG=10, PLATE=3)
    order = an_order(session, MUG=2, PLATE=4)
    check = check_inventory_levels.body(session, order)
    session.flush()
    assert not check.allocated
    assert [str(line) for line in check.shortages] == ["PLATE: 4 wanted, 3 available"]
    assert order.status == "Backordered"
    assert {held.state for held in session.exec(select(Allocation))} == {"backordered"}
    assert counters(session, "MUG") == (10, 0)


def test_what_others_have_allocated_is_not_available(session):
    stocked(session, MUG=3)
    check_inventory_levels.body(session, an_order(session, MUG=2))
    session.flush()
    check = check_inventory_levels.body(session, an_order(session, MUG=2))
    assert [str(line) for line in check.shortages] == ["MUG: 2 wanted, 1 available"]


def test_a_backordered_order_has_a_task_for_the_operator(session):
    stocked(session, MUG=1)
    check_inventory_levels.body(session, an_order(session, MUG=2))
    task = session.exec(select(StaffTask)).one()
    assert (task.kind, task.role, task.state) == ("shortage", "operator", "open")
    short = {"sku": "MUG", "wanted": 2, "available": 1, "why": "", "at_the_bench": []}
    assert task.checklist == {"shortages": [short]}


def test_a_line_that_was_short_is_no_longer_once_it_is_allocated(session):
    stocked(session, MUG=1)
    order = an_order(session, MUG=2)
    check_inventory_levels.body(session, order)
    assert order.lines[0].available_when_short == 1
    receive(session, "MUG", 1)
    session.get(StaffTask, session.exec(select(StaffTask.id)).one()).state = "withdrawn"
    assert check_inventory_levels.body(session, order).allocated
    assert order.lines[0].available_when_short is None


def test_booking_out_turns_the_allocation_into_a_movement(session):
    stocked(session, MUG=10)
    order = an_order(session, MUG=3)
    check_inventory_levels.body(session, order)
    booked = update_inventory_stock.body(session, order)
    session.flush()
    assert booked.quantities == {"MUG": 3}
    assert counters(session, "MUG") == (7, 0)
    sold = session.exec(select(StockMovement).where(StockMovement.kind == "sold")).one()
    assert (sold.quantity, sold.reference) == (-3, f"order:{order.order_number}")
    assert session.exec(select(Allocation.state)).all() == [AllocationState.ISSUED]


def test_the_last_piece_can_be_booked_out(session):
    stocked(session, MUG=1)
    order = an_order(session, MUG=1)
    check_inventory_levels.body(session, order)
    update_inventory_stock.body(session, order)
    session.flush()
    assert counters(session, "MUG") == (0, 0)


def test_an_order_cannot_be_booked_out_twice(session):
    stocked(session, MUG=10)
    order = an_order(session, MUG=3)
    check_inventory_levels.body(session, order)
    update_inventory_stock.body(session, order)
    session.flush()
    update_inventory_stock.body(session, order)
    with pytest.raises(IntegrityError, match="uq_stock_movement"):
        session.flush()


def test_a_cancelled_order_gives_its_stock_back(session):
    stocked(session, MUG=10)
    order = an_order(session, MUG=3)
    check_inventory_levels.body(session, order)
    make_cancelled(session, order.order_number)
    session.flush()
    assert counters(session, "MUG") == (10, 0)
    assert session.exec(select(Allocation.state)).all() == [AllocationState.RELEASED]


def test_the_database_itself_refuses_to_allocate_more_than_there_is(session):
    """What would happen to the last piece if the step forgot its locks."""
    stocked(session, MUG=1)
    order = an_order(session, MUG=2)
    line = order.lines[0]
    session.add(Allocation(order_number=line.order_number, warehouse="MAIN", sku="MUG", quantity=2))
    with pytest.raises(IntegrityError, match="allocated_within_on_hand"):
        session.flush()


@pytest.mark.parametrize("pieces", [1, 5])
def test_as_many_orders_get_the_last_pieces_as_there_are_pieces(database, pieces):
    with transaction() as session:
        stocked(session, MUG=pieces)
        numbers = [make_order(session, {"MUG": 1}) for _ in range(PARALLEL)]
    assert sorted(at_once(allocate, numbers)) == [False] * (PARALLEL - pieces) + [True] * pieces
    assert rows("SELECT on_hand, allocated FROM product") == [(pieces, pieces)]
    assert rows("SELECT count(*) FROM sales_order WHERE status = 'Backordered'") == [
        (PARALLEL - pieces,)
    ]


def test_orders_that_want_all_of_it_get_all_or_nothing(database):
    with transaction() as session:
        stocked(session, MUG=5, PLATE=5)
        numbers = [make_order(session, {"MUG": 3, "PLATE": 3}) for _ in range(PARALLEL)]
    assert at_once(allocate, numbers).count(True) == 1
    assert rows("SELECT allocated FROM product") == [(3,), (3,)]


@pytest.mark.lengthy
def test_products_locked_in_the_order_of_the_lines_would_wait_in_a_circle(database):
    """The race that the order of SKUs prevents: without it, Postgres has to kill one side."""
    with transaction() as session:
        stocked(session, MUG=1, PLATE=1)
    halfway = Barrier(2)

    def lock(skus):
        with transaction() as session:
            session.get(Product, skus[0], with_for_update=True)
            halfway.wait()
            session.get(Product, skus[1], with_for_update=True)

    def lock_or_lose(skus):
        try:
            lock(skus)
        except OperationalError as problem:
            return type(problem.orig).__name__
        return "done"

    outcomes = at_once(lock_or_lose, [("MUG", "PLATE"), ("PLATE", "MUG")])
    assert sorted(outcomes) == ["DeadlockDetected", "done"]


def test_orders_with_their_lines_in_opposite_order_never_wait_in_a_circle(database):
    with transaction() as session:
        stocked(session, CUP=100, MUG=100, PLATE=100)
        forth = {"CUP": 1, "MUG": 1, "PLATE": 1}
        back = dict(reversed(forth.items()))
        numbers = [make_order(session, forth if at % 2 else back) for at in range(PARALLEL * 3)]
    for begin in range(0, len(numbers), PARALLEL):
        assert all(at_once(allocate, numbers[begin : begin + PARALLEL]))
    assert rows("SELECT allocated FROM product") == [(PARALLEL * 3,)] * 3


def test_allocating_booking_out_and_cancelling_at_once_keep_the_counters_true(database):
    with transaction() as session:
        stocked(session, MUG=100, PLATE=100)
        numbers = [make_order(session, {"MUG": 2, "PLATE": 1}) for _ in range(PARALLEL)]
        allocated = [make_order(session, {"PLATE": 1, "MUG": 2}) for _ in range(4)]
    for number in allocated:
        allocate(number)

    def book_out(number):
        with transaction() as session:
            update_inventory_stock.body(session, locked_shipment(session, number))

    def release_all(number):
        with transaction() as session:
            make_cancelled(session, number)

    work = [*((allocate, number) for number in numbers[:4])]
    work += [(book_out, number) for number in allocated[:2]]
    work += [(release_all, number) for number in allocated[2:]]
    at_once(lambda pair: pair[0](pair[1]), work)
    assert rows("SELECT sku, on_hand, allocated FROM product ORDER BY sku") == [
        ("MUG", 96, 8),
        ("PLATE", 98, 4),
    ]


@pytest.mark.lengthy
@pytest.mark.parametrize("rounds", mostly_slow([30, 100], but=(30,)))
def test_many_rounds_in_opposite_order_end_without_a_deadlock(database, rounds):
    """Allocating, cancelling and counting meet on three products, each in another order."""
    with transaction() as session:
        stocked(session, CUP=60, MUG=60, PLATE=60)
        skus = ("CUP", "MUG", "PLATE")
        lines = [dict.fromkeys(order, 1) for order in (skus, skus[::-1], skus[1:] + skus[:1])]
        numbers = [make_order(session, lines[at % 3]) for at in range(rounds)]

    def work(lane):
        for number in numbers[lane::PARALLEL]:
            allocate(number)
            with transaction() as session:
                make_cancelled(session, number)
            count_one(skus[number % 3], 60, f"{number}")

    at_once(work, range(PARALLEL))
    assert rows("SELECT on_hand, allocated FROM product") == [(60, 0)] * 3
    assert rows("SELECT count(*) FROM stock_count") == [(rounds,)]


def count_one(sku, pieces, reference):
    count(StockCountIn(sku=sku, counted=pieces, reference=reference, by="Kim"))
