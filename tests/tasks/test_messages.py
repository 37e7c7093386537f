"""The customer's mail, from the order to a real SMTP server."""

import pytest
from sqlmodel import select

from models.tables.messages import Message
from services.messaging.outbox import Delivery, send_written
from tasks.notifications import send_shipment_notification, write_shipment_mail
from tests.factories import make_label, make_order, make_product, the_shipment
from tests.process import set_to

PRICED = {"items_minor": 2500, "shipping_minor": 395, "tax_minor": 483, "total_minor": 2895}


@pytest.fixture
def server(session, mail_server, monkeypatch):
    set_to(monkeypatch, PACKLINE_SMTP_HOST="127.0.0.1", PACKLINE_SMTP_PORT=str(mail_server.port))
    return mail_server


def packed_order(session, product="Mug in blue", parcels=1, **given):
    """An order that is ready for its mail."""
    make_product(session, name=product)
    number = make_order(session, **(PRICED | {"carrier": "house"} | given))
    for parcel in range(1, parcels + 1):
        make_label(session, number, parcel, tracking_number=f"CP{parcel}GB")
    return the_shipment(session, number)


def notify(session, order):
    """The whole step; returns the mail in the outbox."""
    message = write_shipment_mail(session, order)
    session.flush()
    send_shipment_notification.body(session, order, send_written(message))
    session.flush()
    return message


def bodies(mail):
    return [mail.get_body([kind]).get_content() for kind in ("plain", "html")]


def test_a_customer_is_told_what_was_sent_and_how_to_follow_it(session, server):
    message = notify(session, packed_order(session))
    (mail,) = server.mails
    assert (message.state, message.sent_at is not None) == ("sent", True)
    assert mail["To"] == "ada@example.com"
    assert mail["Message-ID"] == message.message_id
    for body in bodies(mail):
        assert "Mug in blue" in body
        assert "CP1GB" in body
        assert "https://track.fernway.example/CP1GB" in body
        assert "£28.95" in body


def test_a_customer_is_told_of_what_ships_and_not_of_what_was_cancelled(session, server):
    make_product(session, "PLATE", name="Plate in red")
    shipment = packed_order(session, lines={"MUG": 2, "PLATE": 2})
    shipment.goods[0].quantity, shipment.goods[1].quantity = 1, 0
    notify(session, shipment)
    text, html = bodies(server.mails[0])
    assert "1 × Mug in blue" in text
    assert "Plate" not in text + html


def test_every_parcel_has_its_number_and_its_link(session, server):
    notify(session, packed_order(session, parcels=3))
    for body in bodies(server.mails[0]):
        assert all(f"https://track.fernway.example/CP{number}GB" in body for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("currency", "amounts"),
    [
        ("GBP", ["£25.00", "£3.95", "£28.95", "£4.83"]),
        ("JPY", ["JP¥2,500", "JP¥395", "JP¥2,895", "JP¥483"]),
        ("KWD", ["KWD\xa02.500", "KWD\xa00.395", "KWD\xa02.895", "KWD\xa00.483"]),
    ],
)
def test_amounts_are_written_in_the_form_of_their_currency(session, server, currency, amounts):
    notify(session, packed_order(session, currency=currency))
    for body in bodies(server.mails[0]):
        assert all(amount in body for amount in amounts)


def test_amounts_are_written_as_the_shops_locale_does(session, server, monkeypatch):
    set_to(monkeypatch, PACKLINE_LOCALE="de_DE")
    notify(session, packed_order(session, currency="EUR"))
    for body in bodies(server.mails[0]):
        assert "28,95\xa0€" in body


def test_tax_that_comes_on_top_stands_before_the_total(session, server):
    notify(session, packed_order(session, prices_include_tax=False, total_minor=3378))
    text, _ = bodies(server.mails[0])
    assert text.index("£3.95") < text.index("£4.83") < text.index("£33.78")


@pytest.mark.parametrize("field", ["customer_name", "address_line1", "city", "product"])
def test_a_line_break_in_a_text_adds_no_header_and_no_recipient(session, server, field):
    notify(session, packed_order(session, **{field: "Ada\r\nBcc: evil@example.com\r\n\r\nHi"}))
    (mail,) = server.mails
    assert mail["Bcc"] is None
    assert mail["To"] == "ada@example.com"
    assert not [line for line in bodies(mail)[0].splitlines() if line.startswith("Bcc:")]


@pytest.mark.parametrize("field", ["customer_name", "address_line1", "city", "product"])
def test_html_in_a_text_is_shown_and_not_run(session, server, field):
    notify(session, packed_order(session, **{field: "<script>alert('x')</script>"}))
    text, html = bodies(server.mails[0])
    assert "<script>alert('x')</script>" in text
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_template_in_a_name_is_not_rendered(session, server):
    notify(session, packed_order(session, customer_name="{{ 7 * 7 }}"))
    for body in bodies(server.mails[0]):
        assert "{{ 7 * 7 }}" in body


def test_a_mail_is_written_once_per_order(session, server):
    order = packed_order(session)
    first = write_shipment_mail(session, order)
    session.flush()
    assert write_shipment_mail(session, order) is first
    assert len(session.exec(select(Message)).all()) == 1


def test_a_mail_stays_as_it_was_written_when_it_is_sent_again(session, server):
    order = packed_order(session)
    message = write_shipment_mail(session, order)
    session.flush()
    send_written(message)
    order.order.customer_name = "Somebody Else"
    notify(session, order)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert bodies(first) == bodies(second)


def test_an_address_that_is_refused_is_noted_and_holds_up_nothing(session, server):
    server.refuses["ada@example.com"] = "550 no such person"
    message = notify(session, packed_order(session))
    assert (message.state, message.sent_at) == ("refused", None)
    assert "550 no such person" in message.problem


def test_a_long_complaint_of_the_server_fits(session, server):
    order = packed_order(session)
    message = write_shipment_mail(session, order)
    session.flush()
    delivery = Delivery(sent=False, problem="x" * 5000)
    send_shipment_notification.body(session, order, delivery)
    session.flush()
    assert len(message.problem) == 1000


def test_a_long_name_fits_into_the_mail(session, server):
    notify(session, packed_order(session, customer_name="x" * 200, product="y" * 200))
    assert "y" * 200 in "".join(bodies(server.mails[0])[0].split())
