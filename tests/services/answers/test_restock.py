"""Goods of a cancelled order are restocked: the stock changes once, with the answer."""

import pytest
from sqlalchemy.exc import DatabaseError

import services.answers.acceptance
from models.imports.stock import StockCountIn
from services.stock_control.counts import PickedAlready
from tests.actors import count, request_cancellation_of
from tests.process import assert_sound, dying_before_the_record_of, everything, rows
from tests.services.answers.test_short_picks import found
from tests.services.stock_control.test_backorders import order_of

pytestmark = pytest.mark.lengthy

LOST = {
    "outcome": "something is damaged or missing",
    "lost": [{"sku": "MUG", "damaged": 1, "missing": 1}],
}


@pytest.fixture
def in_a_tote(process):
    """A cancelled order with three mugs and a plate in a tote; a second plate was not found."""
    number = order_of(MUG=3, PLATE=2)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(1, "not in bin")))
    process.run(number)
    return to_go_back(process, number)


@pytest.fixture
def in_a_parcel(process):
    """A cancelled order of three mugs, in a parcel with a label."""
    number = order_of(MUG=3)
    process.run(number)
    for kind in ("picking", "packing"):
        process.answer(kind, number)
        process.run(number)
    return to_go_back(process, number)


def to_go_back(process, number):
    request_cancellation_of(number, "changed their mind", "Max")
    assert process.run(number) == "restock-1"
    return number


def count_mugs(pieces):
    return count(StockCountIn(sku="MUG", counted=pieces, reference="C-1", by="Kim"))


def stock(sku="MUG"):
    return rows(f"SELECT on_hand, allocated FROM product WHERE sku = '{sku}'")[0]


def moved(number):
    """What was booked under the order's own key."""
    return rows(
        f"SELECT kind, sku, quantity, actor FROM stock_movement"
        f" WHERE reference = 'order:{number}' AND kind <> 'sold' ORDER BY id"
    )


def assert_cancelled(process, number):
    assert process.run(number) == f"Order {number} is Cancelled: changed their mind."
    assert_sound()


def test_what_is_back_is_free_and_what_is_lost_leaves_the_stock_with_the_answer(process, in_a_tote):
    process.answer("restock", in_a_tote, **LOST)
    booked = [("damaged", "MUG", -1, "Jo"), ("adjusted", "MUG", -1, "Jo")]
    assert (stock(), stock("PLATE")) == ((8, 0), (3, 0))
    assert moved(in_a_tote) == booked
    assert rows("SELECT FROM allocation WHERE state IN ('allocated', 'backordered')") == []
    assert_sound()
    assert_cancelled(process, in_a_tote)
    assert (stock(), stock("PLATE")) == ((8, 0), (3, 0))
    assert moved(in_a_tote) == booked


def test_what_comes_out_of_a_parcel_is_booked_in_with_the_answer(process, in_a_parcel):
    process.answer("restock", in_a_parcel, **LOST)
    booked = [("returned", "MUG", 2, "Jo"), ("damaged", "MUG", -1, "Jo")]
    assert stock() == (8, 0)
    assert moved(in_a_parcel) == booked
    assert_sound()
    assert_cancelled(process, in_a_parcel)
    assert moved(in_a_parcel) == booked


def test_a_count_before_the_run_goes_on_finds_what_was_said_and_loses_nothing_twice(
    process, in_a_tote
):
    lost = [{"sku": "MUG", "missing": 3}]
    process.answer("restock", in_a_tote, **LOST | {"lost": lost})
    assert not count_mugs(7).differs
    assert_sound()
    assert_cancelled(process, in_a_tote)
    assert stock() == (7, 0)


def test_a_count_that_finds_still_fewer_does_not_stop_the_run(process, in_a_tote):
    lost = [{"sku": "MUG", "missing": 3}]
    process.answer("restock", in_a_tote, **LOST | {"lost": lost})
    assert count_mugs(2).short_orders == ()
    assert_cancelled(process, in_a_tote)
    assert stock() == (2, 0)


def test_a_count_after_a_parcel_was_emptied_finds_its_pieces_booked_in(process, in_a_parcel):
    process.answer("restock", in_a_parcel)
    assert not count_mugs(10).differs
    assert_cancelled(process, in_a_parcel)
    assert stock() == (10, 0)


def test_a_count_while_goods_are_to_be_restocked_takes_nothing_out_of_the_tote(process, in_a_tote):
    before = everything()
    with pytest.raises(PickedAlready, match=f"3 are picked for order {in_a_tote}"):
        count_mugs(2)
    assert everything() == before
    assert count_mugs(3).short_orders == ()
    process.answer("restock", in_a_tote, **LOST)
    assert stock() == (1, 0)
    assert_cancelled(process, in_a_tote)


def test_what_is_back_goes_to_whoever_waits_for_it_before_the_run_goes_on(process, in_a_tote):
    other, waiting = process.another(), order_of(MUG=9)
    assert other.run(waiting) == "shortage-1"
    process.answer("restock", in_a_tote)
    other.answer("shortage", waiting)
    assert other.run(waiting) == "picking-1"
    assert_sound()
    assert_cancelled(process, in_a_tote)
    assert other.ship(waiting) == f"Order {waiting} is Shipped."
    assert_sound()


def test_a_process_that_dies_with_the_answer_leaves_all_as_it_was(process, in_a_tote):
    before = everything()
    with (
        dying_before_the_record_of("gate: restock"),
        pytest.raises(DatabaseError, match="stopped"),
    ):
        process.answer("restock", in_a_tote, **LOST)
    assert everything() == before


@pytest.mark.parametrize(
    ("goods", "booked"),
    [
        ("in_a_tote", [("damaged", -1), ("adjusted", -1)]),
        ("in_a_parcel", [("returned", 2), ("damaged", -1)]),
    ],
)
def test_an_answer_of_before_that_rule_is_booked_by_the_step(
    process, monkeypatch, request, goods, booked
):
    """Then the answer changed nothing but its task, as long as the run had not gone on."""
    number = request.getfixturevalue(goods)
    with monkeypatch.context() as before:
        before.setattr(
            services.answers.acceptance, "book_restock", lambda session, shipment, said: said
        )
        process.answer("restock", number, **LOST)
    assert moved(number) == []
    assert_sound()
    assert_cancelled(process, number)
    assert [(kind, pieces) for kind, _, pieces, _ in moved(number)] == booked
    assert stock() == (8, 0)
