"""What customers get back when some or all of an order does not ship, and that it is paid once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import delete, func, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select, update

import services.pricing.refunds
from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.reasons import Reason
from domain.shop_days import shop_day
from models.base import utc_now
from models.imports.requests import RefundPaidIn
from models.tables.catalogue import Product
from models.tables.ledger import AuditEvent
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund, RefundLine
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate
from services.audit.invariants.money import MONEY
from services.execution.locks import locked_order, locked_shipment
from services.orders.line_cancellation import Terms, cancel_lines
from services.orders.lines import cancel_pieces
from services.pricing.refunds import PaidAlready, ShippedAlready, UnknownRefund
from services.pricing.settlement import refund_cancelled
from tasks.pricing import calculate_total_order_value
from tests.actors import pay, someone
from tests.factories import make_order, make_product, make_tariffs
from tests.process import assert_sound, rows, set_to
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


def cancel(session, order, with_shipping=False, **pieces):
    """Cancel so many pieces more; all of them without any named. The constraints are asked."""
    travelling = order.shipments[0].goods
    gone = pieces or {line.sku: line.quantity for line in travelling}
    for line in travelling:
        line.quantity -= gone.get(line.sku, 0)
    cancel_pieces(order, gone)
    why, by = Reason(note="out of stock"), someone("Max")
    refund = refund_cancelled(session, order, why, by, with_shipping=with_shipping)
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


def test_an_order_has_its_value_when_it_is_taken(catalogue):
    order = placed(catalogue, lines={"MUG": 2})
    assert (order.value_minor, order.total_minor) == (2895, 2895)


def test_an_order_of_which_nothing_ships_gives_everything_back(catalogue):
    order = placed(catalogue, lines={"MUG": 2, "PLATE": 1})
    refund = cancel(catalogue, order)
    assert parts(refund) == (3750, 595, 724, 4345)
    assert (refund.currency, refund.reason, refund.by) == ("GBP", "out of stock", "Max")
    assert refund.key == f"order:{order.number}:refund:1"
    assert refund.paid_at is None
    assert amounts(order) == (0, 0, 0, 0)
    assert order.value_minor == 4345


def test_a_cancelled_piece_comes_back_and_shipping_stays_though_less_is_sent(catalogue):
    order = placed(catalogue, lines={"MUG": 4})  # 1200 g, and 900 g are of the lighter band
    refund = cancel(catalogue, order, MUG=1)
    assert amounts(order) == (3750, 595, 933 - 208, 4345)
    assert parts(refund) == (1250, 0, 208, 1250)  # 1250 × 0.2 / 1.2 = 208.3


def test_tax_that_came_on_top_comes_back_too(catalogue):
    order = placed(catalogue, lines={"MUG": 2, "PLATE": 1}, prices_include_tax=False)
    before = amounts(order)
    refund = cancel(catalogue, order, PLATE=1)
    assert before == (3750, 595, 869, 5214)
    assert parts(refund) == (1250, 0, 250, 1500)
    assert amounts(order) == (2500, 595, 619, 3714)
    assert order.value_minor == 3714 + 1500


def test_each_cancelling_has_a_refund_of_its_own_and_together_they_are_the_value(catalogue):
    order = placed(catalogue, lines={"MUG": 3, "PLATE": 2}, unit_price_minor=333)
    before = order.total_minor
    keys = [cancel(catalogue, order, **pieces).key for pieces in ({"MUG": 1}, {"PLATE": 2}, {})]
    assert keys == [f"order:{order.number}:refund:{serial}" for serial in (1, 2, 3)]
    assert refunded(catalogue, order) == order.value_minor == before
    assert order.total_minor == 0


def test_settling_again_what_has_not_changed_gives_nothing_back(catalogue):
    order = placed(catalogue)
    assert cancel(catalogue, order, MUG=0) is None
    assert cancel(catalogue, order)
    assert cancel(catalogue, order) is None
    assert refunded(catalogue, order) == order.value_minor


def test_step_three_says_what_was_charged_also_when_some_of_it_came_back(catalogue):
    order = placed(catalogue, lines={"MUG": 2})
    cancel(catalogue, order, MUG=1)
    value = calculate_total_order_value.body(catalogue, order.shipments[0])
    assert (value.items_minor, value.total_minor, order.total_minor) == (2500, 2895, 1645)


def test_gifts_that_do_not_ship_give_nothing_back_and_have_no_refund(catalogue):
    order = placed(catalogue, lines={"MUG": 2}, unit_price_minor=0)
    assert cancel(catalogue, order, MUG=1) is None
    assert order.total_minor == 395
    assert catalogue.exec(select(func.count()).select_from(RefundLine)).one() == 0
    assert cancel(catalogue, order).amount_minor == 395


RISE = update(ShippingRate).values(price_minor=9000)
FALL = update(ShippingRate).values(price_minor=0)
HEAVIER = update(Product).values(weight_grams=20_000)
UNTAXED = update(TaxRate).values(on_shipping=False)
TAXED = update(TaxRate).values(rate=0.5)


@pytest.mark.parametrize("change", [RISE, FALL, HEAVIER, UNTAXED, TAXED])
@pytest.mark.parametrize("with_tax", [True, False])
def test_no_table_that_changes_has_a_say_in_what_comes_back(catalogue, change, with_tax):
    given = {"lines": {"MUG": 2, "PLATE": 1}, "prices_include_tax": with_tax}
    as_before = [cancel(catalogue, order := placed(catalogue, **given), MUG=1)]
    as_before.append(cancel(catalogue, order))
    order = placed(catalogue, **given)
    catalogue.execute(change)
    catalogue.expire_all()
    since = [cancel(catalogue, order, MUG=1), cancel(catalogue, order)]
    assert [parts(refund) for refund in since] == [parts(refund) for refund in as_before]


def test_all_of_an_order_comes_back_though_the_tables_lack_its_destination(catalogue):
    order = placed(catalogue, lines={"MUG": 2})
    for table in (TaxRate, ShippingRate, ShippingZone):
        catalogue.execute(delete(table))
    assert cancel(catalogue, order).amount_minor == 2895


def test_shipping_comes_back_at_once_if_somebody_says_so(catalogue):
    order = placed(catalogue, lines={"MUG": 2, "PLATE": 1}, prices_include_tax=False)
    assert parts(cancel(catalogue, order, with_shipping=True, PLATE=1)) == (1250, 595, 369, 2214)
    assert parts(cancel(catalogue, order, with_shipping=True, MUG=1)) == (1250, 0, 250, 1500)
    assert refunded(catalogue, order) + cancel(catalogue, order).amount_minor == order.value_minor


def test_shipping_comes_back_by_share_where_the_shop_wants_it(catalogue, monkeypatch):
    set_to(monkeypatch, PACKLINE_REFUND_SHIPPING="by share")
    order = placed(catalogue, lines={"MUG": 1, "PLATE": 1})  # 300 g and 500 g share 395
    assert parts(cancel(catalogue, order, PLATE=1)) == (1250, 247, 208 + 42, 1497)
    assert parts(cancel(catalogue, order, MUG=1)) == (1250, 148, 208 + 25, 1398)


def test_a_shop_that_changes_its_mind_about_shipping_gives_none_of_it_twice(catalogue, monkeypatch):
    order = placed(catalogue, lines={"MUG": 3, "PLATE": 1})
    cancel(catalogue, order, MUG=1)
    set_to(monkeypatch, PACKLINE_REFUND_SHIPPING="by share")
    assert cancel(catalogue, order, MUG=1).shipping_minor > 0
    cancel(catalogue, order, with_shipping=True, MUG=1)
    assert order.shipping_minor == 0
    assert cancel(catalogue, order).shipping_minor == 0
    assert refunded(catalogue, order) == order.value_minor


def test_tax_on_a_share_of_shipping_of_nothing_does_not_come_back_twice(catalogue, monkeypatch):
    """A sticker's share of the shipping is less than half a cent, and so is its tax."""
    set_to(monkeypatch, PACKLINE_REFUND_SHIPPING="by share")
    make_product(catalogue, "STICKER", stock=200, weight_grams=1)
    for with_tax in (True, False):
        order = placed(catalogue, lines={"STICKER": 100, "MUG": 3}, prices_include_tax=with_tax)
        charged = sum(line.shipping_tax_minor for line in order.lines)
        cancel(catalogue, order, with_shipping=True, STICKER=7)
        for _ in range(8):
            cancel(catalogue, order, STICKER=1)
        assert sum(shipping_taxes(catalogue, order)) == charged
        cancel(catalogue, order)
        assert sum(shipping_taxes(catalogue, order)) == charged
        assert refunded(catalogue, order) == order.value_minor
    assert broken(catalogue) == {}


