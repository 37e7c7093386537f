"""Several warehouses: an order leaves from one of them, and stock moves between them."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

import services.inventory.allocations
import services.stock_control.stock_changes
from adapters.database.sessions import transaction
from models.imports.fields import checked
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.tables.stock import StockLevel
from models.validation import InvalidRow
from services.inventory.allocations import lock_products
from services.inventory.warehouses import UnknownWarehouse
from services.stock_control.backorders import fill_backorders
from services.stock_control.counts import PickedAlready
from services.stock_control.stock_changes import (
    AllocatedToOrders,
    AlreadyBooked,
    NotOnHand,
    UnknownProduct,
)
from tests.actors import book, count, move
from tests.factories import make_order, make_warehouse, receive
from tests.process import assert_sound, everything, rows, set_to
from tests.tasks.test_stock import at_once
from tests.timelines import details

pytestmark = pytest.mark.lengthy


@pytest.fixture
def two(process):
    """Ten mugs and four plates in MAIN; six mugs and no plates in YORK, in bin Y-7."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2, postal_code="YO1 7HH")
        session.add(StockLevel(sku="MUG", warehouse="YORK", bin="Y-7"))
        session.flush()
        receive(session, "MUG", 6, "YORK")
    return process


def order_of(**lines):
    with transaction() as session:
        return make_order(session, lines)


def levels(sku="MUG"):
    """On hand and allocated by warehouse."""
    found = rows(f"SELECT warehouse, on_hand, allocated FROM stock_level WHERE sku = '{sku}'")
    return {warehouse: tuple(pieces) for warehouse, *pieces in found}


def transfer(pieces=3, origin="MAIN", destination="YORK", reference="T-1", sku="MUG"):
    return TransferIn(
        sku=sku,
        quantity=pieces,
        from_warehouse=origin,
        to_warehouse=destination,
        reason="nearer",
        reference=reference,
        by="Jo",
    )


def delivery(pieces, warehouse=None, sku="MUG", reference="D-1"):
    return DeliveryIn(sku=sku, quantity=pieces, reference=reference, by="Jo", warehouse=warehouse)


def test_an_order_is_set_aside_in_the_first_warehouse_that_has_all_of_it(two):
    two.run(order_of(MUG=8))
    assert levels() == {"MAIN": (10, 8), "YORK": (6, 0)}
    number = order_of(MUG=5)
    assert two.another().run(number) == "picking-1"
    assert levels() == {"MAIN": (10, 8), "YORK": (6, 5)}
    assert details("check-inventory-levels", f"order:{number}") == [
        "all lines allocated (MAIN: lacks 3 of MUG; YORK: the first that has everything)"
    ]
    assert_sound()


def test_with_one_warehouse_nobody_is_told_its_name(process):
    number = order_of(MUG=2)
    process.run(number)
    assert details("check-inventory-levels") == ["all lines allocated"]
    assert "Walk the bins in this order" in process.description


def test_the_picker_is_sent_to_the_bins_of_that_warehouse(two):
    two.run(order_of(MUG=10))
    run = two.another()
    number = order_of(MUG=2)
    run.run(number)
    assert "Walk the bins of **York**" in run.description
    assert "| Y-7 | 2 | MUG |" in run.description
    assert rows(f"SELECT warehouse FROM staff_task WHERE order_number = {number}") == [("YORK",)]


def test_the_nearest_is_taken_when_the_setting_says_so(two, monkeypatch):
    set_to(monkeypatch, PACKLINE_ALLOCATION="nearest-zone")
    with transaction() as session:
        number = make_order(session, {"MUG": 2}, postal_code="YO10 5DD")
    two.run(number)
    assert levels() == {"MAIN": (10, 0), "YORK": (6, 2)}


def test_an_order_is_booked_out_of_the_warehouse_that_held_it(two):
    two.run(order_of(MUG=10))
    number = order_of(MUG=6)
    assert two.another().ship(number) == f"Order {number} is Shipped."
    assert levels() == {"MAIN": (10, 10), "YORK": (0, 0)}
    assert rows("SELECT on_hand, allocated FROM product WHERE sku = 'MUG'") == [(10, 10)]
    assert_sound()


