"""What a replay says: what became of the orders, and what the audit found."""

from pydantic import BaseModel
from sqlalchemy import text

from adapters.database.sessions import transaction
from services.audit.audit import AuditReport

_OUTCOMES = """
    SELECT outcome, count(*) AS orders, sum(pieces) AS pieces FROM (
        SELECT CASE
            WHEN status = 'Cancelled' THEN 'cancelled: ' || cancel_reason
            WHEN status <> 'Shipped' THEN 'still ' || status
            WHEN EXISTS (SELECT FROM order_line WHERE order_number = number AND cancelled > 0)
                OR EXISTS (SELECT FROM shipment
                    WHERE order_number = sales_order.number AND status = 'Cancelled')
                THEN 'shipped in part' || CASE
                    WHEN EXISTS (SELECT FROM refund WHERE order_number = number)
                    THEN ', with a refund' ELSE '' END
            WHEN EXISTS (SELECT FROM shipment
                    WHERE order_number = sales_order.number AND shipment.number > 1)
                THEN 'shipped whole, in several shipments'
            WHEN EXISTS (SELECT FROM staff_task WHERE order_number = number AND kind = 'shortage')
                THEN 'shipped whole, after waiting for stock'
            WHEN EXISTS (SELECT FROM staff_task WHERE order_number = number AND kind = 'short-pick')
                THEN 'shipped whole, after a second pick'
            ELSE 'shipped whole, at once' END AS outcome,
            (SELECT sum(quantity) FROM order_line WHERE order_number = number) AS pieces
        FROM sales_order) AS ending
    GROUP BY outcome ORDER BY outcome DESC
"""
_TASKS = "SELECT kind, count(*) FROM staff_task WHERE state = 'done' GROUP BY kind ORDER BY kind"


class Outcome(BaseModel):
    """So many orders, with so many pieces ordered, came to this end."""

    outcome: str
    orders: int
    pieces: int


class ReplayReport(BaseModel):
    """What became of a week. `seconds` is from the first order handed in to the last one ended."""

    week: str
    seed: int
    orders: int
    lines: int
    seconds: float
    orders_per_minute: float
    outcomes: list[Outcome]
    refused_on_import: int
    tasks_done: dict[str, int]
    lorries: int
    pieces_brought: int
    audit: AuditReport


def outcomes() -> list[Outcome]:
    """What became of the orders; what was shipped comes first."""
    with transaction() as session:
        found = session.execute(text(_OUTCOMES)).mappings()
        return [Outcome.model_validate(dict(row)) for row in found]


def tasks_done() -> dict[str, int]:
    """How many tasks of each kind people, or Packline for them, have done."""
    with transaction() as session:
        return dict(session.execute(text(_TASKS)).tuples().all())
