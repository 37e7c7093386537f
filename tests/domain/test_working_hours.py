"""What is due when: nights, free days and holidays do not count, whatever the clocks do."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shop_days import NaiveInstant
from domain.working_hours import NeverOpen, OpenHours, due_after, hours_between

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)
EVERY_DAY = frozenset(range(7))
SHOP = OpenHours(frozenset(range(5)), time(8), time(18), LONDON)
NIGHTS = replace(SHOP, opens=time(22), closes=time(6))
NIGHT_AND_DAY = OpenHours(EVERY_DAY, time(0), time(0), LONDON)
CHRISTMAS = replace(SHOP, holidays=frozenset({date(2026, 12, 25), date(2026, 12, 28)}))


def at(text):
    """A time on the shop's clock, or with an offset where one is given."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=LONDON)


zones = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
instants = st.datetimes(datetime(2012, 1, 1), datetime(2036, 1, 1), timezones=st.just(UTC))
days = st.dates(date(2012, 1, 1), date(2037, 1, 1))
amounts = st.integers(0, 300).map(lambda quarters: quarters / 4)
calendars = st.builds(
    OpenHours,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sampled_from(range(0, 24, 2)).map(time),
    st.sampled_from([0, *range(1, 24, 2)]).map(time),
    zones,
    st.frozensets(days, max_size=5),
)
"""Some of them with shifts over midnight."""


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23 23:00", 4, "2026-11-24 03:00"),
        ("2026-11-24 02:00", 4, "2026-11-24 06:00"),
        ("2026-11-24 02:00", 5, "2026-11-24 23:00"),
        ("2026-11-24 12:00", 1, "2026-11-24 23:00"),
        ("2026-11-28 05:00", 2, "2026-11-30 23:00"),
        ("2026-11-23 01:00", 1, "2026-11-23 23:00"),
    ],
)
def test_a_night_shift_belongs_to_the_day_on_which_it_begins(start, hours, due):
    assert due_after(at(start), hours, NIGHTS) == at(due)
    assert hours_between(at(start), at(due), NIGHTS) == hours


def test_no_night_shift_begins_on_a_holiday_and_the_one_before_is_worked_to_its_end():
    nights = replace(NIGHTS, holidays=frozenset({date(2026, 12, 25)}))
    assert due_after(at("2026-12-24 23:00"), 8, nights) == at("2026-12-28 23:00")


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23 09:00", 4, "2026-11-23 13:00"),
        ("2026-11-23 09:00", 9, "2026-11-23 18:00"),
        ("2026-11-23 16:30", 4, "2026-11-24 10:30"),
        ("2026-11-23 06:00", 4, "2026-11-23 12:00"),
        ("2026-11-23 23:00", 0.25, "2026-11-24 08:15"),
        ("2026-11-27 17:00", 2, "2026-11-30 09:00"),
        ("2026-11-28 12:00", 2, "2026-11-30 10:00"),
        ("2026-11-23 09:00", 20, "2026-11-25 09:00"),
        ("2026-11-23 09:00", 50, "2026-11-30 09:00"),
        ("2026-11-23T17:00:00-05:00", 1, "2026-11-24 09:00"),
    ],
)
def test_nights_and_weekends_do_not_count(start, hours, due):
    assert due_after(at(start), hours, SHOP) == at(due)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-11-23 09:00", "2026-11-23 09:00"),
        ("2026-11-23 18:00", "2026-11-24 08:00"),
        ("2026-11-28 12:00", "2026-11-30 08:00"),
    ],
)
def test_no_hours_are_over_at_once_or_at_the_next_opening(start, due):
    assert due_after(at(start), 0, SHOP) == at(due)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-12-24 16:00", 4, "2026-12-29 10:00"),
        ("2026-12-25 10:00", 1, "2026-12-29 09:00"),
    ],
)
def test_nobody_works_on_holidays(start, hours, due):
    assert due_after(at(start), hours, CHRISTMAS) == at(due)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-03-28 22:00", 6, "2026-03-29 05:00"),  # an hour is skipped
        ("2026-10-24 22:00", 6, "2026-10-25 03:00"),  # an hour comes twice
    ],
)
def test_when_clocks_change_the_hours_are_those_that_pass(start, hours, due):
    assert due_after(at(start), hours, NIGHT_AND_DAY) == at(due)


def test_a_night_in_which_clocks_change_moves_no_opening():
    friday = at("2026-03-27 17:00")
    assert due_after(friday, 2, SHOP) == at("2026-03-30T08:00:00+00:00")


