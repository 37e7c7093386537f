"""One test per outcome of a day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.exc import DBAPIError

from adapters.database.sessions import transaction
from domain.errors import Unavailable
from tests.databases import using
from tests.factories import make_order, make_shipped
from tests.process import DAY_STEPS, assert_sound, dying_before_the_record_of, execute, rows

LONDON = ZoneInfo("Europe/London")
DAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=LONDON)

SUMMARY = "SELECT orders_received, orders_shipped, pieces_shipped, backlog FROM daily_summary"


def shipped(*orders, **given):
    with transaction() as session:
        return [make_shipped(session, at, minor, **given) for at, minor in orders]


def summary():
    return rows(SUMMARY)[0]


def revenue():
    return rows("SELECT revenue FROM daily_summary")[0][0]


def test_a_day_is_summed_up_in_three_steps(process, mail_server):
    shipped((NOON, 1200), (NOON, 801))
    assert process.sum_up(DAY) == "23 November 2026: 2 orders shipped, backlog 0."
    assert process.ran == list(DAY_STEPS)
    assert summary() == (2, 2, 4, 0)
    assert revenue() == {"GBP": {"orders": 2, "pieces": 4, "revenue_minor": 2001}}


def test_currencies_are_never_added_up(process, mail_server):
    shipped((NOON, 1200), (NOON, 801))
    shipped((NOON, 5000), currency="JPY")
    shipped((NOON, 12_345), currency="KWD", lines={"MUG": 1, "PLATE": 3})
    process.sum_up(DAY)
    assert revenue() == {
        "GBP": {"orders": 2, "pieces": 4, "revenue_minor": 2001},
        "JPY": {"orders": 1, "pieces": 2, "revenue_minor": 5000},
        "KWD": {"orders": 1, "pieces": 4, "revenue_minor": 12_345},
    }
    (report,) = process.published
    assert "| GBP | 2 | 4 | £20.01 | £10.01 |" in report
    assert "| JPY | 1 | 2 | JP¥5,000 | JP¥5,000 |" in report
    assert "| KWD | 1 | 4 | KWD\N{NO-BREAK SPACE}12.345 | KWD\N{NO-BREAK SPACE}12.345 |" in report


def test_the_backlog_is_what_was_open_at_the_end_of_the_day(process):
    evening, next_day = NOON + timedelta(hours=10), NOON + timedelta(days=1)
    with transaction() as session:
        make_order(session, received_at=NOON - timedelta(days=40))
        make_order(session, received_at=evening)
        make_order(session, received_at=next_day)
        nothing = dict.fromkeys(("items_minor", "shipping_minor", "tax_minor", "total_minor"), 0)
        cancelled = nothing | {"status": "Cancelled", "received_at": NOON}
        make_order(session, **cancelled, cancelled_at=evening)
        make_order(session, **cancelled, cancelled_at=next_day)
        make_shipped(session, NOON, 100)
        make_shipped(session, next_day, 100, received_at=NOON)
    process.sum_up(DAY)
    assert summary() == (5, 1, 2, 4)


def test_a_day_on_which_nothing_happened_has_a_report_too(process, mail_server):
    assert process.sum_up(DAY) == "23 November 2026: 0 orders shipped, backlog 0."
    assert summary() == (0, 0, 0, 0)
    assert revenue() == {}
    assert "No order was shipped on this day." in process.published[0]
    assert len(mail_server.mails) == 1
    assert_sound()


def test_orders_that_went_the_whole_way_are_in_the_report(process, mail_server):
    with transaction() as session:
        numbers = [make_order(session) for _ in range(2)]
    for number in numbers:
        process.ship(number)
    ((when, totals),) = rows("SELECT max(shipped_at), sum(total_minor) FROM sales_order")
    process.another().sum_up(when.astimezone(LONDON).date())
    assert summary() == (2, 2, 4, 0)
    assert revenue()["GBP"]["revenue_minor"] == totals
    assert_sound()


def test_the_report_goes_to_management_with_its_chart_inside(process, database, mail_server):
    addresses = "boss@example.com, owner@example.com"
    shipped((NOON, 1200))
    with using(database, PACKLINE_MANAGEMENT_EMAILS=addresses):
        process.sum_up(DAY)
    (mail,) = mail_server.mails
    assert mail["To"] == addresses
    assert mail["Subject"] == "Daily report for 23 November 2026 – Fernway Home"
    assert "£12.00" in mail.get_body(["plain"]).get_content()
    assert "cid:chart" in mail.get_body(["html"]).get_content()
    (chart,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert chart["Content-ID"] == "<chart>"
    assert chart.get_content_disposition() == "inline"
    assert chart.get_content().startswith(b"\x89PNG")


def test_a_day_summed_up_again_replaces_its_row_and_says_so(process, mail_server):
    shipped((NOON, 1200))
    process.sum_up(DAY)
    shipped((NOON, 800))
    again = process.another()
    again.sum_up(DAY)
    assert rows("SELECT revision, orders_shipped FROM daily_summary") == [(2, 2)]
    assert [mail["Subject"] for mail in mail_server.mails] == [
        "Daily report for 23 November 2026 – Fernway Home",
        "Daily report for 23 November 2026 (revision 2) – Fernway Home",
    ]
    assert "**Revision 2**" in again.published[0]


def test_days_have_their_rows_side_by_side(process):
    shipped((NOON, 1200), (NOON - timedelta(days=1), 700))
    process.sum_up(DAY)
    process.another().sum_up(DAY - timedelta(days=1))
    assert rows("SELECT day, revision, orders_shipped FROM daily_summary ORDER BY day") == [
        (DAY - timedelta(days=1), 1, 1),
        (DAY, 1, 1),
    ]


@pytest.mark.parametrize("step", DAY_STEPS)
def test_a_summary_that_failed_goes_on_where_it_stopped(process, mail_server, step):
    process.fail[step] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        process.sum_up(DAY)
    process.sum_up(DAY)
    position = DAY_STEPS.index(step)
    assert process.ran == [*DAY_STEPS[: position + 1], *DAY_STEPS[position:]]
    assert rows("SELECT day, revision FROM daily_summary") == [(DAY, 1)]
    assert len(mail_server.mails) == 1
    assert_sound()


@pytest.mark.parametrize("step", DAY_STEPS)
def test_a_summary_that_died_at_a_step_sends_no_other_mail(process, mail_server, step):
    with dying_before_the_record_of(step), pytest.raises(DBAPIError):
        process.sum_up(DAY)
    process.sum_up(DAY)
    assert rows("SELECT day, revision FROM daily_summary") == [(DAY, 1)]
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1
    assert len(mail_server.mails) == 1
    assert_sound()


def test_a_summary_that_is_done_does_nothing_when_it_is_retried(process, mail_server):
    first = process.sum_up(DAY)
    assert process.sum_up(DAY) == first
    assert process.ran == list(DAY_STEPS)
    assert rows("SELECT revision FROM daily_summary") == [(1,)]
    assert len(mail_server.mails) == 1


def test_a_mail_server_that_was_away_gets_the_report_once(process, mail_server):
    mail_server.stop()
    with pytest.raises(Unavailable):
        process.sum_up(DAY)
    mail_server.start()
    process.sum_up(DAY)
    assert len(mail_server.mails) == 1
    assert_sound()


@pytest.mark.parametrize(
    ("scheduled", "day"),
    [
        (datetime(2026, 11, 24, 0, 30, tzinfo=UTC), DAY),
        (datetime(2026, 11, 23, 5, 59, tzinfo=UTC), DAY - timedelta(days=1)),
        (datetime(2026, 11, 23, 6, 0, tzinfo=UTC), DAY),
        (datetime(2026, 7, 1, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 10, 26, 0, 30, tzinfo=UTC), date(2026, 10, 25)),
    ],
    ids=["nightly", "before closing", "after closing", "a summer night", "after clocks went back"],
)
def test_a_run_without_a_day_sums_up_the_one_that_its_schedule_means(process, scheduled, day):
    process.scheduled_start = scheduled
    process.sum_up()
    assert rows("SELECT day FROM daily_summary") == [(day,)]


def test_a_nightly_run_that_is_retried_days_later_keeps_its_day(process, mail_server):
    process.scheduled_start = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    process.fail["Notify Management of Daily Stats"] = RuntimeError("the machine stopped")
    with pytest.raises(RuntimeError):
        process.sum_up()
    process.scheduled_start = datetime(2026, 11, 27, 12, tzinfo=UTC)
    process.sum_up()
    assert rows("SELECT day, revision FROM daily_summary") == [(DAY, 1)]
    assert len(mail_server.mails) == 1


def test_a_report_waits_for_the_mail_server_and_the_timeline_says_so_once(process, mail_server):
    mail_server.stop()
    for _ in range(4):
        with pytest.raises(Unavailable):
            process.sum_up(DAY)
    assert rows("SELECT count(*) FROM audit_event WHERE kind = 'step-failed'") == [(1,)]
    mail_server.start()
    execute("UPDATE outage SET retry_at = now()")
    process.sum_up(DAY)
    assert len(mail_server.mails) == 1
    assert_sound()


def test_a_report_that_the_mail_server_refuses_from_us_asks_it_once(process, mail_server):
    mail_server.sender_answer = "550 not from here"
    for _ in range(4):
        with pytest.raises(Unavailable, match="refuses mails from"):
            process.sum_up(DAY)
    assert mail_server.sessions == 1
    assert rows("SELECT service, refused FROM outage") == [("mail", True)]
