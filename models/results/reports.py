"""What became of a day."""

from datetime import date
from typing import Any

from domain.messages import Message, Plural
from models.results.base import StepResult

_SHIPPED = Plural(
    "{orders} order shipped, backlog {backlog}",
    "{orders} orders shipped, backlog {backlog}",
    "orders",
)


class DaySummed(StepResult):
    """A day summed up; `revenue` as in the table `daily_summary`."""

    day: date
    revision: int
    orders_received: int
    orders_shipped: int
    pieces_shipped: int
    backlog: int
    revenue: dict[str, Any]

    def said(self) -> Message:
        """How many left, and how many are waiting."""
        values = {"orders": self.orders_shipped, "backlog": self.backlog}
        return Message("day-summed", _SHIPPED, values)


class ReportMade(StepResult):
    """The report is written and waits in the outbox."""

    untold = frozenset({"subject"})

    message_key: str
    subject: str = ""
    artifact: str

    def said(self) -> Message:
        """Under which key it is found in Prefect's UI."""
        return Message("report-made", "as {artifact}", {"artifact": self.artifact})
