"""A history: hundreds of thousands of shipped orders, with all that each leaves behind.

One order is really shipped, without Prefect; its rows are copied. Every day has as many orders, so
more orders are a longer history.
"""

from collections.abc import Callable

import psycopg
import pytest

from adapters.database.sessions import database_url
from benchmarks.shop import BenchShop
from tests.benchmarks.multiplying import Copied, connect, copy
from tests.process import Process

PER_DAY = 2740
"""A million a year."""
_BATCH = 10_000

_ORDER, _SUBJECT = "t.order_number = %(order)s", "t.subject = 'order:' || %(order)s"
_NUMBER = "%(order)s + i"
_AT = "now() - (%(copies)s - i) * interval '1 day' / %(per_day)s"
_KEY = "replace({}, 'order:' || %(order)s, 'order:' || (%(order)s + i))"
_RUN = "md5(t.run_id || i)::uuid::text"
_SERIAL = "lpad((1000 + i)::text, 8, '0')"
_TRACKING = f"upu_s10({_SERIAL})"
_PICKUP = f"'PU' || {_SERIAL}"
_UPU_S10 = """
    CREATE FUNCTION upu_s10(serial text) RETURNS text LANGUAGE sql AS $$
        SELECT 'CP' || serial || CASE rest WHEN 10 THEN 0 WHEN 11 THEN 5 ELSE rest END || 'GB'
        FROM (SELECT 11 - sum(substr(serial, place::int, 1)::int * weight) % 11 AS rest
              FROM unnest(ARRAY[8, 6, 4, 2, 3, 5, 9, 7]) WITH ORDINALITY AS x (weight, place))
    $$
"""

_OF_ORDER = {
    "order_line": {
        "id": "t.id + i * 3",
        "order_number": _NUMBER,
    },
    "shipment_line": {
        "order_number": _NUMBER,
    },
    "staff_task": {
        "id": "nextval('staff_task_id_seq')",
        "order_number": _NUMBER,
        "opened_at": _AT,
        "due_at": _AT,
        "answered_at": _AT,
    },
    "shipping_label": {
        "id": "nextval('shipping_label_id_seq')",
        "order_number": _NUMBER,
        "key": _KEY.format("t.key"),
        "tracking_number": _TRACKING,
        "pdf": r"'\x25504446'",
        "wanted_at": _AT,
        "bought_at": _AT,
    },
    "carrier_pickup": {
        "id": "nextval('carrier_pickup_id_seq')",
        "order_number": _NUMBER,
        "key": _KEY.format("t.key"),
        "reference": _PICKUP,
        "wanted_at": _AT,
        "collected_at": _AT,
    },
}
_OF_SUBJECT = {
    "step_record": {"subject": _KEY.format("t.subject"), "run_id": _RUN, "at": _AT},
    "audit_event": {
        "id": "nextval('audit_event_id_seq')",
        "subject": _KEY.format("t.subject"),
        "at": _AT,
    },
}
_TABLES = {
    "sales_order": Copied(
        "t.number = %(order)s",
        {
            "number": _NUMBER,
            "external_id": "t.external_id || '-' || i",
            **dict.fromkeys(
                ("placed_at", "received_at", "promised_at", "collected_at", "shipped_at"), _AT
            ),
        },
    ),
    "shipment": Copied(
        _ORDER,
        {
            "order_number": _NUMBER,
            "run_id": _RUN,
            "tracking_number": _TRACKING,
            **dict.fromkeys(("claimed_at", "collected_at", "shipped_at"), _AT),
        },
    ),
    **{table: Copied(_ORDER, changed) for table, changed in _OF_ORDER.items()},
    **{table: Copied(_SUBJECT, changed) for table, changed in _OF_SUBJECT.items()},
    "message": Copied(
        "t.key LIKE 'order:' || %(order)s || ':%%'",
        {
            "id": "nextval('message_id_seq')",
            "key": _KEY.format("t.key"),
            "message_id": "t.message_id || '-' || i",
            "text": "'…'",
            "html": "'…'",
            "written_at": _AT,
            "sent_at": _AT,
        },
    ),
    "carrier_booking": Copied(
        "t.key LIKE 'order:' || %(order)s || ':%%'",
        {
            "key": _KEY.format("t.key"),
            "reference": f"CASE t.kind WHEN 'label' THEN {_TRACKING} ELSE {_PICKUP} END",
            "at": _AT,
        },
    ),
    "allocation": Copied(
        "t.order_number = %(order)s",
        {
            "id": "nextval('allocation_id_seq')",
            "order_number": _NUMBER,
            "promised_at": _AT,
            "at": _AT,
        },
    ),
    "stock_movement": Copied(
        "t.kind = 'sold' AND t.reference = 'order:' || %(order)s",
        {
            "id": "nextval('stock_movement_id_seq')",
            "reference": _KEY.format("t.reference"),
            "at": _AT,
        },
    ),
}
_COUNT_ON = (
    "SELECT setval('sales_order_number_seq', (SELECT max(number) FROM sales_order))",
    "SELECT setval('house_carrier_serial', 1000 + (SELECT max(order_number) FROM shipment))",
    "SELECT setval('order_line_id_seq', (SELECT max(id) FROM order_line))",
    "UPDATE product SET on_hand ="
    " (SELECT sum(quantity) FROM stock_movement m WHERE m.sku = product.sku)",
    "UPDATE stock_level l SET on_hand = (SELECT sum(quantity) FROM stock_movement m"
    " WHERE (m.sku, m.warehouse) = (l.sku, l.warehouse))",
)


def make_history(shop: BenchShop, orders: int, watch: Callable[[int], None]) -> None:
    """Ship one order, and copy it until there are so many."""
    (order,) = shop.hand_in(1)
    with pytest.MonkeyPatch.context() as monkeypatch:
        Process(monkeypatch).ship(order)
    with connect(database_url()) as connection:
        connection.execute(_UPU_S10)
    given = {"order": order, "copies": orders - 1, "per_day": PER_DAY}
    for first in range(1, orders, _BATCH):
        last = min(first + _BATCH, orders) - 1
        with connect(database_url()) as connection:
            # Copies of sound rows are sound: no trigger need look at each.
            connection.execute("SET session_replication_role = replica")
            copy(connection, _TABLES, {**given, "first": first, "last": last})
        watch(last)
    run_once()


def run_once() -> None:
    """Count on from here, and let Postgres know what it has, as it would after a while."""
    with psycopg.connect(database_url(), autocommit=True) as connection:
        for statement in (*_COUNT_ON, "VACUUM ANALYZE"):
            connection.execute(statement.encode())
