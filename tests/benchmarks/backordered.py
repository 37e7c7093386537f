"""Many orders that wait for the same stock, out of one: its rows, copied by Postgres."""

from tests.benchmarks.multiplying import Copied, connect, copy

_ORDER, _SUBJECT = "t.order_number = %(order)s", "t.subject = 'order:' || %(order)s"
_NUMBER = "%(top)s + i"
_KEY = "'order:' || (%(top)s + i)"
_RUN = "md5(t.run_id || i)::uuid::text"
_LINE = "%(lines)s + t.{} * %(last)s + i"
"""Ids of lines: as many for each line of the original as there are copies."""

_TABLES = {
    "sales_order": Copied(
        "t.number = %(order)s",
        {"number": _NUMBER, "external_id": "t.external_id || '-' || (%(top)s + i)"},
    ),
    "order_line": Copied(_ORDER, {"id": _LINE.format("id"), "order_number": _NUMBER}),
    "shipment": Copied(_ORDER, {"order_number": _NUMBER, "run_id": _RUN}),
    "shipment_line": Copied(_ORDER, {"order_number": _NUMBER}),
    "staff_task": Copied(_ORDER, {"id": "nextval('staff_task_id_seq')", "order_number": _NUMBER}),
    "step_record": Copied(_SUBJECT, {"subject": _KEY, "run_id": _RUN}),
    "audit_event": Copied(_SUBJECT, {"id": "nextval('audit_event_id_seq')", "subject": _KEY}),
    "allocation": Copied(_ORDER, {"id": "nextval('allocation_id_seq')", "order_number": _NUMBER}),
}
_COUNT_ON = """
    SELECT setval('sales_order_number_seq', %(top)s + %(last)s),
        setval('order_line_id_seq', (SELECT max(id) FROM order_line))
"""


def multiply_backorder(url: str, order: int, copies: int) -> list[int]:
    """Make so many copies of an order that waits for stock and holds none; returns their numbers.
    They stand behind it in the line.
    """
    with connect(url) as connection:
        found = "SELECT (SELECT max(number) FROM sales_order), (SELECT max(id) FROM order_line)"
        top, lines = connection.execute(found).fetchone()
        given = {"order": order, "top": top, "lines": lines, "first": 1, "last": copies}
        # Copies of sound rows are sound: no trigger need look at each.
        connection.execute("SET session_replication_role = replica")
        copy(connection, _TABLES, given)
        connection.execute(_COUNT_ON, given)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return [top + i for i in range(1, copies + 1)]
