"""Steps 15, 16 and 17: the day summed up, reported, and mailed to management.

Revenue is what customers pay for the orders shipped on the day, tax and shipping included, per
currency; pieces are those that shipped. What was cancelled of an order counts in neither. An order
belongs to the day on which it became Shipped.
"""

import datetime as dt
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.runtime import flow_run
from sqlalchemy import text
from sqlmodel import Session, func, select

from adapters.database.clock import this_instant
from adapters.database.locks import SHIPPING_AND_SUMMING_UP
from adapters.database.sessions import transaction
from adapters.documents.charts import orders_and_revenue_png
from adapters.documents.rendering import daily_report, daily_report_markdown
from adapters.settings import settings
from domain.shop_days import day_bounds, day_to_sum_up
from models.process import StepName
from models.results.notifications import MailSent
from models.results.reports import DaySummed, ReportMade
from models.tables.ledger import StepRecord
from models.tables.messages import Message
from models.tables.reports import DailySummary
from models.views.daily_report import DailyReportView
from services.alarms.circuit import PREFECT, outside
from services.execution.ledger import day_key
from services.execution.runs import DayRun
from services.messaging.outbox import (
    Delivery,
    begin_sending,
    save_sent,
    send_written,
    write,
    written,
)
from services.reporting.figures import backlog, orders_received, revenue_by_currency
from services.reporting.report_view import report_view
from tasks.engine.runs import name_run
from tasks.engine.step import step


def open_day(day: dt.date | None) -> DayRun:
    """The day to sum up, and which time it is summed up.

    Without a day: the one that this run's scheduled start falls in, or that had just ended. A run
    that is tried again keeps its day and its revision.
    """
    run_id = flow_run.id or ""
    with transaction() as session:
        reference = _begun(session, run_id) or _next_revision(
            session, day or _scheduled_day(), run_id
        )
        reference.remember(session)
    name_run(f"day {reference.day.isoformat()}")
    return reference


@step(StepName.DAILY_FULFILLMENT_SUMMARY)
def daily_fulfillment_summary(session: Session, day: DayRun) -> DaySummed:
    """The day's orders: received, shipped, their revenue per currency, and the backlog.

    No order becomes Shipped while this counts, so that each falls on one side of it.

    The audit says the same: *daily summaries are the latest that the ledger has*.
    """
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SHIPPING_AND_SUMMING_UP})
    begin, end = day_bounds(day.day, settings().zone_info)
    revenue = revenue_by_currency(session, begin, end)
    figures: dict[str, Any] = {
        "day": day.day,
        "revision": day.revision,
        "orders_received": orders_received(session, begin, end),
        "orders_shipped": sum(part["orders"] for part in revenue.values()),
        "pieces_shipped": sum(part["pieces"] for part in revenue.values()),
        "backlog": backlog(session, end),
        "revenue": revenue,
    }
    session.merge(DailySummary(**figures, computed_at=this_instant(session)))
    return DaySummed(**figures)


def write_report(session: Session, day: DayRun, figures: DaySummed) -> DailyReportView:
    """Put the report into the outbox, with its chart."""
    view = report_view(session, figures)
    if not written(session, _report_key(day)):
        recipients = [str(address) for address in settings().management_emails]
        content, chart = daily_report(view), orders_and_revenue_png(view)
        write(session, _report_key(day), recipients, content, image=chart)
    return view


def publish(view: DailyReportView) -> str:
    """Show the report in Prefect's UI as an artifact; published again, it is one more version."""
    key = f"daily-report-{view.day.isoformat()}"
    with outside(PREFECT):
        create_markdown_artifact(key=key, markdown=daily_report_markdown(view))
    return key


@step(StepName.GENERATE_DAILY_PERFORMANCE_REPORT, intent=write_report, effect=publish)
def generate_daily_performance_report(session: Session, day: DayRun, artifact: str) -> ReportMade:
    """The report as mail, and as an artifact in Prefect's UI."""
    message = written(session, _report_key(day))
    subject = message.subject if message else ""
    return ReportMade(message_key=_report_key(day), subject=subject, artifact=artifact)


def find_report(session: Session, _day: DayRun, report: ReportMade) -> Message:
    """The report in the outbox."""
    return begin_sending(
        session, session.exec(select(Message).where(Message.key == report.message_key)).one()
    )


@step(StepName.NOTIFY_MANAGEMENT_OF_DAILY_STATS, intent=find_report, effect=send_written)
def notify_management_of_daily_stats(session: Session, day: DayRun, delivery: Delivery) -> MailSent:
    """Mail the report to the addresses in the settings."""
    return save_sent(session, _report_key(day), delivery)


def _report_key(day: DayRun) -> str:
    return f"{day.key}:report:{day.revision}"


def _begun(session: Session, run_id: str) -> DayRun | None:
    """What this run has summed up in an earlier attempt."""
    record = session.exec(
        select(StepRecord).where(
            StepRecord.run_id == run_id, StepRecord.step == StepName.DAILY_FULFILLMENT_SUMMARY
        )
    ).first()
    if record is None or not run_id:
        return None
    return DayRun(dt.date.fromisoformat(record.subject.removeprefix("day:")), record.round, run_id)


def _next_revision(session: Session, day: dt.date, run_id: str) -> DayRun:
    last = session.scalar(
        select(func.max(StepRecord.round)).where(
            StepRecord.subject == day_key(day),
            StepRecord.step == StepName.DAILY_FULFILLMENT_SUMMARY,
        )
    )
    return DayRun(day, (last or 0) + 1, run_id)


def _scheduled_day() -> dt.date:
    start = flow_run.scheduled_start_time
    return day_to_sum_up(start, settings().zone_info, settings().day_closes_at_hour)
