"""The shop's calendar, as people write it and as the settings give it."""

from datetime import UTC, date, datetime, time

import pytest

from adapters.calendars import PublicHolidays, clock, weekdays
from adapters.settings import settings
from adapters.shop_clock import in_working_hours, open_hours
from tests.process import set_to


@pytest.fixture(autouse=True)
def read_anew():
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("Tue, Thu-Sat", {1, 3, 4, 5}),
        ("sun", {6}),
        ("sat-mon", {5, 6, 0}),
        ("mon-sun", set(range(7))),
    ],
)
def test_weekdays_are_read_as_people_write_them(text, days):
    assert weekdays(text) == days


def test_midnight_can_be_the_end_of_a_day():
    assert [clock(text) for text in ("00:00", "07:30", "24:00")] == [time(0), time(7, 30), time(0)]


def test_holidays_are_those_of_the_place_in_every_year():
    england, scotland = PublicHolidays("GB", "ENG"), PublicHolidays("GB", "SCT")
    assert date(2026, 12, 25) in england
    assert date(2031, 12, 25) in england
    assert date(2026, 11, 30) in scotland
    assert date(2026, 11, 30) not in england
    assert date(2026, 12, 25) not in PublicHolidays("")


def test_the_shop_works_as_its_settings_say(monkeypatch):
    set_to(
        monkeypatch,
        PACKLINE_WORKING_DAYS="tue-sat",
        PACKLINE_OPENS_AT="10:00",
        PACKLINE_CLOSES_AT="24:00",
        PACKLINE_TIME_ZONE="Asia/Tokyo",
        PACKLINE_HOLIDAY_COUNTRY="JP",
    )
    # Saturday evening, then a free Sunday and Monday, and a holiday on Tuesday.
    start = datetime(2026, 10, 31, 13, 0, tzinfo=UTC)
    assert in_working_hours(start, 3) == datetime(2026, 11, 4, 2, 0, tzinfo=UTC)


def test_without_settings_a_shop_works_from_monday_to_friday_by_day():
    hours = open_hours()
    assert (hours.opens, hours.closes) == (time(8), time(18))
    assert [hours.works_on(date(2026, 11, day)) for day in range(23, 30)] == [
        *[True] * 5,
        *[False] * 2,
    ]
