"""The report of a day, as its templates want it."""

import datetime as dt

from sqlmodel import Session

from adapters.database.clock import this_instant
from adapters.settings import settings
from domain.shop_days import day_bounds
from domain.statistics import average_minor, last_days
from models.results.reports import DaySummed
from models.views.daily_report import (
    CHART_DAYS,
    CurrencyFigures,
    CurrencyRevenue,
    DailyReportView,
    DayFigures,
)
from services.reporting.figures import revenue_by_currency


def report_view(session: Session, figures: DaySummed) -> DailyReportView:
    """The report of a day that is summed up, beside the days before it."""
    return DailyReportView(
        shop_name=settings().shop_name,
        **figures.model_dump(exclude={"revenue"}),
        currencies=tuple(
            CurrencyFigures(
                currency=currency,
                average_minor=average_minor(part["revenue_minor"], part["orders"]),
                **part,
            )
            for currency, part in figures.revenue.items()
        ),
        history=tuple(_day(session, day) for day in last_days(figures.day, CHART_DAYS)),
        locale=settings().locale,
        time_zone=settings().time_zone,
        generated_at=this_instant(session),
    )


def _day(session: Session, day: dt.date) -> DayFigures:
    revenue = revenue_by_currency(session, *day_bounds(day, settings().zone_info))
    return DayFigures(
        day=day,
        revenue=tuple(
            CurrencyRevenue(
                currency=currency, orders=part["orders"], revenue_minor=part["revenue_minor"]
            )
            for currency, part in revenue.items()
        ),
    )
