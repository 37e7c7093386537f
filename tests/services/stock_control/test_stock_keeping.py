"""Deliveries, adjustments and counts: each booked once, none at the expense of an order."""

from threading import Barrier

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

import services.stock_control.counts
from adapters.database.sessions import transaction
from models.enums import Adjustment
from models.imports.fields import MAX_STOCK, checked
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn
from models.tables.catalogue import Product
from models.tables.stock import StockLevel, StockMovement
from models.validation import InvalidRow
from services.execution.locks import locked_shipment
from services.imports.files import import_file
from services.stock_control.stock_changes import (
    AllocatedToOrders,
    AlreadyBooked,
    TooManyPieces,
    UnknownProduct,
)
from tasks.stock import check_inventory_levels
from tests.actors import book, count
from tests.factories import make_order, make_product
from tests.process import rows
from tests.tasks.test_stock import at_once


@pytest.fixture
def mugs(database):
    """Ten mugs, of which two orders have three each set aside; the orders' numbers."""
    with transaction() as session:
        make_product(session, "MUG", stock=10)
        numbers = [make_order(session, {"MUG": 3}) for _ in range(2)]
        for number in numbers:
            check_inventory_levels.body(session, locked_shipment(session, number))
    return numbers


def delivery(pieces=5, reference="D-1", sku="MUG"):
    return DeliveryIn(sku=sku, quantity=pieces, reference=reference, by="Jo")


def adjustment(pieces, kind=Adjustment.ADJUSTED, reference="A-1"):
    return AdjustmentIn(
        sku="MUG", quantity=pieces, kind=kind, reason="fell down", reference=reference, by="Jo"
    )


def counted(pieces, reference="C-1"):
    return StockCountIn(sku="MUG", counted=pieces, reference=reference, by="Kim")


def on_hand():
    with transaction() as session:
        return session.exec(select(Product.on_hand)).one()


def last_movement():
    with transaction() as session:
        newest = select(StockMovement).order_by(StockMovement.id.desc())
        return session.exec(newest).first()


def test_damaged_pieces_leave_and_returned_ones_come_back(mugs):
    assert book(adjustment(-2, Adjustment.DAMAGED)).on_hand == 8
    assert book(adjustment(1, Adjustment.RETURNED)).on_hand == 9
    kept = last_movement()
    assert (kept.kind, kept.quantity, kept.actor, kept.reason) == (
        "returned", 1, "Jo", "fell down",
    )  # fmt: skip


@pytest.mark.parametrize("change", [delivery(), adjustment(-1), counted(12)])
def test_what_is_booked_again_under_its_reference_changes_nothing(mugs, change):
    do = count if isinstance(change, StockCountIn) else book
    do(change)
    after = on_hand()
    with pytest.raises(AlreadyBooked, match="nothing was changed"):
        do(change)
    assert on_hand() == after


def test_what_is_set_aside_is_not_taken_away_and_the_orders_are_named(mugs):
    with pytest.raises(AllocatedToOrders, match=f"5 pieces left, and 6 .*{mugs[1]}, {mugs[0]}"):
        book(adjustment(-5))
    assert on_hand() == 10


def test_all_that_is_free_may_be_taken_away(mugs):
    assert book(adjustment(-4)).on_hand == 6


def test_of_many_orders_the_newest_are_named_and_the_others_counted(database):
    with transaction() as session:
        make_product(session, "MUG", stock=7)
        for _ in range(7):
            number = make_order(session, {"MUG": 1})
            check_inventory_levels.body(session, locked_shipment(session, number))
    with pytest.raises(AllocatedToOrders, match=f"{number}, .* and 2 more"):
        book(adjustment(-1))


def test_a_count_becomes_one_movement_with_the_counters_name(mugs):
    result = count(counted(8))
    assert str(result) == "MUG: 8 counted, the books had 10 (-2)"
    kept = last_movement()
    assert (kept.kind, kept.quantity, kept.actor) == ("adjusted", -2, "Kim")
    assert kept.reason == "counted 8, the books had 10"


def test_a_count_that_finds_what_the_books_have_moves_nothing(mugs):
    before = last_movement().id
    assert not count(counted(10)).differs
    assert last_movement().id == before


def test_a_product_that_is_not_there_is_named(mugs):
    with pytest.raises(UnknownProduct, match="'VASE'"):
        book(delivery(sku="VASE"))


def count_at_once():
    at_once(lambda pieces: count(counted(pieces, f"C-{pieces}")), [12, 13, 14, 15])
    return on_hand()


def test_counts_at_once_end_with_what_one_of_them_counted(mugs):
    for _ in range(5):
        assert count_at_once() in (12, 13, 14, 15)
        with transaction() as session:
            session.execute(text("UPDATE stock_movement SET reference = reference || '+' || id"))
            session.execute(text("DELETE FROM stock_count"))


def test_without_the_lock_counts_at_once_would_add_up(mugs, monkeypatch):
    together, movement = Barrier(4), services.stock_control.counts._counted_movement

    def unlocked(session, warehouse, sku, and_of):
        return session.get(StockLevel, (sku, warehouse))

    def after_all_have_looked(*given):
        together.wait()
        return movement(*given)

    monkeypatch.setattr(services.stock_control.counts, "locked_level", unlocked)
    monkeypatch.setattr(services.stock_control.counts, "_counted_movement", after_all_have_looked)
    assert count_at_once() == 10 + 2 + 3 + 4 + 5


