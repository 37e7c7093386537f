"""A count below what is allocated: the newest orders give way, and the operator decides."""

from contextlib import suppress
from threading import Thread

import pytest
from sqlalchemy.exc import DatabaseError, NoResultFound

import services.stock_control.counts
from adapters.database.sessions import transaction
from models.imports.stock import DeliveryIn, StockCountIn
from models.tables.shipments import Shipment
from services.audit.audit import audit
from services.execution.errors import AnswerRefused
from services.stock_control.backorders import fill_backorders
from services.stock_control.counts import PickedAlready
from services.stock_control.stock_changes import AlreadyBooked
from services.worklist.tasks import TaskNotOpen
from tests.actors import answer_task, book, count, request_cancellation_of
from tests.factories import make_order, make_warehouse, receive
from tests.families import mostly_slow
from tests.process import (
    assert_sound,
    dying_before_the_record_of,
    everything,
    execute,
    form,
    open_task_id,
    rows,
)
from tests.services.answers.test_short_picks import decide, found
from tests.services.orders.test_splits import allocations, pieces
from tests.services.stock_control.test_backorders import plates_arrive
from tests.tasks.test_stock import at_once
from tests.timelines import timeline

pytestmark = pytest.mark.lengthy


def to_be_picked(process, **lines):
    """An order that waits for its picker, with its run."""
    with transaction() as session:
        number = make_order(session, lines)
    run = process.another()
    assert run.run(number) == "picking-1"
    return number, run


@pytest.fixture
def three(process):
    """Three orders of three mugs each, of ten."""
    return [to_be_picked(process, MUG=3) for _ in range(3)]


def count_mugs(pieces, reference="C-1"):
    return count(StockCountIn(sku="MUG", counted=pieces, reference=reference, by="Kim"))


def mugs_arrive(pieces, reference="D-1"):
    book(DeliveryIn(sku="MUG", quantity=pieces, reference=reference, by="Jo"))


def stock(sku="MUG"):
    return rows(f"SELECT on_hand, allocated FROM product WHERE sku = '{sku}'")[0]


def test_the_newest_order_gives_way_and_the_operator_is_asked(three):
    (_, _), (_, _), (newest, run) = three
    counted = count_mugs(8)
    assert counted.short_orders == (newest,)
    assert counted.model_dump()["difference"] == -2
    assert str(counted).endswith(f"(-2); short and with the operator: {newest}")
    assert stock() == (8, 6)
    assert_sound()
    assert run.run(newest) == "short-pick-1"
    assert "| MUG | 3 | 2 |" in run.description
    assert rows("SELECT role, order_number FROM staff_task WHERE kind = 'short-pick'") == [
        ("operator", newest)
    ]
    assert_sound()


def test_the_others_are_picked_and_shipped_as_if_nothing_had_been(three):
    count_mugs(8)
    for number, run in three[:2]:
        assert run.ship(number) == f"Order {number} is Shipped."
    assert stock() == (2, 0)
    assert_sound()


def test_as_many_orders_as_needed_give_way_whole(three):
    numbers = [number for number, _ in three]
    assert count_mugs(5).short_orders == (numbers[2], numbers[1])
    assert stock() == (5, 3)
    assert count_mugs(0, "C-2").short_orders == (numbers[0],)
    assert stock() == (0, 0)
    assert_sound()


def test_a_count_that_leaves_enough_puts_nobody_short(three):
    assert count_mugs(9).short_orders == ()
    assert stock() == (9, 9)
    assert rows("SELECT 1 FROM staff_task WHERE kind = 'short-pick'") == []


def test_the_timeline_says_who_counted_what(three):
    count_mugs(8)
    (told,) = timeline("release-stock")
    assert told.actor == "Kim"
    assert told.detail == "MUG: 3 wanted, 2 left by count C-1 of Kim"


def test_the_operator_cannot_send_a_picker_for_what_is_not_there(three):
    number, run = three[2]
    count_mugs(8)
    run.run(number)
    before = everything()
    with pytest.raises(AnswerRefused, match=r"too low to pick again .*3 wanted, 2 available"):
        run.answer("short-pick", number)
    assert everything() == before


