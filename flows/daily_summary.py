"""The shop's day, summed up, reported and mailed to management.

Scheduled every night at half past midnight in the shop's time zone; run by hand for any day.
"""

import datetime as dt

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.daily_report import (
    daily_fulfillment_summary,
    generate_daily_performance_report,
    notify_management_of_daily_stats,
    open_day,
)
from tasks.engine.runs import goes_on_by_itself


@flow(name="daily-summary")
@goes_on_by_itself
def daily_summary(day: dt.date | None = None) -> State[None]:
    """Sum up a day of the shop.

    Args:
        day: The day to sum up. Empty: today, or the day before if it is early in the morning.
    """
    # The audit says the same: *no step of a day is recorded before those that come first*.
    today = open_day(day)
    figures = daily_fulfillment_summary(today)
    report = generate_daily_performance_report(today, figures)
    notify_management_of_daily_stats(today, report)
    return Completed(message=f"{today.day:%d %B %Y}: {figures}.")
