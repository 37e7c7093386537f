"""Working days, opening times and public holidays, as people write them: in settings, and in files
of warehouses.
"""

import re
from collections.abc import Iterator
from datetime import date, time
from functools import lru_cache
from zoneinfo import available_timezones

import holidays

from domain.errors import FieldError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_YEARS_KEPT = 256


class NotInACalendar(FieldError):
    """Something is not written as working days, times and places are."""

    messages = {
        "not-a-clock-time": "is not a time such as 08:00 or 17:30",
        "unknown-time-zone": "is not a time zone such as Europe/London",
        "unknown-holiday-country": (
            "is not a country such as GB, by ISO 3166, whose holidays are known"
        ),
        "holidays-have-no-parts": (
            "is not needed: the holidays of {country} are the same everywhere"
        ),
        "unknown-holiday-part": ("is no part of {country} whose holidays are known: {known}"),
        "not-weekdays": "must look like mon-fri, or mon,tue,thu-sat",
    }


def weekdays(text: str) -> frozenset[int]:
    """Weekdays from `mon-fri` or `tue,thu-sat`, Monday as 0. Raises `NotInACalendar`."""
    return frozenset(day for part in text.lower().split(",") for day in _span(part.strip()))


def clock(text: str) -> time:
    """A time of the day from `08:00`; 24:00 is midnight, 00:00. Raises `NotInACalendar`."""
    if not _CLOCK.fullmatch(text):
        raise NotInACalendar("not-a-clock-time")
    hour, minute = map(int, text.split(":"))
    return time(hour % 24, minute)


def has_hours(opens_at: str, closes_at: str) -> bool:
    """Whether there is time between opening and closing, which may be on the day after: not where
    both are at the same time, unless that is midnight.
    """
    return clock(closes_at) == time.min or closes_at != opens_at


def check_zone(name: str) -> None:
    """Raise `NotInACalendar` unless there is such a time zone."""
    if name not in _zones():
        raise NotInACalendar("unknown-time-zone")


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """The names of all time zones: they are hundreds of files."""
    return frozenset(available_timezones())


class PublicHolidays:
    """The days on which a country, or a part of it, does not work, as the package `holidays` has
    them. Without a country there are none.

    Raises `NotInACalendar` where the country or the part is not known.
    """

    def __init__(self, country: str, subdivision: str = "") -> None:
        self._country, self._subdivision = country, subdivision
        check_place(country, subdivision)

    def __contains__(self, day: object) -> bool:
        """Whether nobody works on a date. Threads may ask at once: each year is made whole."""
        return isinstance(day, date) and day in _of_year(self._country, self._subdivision, day.year)


def check_place(country: str, subdivision: str) -> None:
    """Raise `NotInACalendar` unless the holidays of that place are known."""
    if country and country not in holidays.list_supported_countries():
        raise NotInACalendar("unknown-holiday-country")
    try:
        _of_year(country, subdivision, 2026)
    except NotImplementedError:
        raise _unknown_part(country) from None


@lru_cache(maxsize=_YEARS_KEPT)
def _of_year(country: str, subdivision: str, year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=year))


def _unknown_part(country: str) -> NotInACalendar:
    known = holidays.list_supported_countries()[country]
    if not known:
        return NotInACalendar("holidays-have-no-parts", country=country)
    return NotInACalendar("unknown-holiday-part", country=country, known=tuple(known))


def _span(part: str) -> Iterator[int]:
    """The days of one part: the first, the last and those between, also over a Sunday."""
    first, dash, last = part.partition("-")
    last = last if dash else first
    if first not in _DAYS or last not in _DAYS:
        raise NotInACalendar("not-weekdays")
    begin, end = _DAYS.index(first), _DAYS.index(last)
    return (day % len(_DAYS) for day in range(begin, begin + (end - begin) % len(_DAYS) + 1))