def test_new_stock_sends_a_picker_by_itself(three):
    number, run = three[2]
    count_mugs(8)
    assert fill_backorders() == []
    mugs_arrive(1)
    assert fill_backorders() == [number]
    assert stock() == (9, 9)
    assert run.run(number) == "picking-2"
    assert run.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_an_order_that_gave_way_comes_before_newer_ones(process, three):
    number, _ = three[2]
    count_mugs(8)
    with transaction() as session:
        new = make_order(session, {"MUG": 2})
    assert process.run(new) == "shortage-1"
    mugs_arrive(1)
    assert fill_backorders() == [number]
    assert_sound()


def test_an_order_that_gave_way_may_be_cancelled(three):
    number, run = three[2]
    count_mugs(8)
    run.run(number)
    run.answer("short-pick", number, decision="cancel order")
    assert run.run(number) == f"Order {number} is Cancelled: picked short."
    assert stock() == (8, 6)
    assert rows("SELECT 1 FROM allocation WHERE state = 'backordered'") == []
    assert_sound()


def test_its_other_products_are_free_for_those_that_wait(process, three):
    to_be_picked(process, PLATE=2)
    newest, _ = to_be_picked(process, PLATE=2, MUG=1)
    with transaction() as session:
        waiting = make_order(session, {"PLATE": 1})
    assert process.run(waiting) == "shortage-1"
    assert count_mugs(9).short_orders == (newest,)
    assert stock("PLATE") == (4, 2)
    assert fill_backorders() == []  # what the older one wants is kept for it
    mugs_arrive(1)
    assert fill_backorders() == [newest]
    assert_sound()


def test_goods_in_totes_are_not_taken_away(three):
    newest, run = three[2]
    run.answer("picking", newest)
    assert run.run(newest) == "packing-1"
    assert count_mugs(8).short_orders == (three[1][0],)
    assert run.ship(newest) == f"Order {newest} is Shipped."
    assert_sound()


def test_a_count_of_fewer_than_are_picked_is_refused_and_names_the_orders(three):
    for number, run in three[1:]:
        run.answer("picking", number)
    before = everything()
    with pytest.raises(PickedAlready, match=f"6 are picked for the orders {three[2][0]}, "):
        count_mugs(5)
    assert everything() == before
    assert count_mugs(6).short_orders == (three[0][0],)
    assert_sound()


def test_an_order_that_is_not_yet_to_be_picked_is_put_short_when_it_would_be(process):
    with transaction() as session:
        number = make_order(session, {"MUG": 3})
    process.fail["Calculate Total Order Value"] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        process.run(number)
    assert count_mugs(1).short_orders == (number,)
    assert_sound()
    assert process.run(number) == "short-pick-1"
    assert_sound()
    mugs_arrive(2)
    assert fill_backorders() == [number]
    assert process.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_an_order_that_regains_its_stock_before_it_is_to_be_picked_waits_for_its_picker(process):
    """The operator has no task yet; the order is asked about once, and then goes on."""
    with transaction() as session:
        number = make_order(session, {"MUG": 3})
    process.fail["Get Picking Checklist"] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        process.run(number)
    count_mugs(1)
    mugs_arrive(5)
    assert fill_backorders() == []
    assert process.run(number) == "short-pick-1"
    assert fill_backorders() == [number]
    assert process.run(number) == "picking-2"
    assert_sound()


def count_plates(pieces):
    return count(StockCountIn(sku="PLATE", counted=pieces, reference="P-1", by="Kim"))


@pytest.fixture
def one_plate_left(process):
    """An order of three mugs and two plates, of which a count has found one plate."""
    number, run = to_be_picked(process, MUG=3, PLATE=2)
    assert count_plates(1).short_orders == (number,)
    assert run.run(number) == "short-pick-1"
    assert "| PLATE | 2 | 1 |" in run.description
    return number, run


