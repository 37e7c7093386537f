"""Mails and reports, read as their recipients read them: the text, and what HTML shows."""

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from babel.numbers import format_currency
from jinja2 import UndefinedError
from pydantic import ValidationError

from adapters.documents import rendering
from adapters.documents.rendering import (
    cancellation_mail,
    daily_report,
    daily_report_markdown,
    late_tasks_mail,
    local_time,
    long_date,
    money,
    shipment_mail,
    weight,
)
from domain.money import UnknownCurrency
from models.enums import Role, ServiceLevel
from models.views.daily_report import CurrencyFigures, CurrencyRevenue, DailyReportView, DayFigures
from models.views.mails import (
    LISTED_TASKS,
    CancellationMailView,
    LateTask,
    LateTasksView,
    MailAmounts,
    MailContent,
    MailLine,
    MailParcel,
    ShipmentMailView,
)

DAY = date(2026, 11, 23)
BOTH_PRICES = pytest.mark.parametrize("prices_include_tax", [True, False])


def make_parcels(count: int) -> tuple[MailParcel, ...]:
    numbers = [f"CP47312482{number}GB" for number in range(count)]
    return tuple(
        MailParcel(tracking_number=n, link=f"https://track.example/?n={n}&l=en", weight_grams=1250)
        for n in numbers
    )


def make_shipment(**changes: Any) -> ShipmentMailView:
    fields = {
        "shop_name": "Fernway Home",
        "order_number": 1001,
        "customer_name": "Ada Lovelace",
        "lines": (
            MailLine(sku="MUG-01", name="Stoneware mug", quantity=2, amount_minor=2400),
            MailLine(sku="TRAY-07", name="Oak tray", quantity=1, amount_minor=123450),
        ),
        "items_minor": 125850,
        "shipping_minor": 495,
        "tax_minor": 21058,
        "total_minor": 126345,
        "currency": "GBP",
        "prices_include_tax": True,
        "carrier": "House Carrier",
        "parcels": make_parcels(1),
        "address_lines": ("12 St James's Square", "London SW1Y 4JH"),
        "locale": "en_GB",
    }
    return ShipmentMailView.model_validate(fields | changes)


def make_report(**changes: Any) -> DailyReportView:
    fields = {
        "shop_name": "Fernway Home",
        "day": DAY,
        "revision": 1,
        "orders_received": 42,
        "orders_shipped": 38,
        "pieces_shipped": 97,
        "backlog": 4,
        "currencies": (
            CurrencyFigures(
                currency="GBP", orders=38, pieces=97, revenue_minor=1234567, average_minor=32489
            ),
        ),
        "history": (make_day(0, GBP=(38, 1234567)), make_day(3, GBP=(5, 100), JPY=(1, 4200))),
        "locale": "en_GB",
        "time_zone": "Europe/London",
        "generated_at": datetime(2026, 11, 24, 0, 30, tzinfo=UTC),
    }
    return DailyReportView.model_validate(fields | changes)


def make_day(days_ago: int, **revenue: tuple[int, int]) -> DayFigures:
    parts = (
        CurrencyRevenue(currency=currency, orders=orders, revenue_minor=minor)
        for currency, (orders, minor) in revenue.items()
    )
    return DayFigures(day=DAY - timedelta(days=days_ago), revenue=tuple(parts))


def make_cancellation(**changes: Any) -> CancellationMailView:
    """Of two trays one is cancelled, and a mug still ships with the other."""
    fields = {
        "shop_name": "Fernway Home",
        "order_number": 1001,
        "customer_name": "Ada Lovelace",
        "cancelled": (MailLine(sku="TRAY-07", name="Oak tray", quantity=1, amount_minor=123450),),
        "refund": MailAmounts(
            items_minor=123450, shipping_minor=200, tax_minor=20608, total_minor=123650
        ),
        "ships": (
            MailLine(sku="MUG-01", name="Stoneware mug", quantity=2, amount_minor=2400),
            MailLine(sku="TRAY-07", name="Oak tray", quantity=3, amount_minor=370350),
        ),
        "pays": MailAmounts(
            items_minor=372750, shipping_minor=495, tax_minor=62208, total_minor=373245
        ),
        "currency": "GBP",
        "prices_include_tax": True,
        "locale": "en_GB",
    }
    return CancellationMailView.model_validate(fields | changes)


