from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.shop_days import NaiveInstant, day_bounds, day_to_sum_up, shop_day

LONDON = ZoneInfo("Europe/London")
zones = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
# Until 2011 some places repeated the minutes after midnight, which then belong to two days.
instants = st.datetimes(
    datetime(2012, 1, 1),
    datetime(2037, 1, 1),
    timezones=st.just(UTC),
)


def at(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        ("2026-11-23T23:59:59+00:00", "Europe/London", "2026-11-23"),
        ("2026-06-23T23:30:00+00:00", "Europe/London", "2026-06-24"),
        ("2026-11-23T03:00:00+00:00", "America/New_York", "2026-11-22"),
        ("2026-11-23T15:00:00+00:00", "Asia/Tokyo", "2026-11-24"),
        ("2026-11-23T00:30:00+09:00", "Europe/London", "2026-11-22"),
    ],
)
def test_a_day_is_the_date_on_the_shops_clock(instant, zone, day):
    assert shop_day(at(instant), ZoneInfo(zone)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("scheduled_start", "day"),
    [
        ("2026-11-24T00:30:00+00:00", "2026-11-23"),
        ("2026-11-24T05:59:59+00:00", "2026-11-23"),
        ("2026-11-24T06:00:00+00:00", "2026-11-24"),
        ("2026-11-24T23:00:00+00:00", "2026-11-24"),
        ("2026-06-23T23:30:00+00:00", "2026-06-23"),  # 00:30 on the 24th, summer time
        ("2026-03-01T00:30:00+00:00", "2026-02-28"),
        ("2026-01-01T00:30:00+00:00", "2025-12-31"),
    ],
)
def test_a_nightly_run_sums_up_the_day_that_just_ended(scheduled_start, day):
    assert day_to_sum_up(at(scheduled_start), LONDON, 6) == date.fromisoformat(day)


def test_a_shop_that_closes_at_midnight_never_sums_up_the_day_before():
    assert day_to_sum_up(at("2026-11-24T00:00:00+00:00"), LONDON, 0) == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-11-23", "Europe/London", 24),
        ("2026-03-29", "Europe/London", 23),
        ("2026-10-25", "Europe/London", 25),
        ("2026-03-08", "America/New_York", 23),
        ("2026-11-01", "America/New_York", 25),
        ("2018-11-04", "America/Sao_Paulo", 23),  # clocks skipped midnight itself
        ("2025-11-02", "America/Havana", 25),  # clocks repeated midnight itself
        ("2011-12-30", "Pacific/Apia", 0),  # the day that Samoa left out
        ("2026-10-04", "Australia/Lord_Howe", 23.5),
    ],
)
def test_a_day_has_the_hours_that_its_clock_shows(day, zone, hours):
    start, end = day_bounds(date.fromisoformat(day), ZoneInfo(zone))
    assert end - start == timedelta(hours=hours)


def test_the_bounds_of_a_day_are_in_utc():
    assert day_bounds(date(2026, 6, 24), LONDON) == (
        at("2026-06-23T23:00:00+00:00"),
        at("2026-06-24T23:00:00+00:00"),
    )
    assert {bound.tzinfo for bound in day_bounds(date(2026, 6, 24), LONDON)} == {UTC}


@given(instants, zones)
def test_every_instant_lies_within_its_day_and_no_other(instant, zone):
    day = shop_day(instant, zone)
    start, end = day_bounds(day, zone)
    assert start <= instant < end
    assert day_bounds(day + timedelta(days=1), zone)[0] == end


@pytest.mark.parametrize(
    "ask", [lambda naive: shop_day(naive, LONDON), lambda naive: day_to_sum_up(naive, LONDON, 6)]
)
def test_an_instant_without_a_time_zone_is_refused(ask):
    naive = at("2026-11-23T00:30:00")
    with pytest.raises(NaiveInstant, match=r"2026-11-23T00:30:00 has no time zone") as refused:
        ask(naive)
    assert refused.value.instant == naive
