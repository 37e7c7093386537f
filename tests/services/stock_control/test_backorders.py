"""Orders that wait for stock are filled by themselves, oldest first, and nobody starves."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy.exc import IntegrityError

import services.inventory.allocations
from adapters.database.sessions import transaction
from models.imports.stock import DeliveryIn, StockCountIn
from services.execution.locks import locked_order
from services.stock_control.backorders import fill_backorders
from services.worklist.tasks import TaskNotOpen
from tests.actors import book, count, request_cancellation_of
from tests.factories import make_order
from tests.families import mostly_slow
from tests.process import (
    assert_sound,
    dying_before_the_record_of,
    everything,
    open_task_id,
    rows,
    set_to,
)
from tests.tasks.test_stock import at_once

pytestmark = pytest.mark.lengthy


def order_of(**lines):
    with transaction() as session:
        return make_order(session, lines)


def plates_arrive(pieces, reference="D-1"):
    book(DeliveryIn(sku="PLATE", quantity=pieces, reference=reference, by="Jo"))


def backorder(process, **lines):
    """An order that stock cannot fill, with the run that waits for it."""
    number, run = order_of(**lines), process.another()
    assert run.run(number) == "shortage-1"
    return number, run


def plates():
    return rows("SELECT on_hand, allocated FROM product WHERE sku = 'PLATE'")[0]


def test_a_delivery_fills_the_order_that_waits_for_it(process):
    number, run = backorder(process, PLATE=6)
    plates_arrive(2)
    assert fill_backorders() == [number]
    assert run.run(number) == "picking-1"
    assert plates() == (6, 6)
    answered = "SELECT answered_by, answered_through FROM staff_task WHERE kind = 'shortage'"
    assert rows(answered) == [("Packline", "Packline")]
    assert run.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_the_waiting_run_is_handed_to_a_worker(process):
    backorder(process, PLATE=6)
    plates_arrive(2)
    fill_backorders()
    assert rows("SELECT resumable_since IS NOT NULL FROM shipment") == [(True,)]


def test_the_oldest_is_filled_first_and_each_whole_or_not_at_all(process):
    first, run = backorder(process, PLATE=6)
    second, other = backorder(process, PLATE=5, MUG=1)
    plates_arrive(1)
    assert fill_backorders() == []
    plates_arrive(5, "D-2")  # ten now: the first takes six, and four are too few for the second
    assert fill_backorders() == [first]
    assert run.run(first) == "picking-1"
    assert fill_backorders() == []
    plates_arrive(1, "D-3")
    assert fill_backorders() == [second]
    assert other.run(second) == "picking-1"
    assert_sound()


def test_several_are_filled_by_one_delivery(process):
    orders = [backorder(process, PLATE=6) for _ in range(3)]
    plates_arrive(14)
    assert fill_backorders() == [number for number, _ in orders]
    assert [run.run(number) for number, run in orders] == ["picking-1"] * 3
    assert plates() == (18, 18)
    assert_sound()


def test_an_order_that_cannot_be_filled_is_not_asked_again_and_again(process):
    backorder(process, PLATE=6)
    before = everything()
    for _ in range(3):
        assert fill_backorders() == []
    assert everything() == before


def test_an_order_on_its_way_is_not_set_going_twice(process):
    number, _ = backorder(process, PLATE=6)
    plates_arrive(2)
    assert fill_backorders() == [number]
    before = everything()
    assert fill_backorders() == []
    assert everything() == before


def test_a_new_order_does_not_take_what_an_older_one_waits_for(process):
    old, run = backorder(process, PLATE=6)
    new, other = backorder(process, PLATE=1)
    assert rows("SELECT checklist FROM staff_task ORDER BY id DESC LIMIT 1") == [
        (
            {
                "shortages": [
                    {"sku": "PLATE", "wanted": 1, "available": 0, "why": "", "at_the_bench": []}
                ]
            },
        )
    ]
    plates_arrive(3)
    assert fill_backorders() == [old, new]
    assert other.run(new) == "picking-1"  # whichever runs first
    assert run.run(old) == "picking-1"
    assert plates() == (7, 7)
    assert_sound()


def test_other_products_are_there_for_new_orders(process):
    backorder(process, PLATE=6)
    assert process.run(order_of(MUG=10)) == "picking-1"


def test_what_is_left_beyond_what_older_ones_want_is_there_for_new_orders(process):
    backorder(process, MUG=2, PLATE=6)
    assert process.run(order_of(MUG=8)) == "picking-1"
    backorder(process, MUG=1)
    assert_sound()


def test_an_older_order_that_comes_late_does_not_wait_behind_a_younger_one(process):
    late = order_of(PLATE=4)
    backorder(process, PLATE=6)
    assert process.run(late) == "picking-1"
    assert_sound()


def test_new_orders_take_what_is_there_when_the_setting_says_so(process, monkeypatch):
    set_to(monkeypatch, PACKLINE_BACKORDERS_FIRST="false")
    old, run = backorder(process, PLATE=6)
    assert process.run(order_of(PLATE=1)) == "picking-1"
    plates_arrive(3)
    assert fill_backorders() == [old]
    assert run.run(old) == "picking-1"
    assert_sound()


def play_a_stream_of_small_orders(process, deliveries):
    """A big order waits; three plates come in at a time, and three small orders with them."""
    big, run = backorder(process, PLATE=12)
    waiting = {big: run}
    for delivery in range(deliveries):
        plates_arrive(3, f"D-{delivery}")
        for _ in range(3):
            number, small = order_of(PLATE=1), process.another()
            if small.run(number) == "shortage-1":
                waiting[number] = small
        for number in fill_backorders():
            assert waiting.pop(number).run(number) == "picking-1"
    return big not in waiting


@pytest.mark.lengthy
def test_a_big_order_does_not_starve_behind_small_ones(process):
    assert play_a_stream_of_small_orders(process, deliveries=3)
    assert_sound()


@pytest.mark.lengthy
def test_with_the_rule_off_small_orders_would_starve_the_big_one(process, monkeypatch):
    set_to(monkeypatch, PACKLINE_BACKORDERS_FIRST="false")
    assert not play_a_stream_of_small_orders(process, deliveries=6)


def test_a_cancelled_order_leaves_its_stock_to_those_that_wait(process):
    holder, run = order_of(PLATE=4), process.another()
    run.run(holder)
    number, other = backorder(process, PLATE=2)
    missing = [{"sku": "PLATE", "quantity": 2, "why": "not in bin"}]
    run.answer("picking", holder, outcome="too few of these, the rest as listed", found=missing)
    run.run(holder)
    run.answer("short-pick", holder, decision="cancel order")
    assert run.run(holder) == "restock-1"
    run.answer("restock", holder)
    run.run(holder)
    assert fill_backorders() == [number]
    assert other.run(number) == "picking-1"
    assert_sound()


def test_an_order_that_is_to_be_cancelled_waits_for_nothing_while_its_goods_are_not_back(process):
    """Two of its plates lie in a tote, and it wanted two more."""
    going_back = order_of(PLATE=4)
    process.run(going_back)
    missing = [{"sku": "PLATE", "quantity": 2, "why": "damaged"}]
    short = "too few of these, the rest as listed"
    process.answer("picking", going_back, outcome=short, found=missing)
    assert process.run(going_back) == "short-pick-1"
    number, other = backorder(process, PLATE=2)
    request_cancellation_of(going_back, "changed their mind", "Max")
    assert process.run(going_back) == "restock-1"
    plates_arrive(2)
    assert fill_backorders() == [number]
    assert other.run(number) == "picking-1"
    assert_sound()


def test_nor_does_it_wait_for_what_a_count_takes_from_it(process):
    going_back = order_of(PLATE=4)
    process.run(going_back)
    number, other = backorder(process, PLATE=2)
    request_cancellation_of(going_back, "changed their mind", "Max")
    count(StockCountIn(sku="PLATE", counted=2, reference="C-1", by="Kim"))
    assert fill_backorders() == [number]
    assert other.run(number) == "picking-1"
    assert_sound()


def test_a_cancelled_backorder_no_longer_keeps_stock_from_others(process):
    first, run = backorder(process, PLATE=6)
    second, other = backorder(process, PLATE=4)
    assert fill_backorders() == []
    run.answer("shortage", first, decision="cancel order")
    run.run(first)
    assert fill_backorders() == [second]
    assert other.run(second) == "picking-1"
    assert_sound()


def test_when_the_stock_is_gone_before_it_is_allocated_the_operator_is_asked_again(process):
    early = order_of(PLATE=6)
    number, run = backorder(process, PLATE=6)
    plates_arrive(2)
    assert fill_backorders() == [number]
    assert process.run(early) == "picking-1"
    assert run.run(number) == "shortage-2"
    assert fill_backorders() == []
    assert_sound()


def test_an_order_that_somebody_works_on_is_left_for_the_next_sweep(process):
    number, _ = backorder(process, PLATE=6)
    plates_arrive(2)
    with transaction() as session:
        locked_order(session, number)
        assert fill_backorders() == []
    assert fill_backorders() == [number]


def test_a_process_that_dies_while_it_answers_leaves_all_as_it_was(process):
    number, _ = backorder(process, PLATE=6)
    plates_arrive(2)
    with dying_before_the_record_of("gate: shortage"):
        assert fill_backorders() == []
    assert open_task_id("shortage", number)
    assert fill_backorders() == [number]
    assert_sound()


def test_dispatchers_and_the_operator_at_once_answer_once(process):
    number, run = backorder(process, PLATE=6)
    plates_arrive(2)

    def decide():
        try:
            run.answer("shortage", number)
        except TaskNotOpen:
            return "too late"
        return "answered"

    outcomes = at_once(lambda do: do(), [fill_backorders, fill_backorders, fill_backorders, decide])
    assert (sum(outcome == [number] for outcome in outcomes[:3]) == 1) != (
        outcomes[3] == "answered"
    )
    assert run.run(number) == "picking-1"
    assert_sound()


@pytest.mark.lengthy
@pytest.mark.parametrize("many", mostly_slow([15, 50], but=(15,)))
def test_of_many_orders_for_the_last_five_plates_five_get_one(process, many):
    plates_arrive(1)
    orders = [(order_of(PLATE=1), process.another()) for _ in range(many)]
    outcomes = at_once(lambda pair: pair[1].run(pair[0]), orders)
    assert sorted(outcomes) == ["picking-1"] * 5 + ["shortage-1"] * (many - 5)
    assert plates() == (5, 5)
    assert_sound()
    plates_arrive(many - 5, "D-2")
    waiting = [
        pair for pair, outcome in zip(orders, outcomes, strict=True) if outcome != "picking-1"
    ]
    assert fill_backorders() == [number for number, _ in waiting]
    assert at_once(lambda pair: pair[1].run(pair[0]), waiting) == ["picking-1"] * (many - 5)
    assert plates() == (many, many)
    assert_sound()


def at_the_last_plates_at_once(process, monkeypatch, patience):
    """What becomes of two orders for three of four plates; either looks before the other decides,
    if it can.
    """
    monkeypatch.setattr(
        services.inventory.allocations, "waiting_before", looked := LookedFirst(patience)
    )
    old, new = order_of(PLATE=3), order_of(PLATE=3)
    runs = [(old, process.another()), (new, process.another())]
    looked.together = Barrier(2)
    return sorted(str(outcome) for outcome in at_once(lambda pair: attempt(*pair), runs))


class LookedFirst:
    """What older orders want; it is looked up by both before either goes on."""

    together = Barrier(1)

    def __init__(self, patience):
        self.patience = patience

    def __call__(self, *_given, **_named):
        with suppress(BrokenBarrierError):  # alone, as it should be
            self.together.wait(self.patience)
        return []


def attempt(number, run):
    try:
        return run.run(number)
    except IntegrityError as problem:
        return type(problem).__name__


def test_orders_that_look_at_the_same_product_do_so_one_after_the_other(process, monkeypatch):
    ended = at_the_last_plates_at_once(process, monkeypatch, patience=1)
    assert ended == ["picking-1", "shortage-1"]
    assert_sound()


def test_without_the_lock_both_would_see_the_last_plates(process, monkeypatch):
    monkeypatch.setattr(services.inventory.allocations, "lock_products", lambda *_given: {"PLATE"})
    ended = at_the_last_plates_at_once(process, monkeypatch, patience=30)
    assert ended == ["IntegrityError", "picking-1"]
