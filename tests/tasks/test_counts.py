"""A count below what is set aside: the newest orders give way, and the operator decides."""

from contextlib import suppress
from threading import Thread

import pytest
from sqlalchemy.exc import NoResultFound

import tasks.stock_keeping
from adapters.database import transaction
from models.intake import DeliveryIn, StockCountIn
from models.shipments import Shipment
from tasks.answers import answer_task
from tasks.audit import audit
from tasks.backorders import fill_backorders
from tasks.refusals import AnswerRefused
from tasks.stock_keeping import AlreadyBooked, PickedAlready, book, count
from tasks.worklist import TaskNotOpen
from tests.factories import make_order
from tests.process import assert_sound, everything, form, open_task_id, rows
from tests.tasks.test_stock import at_once


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
    return rows(f"SELECT on_hand, reserved FROM product WHERE sku = '{sku}'")[0]


def test_the_newest_order_gives_way_and_the_operator_is_asked(three):
    (_, _), (_, _), (newest, run) = three
    counted = count_mugs(8)
    assert counted.put_short == (newest,)
    assert counted.model_dump()["difference"] == -2
    assert str(counted).endswith(f"(-2); put short and with the operator: {newest}")
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
    assert count_mugs(5).put_short == (numbers[2], numbers[1])
    assert stock() == (5, 3)
    assert count_mugs(0, "C-2").put_short == (numbers[0],)
    assert stock() == (0, 0)
    assert_sound()


def test_a_count_that_leaves_enough_puts_nobody_short(three):
    assert count_mugs(9).put_short == ()
    assert stock() == (9, 9)
    assert rows("SELECT 1 FROM staff_task WHERE kind = 'short-pick'") == []


def test_the_timeline_says_who_counted_what(three):
    count_mugs(8)
    assert rows("SELECT actor, detail FROM audit_event WHERE event = 'Give Up Stock'") == [
        ("Kim", "MUG: 3 wanted, 2 left by count C-1 of Kim")
    ]


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
    run.answer("short-pick", number, decision="cancel the order")
    assert run.run(number) == f"Order {number} is Cancelled: picked short."
    assert stock() == (8, 6)
    assert rows("SELECT 1 FROM reservation WHERE state = 'wanted'") == []
    assert_sound()


def test_its_other_products_are_free_for_those_that_wait(process, three):
    to_be_picked(process, PLATE=2)
    newest, _ = to_be_picked(process, PLATE=2, MUG=1)
    with transaction() as session:
        waiting = make_order(session, {"PLATE": 1})
    assert process.run(waiting) == "shortage-1"
    assert count_mugs(9).put_short == (newest,)
    assert stock("PLATE") == (4, 2)
    assert fill_backorders() == []  # what the older one wants is kept for it
    mugs_arrive(1)
    assert fill_backorders() == [newest]
    assert_sound()


def test_goods_in_totes_are_not_taken_away(three):
    newest, run = three[2]
    run.answer("picking", newest)
    assert run.run(newest) == "packing-1"
    assert count_mugs(8).put_short == (three[1][0],)
    assert run.ship(newest) == f"Order {newest} is Shipped."
    assert_sound()


def test_a_count_of_fewer_than_are_picked_is_refused_and_names_the_orders(three):
    for number, run in three[1:]:
        run.answer("picking", number)
    before = everything()
    with pytest.raises(PickedAlready, match=f"6 are picked for the orders {three[2][0]}, "):
        count_mugs(5)
    assert everything() == before
    assert count_mugs(6).put_short == (three[0][0],)
    assert_sound()


def test_an_order_that_is_not_yet_to_be_picked_is_put_short_when_it_would_be(process):
    with transaction() as session:
        number = make_order(session, {"MUG": 3})
    process.fail["Calculate Total Order Value"] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        process.run(number)
    assert count_mugs(1).put_short == (number,)
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


def test_an_order_that_is_with_the_operator_already_gives_way_too(three):
    number, run = three[2]
    missing = [{"sku": "MUG", "quantity": 1, "why": "not in bin"}]
    run.answer("picking", number, outcome="too few of these, the rest as listed", found=missing)
    assert run.run(number) == "short-pick-1"
    assert count_mugs(6).put_short == (number,)
    assert_sound()
    with pytest.raises(AnswerRefused, match="too low"):
        run.answer("short-pick", number)
    mugs_arrive(3)
    assert fill_backorders() == [number]
    assert run.run(number) == "picking-2"
    assert_sound()


def test_an_order_may_give_way_twice(three):
    number, run = three[2]
    for round in (1, 2):
        assert count_mugs(8, f"C-{round}").put_short == (number,)
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
    on_hand, reserved = stock()
    assert reserved <= on_hand
    assert_sound()
    for number, run in three:
        assert run.run(number) in ("packing-1", "short-pick-1")
    assert_sound()


def count_while_it_is_picked(monkeypatch, number, run, seconds):
    """Somebody says that the order is picked while the count takes its stock away.

    The count goes on once that is done, or after so many seconds: with the lock, it never is.
    """
    take = tasks.stock_keeping._put_short
    picker = Thread(target=answered, args=(run, number))

    def take_while_it_is_picked(*given):
        picker.start()
        picker.join(seconds)
        take(*given)

    monkeypatch.setattr(tasks.stock_keeping, "_put_short", take_while_it_is_picked)
    count_mugs(8)
    picker.join()
    return run.run(number)


def test_a_picker_waits_for_the_count_that_takes_the_stock(three, monkeypatch):
    assert count_while_it_is_picked(monkeypatch, *three[2], 0.5) == "short-pick-1"
    assert_sound()


def unlocked(session, number, shipment):
    return session.get_one(Shipment, (number, shipment), populate_existing=True)


def test_without_the_orders_lock_it_would_be_packed_without_its_stock(three, monkeypatch):
    monkeypatch.setattr(tasks.stock_keeping, "locked_shipment", unlocked)
    assert count_while_it_is_picked(monkeypatch, *three[2], 60) == "packing-1"
    broken = [check.name for check in audit(None).checks if not check.ok]
    assert broken == ["orders that wait for stock are neither picked in full nor packed"]


def answered(run, number):
    with suppress(TaskNotOpen, NoResultFound):  # the count was first
        run.answer("picking", number)


def counted_or_refused(pieces):
    with suppress(PickedAlready):
        count_mugs(pieces)


@pytest.mark.parametrize("attempt", range(3))
def test_counting_and_reserving_at_once_leaves_every_order_whole(process, three, attempt):
    """New orders reserve while the count decides who gives way."""
    with transaction() as session:
        numbers = [make_order(session, {"MUG": 1, "PLATE": 1}) for _ in range(6)]
    runs = [(number, process.another()) for number in numbers]
    works = [lambda n=number, r=run: r.run(n) for number, run in runs]
    works.append(lambda: count_mugs(4))
    *outcomes, counted = at_once(lambda do: do(), works)
    assert set(outcomes) <= {"picking-1", "shortage-1", "short-pick-1"}
    assert counted.put_short
    assert stock()[0] == 4
    assert_sound()