def test_after_a_count_cancel_line_cancels_what_stock_lacks_and_the_rest_ships(one_plate_left):
    number, run = one_plate_left
    assert decide(run, number, "cancel line") == "picking-2"
    assert allocations(number) == [(1, "MUG", "allocated", 3), (1, "PLATE", "allocated", 1)]
    assert rows("SELECT sku, cancelled FROM order_line ORDER BY 1") == [("MUG", 0), ("PLATE", 1)]
    assert len(rows("SELECT FROM refund")) == 1
    assert rows("SELECT key FROM message") == [(f"order:{number}:cancelled:1",)]
    assert_sound()
    assert run.ship(number) == f"Order {number} is Shipped."
    assert (stock(), stock("PLATE")) == ((7, 0), (0, 0))
    assert_sound()


def test_after_a_count_what_stock_has_ships_and_the_rest_follows(process, one_plate_left):
    number, run = one_plate_left
    assert decide(run, number, "split") == "picking-2"
    assert pieces(number) == [(1, "MUG", 3), (1, "PLATE", 1), (2, "PLATE", 1)]
    assert_sound()
    assert run.ship(number) == f"Order {number} is Shipped."
    other = process.another()
    assert other.run(number, 2) == "shortage-1"
    plates_arrive(1)
    assert fill_backorders() == [number]
    assert other.ship(number, 2) == f"Order {number}, shipment 2 is Shipped."
    assert_sound()


@pytest.mark.parametrize(
    ("decision", "record"),
    [
        ("cancel line", "Cancel Lines"),
        pytest.param("cancel line", "Reallocate Stock", marks=pytest.mark.slow),
        pytest.param("split", "Split Shipment", marks=pytest.mark.slow),
        ("split", "Reallocate Stock"),
    ],
)
def test_a_decision_after_a_count_that_dies_leaves_all_as_it_was(one_plate_left, decision, record):
    number, run = one_plate_left
    before = everything()
    with dying_before_the_record_of(record), pytest.raises(DatabaseError, match="stopped"):
        decide(run, number, decision)
    assert everything() == before
    assert decide(run, number, decision) == "picking-2"
    assert_sound()


@pytest.mark.parametrize("decision", ["cancel line", "split"])
def test_after_a_count_nothing_is_cancelled_or_split_off_once_all_is_there(
    one_plate_left, decision
):
    number, run = one_plate_left
    plates_arrive(1)
    assert decide(run, number, decision) == "picking-2"
    assert pieces(number) == [(1, "MUG", 3), (1, "PLATE", 2)]
    assert rows("SELECT FROM refund") == []
    assert_sound()


def test_after_a_count_that_found_nothing_the_order_is_not_split_and_may_be_cancelled(process):
    number, run = to_be_picked(process, PLATE=2)
    count_plates(0)
    run.run(number)
    with pytest.raises(AnswerRefused, match=r"Nothing of it is in stock.*wait instead"):
        decide(run, number, "split")
    assert decide(run, number, "cancel line") == f"Order {number} is Cancelled: picked short."
    assert_sound()


def test_the_operator_sees_the_same_list_after_a_decision_to_wait(one_plate_left):
    number, run = one_plate_left
    assert decide(run, number, "wait") == "short-pick-2"
    assert "| PLATE | 2 | 1 |" in run.description
    assert "MUG" not in run.description
    assert_sound()


def test_what_was_found_of_a_short_pick_lies_in_a_tote_and_is_not_taken_away(three):
    number, run = three[2]
    run.answer("picking", number, **found(MUG=(1, "not in bin")))
    assert run.run(number) == "short-pick-1"
    assert count_mugs(6).short_orders == (three[1][0],)
    assert allocations(number) == [(1, "MUG", "allocated", 1), (1, "MUG", "backordered", 2)]
    assert_sound()


@pytest.fixture
def in_a_tote(process):
    """An order with three mugs in a tote; its two plates are to be picked in a second round."""
    number, run = to_be_picked(process, MUG=3, PLATE=2)
    run.answer("picking", number, **found(PLATE=(0, "not in bin")))
    run.run(number)
    assert decide(run, number, "try again") == "picking-2"
    return number, run


def test_a_count_of_fewer_than_lie_in_a_tote_is_refused_though_the_order_is_picked_in_part(
    in_a_tote,
):
    number, _ = in_a_tote
    before = everything()
    with pytest.raises(PickedAlready, match=f"3 are picked for order {number}"):
        count_mugs(2)
    assert everything() == before
    assert count_mugs(3).short_orders == ()
    assert_sound()