@pytest.mark.parametrize(
    ("hours", "day", "opens", "closes"),
    [
        ("01:30 05:00", "2026-10-25", "00:30", "05:00"),
        ("01:00 02:00", "2026-10-25", "00:00", "02:00"),
        ("01:15 01:45", "2026-10-25", "00:15", "00:45"),
        ("00:30 01:30", "2026-10-25", "23:30", "00:30"),
        ("01:30 05:00", "2026-03-29", "01:30", "04:00"),
        ("00:30 01:30", "2026-03-29", "00:30", "01:30"),
    ],
)
def test_in_an_hour_that_comes_twice_or_never_the_first_clock_counts(hours, day, opens, closes):
    """It opens and closes when its clock shows that for the first time, and each of it once."""
    first, last = (time.fromisoformat(clock) for clock in hours.split())
    night = OpenHours(EVERY_DAY, first, last, LONDON)
    bounds = night.bounds(date.fromisoformat(day))
    assert [f"{instant:%H:%M}" for instant in bounds] == [opens, closes]
    assert all(instant.utcoffset() == timedelta(0) for instant in bounds)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ("2026-10-25T00:00:00+01:00", "2026-10-25T00:45:00+00:00"),
        ("2026-10-25T00:30:00+00:00", "2026-10-25T01:00:00+00:00"),
        ("2026-10-25T01:10:00+00:00", "2026-10-25T01:40:00+00:00"),
        ("2026-10-25T01:45:00+00:00", "2026-10-26T01:30:00+00:00"),
    ],
    ids=["before", "in the first hour", "in the second hour", "shortly before it closes"],
)
def test_a_start_within_the_hour_that_comes_twice_counts_what_is_left(start, due):
    night = OpenHours(EVERY_DAY, time(1, 15), time(2), LONDON)
    begins = at(start).astimezone(LONDON)
    assert due_after(begins, 0.5, night) == at(due)
    assert hours_between(begins, at(due).astimezone(LONDON), night) == 0.5


def test_a_start_without_a_time_zone_is_refused():
    with pytest.raises(NaiveInstant):
        due_after(datetime(2026, 11, 23, 9), 1, SHOP)


def test_a_shop_that_never_opens_says_so():
    closed = replace(SHOP, weekdays=frozenset())
    with pytest.raises(
        NeverOpen, match=r"The shop does not work 1 hours .+ after 2026-11-23: corr"
    ):
        due_after(at("2026-11-23 09:00"), 1, closed)
    with pytest.raises(NeverOpen, match="Warehouse YORK does not work"):
        due_after(at("2026-11-23 09:00"), 1, replace(closed, owner="Warehouse YORK"))


@given(instants, amounts)
def test_a_shop_that_never_closes_counts_every_hour(start, hours):
    assert due_after(start, hours, NIGHT_AND_DAY) == start + timedelta(hours=hours)


@given(instants, amounts, calendars)
def test_what_is_due_is_due_while_the_shop_is_open(start, hours, calendar):
    due = due_after(start, hours, calendar)
    assert due >= start + timedelta(hours=hours)
    # A shift may have begun on the day before, and ends then on this one, at midnight or later.
    today = due.astimezone(calendar.zone).date()
    shifts = [calendar.bounds(day) for day in (today - ONE_DAY, today) if calendar.works_on(day)]
    assert any(opens <= due <= closes for opens, closes in shifts)


@given(instants, amounts, amounts.filter(bool), calendars)
def test_hours_can_be_worked_in_parts(start, first, rest, calendar):
    halfway = due_after(start, first, calendar)
    assert due_after(halfway, rest, calendar) == due_after(start, first + rest, calendar)


@given(instants, st.timedeltas(timedelta(0), timedelta(days=9)), amounts, calendars)
def test_who_starts_later_is_never_due_earlier(start, later, hours, calendar):
    assert due_after(start + later, hours, calendar) >= due_after(start, hours, calendar)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-11-23 09:00", "2026-11-23 13:00", 4),
        ("2026-11-20 17:00", "2026-11-23 09:00", 2),
        ("2026-11-21 09:00", "2026-11-22 09:00", 0),
        ("2026-11-23 06:00", "2026-11-23 07:00", 0),
        ("2026-11-23 13:00", "2026-11-23 09:00", 0),
        ("2026-11-23 09:00", "2026-11-30 09:00", 50),
        ("2026-12-24 17:00", "2026-12-29 09:00", 2),
    ],
)
def test_only_open_hours_lie_between_two_instants(start, end, hours):
    calendar = CHRISTMAS if start.startswith("2026-12") else SHOP
    assert hours_between(at(start), at(end), calendar) == hours


@given(instants, amounts.filter(bool), calendars)
def test_between_a_start_and_what_is_due_lie_the_hours_given(start, hours, calendar):
    assert hours_between(start, due_after(start, hours, calendar), calendar) == pytest.approx(hours)
