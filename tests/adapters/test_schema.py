"""Models and migrations agree, both ways, and the database itself holds what must always hold."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlmodel import SQLModel

import models.tables  # noqa: F401
from adapters.carriers.house import HouseCarrier
from adapters.database import schema
from adapters.database import sessions as db
from models.base import utc_now
from models.enums import HoldReason, TaskKind
from models.imports.requests import HoldIn
from services.orders.cancellation import cancel
from services.orders.holds import put_on_hold
from services.worklist.tasks import open_task
from tests.factories import make_order, make_pickup, make_product, make_shipped, the_shipment

_ORDER_WITHOUT_PROMISE = """
    INSERT INTO sales_order (channel, external_id, status, placed_at, received_at, customer_name,
        email, address_line1, address_line2, city, region, postal_code, country, currency,
        prices_include_tax, service_level, fence, cancel_reason)
    VALUES ('web', :level, 'New', now(), now(), 'Ada Byron', 'ada@example.com', '1 Mill Lane', '',
        'Leeds', '', 'LS1 4AP', 'GB', 'GBP', true, :level, 0, '')
"""


def test_migrations_lead_to_the_models(database):
    with db.engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_downgrade_leaves_nothing_and_upgrade_works_again(database):
    schema.unmigrate(db.engine())
    assert inspect(db.engine()).get_table_names() == ["alembic_version"]
    with db.engine().connect() as connection:
        functions = "SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        assert connection.scalar(text(functions)) == 0
    schema.migrate(db.engine())
    assert "sales_order" in inspect(db.engine()).get_table_names()


def test_orders_that_were_there_before_promises_get_one(database):
    schema.unmigrate(db.engine(), "0002")
    with db.engine().begin() as connection:
        for level in ("standard", "express"):
            connection.execute(text(_ORDER_WITHOUT_PROMISE), {"level": level})
    schema.migrate(db.engine())
    with db.engine().connect() as connection:
        promised = "SELECT extract(day FROM promised_at - received_at) FROM sales_order ORDER BY 1"
        assert list(connection.scalars(text(promised))) == [3, 4]


def test_orders_that_were_there_before_refunds_are_worth_what_they_cost(database):
    with db.transaction() as session:
        make_product(session)
        make_shipped(session, utc_now(), 2895)
        make_order(session)
        cancelled = make_order(session, items_minor=9, shipping_minor=0, tax_minor=1, total_minor=9)
        cancel(session, the_shipment(session, cancelled), "discontinued")
    schema.unmigrate(db.engine(), "0007")
    schema.migrate(db.engine())
    with db.engine().connect() as connection:
        found = connection.execute(
            text("SELECT value_minor, total_minor FROM sales_order ORDER BY number")
        )
        assert found.all() == [(2895, 2895), (None, None), (None, 9)]


def test_the_schema_before_refunds_keeps_what_the_carrier_still_does(database):
    with db.transaction() as session:
        make_product(session)
        numbers = [make_order(session) for _ in range(2)]
        for number in numbers:
            make_pickup(session, number)
        session.execute(
            text(f"UPDATE carrier_pickup SET state = 'cancelled' WHERE order_number = {numbers[0]}")
        )
    house = HouseCarrier()
    for number in numbers:
        house.book_pickup(f"order:{number}:pickup", 1, 4000)
    house.cancel_pickup(f"order:{numbers[0]}:pickup")
    house.cancel_pickup("order:7:pickup")
    schema.unmigrate(db.engine(), "0007")
    with db.engine().connect() as connection:
        for table in ("carrier_booking", "carrier_pickup"):
            kept = connection.scalars(text(f"SELECT key FROM {table}")).all()
            assert kept == [f"order:{numbers[1]}:pickup"]
    schema.migrate(db.engine())


def test_an_old_schema_is_refused_with_what_to_do(database):
    schema.check_schema(db.engine())
    schema.unmigrate(db.engine())
    with pytest.raises(schema.SchemaOutOfDate, match="packline up"):
        schema.check_schema(db.engine())


def test_a_timeline_cannot_be_rewritten(session):
    session.execute(
        text(
            "INSERT INTO audit_event (at, subject, actor, event, detail)"
            " VALUES (now(), 'order:1', 'me', 'x', '')"
        )
    )
    for change in ("UPDATE audit_event SET actor = 'you'", "DELETE FROM audit_event"):
        with pytest.raises(DatabaseError, match="append-only"), session.begin_nested():
            session.execute(text(change))


def test_stock_follows_its_movements_and_never_falls_below_what_is_reserved(session):
    session.execute(text("INSERT INTO product VALUES ('MUG', 'Mug', '1', 300, 'standard', 0, 0)"))
    move = text(
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        " VALUES ('MAIN', 'MUG', :quantity, 'adjusted', :reference, 'me', 'found', now())"
    )
    session.execute(move, {"quantity": 5, "reference": "a"})
    session.execute(move, {"quantity": -2, "reference": "b"})
    assert session.scalar(text("SELECT on_hand FROM product")) == 3
    with pytest.raises(IntegrityError, match="reserved_within_on_hand"), session.begin_nested():
        session.execute(move, {"quantity": -4, "reference": "c"})
    assert session.scalar(text("SELECT on_hand FROM product")) == 3


_ORDER_IN_WORK = """
    INSERT INTO sales_order (number, channel, external_id, status, placed_at, received_at,
        promised_at, customer_name, email, address_line1, address_line2, city, region, postal_code,
        country, currency, prices_include_tax, service_level, cancel_reason, fence, run_id, runs,
        waits_at, claimed_at)
    OVERRIDING SYSTEM VALUE VALUES (1001, 'web', 'W-1', 'Processing', now(), now(), now(), 'Ada',
        'ada@example.com', '1 Mill Lane', '', 'Leeds', '', 'LS1 4AP', 'GB', 'GBP', true, 'standard',
        '', 3, 'run-1', 2, 'picking-1', now());
    INSERT INTO product (sku, name, barcode, bin, weight_grams, tax_class, on_hand, reserved)
    VALUES ('MUG', 'Mug', '1', 'A-1', 300, 'standard', 0, 0);
    INSERT INTO order_line (order_number, position, sku, quantity, unit_price_minor, picked)
    VALUES (1001, 1, 'MUG', 2, 100, 1);
    INSERT INTO staff_task (order_number, kind, round, role, state, opened_at, due_at, complaint)
    VALUES (1001, 'picking', 1, 'warehouse staff', 'open', now(), now(), '')