def test_an_order_that_no_warehouse_has_all_of_waits_though_together_they_would(two):
    number = order_of(MUG=12)
    assert two.run(number) == "shortage-1"
    assert "| MUG | 12 | 10 |" in two.description
    assert fill_backorders() == []
    move(transfer(2, "YORK", "MAIN"))
    assert fill_backorders() == [number]
    assert two.run(number) == "picking-1"
    assert levels() == {"MAIN": (12, 12), "YORK": (4, 0)}
    assert_sound()


def test_what_an_older_order_waits_for_is_kept_for_it_in_all_warehouses_together(two):
    old, run = order_of(MUG=12), two.another()
    run.run(old)
    new = order_of(MUG=5)
    assert two.run(new) == "shortage-1"
    assert two.another().run(order_of(MUG=4)) == "shortage-1"
    assert fill_backorders() == []
    book(delivery(2))
    assert fill_backorders() == [old, new]
    assert two.run(new) == "picking-1"  # whichever runs first
    assert run.run(old) == "picking-1"
    assert levels() == {"MAIN": (12, 12), "YORK": (6, 5)}
    assert fill_backorders() == []
    assert_sound()


def test_an_order_that_gave_way_is_picked_again_from_the_warehouse_that_has_it(two):
    number = order_of(MUG=5)
    two.run(number)
    counted = count(StockCountIn(sku="MUG", counted=4, reference="C-1", by="Kim"))
    assert counted.short_orders == (number,)
    assert str(counted).startswith("MUG in MAIN: 4 counted, the books had 10 (-6)")
    assert two.run(number) == "short-pick-1"
    assert fill_backorders() == [number]
    assert two.run(number) == "picking-2"
    assert "| Y-7 | 5 | MUG |" in two.description
    assert levels() == {"MAIN": (4, 0), "YORK": (6, 5)}
    assert two.ship(number) == f"Order {number} is Shipped."
    assert_sound()


def test_a_count_puts_nobody_short_whose_stock_is_elsewhere(two):
    two.run(order_of(MUG=10))
    held = order_of(MUG=5)
    two.another().run(held)
    found = {"sku": "MUG", "reference": "C-1", "by": "Kim", "warehouse": "YORK"}
    assert count(StockCountIn(counted=5, **found)).short_orders == ()
    assert levels() == {"MAIN": (10, 10), "YORK": (5, 5)}
    with pytest.raises(AlreadyBooked):
        count(StockCountIn(counted=5, **found))
    assert count(StockCountIn(counted=10, **found | {"warehouse": "MAIN"})).short_orders == ()
    assert_sound()


def test_a_transfer_is_two_movements_under_one_reference(two):
    out, into = move(transfer(3))
    assert (out.on_hand, into.on_hand) == (7, 9)
    assert rows(
        "SELECT warehouse, quantity, reference, actor, reason FROM stock_movement"
        " WHERE kind = 'transferred' ORDER BY id"
    ) == [("MAIN", -3, "T-1", "Jo", "nearer"), ("YORK", 3, "T-1", "Jo", "nearer")]
    assert rows("SELECT on_hand FROM product WHERE sku = 'MUG'") == [(16,)]
    assert_sound()


def test_a_product_may_come_to_a_warehouse_where_it_never_was(two):
    move(transfer(4, sku="PLATE"))
    assert levels("PLATE") == {"MAIN": (0, 0), "YORK": (4, 0)}
    assert_sound()


def test_a_transfer_takes_nothing_that_is_set_aside_and_names_the_orders(two):
    number = order_of(MUG=8)
    two.run(number)
    before = everything()
    with pytest.raises(AllocatedToOrders, match=f"MUG in MAIN would have 7 .* 8 .*order {number}"):
        move(transfer(3))
    assert everything() == before
    move(transfer(2))
    assert levels() == {"MAIN": (8, 8), "YORK": (8, 0)}
    assert_sound()


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        (transfer(11), NotOnHand, "MUG in MAIN has 10 pieces on hand, and 11 were to be taken"),
        (transfer(1, "YORK", "MAIN", sku="PLATE"), NotOnHand, "PLATE in YORK has 0 pieces"),
        (transfer(1, "HULL", "MAIN"), UnknownWarehouse, "'HULL': there is MAIN and YORK"),
        (transfer(1, "MAIN", "HULL"), UnknownWarehouse, "no warehouse 'HULL'"),
        (transfer(1, sku="VASE"), UnknownProduct, "no product 'VASE'"),
    ],
)
def test_a_transfer_that_cannot_be_says_why_and_changes_nothing(two, asked, error, says):
    before = everything()
    with pytest.raises(error, match=says):
        move(asked)
    assert everything() == before


