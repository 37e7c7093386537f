"""The clock on the shop's wall, and the hours in which somebody works, there or in a warehouse."""

from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.settings import settings
from domain.calendars import PublicHolidays, clock, weekdays
from domain.working_hours import OpenHours, due_after, hours_between
from models.tables.catalogue import Warehouse


def shop_clock(instant: datetime) -> str:
    """An instant as day, month and time in the shop's time zone, such as `23 Nov 16:05`."""
    return f"{in_shop_time(instant):%d %b %H:%M}"


def in_shop_time(instant: datetime) -> datetime:
    """The same instant, as the clock on the shop's wall has it."""
    return instant.astimezone(settings().zone_info)


def open_hours(warehouse: Warehouse | None = None) -> OpenHours:
    """When a warehouse works; without one, when the shop does."""
    return _shop_hours() if warehouse is None else _own_hours(warehouse, _shop_hours())


def in_working_hours(start: datetime, hours: float, warehouse: Warehouse | None = None) -> datetime:
    """The instant, in UTC, after so many working hours of the warehouse, or of the shop.

    Raises `NeverOpen`.
    """
    return due_after(start, hours, open_hours(warehouse))


def after_the_break(
    due: datetime, since: datetime, until: datetime, warehouse: Warehouse | None = None
) -> datetime:
    """When something is due that rested from `since` to `until`: in the working hours that were
    left of it. What was late before stays late. Raises `NeverOpen`.
    """
    if due <= since:
        return due
    return in_working_hours(until, hours_between(since, due, open_hours(warehouse)), warehouse)


def _shop_hours() -> OpenHours:
    """By the settings."""
    given = settings()
    return OpenHours(
        weekdays=weekdays(given.working_days),
        opens=clock(given.opens_at),
        closes=clock(given.closes_at),
        zone=given.zone_info,
        holidays=PublicHolidays(given.holiday_country, given.holiday_subdivision),
    )


def _own_hours(own: Warehouse, shop: OpenHours) -> OpenHours:
    """What the warehouse has of its own, and the rest as the shop has it.

    A country of its own has no part that the warehouse does not name.
    """
    country, part = own.holiday_country, own.holiday_subdivision or ""
    return OpenHours(
        weekdays=weekdays(own.working_days) if own.working_days else shop.weekdays,
        opens=clock(own.opens_at) if own.opens_at else shop.opens,
        closes=clock(own.closes_at) if own.closes_at else shop.closes,
        zone=ZoneInfo(own.time_zone) if own.time_zone else shop.zone,
        holidays=shop.holidays if country is None else PublicHolidays(country, part),
        owner=f"Warehouse {own.code}",
    )