"""
_IN_WORK = "SELECT status, fence, run_id, runs, waits_at, picked, quantity"


def test_orders_that_were_in_work_before_shipments_go_on_where_they_were(database):
    schema.unmigrate(db.engine(), "0005")
    with db.engine().begin() as connection:
        connection.execute(text(_ORDER_IN_WORK))
    schema.migrate(db.engine())
    travels = f"{_IN_WORK} FROM shipment JOIN shipment_line USING (order_number)"
    as_it_was = ("Processing", 3, "run-1", 2, "picking-1", 1, 2)
    with db.engine().connect() as connection:
        assert connection.execute(text(travels)).all() == [as_it_was]
        key, shipment = connection.execute(
            text(
                "SELECT key, task.shipment FROM staff_task task JOIN shipment USING (order_number)"
            )
        ).one()
    assert (key, shipment) == ("order:1001", 1)
    schema.unmigrate(db.engine(), "0005")
    before = f"{_IN_WORK} FROM sales_order JOIN order_line ON number = order_number"
    with db.engine().connect() as connection:
        assert connection.execute(text(before)).all() == [as_it_was]
    schema.migrate(db.engine())


def test_what_was_decided_before_orders_could_go_back_is_asked_for(database):
    with db.transaction() as session:
        make_product(session)
        decided, other = (make_order(session) for _ in range(2))
        for number, cancels in ((decided, "true"), (other, "false")):
            session.execute(
                text(
                    "INSERT INTO step_record (subject, step, round, run_id, at, result) VALUES"
                    " (:subject, 'gate: shortage', 1, '', now(), CAST(:result AS jsonb))"
                ),
                {
                    "subject": f"order:{number}",
                    "result": f'{{"answer": {{"decided_by": "Max", "cancels": {cancels}}}}}',
                },
            )
    schema.unmigrate(db.engine(), "0008")
    schema.migrate(db.engine())
    with db.engine().connect() as connection:
        asked = "SELECT cancel_requested_by FROM sales_order ORDER BY number"
        assert connection.scalars(text(asked)).all() == ["Max", None]


def test_the_schema_before_holds_opens_the_tasks_that_are_held(database):
    with db.transaction() as session:
        make_product(session)
        number = make_order(session)
        open_task(session, the_shipment(session, number), TaskKind.PICKING)
    put_on_hold(number, HoldIn(reason=HoldReason.OTHER, note="", by="Max"))
    schema.unmigrate(db.engine(), "0008")
    with db.engine().connect() as connection:
        found = connection.execute(text("SELECT kind, state FROM staff_task")).all()
        assert found == [("picking", "open")]
    schema.migrate(db.engine())


def test_an_order_on_hold_or_to_be_cancelled_says_on_whose_word(session):
    make_product(session)
    number = make_order(session)
    for change in ("held_at = now()", "hold_note = 'x'", "cancel_requested_at = now()"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(f"UPDATE sales_order SET {change} WHERE number = {number}"))
