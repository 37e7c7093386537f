"""When the shop works, by its settings, and when a warehouse does that has hours of its own."""

from datetime import UTC, date, datetime, time

import pytest

from adapters.settings import settings
from adapters.settings.shop_clock import in_working_hours, open_hours
from models.tables.catalogue import Warehouse
from tests.process import set_to

SCOTTISH = {"PACKLINE_HOLIDAY_COUNTRY": "GB", "PACKLINE_HOLIDAY_SUBDIVISION": "SCT"}
ST_ANDREWS_DAY, CHRISTMAS = date(2026, 11, 30), date(2026, 12, 25)
FRENCH_ARMISTICE, GERMAN_UNITY = date(2026, 11, 11), date(2026, 10, 3)


@pytest.fixture(autouse=True)
def read_anew():
    settings.cache_clear()
    yield
    settings.cache_clear()


def hours_with(**own):
    """The hours of a warehouse that has these of its own."""
    return open_hours(Warehouse(code="YORK", name="York", country="GB", rank=2, **own))


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


def test_a_warehouse_without_hours_of_its_own_works_as_the_shop(monkeypatch):
    set_to(monkeypatch, PACKLINE_WORKING_DAYS="tue-sat", PACKLINE_OPENS_AT="10:00", **SCOTTISH)
    shop, york = open_hours(), hours_with()
    assert (york.weekdays, york.opens, york.closes) == (shop.weekdays, time(10), time(18))
    assert york.zone == shop.zone
    assert not york.works_on(ST_ANDREWS_DAY.replace(year=2027))


def test_each_of_its_own_hours_takes_the_place_of_the_shops(monkeypatch):
    set_to(monkeypatch, **SCOTTISH)
    shop = open_hours()
    assert hours_with(working_days="sun").weekdays == {6}
    assert hours_with(time_zone="Asia/Tokyo").zone.key == "Asia/Tokyo"
    times = hours_with(opens_at="22:00", closes_at="24:00")
    assert (times.opens, times.closes) == (time(22), time(0))
    assert (times.weekdays, times.zone) == (shop.weekdays, shop.zone)
    assert not times.works_on(ST_ANDREWS_DAY)


def test_its_own_country_is_not_taken_for_one_with_the_shops_part(monkeypatch):
    set_to(monkeypatch, **SCOTTISH)
    all_of_britain = hours_with(holiday_country="GB")
    assert all_of_britain.works_on(ST_ANDREWS_DAY)
    assert not all_of_britain.works_on(CHRISTMAS)
    assert not hours_with(holiday_country="FR").works_on(FRENCH_ARMISTICE)
    berlin = hours_with(holiday_country="DE", holiday_subdivision="BE", working_days="mon-sun")
    assert not berlin.works_on(GERMAN_UNITY)


def test_a_warehouse_may_work_on_the_holidays_of_its_shop(monkeypatch):
    set_to(monkeypatch, **SCOTTISH)
    assert hours_with(holiday_country="").works_on(CHRISTMAS)


def test_hours_are_counted_by_the_clock_of_the_warehouse():
    tokyo = Warehouse(code="TYO", name="Tokyo", country="JP", rank=2, time_zone="Asia/Tokyo")
    # Thursday evening in London is Friday morning in Tokyo, before it opens.
    start = datetime(2026, 10, 29, 22, 30, tzinfo=UTC)
    assert in_working_hours(start, 3, tokyo) == datetime(2026, 10, 30, 2, 0, tzinfo=UTC)
    assert in_working_hours(start, 3) == datetime(2026, 10, 30, 11, 0, tzinfo=UTC)