def test_a_count_and_orders_at_once_leave_no_order_without_its_pieces(mugs):
    with transaction() as session:
        numbers = [make_order(session, {"MUG": 1}) for _ in range(7)]

    def do(number):
        if number == 0:
            return count(counted(8)).short_orders
        with transaction() as session:
            return check_inventory_levels.body(session, locked_shipment(session, number)).allocated

    gave_way, *allocated = at_once(do, [0, *numbers])
    assert on_hand() == 8
    assert set(gave_way) <= {n for n, got in zip(numbers, allocated, strict=True) if got}
    assert sum(allocated) - len(gave_way) == 2
    assert rows("SELECT allocated FROM product") == [(8,)]


@pytest.mark.parametrize(
    ("kind", "quantity", "reason"),
    [
        ("damaged", 1, "broken"), ("returned", -1, "came back"), ("sold", 1, ""),
        ("received", -1, ""), ("adjusted", 1, ""),
    ],
)  # fmt: skip
def test_the_database_refuses_a_movement_that_makes_no_sense(mugs, kind, quantity, reason):
    with pytest.raises(IntegrityError), transaction() as session:
        session.execute(
            text(
                "INSERT INTO stock_movement (sku, quantity, kind, reference, actor, reason, at)"
                " VALUES ('MUG', :quantity, :kind, 'x', 'me', :reason, now())"
            ),
            {"kind": kind, "quantity": quantity, "reason": reason},
        )


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"quantity": 0}, "changes nothing"),
        ({"quantity": 2, "kind": "damaged"}, "with a minus"),
        ({"quantity": -2, "kind": "returned"}, "without a minus"),
        ({"quantity": "two"}, "not a whole number"),
        ({"quantity": 1, "reason": " "}, "reason is empty"),
        ({"quantity": 1, "reference": "x" * 151}, "151 characters long"),
    ],
)
def test_an_adjustment_that_makes_no_sense_is_refused_in_a_sentence(given, sentence):
    sound = {"sku": "MUG", "reason": "lost", "reference": "A", "by": "Jo"}
    with pytest.raises(InvalidRow, match=sentence):
        checked(AdjustmentIn, sound | given)


def test_a_file_of_counts_books_what_it_can_and_names_the_rest(mugs, tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text(
        "sku,counted,reference,by\nMUG,9,Friday,Kim\nVASE,3,Friday,Kim\nMUG,-1,Monday,Kim\n"
        "MUG,2,Friday,Kim\nMUG,9,Wednesday,Kim\n"
    )
    report = import_file(path)
    assert (report.accepted, report.unchanged, report.rejected) == (1, 0, 4)
    assert [reject.line for reject in report.rejects] == [2, 3, 4, 5]
    assert "stands in line 2 already" in report.rejects[3].reason
    assert on_hand() == 9
    again = import_file(path)
    assert (again.accepted, again.unchanged, again.rejected) == (0, 1, 4)


def test_a_row_that_says_something_else_under_a_known_reference_is_rejected(mugs, tmp_path):
    path = tmp_path / "deliveries.csv"
    path.write_text("sku,quantity,reference,by\nMUG,5,D-1,Jo\n")
    import_file(path)
    path.write_text("sku,quantity,reference,by\nMUG,7,D-1,Jo\n")
    report = import_file(path)
    assert (report.accepted, report.unchanged, report.rejected) == (0, 0, 1)
    assert "booked already as received under 'D-1'" in report.rejects[0].reason
    assert on_hand() == 15


def test_more_pieces_than_can_be_counted_are_refused(mugs):
    with pytest.raises(TooManyPieces, match=r"^MUG would have 100,000,0\d\d pieces in all"):
        book(delivery(MAX_STOCK))
    book(delivery(MAX_STOCK - on_hand()))
    assert on_hand() == MAX_STOCK


def test_a_file_of_deliveries_books_the_rows_beside_one_that_is_beyond_counting(mugs, tmp_path):
    file = tmp_path / "deliveries.csv"
    file.write_text("sku,quantity,reference,by\nMUG,1,D-1,Jo\nMUG,100000000,D-2,Jo\nMUG,2,D-3,Jo\n")
    before = on_hand()
    report = import_file(file)
    assert (report.accepted, report.rejected) == (2, 1)
    assert "at most 100,000,000 can be kept" in report.rejects[0].reason
    assert on_hand() == before + 3


def test_a_file_of_counts_names_the_orders_that_it_puts_short(mugs, tmp_path):
    path = tmp_path / "counts.jsonl"
    path.write_text('{"sku": "MUG", "counted": 4, "reference": "Friday", "by": "Kim"}\n')
    (note,) = import_file(path).notes
    assert note.endswith(f"(-6); short and with the operator: {mugs[1]}")


def test_a_file_of_deliveries_and_one_of_adjustments_are_told_apart(mugs, tmp_path):
    deliveries, adjustments = tmp_path / "in.csv", tmp_path / "off.jsonl"
    deliveries.write_text("sku,quantity,reference,by\nMUG,5,D-1,Jo\n")
    adjustments.write_text(
        '{"sku": "MUG", "quantity": -1, "kind": "damaged", "reason": "wet", "reference": "A",'
        ' "by": "Jo"}\n'
    )
    assert import_file(deliveries).kind == "deliveries"
    assert import_file(adjustments).kind == "adjustments"
    assert on_hand() == 14


def test_a_reference_that_looks_like_an_orders_own_is_refused():
    given = {"sku": "MUG", "quantity": 1, "kind": "returned", "reason": "sent back", "by": "Jo"}
    with pytest.raises(InvalidRow, match="looks like Packline's own"):
        checked(AdjustmentIn, given | {"reference": "order:1001"})
