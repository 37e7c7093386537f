"""What is said twice, once as a rule in code and once in SQL for the audit, says the same."""

import ast
import inspect
import re
from datetime import timedelta
from pkgutil import resolve_name
from types import ModuleType, SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

import flows.daily_summary
import flows.order_fulfillment
from adapters.settings import settings as packline
from domain.money import from_minor
from domain.reasons import Reason
from domain.shop_days import day_bounds, shop_day
from domain.tracking import LARGEST_SERIAL, is_valid_s10, s10_number
from models.base import utc_now
from models.enums import OrderStatus
from models.process import (
    COMPENSATION_STEPS,
    DAY_STEPS,
    ORDER_STEPS,
    StepName,
    display_names,
)
from models.results.base import StepResult
from models.tables.orders import SalesOrder, derive_order_status
from models.tables.reports import DailySummary
from models.tables.shipments import shipment_name
from services.audit.invariants import effects
from services.audit.invariants.effects import MAIL_KEY_PARTS, VALID_S10
from services.audit.invariants.fragments import NUMBER
from services.audit.invariants.ledger import STANDING
from services.execution.ledger import day_key, order_key
from services.messaging.cancellation_mails import line_notice_key
from services.pricing.settlement import refund_cancelled
from services.reporting.figures import revenue_by_currency
from tasks import daily_report, notifications
from tasks.pricing import calculate_total_order_value
from tests.actors import someone
from tests.factories import make_order, make_product, make_shipped, make_tariffs
from tests.process import rows
from tests.services.audit.test_twins_in_played_runs import HELD
from tests.services.audit.twins import ALL, broken, holds, told

random = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
random_orders = settings(random, max_examples=random.max_examples // 3)
"""Fewer of those that make rows."""


def says(session: Session, expression: str, source: str, **given: object) -> object:
    """What an expression in SQL gives, of one row."""
    return session.scalar(text(f"SELECT {expression} FROM {source}"), given)


# Each names the other.


def test_each_rule_names_the_invariant_that_is_its_twin():
    for one in ALL.values():
        if ":" in one.twin:
            rule = resolve_name(one.twin)
            assert one.name in told(inspect.getmodule(getattr(rule, "fn", rule)))


def test_each_pair_is_held_together_by_a_test():
    twins = {one.name for one in ALL.values() if one.twin}
    constraints = {one.name for one in ALL.values() if one.twin.startswith("ck_")}
    assert twins == HELD | constraints


# Rules on values.


@holds("an order's status is what its shipments say")
@random
@given(statuses=st.lists(st.sampled_from(OrderStatus), min_size=1, max_size=4))
def test_an_order_stands_where_its_shipments_make_it_stand(session, statuses):
    source = "unnest(CAST(:statuses AS text[])) AS shipment (status)"
    found = says(session, STANDING, source, statuses=[str(status) for status in statuses])
    assert found == derive_order_status(statuses)


CODES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2)
NUMBERS = st.one_of(
    st.builds(s10_number, st.integers(0, LARGEST_SERIAL), CODES, CODES),
    st.from_regex(r"[A-Z]{2}[0-9]{9}[A-Z]{2}", fullmatch=True),
    st.from_regex(r"[A-Za-z]{1,3}[0-9]{8,10}[A-Z]{2}\n?", fullmatch=True),
    st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=14),
)


@holds("the house carrier's tracking numbers are valid")
@random
@given(number=NUMBERS)
@example(number=s10_number(0, "GB"))  # 11 is written 5
@example(number=s10_number(8, "GB"))  # 10 is written 0
@example(number=s10_number(8, "GB") + "X")
@example(number="X" + s10_number(8, "GB"))
def test_a_tracking_number_is_valid_for_both(session, number):
    source = "(SELECT CAST(:number AS text)) AS label (tracking_number)"
    assert says(session, VALID_S10, source, number=number) == is_valid_s10(number)