def test_of_an_order_picked_in_part_only_the_rest_gives_way(in_a_tote):
    number, run = in_a_tote
    assert count_plates(1).short_orders == (number,)
    assert allocations(number) == [(1, "MUG", "allocated", 3), (1, "PLATE", "backordered", 2)]
    assert rows("SELECT sku, picked FROM shipment_line ORDER BY 1") == [("MUG", 3), ("PLATE", 0)]
    assert_sound()
    assert run.run(number) == "short-pick-2"
    assert "| PLATE | 2 | 1 |" in run.description
    plates_arrive(1)
    assert fill_backorders() == [number]
    assert run.run(number) == "picking-3"
    assert "| 2 | PLATE |" in run.description
    assert "MUG" not in run.description
    assert run.ship(number) == f"Order {number} is Shipped."
    assert_sound()


@pytest.mark.usefixtures("in_a_tote")
def test_an_order_with_a_tote_in_one_warehouse_is_not_picked_in_another():
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        receive(session, "MUG", 9, "YORK")
        receive(session, "PLATE", 9, "YORK")
    count_plates(1)
    assert fill_backorders() == []
    assert rows("SELECT DISTINCT warehouse FROM allocation WHERE state = 'allocated'") == [
        ("MAIN",)
    ]
    assert_sound()


@pytest.mark.parametrize("decision", mostly_slow(["cancel line", "split"], but=("split",)))
@pytest.mark.parametrize(("left", "pause_key"), [(1, "picking-3"), (0, "packing-1")])
def test_what_is_left_of_the_rest_is_picked_and_ships_with_the_tote(
    in_a_tote, decision, left, pause_key
):
    number, run = in_a_tote
    count_plates(left)
    run.run(number)
    assert decide(run, number, decision) == pause_key
    assert_sound()
    assert run.ship(number) == f"Order {number} is Shipped."
    assert (stock(), stock("PLATE")) == ((7, 0), (0, 0))
    assert_sound()


def test_the_rest_that_gave_way_may_come_from_elsewhere(in_a_tote):
    number, run = in_a_tote
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        receive(session, "PLATE", 9, "YORK")
    count_plates(0)
    run.run(number)
    assert decide(run, number, "pick elsewhere") == "packing-1"
    assert pieces(number) == [(1, "MUG", 3), (1, "PLATE", 0), (2, "PLATE", 2)]
    assert_sound()


def test_an_operator_who_is_being_asked_is_still_asked_with_more_on_the_list(process):
    """Whatever way a line came to be picked in part, what nobody has picked of it gives way."""
    number, run = to_be_picked(process, MUG=3, PLATE=2)
    run.answer("picking", number, **found(PLATE=(0, "damaged")))
    execute("UPDATE shipment_line SET picked = 1 WHERE sku = 'MUG'")
    assert count_mugs(2).short_orders == (number,)
    assert allocations(number) == [
        (1, "MUG", "allocated", 1),
        (1, "MUG", "backordered", 2),
        (1, "PLATE", "backordered", 2),
    ]
    assert run.run(number) == "short-pick-1"
    assert "| PLATE | 2 | 0 | damaged |" in run.description
    assert "| MUG | 3 | 2 |" in run.description
    mugs_arrive(9)
    assert fill_backorders() == []
    assert_sound()


def test_an_order_that_is_to_be_cancelled_gives_way_first_and_nobody_is_asked(process):
    older, run = to_be_picked(process, MUG=5)
    newer, other = to_be_picked(process, MUG=5)
    request_cancellation_of(older, "changed their mind", "Max")
    counted = count_mugs(7)
    assert counted.short_orders == ()
    assert str(counted) == "MUG: 7 counted, the books had 10 (-3)"
    assert allocations(newer) == [(1, "MUG", "allocated", 5)]
    assert_sound()
    assert run.run(older) == f"Order {older} is Cancelled: changed their mind."
    assert other.ship(newer) == f"Order {newer} is Shipped."
    assert stock() == (2, 0)
    assert_sound()


