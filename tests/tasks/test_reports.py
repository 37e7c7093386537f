"""The day's figures and its report, step by step."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from adapters.database.sessions import transaction
from models.tables.messages import Message
from models.tables.orders import OrderLine
from models.tables.reports import DailySummary
from services.execution.runs import DayRun
from tasks.daily_report import daily_fulfillment_summary, write_report
from tests.factories import make_product, make_shipped
from tests.process import rows, set_to

NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/London"))
DAY = NOON.date()


@pytest.fixture
def catalogue(session):
    make_product(session)
    return session


def summed(session, revision=1, day=DAY):
    return daily_fulfillment_summary.body(session, DayRun(day, revision, "a run"))


def reported(session, revision=1):
    day = DayRun(DAY, revision, "a run")
    view = write_report(session, day, daily_fulfillment_summary.body(session, day))
    session.flush()
    return view


def test_the_result_and_the_row_say_the_same(catalogue):
    make_shipped(catalogue, NOON, 1200)
    result = summed(catalogue)
    row = catalogue.exec(select(DailySummary)).one()
    assert result.model_dump() == row.model_dump(exclude={"computed_at"})


def test_a_later_revision_replaces_the_row(catalogue):
    summed(catalogue)
    make_shipped(catalogue, NOON, 1200)
    summed(catalogue, revision=2)
    row = catalogue.exec(select(DailySummary)).one()
    assert (row.revision, row.orders_shipped) == (2, 1)


def test_pieces_are_counted_once_for_orders_of_several_lines(catalogue):
    make_product(catalogue, "PLATE")
    make_shipped(catalogue, NOON, 1200, lines={"MUG": 2, "PLATE": 5})
    make_shipped(catalogue, NOON, 800, lines={"MUG": 1})
    assert summed(catalogue).revenue == {"GBP": {"orders": 2, "pieces": 8, "revenue_minor": 2000}}


def test_pieces_that_were_cancelled_do_not_count_as_shipped(catalogue):
    make_product(catalogue, "PLATE")
    make_shipped(catalogue, NOON, 1200, lines={"MUG": 2, "PLATE": 5})
    for line, cancelled in zip(catalogue.exec(select(OrderLine)), (1, 5), strict=True):
        line.cancelled = cancelled
    catalogue.flush()
    assert summed(catalogue).revenue["GBP"]["pieces"] == 1


@pytest.mark.parametrize(
    ("day", "begin", "end", "hours"),
    [
        (date(2026, 11, 23), "2026-11-23T00:00+00:00", "2026-11-24T00:00+00:00", 24),
        (date(2026, 3, 29), "2026-03-29T00:00+00:00", "2026-03-29T23:00+00:00", 23),
        (date(2026, 7, 1), "2026-06-30T23:00+00:00", "2026-07-01T23:00+00:00", 24),
        (date(2026, 10, 25), "2026-10-24T23:00+00:00", "2026-10-26T00:00+00:00", 25),
    ],
    ids=["in winter", "clocks go forward", "in summer", "clocks go back"],
)
def test_a_day_has_the_orders_between_its_midnights(catalogue, day, begin, end, hours):
    first, next_day = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    assert next_day - first == timedelta(hours=hours)
    moment = timedelta(microseconds=1)
    for instant, minor in ((first - moment, 1), (first, 10), (next_day - moment, 100)):
        make_shipped(catalogue, instant, minor)
    make_shipped(catalogue, next_day, 1000)
    figures = summed(catalogue, day=day)
    assert figures.revenue == {"GBP": {"orders": 2, "pieces": 4, "revenue_minor": 110}}
    assert (figures.orders_received, figures.orders_shipped, figures.backlog) == (2, 2, 0)


def test_a_day_is_one_of_the_shops_time_zone(catalogue, monkeypatch):
    set_to(monkeypatch, PACKLINE_TIME_ZONE="Asia/Tokyo")
    make_shipped(catalogue, NOON + timedelta(hours=2, minutes=59), 1)
    make_shipped(catalogue, NOON + timedelta(hours=3), 10)
    assert summed(catalogue).revenue["GBP"]["revenue_minor"] == 1


def test_an_amount_beyond_four_bytes_is_summed_up_exactly(catalogue):
    make_shipped(catalogue, NOON, 2**53 + 1)
    make_shipped(catalogue, NOON, 2)
    assert summed(catalogue).revenue["GBP"]["revenue_minor"] == 2**53 + 3


def test_the_average_is_rounded_half_up(catalogue):
    make_shipped(catalogue, NOON, 1000)
    make_shipped(catalogue, NOON, 1001)
    (part,) = reported(catalogue).currencies
    assert part.average_minor == 1001


def test_the_report_looks_back_over_fourteen_days(catalogue):
    for days in (0, 13, 14):
        make_shipped(catalogue, NOON - timedelta(days=days), 100 + days)
    view = reported(catalogue)
    assert [figures.day for figures in view.chart_days] == [
        DAY - timedelta(days=days) for days in range(13, -1, -1)
    ]
    assert [figures.orders for figures in view.chart_days] == [1, *[0] * 12, 1]


def test_the_report_waits_in_the_outbox_for_all_who_are_named_in_the_settings(
    catalogue, monkeypatch
):
    set_to(monkeypatch, PACKLINE_MANAGEMENT_EMAILS="boss@example.com,owner@example.com")
    reported(catalogue)
    message = catalogue.exec(select(Message)).one()
    assert message.key == "day:2026-11-23:report:1"
    assert message.recipients == ["boss@example.com", "owner@example.com"]
    assert message.image.startswith(b"\x89PNG")
    assert message.state == "written"


def test_each_revision_has_a_report_of_its_own(catalogue):
    reported(catalogue)
    reported(catalogue)
    reported(catalogue, revision=2)
    keys = catalogue.exec(select(Message.key).order_by(Message.id)).all()
    assert keys == ["day:2026-11-23:report:1", "day:2026-11-23:report:2"]


def test_runs_that_sum_up_a_day_at_once_agree_on_one_report(process, mail_server):
    with transaction() as session:
        make_shipped(session, NOON, 1200)
    together = Barrier(2)

    def sum_up(run):
        run.meanwhile["Daily Fulfillment Summary"] = together.wait
        return run.sum_up(DAY)

    with ThreadPoolExecutor(2) as threads:
        outcomes = set(threads.map(sum_up, [process, process.another()]))
    assert outcomes == {"23 November 2026: 1 order shipped, backlog 0."}
    assert rows("SELECT revision FROM daily_summary") == [(1,)]
    assert rows("SELECT count(*) FROM message") == [(1,)]
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1
