"""An order's promise, from the day it is given to what became of it."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.promises import promise_state

PROMISED = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
A_MOMENT = timedelta(seconds=1)
FOUR_HOURS = timedelta(hours=4)


def state(now=PROMISED, ended_at=None, enough=FOUR_HOURS):
    return promise_state(PROMISED, now=now, enough_until=now + enough, ended_at=ended_at)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(days=1), "on track"),
        (FOUR_HOURS, "on track"),
        (FOUR_HOURS - A_MOMENT, "at risk"),
        (timedelta(0), "at risk"),
        (-A_MOMENT, "late"),
        (-timedelta(days=9), "late"),
    ],
)
def test_an_open_order_is_at_risk_before_it_is_late(before, expected):
    assert state(now=PROMISED - before) == expected


def test_a_night_ahead_puts_an_order_at_risk_earlier():
    evening = PROMISED - timedelta(hours=17)
    assert state(now=evening) == "on track"
    assert state(now=evening, enough=timedelta(hours=18)) == "at risk"


@pytest.mark.parametrize(
    ("ended_at", "expected"),
    [
        (PROMISED - A_MOMENT, "kept"),
        (PROMISED, "kept"),
        (PROMISED + A_MOMENT, "missed"),
    ],
)
def test_what_has_ended_kept_or_missed_its_promise_whenever_one_looks(ended_at, expected):
    for now in (PROMISED - FOUR_HOURS, PROMISED + FOUR_HOURS):
        assert state(now=now, ended_at=ended_at) == expected