def make_cancelled_whole(**changes: Any) -> CancellationMailView:
    nothing = MailAmounts(items_minor=0, shipping_minor=0, tax_minor=0, total_minor=0)
    return make_cancellation(**({"ships": (), "pays": nothing} | changes))


class Shown(HTMLParser):
    """What a reader of the HTML gets: its words, links and pictures, and the elements used."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.elements: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.pieces).split())


def both_parts(mail: MailContent) -> tuple[str, str]:
    return " ".join(mail.text.split()), Shown(mail.html).words


@BOTH_PRICES
def test_both_parts_of_the_mail_tell_everything_about_the_order(prices_include_tax: bool) -> None:
    expected = [
        "Ada Lovelace", "1001", "House Carrier", "CP473124820GB", "Stoneware mug", "MUG-01",
        "£24.00", "TRAY-07", "£1,234.50", "£1,258.50", "£4.95", "£210.58", "£1,263.45",
        "12 St James's Square", "London SW1Y 4JH", "Fernway Home",
    ]  # fmt: skip
    for part in both_parts(shipment_mail(make_shipment(prices_include_tax=prices_include_tax))):
        assert [words for words in expected if words not in part] == []


def test_both_parts_link_to_the_tracking_page_of_every_parcel() -> None:
    mail = shipment_mail(make_shipment(parcels=make_parcels(3)))
    links = [parcel.link for parcel in make_parcels(3)]
    assert Shown(mail.html).links == links
    assert [line for line in mail.text.splitlines() if line.startswith("https:")] == links
    for part in both_parts(mail):
        assert "in 3 parcels" in part
        assert "Parcel 3 of 3, 1.25 kg CP473124822GB" in part


def test_one_parcel_is_not_counted() -> None:
    for part in both_parts(shipment_mail(make_shipment())):
        assert "parcels" not in part.lower()
        assert "1 of 1" not in part


def test_tax_on_top_stands_before_the_total_and_tax_included_after_it() -> None:
    on_top = make_shipment(prices_include_tax=False, total_minor=147403)
    for part in both_parts(shipment_mail(on_top)):
        assert re.search(r"Shipping:? £4\.95 Tax:? £210\.58 Total:? £1,474\.03", part)
    for part in both_parts(shipment_mail(make_shipment())):
        assert re.search(r"Shipping:? £4\.95 Total:? £1,263\.45 Tax included:? £210\.58", part)


def test_both_parts_say_what_is_cancelled_what_comes_back_and_what_still_ships() -> None:
    mail = cancellation_mail(make_cancellation())
    assert mail.subject == "Part of your order 1001 is cancelled – Fernway Home"
    for part in both_parts(mail):
        before, cancelled, ships = re.split("(?i)what is cancelled|what we still send", part)
        assert "Hello Ada Lovelace" in before
        assert "1001" in before
        assert "We refund £1,236.50 to you." in before
        told = ["Oak tray", "TRAY-07", "£1,234.50", "£2.00", "£1,236.50", "£206.08"]
        assert [words for words in told if words not in cancelled] == []
        told = ["Stoneware mug", "£24.00", "£3,703.50", "£4.95", "£3,732.45", "Fernway Home"]
        assert [words for words in told if words not in ships + before] == []
        assert "Stoneware mug" not in cancelled


def test_of_an_order_that_is_cancelled_whole_nothing_is_said_to_ship() -> None:
    mail = cancellation_mail(make_cancelled_whole())
    assert mail.subject == "Your order 1001 is cancelled – Fernway Home"
    for part in both_parts(mail):
        assert "nothing of it will be sent" in part
        assert "We refund £1,236.50 to you." in part
        assert "still send" not in part.lower()
        assert "Total" not in part


def test_a_mail_about_something_free_says_that_nothing_comes_back() -> None:
    for part in both_parts(cancellation_mail(make_cancelled_whole(refund=None))):
        assert "There is nothing to refund." in part
        assert "We refund" not in part
    for part in both_parts(cancellation_mail(make_cancellation(refund=None))):
        assert "There is nothing to refund: what you pay stays the same." in part


def test_refunded_tax_that_came_on_top_stands_before_the_refund() -> None:
    for part in both_parts(cancellation_mail(make_cancellation(prices_include_tax=False))):
        assert re.search(r"Shipping:? £2\.00 Tax:? £206\.08 Refund:? £1,236\.50", part)
    for part in both_parts(cancellation_mail(make_cancellation())):
        assert re.search(r"Shipping:? £2\.00 Refund:? £1,236\.50 Tax included:? £206\.08", part)


def test_a_cancellation_mail_without_a_product_is_refused() -> None:
    with pytest.raises(ValidationError, match="cancelled"):
        make_cancellation(cancelled=())


def test_markup_in_a_cancellation_is_shown_and_never_run() -> None:
    script = "<script>alert('1')</script>"
    line = MailLine(sku=script, name=script, quantity=1, amount_minor=1)
    view = make_cancellation(
        customer_name=script, shop_name=script, cancelled=(line,), ships=(line,)
    )
    shown = Shown(cancellation_mail(view).html)
    assert "script" not in shown.elements
    assert shown.words.count(script) == 6


def test_markup_in_names_is_shown_and_never_run() -> None:
    script = "<script>alert('1')</script>"
    line = MailLine(sku=script, name=script, quantity=1, amount_minor=1)
    view = make_shipment(
        customer_name=script,
        carrier=script,
        shop_name=script,
        address_lines=(script,),
        lines=(line,),
    )
    shown = Shown(shipment_mail(view).html)
    assert "script" not in shown.elements
    assert shown.words.count(script) >= 7


def test_subject_is_one_line_whatever_the_names_hold() -> None:
    shop = "Fernway\r\nBcc: everybody@example.com\u2028Home\x00"
    expected = "Your order 1001 is being shipped – Fernway Bcc: everybody@example.com Home"
    assert shipment_mail(make_shipment(shop_name=shop)).subject == expected
    assert "\n" not in daily_report(make_report(shop_name=shop)).subject


def test_name_cannot_turn_the_direction_of_what_follows_it() -> None:
    assert make_shipment(customer_name="Ada\u202e Lovelace").customer_name == "Ada Lovelace"


def test_line_breaks_in_a_name_cannot_forge_lines_of_the_text() -> None:
    text = shipment_mail(make_shipment(customer_name="Ada\n\nPay here: https://evil.example")).text
    assert "Hello Ada Pay here: https://evil.example," in text.splitlines()


def test_shipment_without_a_parcel_is_refused() -> None:
    with pytest.raises(ValidationError, match="parcels"):
        make_shipment(parcels=())


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "written"),
    [
        (123450, "GBP", "en_GB", "£1,234.50"),
        (123450, "EUR", "de_DE", "1.234,50 €"),
        (1234, "JPY", "en_GB", "JP¥1,234"),
        (1234, "JPY", "ja_JP", "￥1,234"),
        (1234567, "KWD", "en_GB", "KWD 1,234.567"),
        (123450, "RSD", "en_GB", "RSD 1,234.50"),
        (0, "USD", "en_US", "$0.00"),
        (-495, "GBP", "en_GB", "-£4.95"),
        (10**15, "GBP", "en_GB", "£10,000,000,000,000.00"),
    ],
)
def test_amount_has_the_decimals_of_its_currency_and_the_form_of_the_locale(
    minor: int, currency: str, locale: str, written: str
) -> None:
    assert money(minor, currency, locale).replace("\N{NO-BREAK SPACE}", " ") == written


def test_writing_one_currency_does_not_change_how_others_write_theirs() -> None:
    money(5, "KWD", "en_GB")
    others = format_currency(5, "GBP", locale="en_GB", currency_digits=False)
    assert others == "£5.00"


def test_amount_in_an_unknown_currency_is_an_error() -> None:
    with pytest.raises(UnknownCurrency):
        money(1, "XXY", "en_GB")


def test_weights_days_and_times_follow_locale_and_time_zone() -> None:
    assert weight(1250, "de_DE") == "1,25\N{NO-BREAK SPACE}kg"
    assert long_date(DAY, "en_GB") == "23 November 2026"
    summer = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert local_time(summer, "Europe/London", "en_GB") == "1 July 2026, 00:30 (Europe/London)"


def test_every_form_of_the_report_has_the_days_figures() -> None:
    view = make_report()
    expected = [
        "23 November 2026", "42", "38", "97", "Orders still open (backlog)", "£12,345.67",
        "£324.89", "JP¥4,200", "Tue 10 Nov", "Mon 23 Nov", "24 November 2026, 00:30",
    ]  # fmt: skip
    for form in (*both_parts(daily_report(view)), daily_report_markdown(view)):
        assert [words for words in expected if words not in form] == []


def test_report_lists_fourteen_days_and_a_day_without_orders_as_zero() -> None:
    form = daily_report_markdown(make_report())
    rows = re.findall(r"^\| (\w{3} \d+ Nov) \| (\d+) \| (.+) \|$", form, re.MULTILINE)
    assert len(rows) == 14
    assert rows[-1] == ("Mon 23 Nov", "38", "£12,345.67")
    assert rows[-2] == ("Sun 22 Nov", "0", "–")
    assert rows[-4] == ("Fri 20 Nov", "6", "£1.00 + JP¥4,200")


def test_subject_says_the_day_and_that_it_was_made_again() -> None:
    first, second = (daily_report(make_report(revision=number)) for number in (1, 2))
    assert first.subject == "Daily report for 23 November 2026 – Fernway Home"
    assert second.subject == "Daily report for 23 November 2026 (revision 2) – Fernway Home"
    for part in both_parts(second):
        assert "Revision 2" in part
    for part in both_parts(first):
        assert "Revision" not in part


def test_chart_is_shown_from_the_mail_itself_with_a_text_in_its_place() -> None:
    (image,) = Shown(daily_report(make_report()).html).images
    assert image["src"] == "cid:chart"
    assert "orders shipped" in str(image["alt"])


def test_empty_day_says_that_nothing_was_shipped() -> None:
    view = make_report(currencies=(), history=(), orders_shipped=0, pieces_shipped=0)
    for form in (*both_parts(daily_report(view)), daily_report_markdown(view)):
        assert "No order was shipped on this day." in form
        assert "£" not in form


def test_reader_is_told_when_the_chart_has_no_room_for_a_currency() -> None:
    note = "The chart shows the currencies with the most orders"
    history = (make_day(0, GBP=(4, 1), EUR=(3, 1), USD=(2, 1), JPY=(9, 1)),)
    four = make_report(history=history)
    assert four.chart_currencies == ("JPY", "GBP", "EUR")
    assert note in Shown(daily_report(four).html).words
    assert note not in Shown(daily_report(make_report()).html).words


def test_name_that_the_view_does_not_have_is_an_error() -> None:
    template = rendering._TEMPLATES.from_string("{{ view.no_such_field }}")
    with pytest.raises(UndefinedError, match="no_such_field"):
        template.render(view=make_report())


def make_late(count: int = 1, **changes: Any) -> LateTasksView:
    due = datetime(2026, 11, 23, 11, 30, tzinfo=UTC)
    task = LateTask(
        id=7,
        title="Pick",
        role=Role.WAREHOUSE_STAFF,
        order_number=1001,
        service_level=ServiceLevel.STANDARD,
        due_at=due,
        promised_at=due + timedelta(hours=1),
    )
    fields = {
        "shop_name": "Fernway & Home",
        "tasks": (task,) * count,
        "escalated": False,
        "stands_in": "",
        "tells_next": "the operator",
        "escalate_after_hours": 2,
        "now": due + timedelta(minutes=30),
        "locale": "en_GB",
        "time_zone": "America/New_York",
    }
    return LateTasksView(**(fields | changes))


@pytest.mark.parametrize("escalated", [False, True])
@pytest.mark.parametrize("count", [1, 2, LISTED_TASKS + 7])
def test_both_parts_of_a_reminder_say_what_is_late(count: int, escalated: bool) -> None:
    mail = late_tasks_mail(make_late(count, escalated=escalated))
    for body in both_parts(mail):
        said = " ".join(body.split())
        assert said.count("Pick") == min(count, LISTED_TASKS)
        assert ("still late" in said) == escalated
        assert ("And 7 more" in said) == (count > LISTED_TASKS)
        assert "Mon 23 Nov, 06:30" in said
        assert "packline done 7 --by NAME" in said
        assert "missed" not in said


def test_a_reminder_of_one_task_names_it_in_the_subject() -> None:
    assert late_tasks_mail(make_late()).subject == "Pick, order 1001: late – Fernway & Home"
    assert late_tasks_mail(make_late(3)).subject == "3 tasks are late – Fernway & Home"


def test_a_reminder_of_an_order_that_should_have_left_says_so() -> None:
    mail = late_tasks_mail(make_late(now=datetime(2026, 11, 24, tzinfo=UTC)))
    assert all("missed" in body for body in both_parts(mail))