def test_a_transfer_is_booked_once_whichever_way_it_goes(two):
    move(transfer(3))
    before = everything()
    with pytest.raises(AlreadyBooked, match="booked already as transferred") as again:
        move(transfer(3))
    assert again.value.same
    for other in (transfer(2), transfer(3, "YORK", "MAIN")):
        with pytest.raises(AlreadyBooked) as refused:
            move(other)
        assert not refused.value.same
    assert everything() == before


def test_a_transfer_to_where_the_pieces_are_is_refused():
    given = transfer().model_dump() | {"to_warehouse": "MAIN"}
    with pytest.raises(InvalidRow, match="'MAIN' is where the pieces are"):
        checked(TransferIn, given)


def test_the_database_refuses_half_a_transfer(two):
    half = (
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        " VALUES ('MAIN', 'MUG', -1, 'transferred', 'T-1', 'me', 'x', now())"
    )
    says = "two movements that add up to zero"
    with pytest.raises(IntegrityError, match=says), transaction() as session:
        session.execute(text(half))
    assert levels()["MAIN"] == (10, 0)


def test_the_database_refuses_to_hold_in_one_warehouse_what_lies_in_another(two):
    number = order_of(MUG=12)
    hold = (
        "INSERT INTO allocation (order_number, warehouse, sku, quantity, state, at)"
        " SELECT order_number, 'MAIN', sku, quantity, 'allocated', now() FROM order_line"
        f" WHERE order_number = {number}"
    )
    with pytest.raises(IntegrityError, match="stock_level_allocated"), transaction() as session:
        session.execute(text(hold))


def test_a_allocation_keeps_its_warehouse_while_it_holds(two):
    two.run(order_of(MUG=2))
    change = "UPDATE allocation SET warehouse = 'YORK'"
    with pytest.raises(Exception, match="an allocation only changes"), transaction() as session:
        session.execute(text(change))


def test_each_warehouse_takes_its_own_deliveries_and_adjustments(two):
    assert book(delivery(5, "YORK")).on_hand == 11
    assert book(delivery(5)).on_hand == 15  # the same note, for another warehouse
    with pytest.raises(AlreadyBooked):
        book(delivery(5, "MAIN"))
    lost = AdjustmentIn(
        sku="MUG", quantity=-12, reason="wet", reference="A-1", by="Jo", warehouse="YORK"
    )
    with pytest.raises(NotOnHand, match="MUG in YORK has 11 pieces on hand"):
        book(lost)
    with pytest.raises(UnknownWarehouse):
        book(delivery(5, "york", reference="D-2"))
    assert levels() == {"MAIN": (15, 0), "YORK": (11, 0)}
    assert_sound()


def test_a_count_below_what_is_picked_there_is_refused(two):
    number = order_of(MUG=5)
    two.run(number)
    two.answer("picking", number)
    with pytest.raises(PickedAlready):
        count(StockCountIn(sku="MUG", counted=4, reference="C-1", by="Kim"))


def moved_or_refused(asked):
    try:
        move(asked)
    except (AllocatedToOrders, NotOnHand) as refused:
        return type(refused).__name__
    except (OperationalError, IntegrityError) as problem:
        return type(problem.orig).__name__
    return "moved"


@pytest.mark.lengthy
def test_transfers_in_opposite_directions_at_once_never_wait_in_a_circle(two):
    for round in range(20):
        there = [transfer(1, reference=f"T-{round}-{at}") for at in range(4)]
        back = [transfer(1, "YORK", "MAIN", reference=f"B-{round}-{at}") for at in range(4)]
        assert at_once(moved_or_refused, [*there, *back]) == ["moved"] * 8
    assert levels() == {"MAIN": (10, 0), "YORK": (6, 0)}
    assert_sound()