@random
@given(order=st.integers(1, 10**9), shipment=st.integers(1, 9))
def test_a_shipment_is_called_the_same_by_both(session, order, shipment):
    key = order_key(order) + (f":{shipment}" if shipment > 1 else "")
    number = says(session, NUMBER, "(SELECT CAST(:key AS text)) AS shipment (key)", key=key)
    assert f"order {number}" == shipment_name(order, shipment)


RECORDS = st.tuples(st.integers(1, 10**9), st.integers(1, 3), st.integers(1, 12))


@holds("mails of recorded steps are sent or refused", "effects have the record of their step")
@random
@given(record=RECORDS, day=st.dates())
def test_the_keys_of_mails_are_made_and_taken_apart_the_same_by_both(session, record, day):
    order, shipment, round = record
    subject = order_key(order) + (f":{shipment}" if shipment > 1 else "")
    labelled = SimpleNamespace(key=subject, label_version=round)
    revised = SimpleNamespace(key=day_key(day), revision=round)
    of_order = SimpleNamespace(number=order)
    for expression, about, key, kind in (
        (effects.SHIPMENT_MAIL_KEY, subject, notifications._shipment_key(labelled), "shipment"),
        (effects.LINE_MAIL_KEY, subject, line_notice_key(subject, round), "cancelled"),
        (effects.REPORT_MAIL_KEY, revised.key, daily_report._report_key(revised), "report"),
        (effects.CANCELLATION_MAIL_KEY, subject, notifications._cancellation_key(of_order), ""),
    ):
        source = "(SELECT CAST(:about AS text), CAST(:round AS int)) AS record (subject, round)"
        assert says(session, expression, source, about=about, round=round) == key
        parts = says(session, MAIL_KEY_PARTS, "(SELECT CAST(:key AS text)) AS m (key)", key=key)
        if kind:
            assert (parts[0], parts[1], int(parts[3] or 1)) == (about, kind, round)
        else:
            assert parts == [order_key(order), "cancellation", None, None]


# Money.

LINE = st.fixed_dictionaries(
    {
        "sku": st.sampled_from(["P-0", "P-1", "P-2"]),
        "quantity": st.integers(1, 6),
        "line_price": st.integers(100, 99_999).map(lambda minor: str(from_minor(minor, "GBP"))),
        "line_discount": st.integers(0, 100).map(lambda minor: str(from_minor(minor, "GBP"))),
    }
)
AMOUNT = st.integers(0, 5_000).map(lambda minor: str(from_minor(minor, "GBP")))
AMOUNTS = st.fixed_dictionaries(
    {"prices_include_tax": st.booleans()},
    optional={"shipping_charged": AMOUNT, "fees_charged": AMOUNT, "discount": st.just("0.99")},
)
PARTS = "an order's value is what was charged for its parts"
REFUNDED = "an order's value is its total and its refunds"
SHARES = "refunds of a line are its share of what was charged"
ADDS_UP = "refunds give something back and add up"
OF_LINES = "refunds are for lines of their order"
SHIPPING = "no more of shipping and its tax comes back than was charged"
INSIDE = "tax that is inside of prices is inside of each part"
MONEY = (INSIDE, PARTS, REFUNDED, SHARES, ADDS_UP, OF_LINES, SHIPPING)
CHANGES = {
    "sales_order": ("discount", "shipping_charged", "fees_charged", "fees_tax", "value"),
    "order_line": ("order_discount", "shipping", "tax", "shipping_tax"),
}
CHANGED = [(table, f"{part}_minor") for table, parts in CHANGES.items() for part in parts]


def an_order(session: Session, lines: list[dict[str, Any]], amounts: dict[str, Any]) -> SalesOrder:
    """It costs at least a penny more than its discounts."""
    make_tariffs(session)
    for sku in ("P-0", "P-1", "P-2"):
        make_product(session, sku)
    lines = [{"sku": "P-0", "quantity": 1, "line_price": "1.00"}, *lines]
    return session.get_one(SalesOrder, make_order(session, lines, **amounts))


