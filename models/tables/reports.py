"""The day's figures."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.base import instant


class DailySummary(SQLModel, table=True):
    """One day of the shop, summed up. Made again, the row is replaced and `revision` grows.

    `revenue` holds, per currency of the orders shipped: `{"GBP": {"orders": 3, "pieces": 7,
    "revenue_minor": 12345}}`.
    """

    __tablename__ = "daily_summary"
    __table_args__ = (
        CheckConstraint("revision >= 1", name="revision_counts"),
        CheckConstraint(
            "orders_received >= 0 AND orders_shipped >= 0 AND pieces_shipped >= 0 AND backlog >= 0",
            name="counts_not_negative",
        ),
    )

    day: dt.date = Field(primary_key=True)
    revision: int
    orders_received: int
    orders_shipped: int
    pieces_shipped: int
    backlog: int
    revenue: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    computed_at: dt.datetime = instant()
