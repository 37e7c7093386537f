"""Days summed up."""

from datetime import date, datetime

from pydantic import BaseModel
from sqlmodel import Session, col, select

from domain.errors import PacklineError
from models.tables.reports import DailySummary


class NoSummary(PacklineError):
    """The day has not been summed up."""

    messages = {
        "no-summary": (
            "No day has been summed up: start the deployment `daily-summary` in Prefect's UI."
        ),
        "no-summary-of-day": (
            "{day} has not been summed up: start the deployment `daily-summary` in Prefect's UI."
        ),
    }

    def __init__(self, day: date | None) -> None:
        super().__init__("no-summary-of-day" if day else "no-summary", day=day)


class RevenueRow(BaseModel):
    """The orders shipped on one day in one currency, their pieces, and their revenue."""

    orders: int
    pieces: int
    revenue_minor: int


class SummaryRow(BaseModel):
    """A day summed up; `revenue` by currency."""

    day: date
    revision: int
    orders_received: int
    orders_shipped: int
    pieces_shipped: int
    backlog: int
    revenue: dict[str, RevenueRow]
    computed_at: datetime


def find_summary(session: Session, day: date | None) -> SummaryRow:
    """The figures of a day, by default of the latest. Raises `NoSummary`."""
    latest = select(DailySummary).order_by(col(DailySummary.day).desc())
    found = session.exec(latest.where(DailySummary.day == day) if day else latest).first()
    if found is None:
        raise NoSummary(day)
    return SummaryRow(**found.model_dump())