@holds(INSIDE)
@random_orders
@given(
    lines=st.lists(LINE, max_size=4),
    amounts=AMOUNTS,
    tax=st.one_of(AMOUNT, st.just("0.01")),
    wrong=st.sampled_from([0, 1]),
)
def test_tax_in_all_is_inside_of_each_part_for_both(session, lines, amounts, tax, wrong):
    """A total that cannot contain it is refused before."""
    amounts |= {"shipping_charged": "55.00", "tax_charged": tax, "prices_include_tax": True}
    with undone(session):
        an_order(session, lines, amounts)
        assert broken(session, INSIDE) == set()
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(f"UPDATE order_line SET tax_minor = charged_minor + {wrong}"))
        assert broken(session, INSIDE) == ({INSIDE} if wrong else set())


@holds(PARTS)
@random_orders
@given(
    lines=st.lists(LINE, max_size=4),
    amounts=AMOUNTS,
    change=st.sampled_from(CHANGED),
    wrong=st.sampled_from([0, 1]),
)
def test_what_an_order_is_charged_is_the_sum_of_its_parts(session, lines, amounts, change, wrong):
    with undone(session):
        order = an_order(session, lines, amounts)
        value = calculate_total_order_value.body(session, order.shipments[0])
        assert value.total_minor == order.value_minor
        assert broken(session, *MONEY) == set()
        table, column = change
        session.execute(text("SET LOCAL session_replication_role = replica"))
        if table == "order_line":
            session.execute(
                text("ALTER TABLE order_line DROP CONSTRAINT ck_order_line_charged_adds_up")
            )
        where = "position = 1" if table == "order_line" else "true"
        session.execute(text(f"UPDATE {table} SET {column} = {column} + {wrong} WHERE {where}"))
        assert broken(session, PARTS) == ({PARTS} if wrong else set())


@holds(REFUNDED, SHARES, ADDS_UP, OF_LINES, SHIPPING)
@random_orders
@given(
    lines=st.lists(LINE, max_size=3),
    amounts=AMOUNTS,
    cancelled=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6)), max_size=3),
    with_shipping=st.booleans(),
    wrong=st.sampled_from([0, 1]),
)
def test_what_customers_get_back_is_what_was_charged_for_what_does_not_ship(
    session, lines, amounts, cancelled, with_shipping, wrong
):
    with undone(session):
        order = an_order(session, lines, amounts)
        for place, less in cancelled:
            line = order.lines[place % len(order.lines)]
            line.cancelled = min(line.cancelled + less, line.quantity)
            why, by = Reason(note="broken"), someone("Max")
            refund_cancelled(session, order, why, by, with_shipping=with_shipping)
            session.flush()
        assert broken(session, *MONEY) == set()
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(f"UPDATE sales_order SET value_minor = value_minor + {wrong}"))
        assert broken(session, REFUNDED) == ({REFUNDED} if wrong else set())
        given_back = text(f"UPDATE refund_line SET items_minor = items_minor + {wrong}")
        some = session.execute(given_back).rowcount
        assert broken(session, SHARES, OF_LINES) == (
            {SHARES, OF_LINES} if wrong and some else set()
        )
        too_much = f"UPDATE refund_line SET shipping_tax_minor = {wrong} * 9999"
        some = session.execute(text(too_much)).rowcount
        assert broken(session, SHIPPING) == ({SHIPPING} if wrong and some else set())


FIGURES = "daily summaries say what the orders say"
SHIPPED = st.tuples(
    st.integers(0, 47), st.sampled_from(["GBP", "EUR"]), st.integers(0, 9_999), st.integers(0, 2)
)


