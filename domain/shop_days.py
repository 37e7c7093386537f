"""The shop's days: dates in its time zone, of 23 to 25 hours where clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import PacklineError

_ONE_DAY = timedelta(days=1)


class NaiveInstant(PacklineError):
    """A date and time that does not say in which time zone."""

    message = "{given} has no time zone: give the offset from UTC too, such as {given}+00:00."

    def __init__(self, instant: datetime) -> None:
        super().__init__(given=instant.isoformat())
        self.instant = instant


def shop_day(instant: datetime, zone: ZoneInfo) -> date:
    """The date in the shop at an instant.

    Raises `NaiveInstant`.
    """
    return _local(instant, zone).date()


def day_to_sum_up(scheduled_start: datetime, zone: ZoneInfo, closes_at_hour: int) -> date:
    """The day that a summary is about: the one in which its start was scheduled.

    A start before `closes_at_hour` of the shop's clock sums up the day that just ended. The
    scheduled start stays as it is when a run starts late or is retried, and so does the day.

    Raises `NaiveInstant`.
    """
    local = _local(scheduled_start, zone)
    return local.date() - _ONE_DAY if local.hour < closes_at_hour else local.date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which the day begins and the next one does (not part of it)."""
    return _beginning(day, zone), _beginning(day + _ONE_DAY, zone)


def _beginning(day: date, zone: ZoneInfo) -> datetime:
    # Where clocks skip midnight this is the instant of the change; where they repeat it, the first.
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _local(instant: datetime, zone: ZoneInfo) -> datetime:
    if instant.utcoffset() is None:
        raise NaiveInstant(instant)
    return instant.astimezone(zone)
