"""When the shop or a warehouse is open, and what is due after so many hours of its work."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import PacklineError
from domain.shop_days import shop_day

_ONE_DAY = timedelta(days=1)
_LOOK_AHEAD_DAYS = 36_600
"""A century: a calendar that has too little work in it has none."""


class NeverOpen(PacklineError):
    """The calendar has fewer working hours than are asked for."""

    message = (
        "{owner} does not work {hours} hours in the century after {start}:"
        " correct its working days, opening times and holidays."
    )

    def __init__(self, owner: str, start: datetime, hours: float) -> None:
        super().__init__(owner=owner, hours=float(hours), start=start.date())


@dataclass(frozen=True)
class OpenHours:
    """The weekdays on which `owner` works (Monday is 0), and from when to when.

    The times are those of the clock in `zone`. What does not close after it opens closes on the day
    after: 22:00 to 06:00 is a shift over midnight, of the day on which it begins; and closing at
    00:00 is midnight at the end of the day. No shift begins on `holidays`.
    """

    weekdays: frozenset[int]
    opens: time
    closes: time
    zone: ZoneInfo
    holidays: Container[date] = field(default=frozenset())
    owner: str = "The shop"

    def works_on(self, day: date) -> bool:
        """Whether a shift begins on that day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def bounds(self, day: date) -> tuple[datetime, datetime]:
        """The instants, in UTC, at which the shift of a day begins and ends."""
        closing_day = day if self.closes > self.opens else day + _ONE_DAY
        return self._instant(day, self.opens), self._instant(closing_day, self.closes)

    def _instant(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)


def due_after(start: datetime, hours: float, calendar: OpenHours) -> datetime:
    """The instant, in UTC, after so many hours in which the calendar's owner is open.

    Nights, free days and holidays do not count; a start outside of hours counts from the next
    opening. Where clocks change meanwhile, hours are those that really pass.

    Raises `NaiveInstant` for a start without a time zone, `NeverOpen`.
    """
    left = timedelta(hours=hours)
    for opens, closes in _shifts(start, calendar):
        begin = max(start.astimezone(UTC), opens)
        if left <= closes - begin:
            return begin + left
        left -= closes - begin
    raise NeverOpen(calendar.owner, start, hours)


def hours_between(start: datetime, end: datetime, calendar: OpenHours) -> float:
    """How many hours the calendar's owner is open from one instant to another; none backwards.

    Raises `NaiveInstant` for a start without a time zone.
    """
    worked = timedelta()
    for opens, closes in _shifts(start, calendar):
        if opens >= end:
            break
        worked += max(min(closes, end) - max(opens, start.astimezone(UTC)), timedelta())
    return worked / timedelta(hours=1)


def _shifts(start: datetime, calendar: OpenHours) -> Iterator[tuple[datetime, datetime]]:
    """When it is open, from an instant on: what closed by then is left out, and what began on the
    evening before is not.
    """
    first = shop_day(start, calendar.zone) - _ONE_DAY
    for ahead in range(_LOOK_AHEAD_DAYS):
        day = first + ahead * _ONE_DAY
        if calendar.works_on(day):
            opens, closes = calendar.bounds(day)
            if closes > max(start, opens):
                yield opens, closes
