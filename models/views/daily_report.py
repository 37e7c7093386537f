"""What the report of a day shows."""

from datetime import date

from pydantic import AwareDatetime, Field

from domain.statistics import last_days
from models.views.base import OneLine, View

CHART_DAYS = 14
"""So many days the report looks back, the reported one included."""

CHART_CURRENCIES = 3
"""So many currencies have a panel in the chart; the report's table has all of them."""


class CurrencyRevenue(View):
    """The orders shipped on one day in one currency, and their revenue."""

    currency: str
    orders: int
    revenue_minor: int


class CurrencyFigures(CurrencyRevenue):
    """The same with pieces, and the average value of an order."""

    pieces: int
    average_minor: int


class DayFigures(View):
    """A day's shipped orders by currency; empty where none was shipped."""

    day: date
    revenue: tuple[CurrencyRevenue, ...] = ()

    @property
    def orders(self) -> int:
        """Orders shipped, in all currencies."""
        return sum(part.orders for part in self.revenue)


class DailyReportView(View):
    """What management is told of a day. `revision` is 2 when the day is summed up again.

    `history` may leave out days without a shipped order, and may reach further back than the
    report does.
    """

    shop_name: OneLine
    day: date
    revision: int = Field(ge=1)
    orders_received: int
    orders_shipped: int
    pieces_shipped: int
    backlog: int
    currencies: tuple[CurrencyFigures, ...]
    history: tuple[DayFigures, ...]
    locale: str
    time_zone: str
    generated_at: AwareDatetime

    @property
    def counts(self) -> tuple[tuple[str, int], ...]:
        """The day's counts with their captions."""
        return (
            ("Orders received", self.orders_received),
            ("Orders shipped", self.orders_shipped),
            ("Pieces shipped", self.pieces_shipped),
            ("Orders still open (backlog)", self.backlog),
        )

    @property
    def chart_days(self) -> tuple[DayFigures, ...]:
        """The last 14 days, oldest first and without a gap; the reported day is the last."""
        known = {figures.day: figures for figures in self.history}
        days = last_days(self.day, CHART_DAYS)
        return tuple(known.get(day, DayFigures(day=day)) for day in days)

    @property
    def chart_currencies(self) -> tuple[str, ...]:
        """The currencies that the chart has room for."""
        return self.history_currencies[:CHART_CURRENCIES]

    @property
    def history_currencies(self) -> tuple[str, ...]:
        """The currencies of the last 14 days, the one with the most orders first.

        Revenue cannot be compared across currencies without exchange rates; orders can.
        """
        orders: dict[str, int] = {}
        for part in (part for day in self.chart_days for part in day.revenue):
            orders[part.currency] = orders.get(part.currency, 0) + part.orders
        return tuple(sorted(orders, key=lambda currency: (-orders[currency], currency)))