def shipping_taxes(session, order):
    return session.exec(
        select(Refund.shipping_tax_minor).where(Refund.order_number == order.number)
    ).all()


def broken(session):
    """What the audit finds wrong with the money of a session's orders."""
    found = {check.name: session.execute(text(check.breaking)).all() for check in MONEY}
    return {name: problems for name, problems in found.items() if problems}


@pytest.mark.parametrize("pieces", [(1, 1, 1, 1), (2, 2), (3, 1), (4,)])
def test_tax_inside_waits_for_the_goods_that_it_is_inside_of(catalogue, pieces):
    """Four pieces for two cents, of which one is tax."""
    lines = [{"sku": "MUG", "quantity": 4, "line_price": "0.02", "line_tax": "0.01"}]
    order = placed(catalogue, lines=lines, shipping_charged="0")
    for number in pieces:
        cancel(catalogue, order, MUG=number)
        assert broken(catalogue) == {}
    back = catalogue.exec(select(Refund).where(Refund.order_number == order.number)).all()
    assert sum(refund.amount_minor for refund in back) == 2
    assert sum(refund.tax_minor for refund in back) == 1
    assert all(refund.tax_minor <= refund.amount_minor for refund in back)


PIECES = st.dictionaries(st.sampled_from(["MUG", "PLATE", "BOWL"]), st.integers(1, 5), min_size=1)


SKUS = st.sampled_from(["MUG", "PLATE", "BOWL"])
CANCELLED = st.lists(st.tuples(SKUS, st.integers(1, 3), st.booleans()))


