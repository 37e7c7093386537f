"""Mails and reports, made of views by the templates in `templates/`.

Every template gets one variable, `view`, whose locale says how amounts, weights and dates are
written. HTML is escaped; a name that a template uses and its view lacks is an error.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context, select_autoescape
from jinja2.runtime import Context

from adapters.language.amounts import money_text, weight_text
from domain.money import amount
from models.views.daily_report import DailyReportView
from models.views.mails import (
    AlarmView,
    CancellationMailView,
    LateTasksView,
    MailContent,
    ShipmentMailView,
)

_View = ShipmentMailView | CancellationMailView | DailyReportView | LateTasksView | AlarmView


def shipment_mail(view: ShipmentMailView) -> MailContent:
    """The mail that tells a customer that an order is packed, and how to follow it."""
    return _mail(f"{view.title} – {view.shop_name}", "shipment", view)


def cancellation_mail(view: CancellationMailView) -> MailContent:
    """The mail that tells a customer what will not come, what comes back, and what still ships."""
    return _mail(f"{view.title} – {view.shop_name}", "cancellation", view)


def daily_report(view: DailyReportView) -> MailContent:
    """The mail that tells management of a day; its HTML shows a chart as `cid:chart`."""
    again = f" (revision {view.revision})" if view.revision > 1 else ""
    day = long_date(view.day, view.locale)
    return _mail(f"Daily report for {day}{again} – {view.shop_name}", "daily_report", view)


def late_tasks_mail(view: LateTasksView) -> MailContent:
    """The mail that tells a role, or management, which tasks are late and how to do them."""
    first, count = view.tasks[0], len(view.tasks)
    still = " still" if view.escalated else ""
    if count > 1:
        subject = f"{count} tasks are{still} late – {view.shop_name}"
    else:
        subject = f"{first.title}, {first.of}:{still} late – {view.shop_name}"
    return _mail(subject, "late_tasks", view)


def alarm_mail(view: AlarmView) -> MailContent:
    """The mail that tells whoever runs Packline that something has to be mended."""
    return _mail(f"{view.title} – {view.shop_name}", "alarm", view)


def daily_report_markdown(view: DailyReportView) -> str:
    """The day's report as Markdown, without the chart."""
    return _render("daily_report.md", view)


def country_name(code: str, locale: str) -> str:
    """A country's name, such as Japan for JP; the code itself where no name is known."""
    return str(Locale.parse(locale).territories.get(code, code))


def money(minor: int, currency: str, locale: str) -> str:
    """An amount as the locale writes it, with the decimals that ISO 4217 gives its currency.

    Raises `domain.money.UnknownCurrency`.
    """
    return money_text(amount(minor, currency), Locale.parse(locale))


def weight(grams: int, locale: str) -> str:
    """A weight in kilograms, without trailing zeros: 1250 is `1.25 kg`."""
    return weight_text(grams, Locale.parse(locale))


def long_date(day: date, locale: str) -> str:
    """A day as the locale writes it out: `23 November 2026`."""
    return format_date(day, "long", locale)


def short_date(day: date, locale: str) -> str:
    """A day with its weekday, and without its year: `Mon 23 Nov`."""
    return format_skeleton("MMMEd", day, locale=locale)


def local_time(instant: datetime, time_zone: str, locale: str) -> str:
    """An instant in a time zone, to the minute: `23 November 2026, 18:05 (Europe/London)`."""
    local = instant.astimezone(ZoneInfo(time_zone))
    time = format_time(local, "short", local.tzinfo, locale)
    return f"{long_date(local.date(), locale)}, {time} ({time_zone})"


def short_time(instant: datetime, time_zone: str, locale: str) -> str:
    """An instant in a time zone, to the minute and without its year: `Mon 23 Nov, 18:05`."""
    local = instant.astimezone(ZoneInfo(time_zone))
    time = format_time(local, "short", local.tzinfo, locale)
    return f"{short_date(local.date(), locale)}, {time}"


def _in_locale_of_view(write: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def write_in_locale(context: Context, *values: Any) -> str:
        return write(*values, context["view"].locale)

    return write_in_locale


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("adapters.documents"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    written: dict[str, Callable[..., str]] = {
        "money": money,
        "weight": weight,
        "long_date": long_date,
        "short_date": short_date,
        "local_time": local_time,
        "short_time": short_time,
    }
    environment.filters |= {name: _in_locale_of_view(write) for name, write in written.items()}
    return environment


_TEMPLATES = _environment()


def _mail(subject: str, template: str, view: _View) -> MailContent:
    return MailContent(
        subject=subject,
        text=_render(f"{template}.txt", view),
        html=_render(f"{template}.html", view),
    )


def _render(template: str, view: _View) -> str:
    return _TEMPLATES.get_template(template).render(view=view)
