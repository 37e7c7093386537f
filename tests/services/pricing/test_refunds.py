"""What customers get back when some or all of an order does not ship, and that it is paid once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from sqlalchemy import delete, func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

import services.pricing.refunds
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.reasons import Reason
from domain.shop_days import shop_day
from domain.tax import NoTaxRate
from models.base import utc_now
from models.imports.requests import RefundPaidIn
from models.tables.ledger import AuditEvent
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate
from services.execution.locks import locked_order
from services.inventory.allocations import deallocate
from services.pricing.refunds import PaidAlready, ShippedAlready, UnknownRefund, reprice
from tasks.pricing import calculate_total_order_value
from tests.actors import pay, someone
from tests.factories import make_order, make_product, make_tariffs, the_shipment
from tests.process import assert_sound, execute, rows
from tests.timelines import timeline


@pytest.fixture
def catalogue(session):
    """Mugs of 300 g and plates of 500 g; up to 1 kg costs 395 to ship, up to 5 kg 595."""
    make_tariffs(session)
    make_product(session, "MUG")
    make_product(session, "PLATE", weight_grams=500)
    return session


def placed(session, **given):
    return session.get(SalesOrder, make_order(session, **given))


def priced(session, **given):
    order = placed(session, **given)
    calculate_total_order_value.body(session, order.shipments[0])
    session.flush()
    return order


def cancel(session, order, **pieces):
    """Cancel so many pieces more; all of them without any named. The constraints are asked."""
    for line, travelling in zip(order.lines, order.shipments[0].lines, strict=True):
        gone = pieces.get(line.sku, 0) if pieces else line.quantity - line.cancelled
        line.cancelled += gone
        travelling.quantity -= gone
    refund = reprice(session, order, Reason(note="out of stock"), someone("Max"))
    session.flush()
    return refund


def amounts(row):
    return row.items_minor, row.shipping_minor, row.tax_minor, row.total_minor


def parts(refund):
    return (
        refund.items_minor,
        refund.shipping_minor,
        refund.tax_minor,
        refund.amount_minor,
    )


def refunded(session, order):
    wanted = select(func.coalesce(func.sum(Refund.amount_minor), 0))
    return session.exec(wanted.where(Refund.order_number == order.number)).one()


def test_pricing_keeps_the_value_as_ordered(catalogue):
    order = priced(catalogue, lines={"MUG": 2})
    assert (order.value_minor, order.total_minor) == (2895, 2895)


def test_an_order_of_which_nothing_ships_gives_everything_back(catalogue):
    order = priced(catalogue, lines={"MUG": 2, "PLATE": 1})
    refund = cancel(catalogue, order)
    assert parts(refund) == (3750, 595, 724, 4345)
    assert (refund.currency, refund.reason, refund.by) == ("GBP", "out of stock", "Max")
    assert refund.key == f"order:{order.number}:refund:1"
    assert refund.paid_at is None
    assert amounts(order) == (0, 0, 0, 0)
    assert [amounts(line) for line in order.lines] == [(0, 0, 0, 0)] * 2
    assert order.value_minor == 4345


def test_a_cancelled_piece_comes_back_with_what_shipping_falls(catalogue):
    order = priced(catalogue, lines={"MUG": 4})  # 1200 g
    refund = cancel(catalogue, order, MUG=1)  # 900 g
    assert amounts(order) == (3750, 395, 691, 4145)  # 4145 × 0.2 / 1.2 = 690.8
    assert parts(refund) == (1250, 200, 242, 1450)


def test_tax_that_came_on_top_comes_back_too(catalogue):
    order = priced(catalogue, lines={"MUG": 2, "PLATE": 1}, prices_include_tax=False)
    refund = cancel(catalogue, order, PLATE=1)
    assert amounts(order) == (2500, 395, 579, 3474)
    assert parts(refund) == (1250, 200, 290, 1740)
    assert order.value_minor == 3474 + 1740


def test_each_cancelling_has_a_refund_of_its_own_and_together_they_are_the_value(catalogue):
    order = priced(catalogue, lines={"MUG": 3, "PLATE": 2}, unit_price_minor=333)
    before = order.total_minor
    keys = [cancel(catalogue, order, **pieces).key for pieces in ({"MUG": 1}, {"PLATE": 2}, {})]
    assert keys == [f"order:{order.number}:refund:{serial}" for serial in (1, 2, 3)]
    assert refunded(catalogue, order) == order.value_minor == before
    assert order.total_minor == 0


def test_pricing_again_what_has_not_changed_gives_nothing_back(catalogue):
    order = priced(catalogue)
    assert cancel(catalogue, order, MUG=0) is None
    assert cancel(catalogue, order)
    assert cancel(catalogue, order) is None
    assert refunded(catalogue, order) == order.value_minor


def test_an_order_that_was_never_priced_is_priced_as_ordered_first(catalogue):
    order = placed(catalogue, lines={"MUG": 2})
    refund = cancel(catalogue, order, MUG=1)
    assert (order.value_minor, order.total_minor, refund.amount_minor) == (2895, 1645, 1250)


def test_step_three_leaves_an_order_as_it_was_priced_anew(catalogue):
    order = placed(catalogue, lines={"MUG": 2})
    cancel(catalogue, order, MUG=1)
    value = calculate_total_order_value.body(catalogue, order.shipments[0])
    assert (value.items_minor, value.total_minor, order.value_minor) == (1250, 1645, 2895)


def test_gifts_that_do_not_ship_give_nothing_back_while_shipping_stays_the_same(catalogue):
    order = priced(catalogue, lines={"MUG": 2}, unit_price_minor=0)
    assert cancel(catalogue, order, MUG=1) is None
    assert order.total_minor == 395
    assert cancel(catalogue, order).amount_minor == 395


def test_a_gift_that_does_not_ship_leaves_its_share_of_the_shipping_to_the_rest(catalogue):
    order = placed(catalogue, lines={"MUG": 1, "PLATE": 1})  # 800 g, and 300 g without the gift
    order.lines[1].unit_price_minor = 0
    calculate_total_order_value.body(catalogue, order.shipments[0])
    catalogue.flush()
    assert [amounts(line) for line in order.lines] == [(1250, 148, 233, 1398), (0, 247, 41, 247)]
    assert cancel(catalogue, order, PLATE=1) is None
    assert [amounts(line) for line in order.lines] == [(1250, 395, 274, 1645), (0, 0, 0, 0)]
    assert amounts(order) == (1250, 395, 274, 1645)
    assert refunded(catalogue, order) == 0


def test_nobody_is_charged_more_where_a_lighter_parcel_costs_more(catalogue):
    """Bands rise with weight as a rule; a table may say otherwise."""
    band = select(ShippingRate).where(ShippingRate.up_to_grams == 1000)
    for rate in catalogue.exec(band):
        rate.price_minor = 9000
    order = priced(catalogue, lines={"MUG": 4})
    before = amounts(order)
    assert cancel(catalogue, order, MUG=1) is None
    assert amounts(order) == before
    assert order.value_minor == order.total_minor
    assert cancel(catalogue, order).amount_minor == order.value_minor


def test_nobody_is_charged_more_where_shipping_falls_to_a_line_with_more_tax(catalogue):
    make_product(catalogue, "BOOK", weight_grams=600, tax_class="books")
    catalogue.add(TaxRate(country="GB", tax_class="books", rate=Decimal(0)))
    order = placed(catalogue, lines={"MUG": 1, "BOOK": 1}, prices_include_tax=False)
    order.lines[1].unit_price_minor = 0
    calculate_total_order_value.body(catalogue, order.shipments[0])
    before = amounts(order)
    assert cancel(catalogue, order, BOOK=1) is None
    assert amounts(order) == before


def test_what_ships_keeps_the_tax_rate_at_which_it_was_ordered(catalogue):
    order = priced(catalogue, lines={"MUG": 2}, prices_include_tax=False)
    catalogue.exec(select(TaxRate)).one().rate = Decimal("0.5")
    cancel(catalogue, order, MUG=1)
    assert order.lines[0].tax_rate == Decimal("0.2")
    assert order.tax_minor == 329  # 1645 × 0.2


def test_all_of_a_priced_order_comes_back_though_the_tables_lack_its_destination(catalogue):
    order = priced(catalogue, lines={"MUG": 2})
    for table in (TaxRate, ShippingRate, ShippingZone):
        catalogue.execute(delete(table))
    assert cancel(catalogue, order).amount_minor == 2895


def test_what_cannot_be_priced_as_ordered_changes_nothing(catalogue):
    catalogue.execute(delete(TaxRate))
    order = placed(catalogue)
    with pytest.raises(NoTaxRate, match=r"tax_rates\.csv"):
        cancel(catalogue, order)
    assert (order.value_minor, order.total_minor, refunded(catalogue, order)) == (None, None, 0)


def test_the_timeline_tells_how_much_is_to_come_back_and_why(catalogue):
    order = priced(catalogue)
    cancel(catalogue, order)
    event = catalogue.exec(select(AuditEvent).order_by(AuditEvent.id.desc())).first()
    assert (event.subject, event.actor) == (f"order:{order.number}", "Max")
    assert (event.kind, event.values["amount_minor"]) == ("refund-due", 2895)
    assert event.note.text == "out of stock"


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("UPDATE order_line SET cancelled = 3", "cancelled_within_ordered"),
        ("UPDATE order_line SET cancelled = -1", "cancelled_within_ordered"),
        ("UPDATE sales_order SET value_minor = NULL", "priced_with_its_value"),
        ("UPDATE sales_order SET value_minor = total_minor - 1", "value_covers_total"),
        (
            "UPDATE refund SET items_minor = 0, shipping_minor = 0, amount_minor = 0",
            "gives_something_back",
        ),
        ("UPDATE refund SET amount_minor = amount_minor + 1", "adds_up"),
        ("UPDATE refund SET paid_by = 'Kim'", "paid_by_somebody"),
        ("UPDATE refund SET paid_reference = 'R-1'", "paid_by_somebody"),
    ],
)
def test_the_database_refuses_money_that_does_not_fit(catalogue, change, constraint):
    order = priced(catalogue, lines={"MUG": 2})
    cancel(catalogue, order, MUG=1)
    with pytest.raises(IntegrityError, match=constraint), catalogue.begin_nested():
        catalogue.execute(text(change))


@pytest.fixture
def due(shop):
    """A refund of 28.95 of an order in the shop."""
    with transaction() as session:
        order = priced(session)
        return cancel(session, order)


def paid_by(name, reference=""):
    return RefundPaidIn(by=name, reference=reference)


def test_a_refund_is_paid_once_and_the_second_is_told_who_and_when(due):
    refund = pay(due.id, paid_by("Kim", "PSP-77"))
    assert (refund.paid_by, refund.paid_reference) == ("Kim", "PSP-77")
    with pytest.raises(PaidAlready, match=r"paid by Kim at \d\d \w+ \d\d:\d\d under 'PSP-77'"):
        pay(due.id, paid_by("Lee"))
    assert rows("SELECT paid_by, paid_reference FROM refund") == [("Kim", "PSP-77")]
    (told,) = timeline("refund-paid")
    assert (told.actor, told.detail) == ("Kim", f"£28.95, {due.key}: PSP-77")


@pytest.mark.parametrize("number", [0, 4711, 2**70])
def test_a_refund_that_is_not_there_is_named(due, number):
    with pytest.raises(UnknownRefund, match=f"no refund {number}"):
        pay(number, paid_by("Kim"))


def pay_at_once(refund):
    together = Barrier(2)

    def attempt(name):
        together.wait()
        try:
            return pay(refund.id, paid_by(name)).paid_by
        except PaidAlready:
            return None

    with ThreadPoolExecutor(2) as threads:
        return [name for name in threads.map(attempt, ["Kim", "Lee"]) if name]


def test_of_two_who_pay_at_once_one_is_told_in_time(due):
    assert rows("SELECT paid_by FROM refund") == [(None,)]
    said = pay_at_once(due)
    assert rows("SELECT paid_by FROM refund") == [tuple(said)]


def test_without_the_lock_both_would_pay(due, monkeypatch):
    both_looked = Barrier(2)

    def unlocked(session, number):
        refund = session.get(Refund, number)
        both_looked.wait()
        return refund

    monkeypatch.setattr(services.pricing.refunds, "_locked", unlocked)
    assert sorted(pay_at_once(due)) == ["Kim", "Lee"]


def cancel_at_once(number, look_up):
    """Two people cancel a mug each."""
    together = Barrier(2)

    def attempt(_):
        with transaction() as session:
            together.wait()
            order = look_up(session, number)
            try:
                return cancel(session, order, MUG=1).amount_minor
            except IntegrityError:
                session.rollback()
                return None

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(attempt, range(2)))


@pytest.fixture
def four_mugs(shop):
    with transaction() as session:
        return priced(session, lines={"MUG": 4}).number


def test_pieces_cancelled_at_once_come_back_one_after_the_other(four_mugs):
    assert sorted(cancel_at_once(four_mugs, locked_order)) == [1250, 1450]
    assert rows("SELECT cancelled FROM order_line") == [(2,)]
    assert rows("SELECT value_minor - total_minor FROM sales_order") == [(2700,)]
    assert_sound()


def test_without_the_orders_lock_one_of_the_pieces_would_be_lost(four_mugs):
    both_looked = Barrier(2)

    def unlocked(session, number):
        order = session.get(SalesOrder, number)
        assert order.lines
        both_looked.wait()
        return order

    assert 1250 not in cancel_at_once(four_mugs, unlocked)
    assert rows("SELECT cancelled FROM order_line") == [(1,)]


def test_an_order_that_ships_in_part_is_in_its_days_revenue_with_what_it_costs(process):
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    process.run(number)
    with transaction() as session:
        deallocate(session, the_shipment(session, number), {"PLATE": 1})
    execute("UPDATE order_line SET cancelled = 1 WHERE sku = 'PLATE'")
    execute("UPDATE shipment_line SET quantity = 0 WHERE sku = 'PLATE'")
    with transaction() as session:
        reprice(
            session, locked_order(session, number), Reason(note="broke in the shop"), someone("Max")
        )
    process.ship(number)
    process.another().sum_up(shop_day(utc_now(), settings().zone_info))
    assert rows("SELECT amount_minor FROM refund") == [(1450,)]
    assert rows(
        "SELECT pieces_shipped, revenue -> 'GBP' -> 'revenue_minor' FROM daily_summary"
    ) == [(2, 2895)]
    assert_sound()
    with transaction() as session, pytest.raises(ShippedAlready, match=f"Order {number} is Ship"):
        reprice(session, locked_order(session, number), Reason(note="lost"), someone("Max"))
