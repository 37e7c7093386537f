"""Which departure a shipment travels with."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from domain.departures import Departure, Timetable, departure_for
from domain.working_hours import OpenHours

LONDON = ZoneInfo("Europe/London")
MONDAY_TO_FRIDAY = frozenset(range(5))


def at(text, zone=UTC):
    """A time in November 2026, in which the 23rd is a Monday: `23 09:30`."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=zone)


def every_day(hands_over_at="17:00", cut_off="15:00"):
    return [
        Departure(day, time.fromisoformat(hands_over_at), time.fromisoformat(cut_off))
        for day in range(7)
    ]


def timetable(*departures, zone=LONDON, holidays=()):
    hours = OpenHours(MONDAY_TO_FRIDAY, time(8), time(18), zone, frozenset(holidays))
    return Timetable([each for some in departures or [every_day()] for each in some], hours)


@pytest.mark.parametrize(
    ("now", "promised", "departs"),
    [
        ("23 09:00", "25 18:00", "25 17:00"),  # the last that keeps the promise, not the first
        ("23 09:00", "25 17:00", "25 17:00"),
        ("23 09:00", "25 16:59", "24 17:00"),
        ("23 15:00", "23 18:00", "23 17:00"),
        ("23 15:01", "23 18:00", "24 17:00"),  # its cut-off is past: late, with the next
        ("23 09:00", "20 12:00", "23 17:00"),  # the promise is past
        ("23 09:00", "23 12:00", "23 17:00"),  # none before it today: the next one
        ("27 09:00", "29 12:00", "27 17:00"),  # a Sunday: nobody works
        ("27 16:00", "29 12:00", "30 17:00"),
    ],
)
def test_it_is_the_last_that_keeps_the_promise_else_the_next(now, promised, departs):
    assert departure_for(timetable(), now=at(now), promised_at=at(promised)) == at(departs)


def test_several_on_a_day_are_told_apart():
    table = timetable(every_day("12:00", "10:00"), every_day("17:00", "15:00"))
    found = [
        departure_for(table, now=at(now), promised_at=at("23 18:00"))
        for now in ("23 09:00", "23 14:00", "23 16:00")
    ]
    assert found == [at("23 17:00"), at("23 17:00"), at("24 12:00")]
    assert departure_for(table, now=at("23 09:00"), promised_at=at("23 13:00")) == at("23 12:00")


def test_none_departs_on_a_holiday():
    table = timetable(holidays=[date(2026, 11, 24)])
    assert departure_for(table, now=at("23 09:00"), promised_at=at("24 18:00")) == at("23 17:00")
    assert departure_for(table, now=at("23 16:00"), promised_at=at("24 18:00")) == at("25 17:00")


def test_a_cut_off_later_than_the_hand_over_is_on_the_day_before():
    table = timetable(every_day("06:00", "20:00"))
    assert departure_for(table, now=at("23 19:00"), promised_at=at("24 09:00")) == at("24 06:00")
    assert departure_for(table, now=at("23 21:00"), promised_at=at("24 09:00")) == at("25 06:00")


def test_times_are_those_of_the_warehouse():
    new_york = timetable(zone=ZoneInfo("America/New_York"))
    assert departure_for(new_york, now=at("23 09:00"), promised_at=at("23 23:00")) == at("23 22:00")


def test_a_cut_off_takes_nothing_away_that_was_meant_for_a_departure():
    given = {"now": at("23 16:00"), "promised_at": at("23 18:00")}
    assert departure_for(timetable(), **given, meant_for=at("23 17:00")) == at("23 17:00")
    gone = given | {"now": at("23 17:00")}
    assert departure_for(timetable(), **gone, meant_for=at("23 17:00")) == at("24 17:00")
    assert departure_for(timetable(), **given, meant_for=at("23 16:30")) == at("24 17:00")


def test_where_nothing_departs_there_is_none():
    only_sundays = timetable([Departure(6, time(17), time(15))])
    assert departure_for(only_sundays, now=at("23 09:00"), promised_at=at("25 18:00")) is None
    assert departure_for(timetable([]), now=at("23 09:00"), promised_at=at("25 18:00")) is None
