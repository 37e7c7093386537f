"""What was there before there were warehouses is in one of them after, and comes back whole."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from adapters.database import schema
from adapters.database import sessions as db
from tests.factories import make_warehouse
from tests.process import rows

_BEFORE = """
    INSERT INTO product (sku, name, barcode, bin, weight_grams, tax_class, on_hand, reserved)
        VALUES ('MUG', 'Mug', '1', 'A-1', 300, 'standard', 0, 0);
    INSERT INTO stock_movement (sku, quantity, kind, reference, actor, reason, at) VALUES
        ('MUG', 9, 'received', 'D-1', 'Jo', '', now()),
        ('MUG', -2, 'adjusted', 'count:C-1', 'Kim', 'counted', now());
    INSERT INTO stock_count (sku, reference, counted, before, actor, at)
        VALUES ('MUG', 'C-1', 7, 9, 'Kim', now());
    INSERT INTO sales_order (channel, external_id, status, placed_at, received_at, promised_at,
        customer_name, email, address_line1, address_line2, city, region, postal_code, country,
        currency, prices_include_tax, service_level, fence, cancel_reason)
    SELECT 'web', n, 'New', now(), now(), now(), 'Ada Byron', 'ada@example.com', '1 Mill Lane', '',
        'Leeds', '', 'LS1 4AP', 'GB', 'GBP', true, 'standard', 0, '' FROM generate_series(1, 2) n;
    INSERT INTO order_line (order_number, position, sku, quantity, unit_price_minor)
        SELECT number, 1, 'MUG', 3, 100 FROM sales_order;
    INSERT INTO reservation (order_line_id, sku, quantity, state, at)
        SELECT id, sku, quantity, CASE WHEN order_number = 1001 THEN 'live' ELSE 'wanted' END, now()
        FROM order_line;
    INSERT INTO staff_task (order_number, kind, round, role, state, opened_at, due_at, complaint)
    VALUES (1001, 'picking', 1, 'warehouse staff', 'open', now(), now(), ''),
        (1002, 'shortage', 1, 'operator', 'open', now(), now(), '');
"""
_ELSEWHERE = """
    INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at) VALUES
        ('YORK', 'MUG', 4, 'received', 'D-1', 'Jo', '', now()),
        ('MAIN', 'MUG', -1, 'transferred', 'T-1', 'Jo', 'near', now()),
        ('YORK', 'MUG', 1, 'transferred', 'T-1', 'Jo', 'near', now());
    INSERT INTO stock_count (sku, warehouse, reference, counted, before, actor, at)
        VALUES ('MUG', 'YORK', 'C-1', 6, 5, 'Kim', now());
    INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)
        VALUES ('YORK', 'MUG', 1, 'adjusted', 'count:C-1', 'Kim', 'counted', now());
"""
_HOURS = """
    SELECT code, time_zone, working_days, opens_at, closes_at, holiday_country, holiday_subdivision
    FROM warehouse ORDER BY rank
"""
_TOTALS = "SELECT on_hand, reserved FROM product"


@pytest.fixture
def moved(database):
    """A shop from before, brought up to date."""
    schema.unmigrate(db.engine(), "0005")
    run(_BEFORE)
    schema.migrate(db.engine())


def run(statements):
    with db.engine().begin() as connection:
        connection.exec_driver_sql(statements)


def test_all_there_is_moves_into_the_one_warehouse(moved):
    assert rows("SELECT sku, warehouse, bin, on_hand, reserved FROM stock_level") == [
        ("MUG", "MAIN", "A-1", 7, 3)
    ]
    assert rows(_TOTALS) == [(7, 3)]
    assert rows("SELECT DISTINCT warehouse FROM stock_movement") == [("MAIN",)]
    assert rows("SELECT warehouse FROM stock_count") == [("MAIN",)]
    assert rows("SELECT state, warehouse FROM reservation ORDER BY id") == [
        ("live", "MAIN"),
        ("wanted", None),
    ]
    assert rows("SELECT kind, warehouse FROM staff_task ORDER BY id") == [
        ("picking", "MAIN"),
        ("shortage", None),
    ]


def test_stock_goes_on_being_counted_after_it_and_before_it(moved):
    run("UPDATE reservation SET state = 'released' WHERE state = 'live'")
    assert rows("SELECT on_hand, reserved FROM stock_level") == rows(_TOTALS) == [(7, 0)]
    schema.unmigrate(db.engine(), "0005")
    run("UPDATE reservation SET state = 'live' WHERE state = 'wanted'")
    assert rows(_TOTALS) == [(7, 3)]


def test_several_warehouses_become_one_again_with_all_that_happened(moved):
    with db.transaction() as session:
        make_warehouse(session, "YORK", 2)
        session.execute(text(_ELSEWHERE))
    assert rows(_TOTALS) == [(12, 3)]
    schema.unmigrate(db.engine(), "0005")
    assert rows("SELECT bin, on_hand, reserved FROM product") == [("A-1", 12, 3)]
    assert rows("SELECT reference, quantity FROM stock_movement ORDER BY id") == [
        ("D-1", 9),
        ("count:C-1", -2),
        ("D-1 YORK", 4),
        ("T-1", -1),
        ("T-1 YORK", 1),
        ("count:C-1 YORK", 1),
    ]
    assert rows("SELECT reference, counted FROM stock_count ORDER BY 1") == [
        ("C-1", 7),
        ("C-1 YORK", 6),
    ]
    schema.migrate(db.engine())
    assert rows("SELECT warehouse, on_hand, reserved FROM stock_level") == [("MAIN", 12, 3)]


def test_warehouses_that_were_there_before_hours_work_as_the_shop_does(database):
    schema.unmigrate(db.engine(), "0010")
    schema.migrate(db.engine())
    assert rows(_HOURS) == [("MAIN", None, None, None, None, None, None)]


def test_the_schema_before_hours_keeps_the_warehouses(database):
    with db.transaction() as session:
        make_warehouse(
            session, "YORK", 2, opens_at="06:00", closes_at="14:00", holiday_country="GB"
        )
    schema.unmigrate(db.engine(), "0010")
    assert rows("SELECT * FROM warehouse ORDER BY rank") == [
        ("MAIN", "Main warehouse", "", "", 1),
        ("YORK", "York", "GB", "", 2),
    ]
    schema.migrate(db.engine())
    assert rows(_HOURS)[1] == ("YORK", None, None, None, None, None, None)


@pytest.mark.parametrize(
    "hours",
    [
        "opens_at = '08:00'",
        "closes_at = '18:00'",
        "opens_at = '08:00', closes_at = '08:00'",
        "opens_at = '18:00', closes_at = '08:00'",
        "holiday_subdivision = 'ENG'",
        "holiday_country = '', holiday_subdivision = 'ENG'",
    ],
)
def test_the_database_knows_no_hours_that_cannot_be(database, hours):
    with pytest.raises(IntegrityError, match="ck_warehouse_"):
        run(f"UPDATE warehouse SET {hours}")


@pytest.mark.parametrize("closes_at", ["00:00", "24:00", "08:01"])
def test_the_database_knows_midnight_as_the_end_of_a_day(database, closes_at):
    run(f"UPDATE warehouse SET opens_at = '08:00', closes_at = '{closes_at}'")
    assert rows("SELECT closes_at FROM warehouse") == [(closes_at,)]