def test_stock_levels_changed_without_the_product_would_wait_in_a_circle(two):
    """The race that the product's lock prevents: without it, Postgres has to kill one side."""
    halfway = Barrier(2)
    take = text(
        "UPDATE stock_level SET on_hand = on_hand - 1 WHERE sku = 'MUG' AND warehouse = :code"
    )

    def move_by_hand(codes):
        try:
            with transaction() as session:
                session.execute(take, {"code": codes[0]})
                with suppress(BrokenBarrierError):
                    halfway.wait(timeout=30)
                session.execute(take, {"code": codes[1]})
        except OperationalError as problem:
            return type(problem.orig).__name__
        return "moved"

    outcomes = at_once(move_by_hand, [("MAIN", "YORK"), ("YORK", "MAIN")])
    assert sorted(outcomes) == ["DeadlockDetected", "moved"]


def allocate(run, number):
    try:
        return run.run(number)
    except IntegrityError as problem:
        return type(problem.orig).__name__


def move_and_allocate_at_once(process):
    """Six mugs leave MAIN while an order wants eight of its ten."""
    number, run = order_of(MUG=8), process.another()
    works = [lambda: moved_or_refused(transfer(6)), lambda: allocate(run, number)]
    return at_once(lambda do: do(), works)


def test_a_transfer_against_a_allocation_sells_nothing_twice(two):
    """Whoever is first gets it: the order its mugs in MAIN, or the transfer, and then in YORK."""
    outcomes = move_and_allocate_at_once(two)
    assert outcomes in (["AllocatedToOrders", "picking-1"], ["moved", "picking-1"])
    on_hand = levels()
    assert sum(allocated for _, allocated in on_hand.values()) == 8
    assert sum(pieces for pieces, _ in on_hand.values()) == 16
    assert_sound()


def test_without_the_lock_the_database_would_have_to_refuse_one_of_them(two, monkeypatch):
    """The rule is looked at before the other has committed; only the constraint then helps."""
    looked = Barrier(2)

    def unlocked(session, skus):
        with suppress(BrokenBarrierError):
            looked.wait(timeout=30)
        return set(skus)

    def both_look_first(session, skus):
        found = sources(session, skus)
        with suppress(BrokenBarrierError):
            seen.wait(timeout=30)
        return found

    seen = Barrier(2)
    sources = services.inventory.allocations.sources
    refuse = services.stock_control.stock_changes._refuse_too_much

    def look_first(session, level, quantity):
        refuse(session, level, quantity)
        if quantity < 0:
            with suppress(BrokenBarrierError):
                seen.wait(timeout=30)

    for module in (services.stock_control.stock_changes, services.inventory.allocations):
        assert module.lock_products is lock_products
        monkeypatch.setattr(module, "lock_products", unlocked)
    monkeypatch.setattr(services.inventory.allocations, "sources", both_look_first)
    monkeypatch.setattr(services.stock_control.stock_changes, "_refuse_too_much", look_first)
    assert "CheckViolation" in move_and_allocate_at_once(two)
    assert_sound()


def test_allocating_moving_and_counting_at_once_keep_all_counters_true(two):
    runs = [(two.another(), order_of(MUG=1, PLATE=1)) for _ in range(4)]
    works = [lambda pair=pair: allocate(*pair) for pair in runs]
    works += [lambda at=at: moved_or_refused(transfer(1, reference=f"T-{at}")) for at in range(3)]
    works.append(lambda: moved_or_refused(transfer(1, "YORK", "MAIN", reference="B", sku="MUG")))
    works.append(lambda: book(delivery(1, "YORK", "PLATE")))
    works.append(lambda: moved_or_refused(transfer(1, reference="P", sku="PLATE")))
    outcomes = at_once(lambda do: do(), works)
    assert not {"DeadlockDetected", "CheckViolation"} & {
        outcome for outcome in outcomes if isinstance(outcome, str)
    }
    assert sum(pieces for pieces, _ in levels().values()) == 16
    totals = rows("SELECT on_hand, allocated FROM product WHERE sku = 'MUG'")
    assert totals == [tuple(map(sum, zip(*levels().values(), strict=True)))]
    assert_sound()
