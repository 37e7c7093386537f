"""Waking whoever listens."""

from sqlalchemy import text
from sqlmodel import Session

ORDERS_CHANNEL = "packline_orders"
"""Notified when an order came in or a person answered: the dispatcher wakes."""
RUNS_CHANNEL = "packline_runs"
"""Notified when a flow run was started or resumed: the workers wake."""

TASKS_CHANNEL = "packline_tasks"
"""Notified by the database when a task comes, goes or is taken: `role|warehouse`."""


def notify(session: Session, channel: str, payload: str = "") -> None:
    """Wake whoever listens on `channel`, once this transaction commits."""
    session.execute(
        text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )
