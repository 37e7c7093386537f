"""What became of a day."""

from datetime import date
from typing import Any

from models.results.base import StepResult


class DaySummed(StepResult):
    """A day summed up; `revenue` as in the table `daily_summary`."""

    day: date
    revision: int
    orders_received: int
    orders_shipped: int
    pieces_shipped: int
    backlog: int
    revenue: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.orders_shipped} orders shipped, backlog {self.backlog}"


class ReportMade(StepResult):
    """The report is written and waits in the outbox."""

    message_key: str
    subject: str
    artifact: str

    def __str__(self) -> str:
        return self.subject
