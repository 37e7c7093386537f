from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.statistics import average_minor, last_days


@pytest.mark.parametrize(
    ("total", "count", "average"),
    [(1000, 4, 250), (5, 2, 3), (7, 3, 2), (8, 3, 3), (0, 5, 0), (0, 0, 0), (-5, 2, -2)],
)
def test_an_average_is_rounded_half_up(total, count, average):
    assert average_minor(total, count) == average


@given(st.integers(0, 10**15), st.integers(1, 10**6))
def test_an_average_is_exact_to_half_a_minor_unit(total, count):
    assert abs(average_minor(total, count) - Fraction(total, count)) <= Fraction(1, 2)


def test_the_last_days_end_with_the_day_itself_and_cross_months():
    assert last_days(date(2028, 3, 1), 3) == [
        date(2028, 2, 28),
        date(2028, 2, 29),
        date(2028, 3, 1),
    ]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_the_last_days_follow_one_another_without_a_gap(day, count):
    days = last_days(day, count)
    assert len(days) == count
    assert days[-1] == day
    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))


def test_no_days_are_none():
    assert last_days(date(2026, 11, 23), 0) == []
