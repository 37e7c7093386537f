"""The clock on the shop's wall, and the hours in which somebody works by it."""

from datetime import datetime

from adapters.calendars import PublicHolidays, clock, weekdays
from adapters.settings import settings
from domain.working_hours import OpenHours, due_after


def shop_clock(instant: datetime) -> str:
    """An instant as day, month and time in the shop's time zone, such as `23 Nov 16:05`."""
    return f"{instant.astimezone(settings().zone_info):%d %b %H:%M}"


def open_hours() -> OpenHours:
    """When the shop works, by the settings."""
    given = settings()
    return OpenHours(
        weekdays=weekdays(given.working_days),
        opens=clock(given.opens_at),
        closes=clock(given.closes_at),
        zone=given.zone_info,
        holidays=PublicHolidays(given.holiday_country, given.holiday_subdivision),
    )


def in_working_hours(start: datetime, hours: float) -> datetime:
    """The instant, in UTC, after so many of the shop's working hours. Raises `NeverOpen`."""
    return due_after(start, hours, open_hours())
