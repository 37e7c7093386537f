"""Working days, times and holidays, as people write them."""

from datetime import date, time

import pytest

from domain.calendars import PublicHolidays, check_zone, clock, has_hours, weekdays


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


@pytest.mark.parametrize(
    ("opens_at", "closes_at", "has"),
    [
        ("08:00", "18:00", True),
        ("08:00", "08:00", False),
        ("22:00", "06:00", True),
        ("08:00", "24:00", True),
        ("00:00", "00:00", True),
    ],
)
def test_a_shift_ends_at_another_time_than_it_begins_or_at_midnight(opens_at, closes_at, has):
    assert has_hours(opens_at, closes_at) is has


def test_a_time_zone_is_known_by_its_name():
    check_zone("Europe/Paris")
    with pytest.raises(ValueError, match="is not a time zone such as Europe/London"):
        check_zone("Paris")


def test_holidays_are_those_of_the_place_in_every_year():
    england, scotland = PublicHolidays("GB", "ENG"), PublicHolidays("GB", "SCT")
    assert date(2026, 12, 25) in england
    assert date(2031, 12, 25) in england
    assert date(2026, 11, 30) in scotland
    assert date(2026, 11, 30) not in england
    assert date(2026, 12, 25) not in PublicHolidays("")