@examples(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=examples.default.max_examples // 2,
)
@given(
    lines=PIECES,
    price=st.one_of(st.integers(0, 3), st.integers(0, 5000)),
    shipping=st.sampled_from([None, "0.00", "0.01", "0.03", "4.50"]),
    with_tax=st.booleans(),
    cancelled=CANCELLED,
    by_share=st.booleans(),
)
def test_pieces_cancelled_in_any_order_bring_back_all_that_was_charged_and_no_more(
    catalogue, lines, price, shipping, with_tax, cancelled, by_share
):
    undone = catalogue.begin_nested()
    with pytest.MonkeyPatch.context() as monkeypatch:
        if by_share:
            set_to(monkeypatch, PACKLINE_REFUND_SHIPPING="by share")
        make_product(catalogue, "BOWL", weight_grams=7)
        given_ = {"unit_price_minor": price, "prices_include_tax": with_tax}
        given_ |= {} if shipping is None else {"shipping_charged": shipping}
        order = placed(catalogue, lines=lines, **given_)
        for sku, pieces, at_once in cancelled:
            left = {line.sku: line.shipping_pieces for line in order.lines}
            gone = {sku: min(pieces, left.get(sku, 0))}
            cancel(catalogue, order, with_shipping=at_once, **gone)
            assert order.value_minor == order.total_minor + refunded(catalogue, order)
            assert broken(catalogue) == {}
        cancel(catalogue, order)
        assert amounts(order) == (0, 0, 0, 0)
        taxes = sum(line.shipping_tax_minor for line in order.lines)
        assert sum(shipping_taxes(catalogue, order)) == taxes
        assert broken(catalogue) == {}
        assert refunded(catalogue, order) == order.value_minor
    settings.cache_clear()
    undone.rollback()
    catalogue.expire_all()


def test_the_timeline_tells_how_much_is_to_come_back_and_why(catalogue):
    order = placed(catalogue)
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
        ("UPDATE sales_order SET value_minor = total_minor - 1", "is a fact"),
        ("UPDATE sales_order SET quote = '{}'", "is a fact"),
        ("UPDATE order_line SET charged_minor = charged_minor + 1", "is a fact"),
        ("UPDATE order_line SET quantity = 3", "is a fact"),
        (
            "UPDATE sales_order SET items_minor = items_minor + 9000,"
            " total_minor = total_minor + 9000",
            "value_covers_total",
        ),
        (
            "UPDATE sales_order SET shipping_minor = shipping_minor + 1,"
            " total_minor = total_minor + 1",
            "nothing_comes_back_twice",
        ),
        ("UPDATE refund SET shipping_tax_minor = tax_minor + 1", "parts_not_negative"),
        ("UPDATE refund_line SET tax_minor = -1", "parts_not_negative"),
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
    order = placed(catalogue, lines={"MUG": 2})
    cancel(catalogue, order, MUG=1)
    with pytest.raises(IntegrityError, match=constraint), catalogue.begin_nested():
        catalogue.execute(text(change))


@pytest.fixture
def due(shop):
    """A refund of 28.95 of an order in the shop."""
    with transaction() as session:
        order = placed(session)
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
                refund = cancel(session, order, MUG=1)
                return refund.amount_minor if refund else None
            except IntegrityError:
                session.rollback()
                return None

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(attempt, range(2)))


@pytest.fixture
def four_mugs(shop):
    with transaction() as session:
        return placed(session, lines={"MUG": 4}).number


def test_pieces_cancelled_at_once_come_back_one_after_the_other(four_mugs):
    assert sorted(cancel_at_once(four_mugs, locked_order)) == [1250, 1250]
    assert rows("SELECT cancelled FROM order_line") == [(2,)]
    assert rows("SELECT value_minor - total_minor FROM sales_order") == [(2500,)]
    assert_sound()


def test_without_the_orders_lock_one_of_the_pieces_would_be_lost(four_mugs):
    both_looked = Barrier(2)

    def unlocked(session, number):
        order = session.get(SalesOrder, number)
        assert order.lines
        both_looked.wait()
        return order

    assert None in cancel_at_once(four_mugs, unlocked)
    assert rows("SELECT cancelled FROM order_line") == [(1,)]


def test_an_order_that_ships_in_part_is_in_its_days_revenue_with_what_it_costs(process):
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    process.run(number)
    why, by = Reason(note="broke in the shop"), someone("Max")
    with transaction() as session:
        cancel_lines(session, locked_shipment(session, number), {"PLATE": 1}, Terms(why, by))
    process.ship(number)
    process.another().sum_up(shop_day(utc_now(), settings().zone_info))
    assert rows("SELECT amount_minor FROM refund") == [(1250,)]
    assert rows(
        "SELECT pieces_shipped, revenue -> 'GBP' -> 'revenue_minor' FROM daily_summary"
    ) == [(2, 3095)]
    assert_sound()
    with transaction() as session, pytest.raises(ShippedAlready, match=f"Order {number} is Ship"):
        refund_cancelled(session, locked_order(session, number), why, by)
