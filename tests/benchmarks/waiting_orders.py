"""Thousands of orders that wait for their picker, in both databases: with runs, forms and task runs
in Prefect.
"""

from typing import Any

import psycopg

from tests.benchmarks.multiplying import Copied, connect, copy, new_id

_NUMBER = "%(top)s + i"
_SUBJECT = "'order:' || (%(top)s + i)"
_RUN = f"{new_id('run_id')}::text"
_RESULT = """CASE WHEN t.result ? 'number' THEN jsonb_build_object('number', %(top)s + i)
    ELSE t.result END"""

_PACKLINE = {
    "sales_order": Copied(
        "t.number = %(order)s",
        {"number": _NUMBER, "external_id": "t.external_id || '-' || i"},
    ),
    "order_line": Copied(
        "t.order_number = %(order)s",
        {"id": "nextval('order_line_id_seq')", "order_number": _NUMBER},
    ),
    "staff_task": Copied(
        "t.order_number = %(order)s",
        {"id": "nextval('staff_task_id_seq')", "order_number": _NUMBER},
    ),
    "step_record": Copied(
        "t.subject = 'order:' || %(order)s",
        {"subject": _SUBJECT, "run_id": _RUN, "result": _RESULT},
    ),
    "audit_event": Copied(
        "t.subject = 'order:' || %(order)s",
        {"id": "nextval('audit_event_id_seq')", "subject": _SUBJECT},
    ),
}
# The database has made their shipments with the orders: only how far they are is missing.
_SHIPMENTS = f"""
    UPDATE shipment SET status = t.status, pause_key = t.pause_key, run_id = {_RUN},
        runs = t.runs, fence = t.fence, claimed_at = t.claimed_at, departs_at = t.departs_at,
        departure_due_at = t.departure_due_at
    FROM shipment AS t, generate_series(%(first)s, %(last)s) AS i
    WHERE t.order_number = %(order)s AND shipment.order_number = %(top)s + i
"""
_ALLOCATIONS = """
    INSERT INTO allocation (order_number, warehouse, sku, quantity, state, at)
    SELECT order_number, 'MAIN', sku, quantity, 'allocated', now() FROM order_line
    WHERE order_number > %(top)s
"""
_TASKS = """
    UPDATE step_record SET result = result || jsonb_build_object('task_id', staff_task.id)
    FROM staff_task WHERE subject = 'order:' || order_number AND result ? 'task_id'
        AND order_number > %(top)s
"""
_COUNT_ON = "SELECT setval('sales_order_number_seq', %(top)s + %(last)s)"

_OF_RUN = "t.flow_run_id = %(run)s"
_OF_TASKS = "t.task_run_id IN (SELECT id FROM task_run WHERE flow_run_id = %(run)s)"
_DETAILS = f"t.state_details || jsonb_build_object('flow_run_id', {new_id('flow_run_id')})"
_FORM = "replace(t.value, 'order ' || %(order)s, 'order ' || (%(top)s + i))"
_TAGS = f"replace(t.tags::text, 'order:' || %(order)s, {_SUBJECT})::jsonb"

_PREFECT = {
    "task_run_state": Copied(_OF_TASKS, {"id": new_id("id"), "task_run_id": new_id("task_run_id")}),
    "task_run": Copied(
        _OF_RUN,
        {"id": new_id("id"), "flow_run_id": new_id("flow_run_id"), "state_id": new_id("state_id")},
    ),
    "flow_run_input": Copied(
        _OF_RUN,
        {"id": new_id("id"), "flow_run_id": new_id("flow_run_id"), "value": _FORM},
    ),
    "flow_run_state": Copied(
        _OF_RUN,
        {"id": new_id("id"), "flow_run_id": new_id("flow_run_id"), "state_details": _DETAILS},
    ),
    "flow_run": Copied(
        "t.id = %(run)s",
        {
            "id": new_id("id"),
            "name": "'order ' || (%(top)s + i)",
            "state_id": new_id("state_id"),
            "parameters": "jsonb_build_object('order_number', %(top)s + i)",
            "tags": _TAGS,
            "idempotency_key": "t.idempotency_key || ':' || i",
        },
    ),
}


def multiply(packline: str, prefect: str, order: int, copies: int) -> None:
    """Make so many copies of a waiting order."""
    given = _original(packline, order) | {"first": 1, "last": copies}
    with connect(prefect) as connection:
        # A run names its state and a state its run: neither can be there first.
        connection.execute("SET session_replication_role = replica")
        copy(connection, _PREFECT, given)
    with connect(packline) as connection:
        copy(connection, _PACKLINE, given)
        for statement in (_SHIPMENTS, _ALLOCATIONS, _TASKS, _COUNT_ON):
            connection.execute(statement, given)
    for url in (packline, prefect):
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ANALYZE")


def _original(url: str, order: int) -> dict[str, Any]:
    top = "SELECT max(number) FROM sales_order"
    with connect(url) as connection:
        run, top = connection.execute(
            f"SELECT run_id, ({top}) FROM shipment WHERE order_number = %s", [order]
        ).fetchone()
    return {"order": order, "run": run, "top": top}
