"""However many wait, what a sweep reads depends on how much there is to give away."""

import pytest

import services.stock_control.backorders
from adapters.database.sessions import database_url, transaction
from models.imports.stock import DeliveryIn
from services.execution.locks import locked_order, locked_shipment
from services.inventory.allocations import deallocate, lock_products
from services.stock_control.backorders import fill_backorders
from tests.actors import book
from tests.benchmarks.backordered import multiply_backorder
from tests.benchmarks.plans import recorded, scanned
from tests.factories import make_product, receive
from tests.process import assert_sound, rows, set_to
from tests.reading import Read, counted_reads
from tests.services.stock_control.test_backorders import backorder, order_of, plates, plates_arrive

FEW, MANY = 60, 600
SLACK = 40
"""Rows of small tables, which Postgres reads from end to end or not, as it likes."""


def waiting_for_plates(process, how_many, **lines):
    """So many orders that wait for six plates each; there are four."""
    number, _ = backorder(process, **(lines or {"PLATE": 6}))
    return [number, *multiply_backorder(database_url(), number, how_many - 1)]


def last_order():
    return rows("SELECT max(number) FROM sales_order")[0][0]


def read_by_a_sweep():
    with counted_reads() as read:
        assert fill_backorders() == []
    return read


def read_by_an_order(process, **lines):
    number = order_of(**lines)
    with counted_reads() as read:
        assert process.another().run(number) == "shortage-1"
    return read


def grown(few: Read, many: Read) -> tuple[int, int]:
    return many.statements - few.statements, max(many.rows - few.rows - SLACK, 0)


@pytest.mark.lengthy
def test_a_sweep_that_can_fill_nobody_reads_a_handful_however_many_wait(process):
    """The first in line keeps the four plates that are there: then nothing is left for the rest."""
    waiting_for_plates(process, FEW)
    few = read_by_a_sweep()
    waiting_for_plates(process, MANY)
    assert grown(few, read_by_a_sweep()) == (0, 0)


@pytest.mark.lengthy
def test_nor_does_it_read_those_that_want_other_things_too_of_which_there_is_plenty(process):
    waiting_for_plates(process, FEW, PLATE=6, MUG=1)
    with transaction() as session:
        receive(session, "MUG", 10_000)
    few = read_by_a_sweep()
    waiting_for_plates(process, MANY, PLATE=6, MUG=1)
    assert grown(few, read_by_a_sweep()) == (0, 0)


def test_what_an_order_wants_beside_what_it_lacked_is_looked_for_once_that_is_cancelled(process):
    """There are no cups, and mugs enough: without the cups the order could go."""
    with transaction() as session:
        make_product(session, "CUP", stock=0)
    number, _ = backorder(process, MUG=2, CUP=1)
    lacking = "SELECT sku FROM allocation WHERE state = 'backordered' AND lacking ORDER BY 1"
    assert rows(lacking) == [("CUP",)]
    with transaction() as session:
        deallocate(session, locked_shipment(session, number), {"CUP": 1})
    assert rows(lacking) == [("MUG",)]


@pytest.mark.lengthy
def test_a_new_order_looks_at_no_more_of_those_before_it_than_take_what_is_there(process):
    waiting_for_plates(process, FEW)
    few = read_by_an_order(process, PLATE=1)
    waiting_for_plates(process, MANY)
    assert grown(few, read_by_an_order(process, PLATE=1)) == (0, 0)


@pytest.mark.lengthy
def test_a_delivery_costs_as_much_for_each_that_it_fills_however_many_wait(process):
    def filled(pieces, reference):
        plates_arrive(pieces, reference)
        with counted_reads() as read:
            due = fill_backorders()
        return len(due), read

    orders = waiting_for_plates(process, MANY)
    some, few = filled(10 * 6, "D-1")
    assert [order for (order,) in rows(_GONE_ON)] == orders[:some]
    more, many = filled(100 * 6, "D-2")
    assert (some, more) == (10, 100)
    assert many.statements < 11 * few.statements
    assert few.rows < 30 * some + SLACK
    assert many.rows < 30 * more + SLACK


_GONE_ON = "SELECT order_number FROM staff_task WHERE state = 'done' ORDER BY 1"


@pytest.mark.lengthy
def test_beside_a_history_nothing_is_read_from_end_to_end(process):
    waiting_for_plates(process, MANY)
    plates_arrive(30 * 6)
    with recorded() as statements:
        assert len(fill_backorders()) == 30
    found = [statement for statement in statements if "FROM allocation WHERE" in statement[0]]
    assert found
    assert scanned(found, {"allocation"}) == set()


@pytest.mark.lengthy
def test_of_hundreds_those_go_on_for_whom_there_is_stock_as_they_stand_in_line(process):
    orders = waiting_for_plates(process, 200)
    plates_arrive(100 * 6)
    with transaction() as session:
        locked_order(session, orders[3])
        assert fill_backorders() == [*orders[:3], *orders[4:100]]
    assert fill_backorders() == [orders[3]]
    assert fill_backorders() == []
    assert_sound()


def test_those_that_cannot_be_filled_keep_what_there_is_from_whoever_comes_behind(process):
    """Twelve mugs are kept by twelve that lack plates, on the second page of the line too."""
    waiting_for_plates(process, 12, PLATE=6, MUG=1)
    with transaction() as session:
        receive(session, "MUG", 2)
    assert process.another().run(order_of(MUG=1)) == "shortage-1"
    assert fill_backorders() == []
    with transaction() as session:
        receive(session, "MUG", 1)
    assert fill_backorders() == [last_order()]


def test_the_trouble_of_one_that_can_be_filled_is_its_own(process, monkeypatch):
    orders = waiting_for_plates(process, 5)
    answer = services.stock_control.backorders.answer_by_packline

    def broken(session, shipment, *given, **named):
        if shipment.order_number == orders[1]:
            raise ValueError("its rows make no sense")
        answer(session, shipment, *given, **named)

    monkeypatch.setattr(services.stock_control.backorders, "answer_by_packline", broken)
    plates_arrive(5 * 6)
    assert fill_backorders() == [orders[0], *orders[2:]]
    monkeypatch.undo()
    assert fill_backorders() == [orders[1]]
    assert_sound()


def test_a_product_that_somebody_has_locked_is_waited_for_once(process, monkeypatch):
    set_to(monkeypatch, PACKLINE_SWEEP_SECONDS="0.2")
    plate_orders = waiting_for_plates(process, 30)
    mugs, _ = backorder(process, MUG=11)
    plates_arrive(30 * 6)
    book(DeliveryIn(sku="MUG", quantity=1, reference="M-1", by="Jo"))
    waits = []
    lock = services.stock_control.backorders.lock_products

    def counted(session, skus):
        waits.append(skus)
        return lock(session, skus)

    monkeypatch.setattr(services.stock_control.backorders, "lock_products", counted)
    with transaction() as session:
        lock_products(session, {"PLATE"})
        assert fill_backorders() == [mugs]
    assert len([skus for skus in waits if "PLATE" in skus]) == 2
    assert fill_backorders() == plate_orders
    assert plates() == (184, 0)