@holds(FIGURES)
@random_orders
@given(shipped=st.lists(SHIPPED, max_size=6), wrong=st.sampled_from([None, "orders", "pieces"]))
def test_a_day_is_summed_up_the_same_by_both(session, shipped, wrong):
    day = shop_day(utc_now(), packline().zone_info) - timedelta(days=3)
    begin, end = day_bounds(day, packline().zone_info)
    with undone(session):
        make_product(session, "MUG")
        for hours, currency, minor, cancelled in shipped:
            at = begin - timedelta(hours=12) + timedelta(hours=hours)
            number = make_shipped(session, at, minor, currency=currency)
            session.get_one(SalesOrder, number).lines[0].cancelled = cancelled
        session.flush()
        revenue = revenue_by_currency(session, begin, end)
        figures = {
            f"{what}_shipped": sum(part[what] for part in revenue.values()) + (what == wrong)
            for what in ("orders", "pieces")
        }
        session.add(
            DailySummary(
                day=day,
                revision=1,
                orders_received=0,
                backlog=0,
                revenue=revenue,
                computed_at=utc_now(),
                **figures,
            )
        )
        bounds = {"days": [day], "begins": [begin], "ends": [end]}
        assert broken(session, FIGURES, **bounds) == ({FIGURES} if wrong else set())


class undone:  # noqa: N801  (reads as a phrase)
    """What the block does to the database is undone."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def __enter__(self) -> None:
        self.savepoint = self.session.begin_nested()

    def __exit__(self, *_: object) -> None:
        self.savepoint.rollback()
        self.session.expire_all()


# The order of the steps.


def steps_called_in(module: ModuleType, function: str) -> list[str]:
    """The names of the steps that a function of a flow calls, as they stand in its text."""
    tree = ast.parse(inspect.getsource(module))
    body = next(
        node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function
    )
    calls = [
        node
        for node in ast.walk(body)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    called = [vars(module).get(call.func.id) for call in sorted(calls, key=place)]
    return [str(step.step_name) for step in called if hasattr(step, "step_name")]


def place(call: ast.Call) -> tuple[int, int]:
    return call.lineno, call.col_offset


@holds("no step of the compensation is recorded before those that come first")
def test_the_compensation_in_the_flow_is_the_list_of_its_steps():
    assert steps_called_in(flows.order_fulfillment, "compensate") == list(COMPENSATION_STEPS)


@holds("no step of an order is recorded before those that come first")
def test_the_way_there_in_the_flow_is_the_list_of_its_steps():
    """But for the first step, by which the flow learns which order it is about."""
    called = steps_called_in(flows.order_fulfillment, "fulfil")
    assert [step for step in called if step in ORDER_STEPS] == list(ORDER_STEPS[1:])


@holds("no step of a day is recorded before those that come first")
def test_the_flow_of_a_day_is_the_list_of_its_steps():
    assert steps_called_in(flows.daily_summary, "daily_summary") == list(DAY_STEPS)


# What the queries read.


def test_what_may_be_there_once_is_unique_in_the_database(database):
    unique = {
        (table, tuple(columns))
        for table, columns in rows("""
            SELECT indrelid::regclass::text, array_agg(attname::text ORDER BY attname)
            FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)
            WHERE indisunique GROUP BY indexrelid, indrelid
        """)
    }
    for thing, source, key in effects._ONCE:
        table = re.sub(r"^\(SELECT \* FROM (\w+) .*", r"\1", source)
        assert (table, tuple(sorted(key.split(", ")))) in unique, thing


def test_the_queries_name_steps_by_their_constants_only():
    steps = [*StepName, *display_names(StepName)]
    for name in ("cancelled", "effects", "fragments", "ledger", "people", "shipped", "stock"):
        source = inspect.getsource(resolve_name(f"services.audit.invariants.{name}"))
        assert [step for step in steps if f"'{step}'" in source] == []


def test_the_queries_read_answers_and_results_that_there_are():
    fields = {field for result in kinds_of(StepResult) for field in result.model_fields}
    read = {
        name for one in ALL.values() for name in re.findall(r"-> '(\w+)'|->> '(\w+)'", one.breaking)
    }
    assert {name for names in read for name in names if name} - fields == set()


def kinds_of(base: type[StepResult]) -> set[type[StepResult]]:
    below = set(base.__subclasses__())
    return below.union(*(kinds_of(one) for one in below)) if below else set()
