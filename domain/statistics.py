"""The arithmetic of the day's figures."""

from datetime import date, timedelta
from fractions import Fraction

from domain.money import half_up


def average_minor(total_minor: int, count: int) -> int:
    """The average in minor units, a half rounded up; 0 of nothing."""
    return half_up(Fraction(total_minor, count)) if count else 0


def last_days(day: date, count: int) -> list[date]:
    """So many days up to and with `day`, the oldest first."""
    return [day - timedelta(days=back) for back in reversed(range(count))]