def test_an_order_may_give_way_twice(three):
    number, run = three[2]
    for round in (1, 2):
        assert count_mugs(8, f"C-{round}").short_orders == (number,)
        assert run.run(number) == f"short-pick-{round}"
        mugs_arrive(1, f"D-{round}")
        assert fill_backorders() == [number]
        assert run.run(number) == f"picking-{round + 1}"
        assert_sound()
    assert run.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_a_picker_who_comes_too_late_is_told_who_counted(three):
    number, _ = three[2]
    task = open_task_id("picking", number)
    count_mugs(8)
    with pytest.raises(TaskNotOpen, match=f"Task {task} was done by Kim"):
        answer_task(task, form("picking"))


def test_a_count_that_found_nothing_wrong_is_booked_once_too(three):
    """Later the stock is another, and the same file must not bring the old figure back."""
    assert not count_mugs(10).differs
    number, run = three[0]
    run.ship(number)
    with pytest.raises(AlreadyBooked) as again:
        count_mugs(10)
    assert again.value.same
    with pytest.raises(AlreadyBooked) as other:
        count_mugs(9)
    assert not other.value.same
    assert stock() == (7, 6)
    assert_sound()


def test_counting_and_picking_at_once_leaves_every_order_whole(process, three):
    """Whoever is first: a picked order keeps its goods, another gives way."""
    works = [lambda n=number, r=run: answered(r, n) for number, run in three]
    works.append(lambda: counted_or_refused(3))
    at_once(lambda do: do(), works)
    on_hand, allocated = stock()
    assert allocated <= on_hand
    assert_sound()
    for number, run in three:
        assert run.run(number) in ("packing-1", "short-pick-1")
    assert_sound()


def count_while_it_is_picked(monkeypatch, number, run, seconds):
    """Somebody says that the order is picked while the count takes its stock away.

    The count goes on once that is done, or after so many seconds: with the lock, it never is.
    """
    take = services.stock_control.counts._record_shortfalls
    picker = Thread(target=answered, args=(run, number))

    def take_while_it_is_picked(*given):
        picker.start()
        picker.join(seconds)
        take(*given)

    monkeypatch.setattr(
        services.stock_control.counts, "_record_shortfalls", take_while_it_is_picked
    )
    count_mugs(8)
    picker.join()
    return run.run(number)


def test_a_picker_waits_for_the_count_that_takes_the_stock(three, monkeypatch):
    assert count_while_it_is_picked(monkeypatch, *three[2], 0.5) == "short-pick-1"
    assert_sound()


def unlocked(session, number, shipment):
    return session.get_one(Shipment, (number, shipment), populate_existing=True)


def test_without_the_orders_lock_it_would_be_packed_without_its_stock(three, monkeypatch):
    monkeypatch.setattr(services.stock_control.counts, "locked_shipment", unlocked)
    assert count_while_it_is_picked(monkeypatch, *three[2], 60) == "packing-1"
    broken = [check.name for check in audit(None).checks if not check.ok]
    assert broken == ["orders that wait for stock are neither picked in full nor packed"]


def answered(run, number):
    with suppress(TaskNotOpen, NoResultFound):  # the count was first
        run.answer("picking", number)


def counted_or_refused(pieces):
    with suppress(PickedAlready):
        count_mugs(pieces)


@pytest.mark.parametrize("attempt", mostly_slow(range(3), but=(0,)))
def test_counting_and_allocating_at_once_leaves_every_order_whole(process, three, attempt):
    """New orders allocate while the count decides who gives way."""
    with transaction() as session:
        numbers = [make_order(session, {"MUG": 1, "PLATE": 1}) for _ in range(6)]
    runs = [(number, process.another()) for number in numbers]
    works = [lambda n=number, r=run: r.run(n) for number, run in runs]
    works.append(lambda: count_mugs(4))
    *outcomes, counted = at_once(lambda do: do(), works)
    assert set(outcomes) <= {"picking-1", "shortage-1", "short-pick-1"}
    assert counted.short_orders
    assert stock()[0] == 4
    assert_sound()
