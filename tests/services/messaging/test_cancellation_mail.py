"""What a customer is told of what will not ship, from what it was charged."""

import pytest
from sqlmodel import func, select

from domain.reasons import Reason
from models.tables.messages import Message
from models.tables.orders import SalesOrder
from services.messaging.cancellation_mails import write_cancellation_mail
from services.orders.lines import cancel_pieces
from services.pricing.settlement import refund_cancelled
from tests.actors import someone
from tests.factories import make_order, make_product, make_tariffs

KEY = "order:1001:cancellation:1"


@pytest.fixture
def order(session):
    """Two mugs and a plate."""
    make_tariffs(session)
    make_product(session, "MUG")
    make_product(session, "PLATE", weight_grams=500)
    return session.get(SalesOrder, make_order(session, {"MUG": 2, "PLATE": 1}))


def told(session, order, **pieces):
    cancel_pieces(order, pieces)
    refund = refund_cancelled(session, order, Reason(note="out of stock"), someone("Max"))
    message = write_cancellation_mail(session, order, KEY, pieces, [refund])
    session.flush()
    return message


def test_a_customer_is_told_what_comes_back_for_a_cancelled_piece(session, order):
    message = told(session, order, MUG=1)
    assert message.recipients == ["ada@example.com"]
    assert message.subject.startswith(f"Part of your order {order.number} is cancelled")
    for body in (message.text, message.html):
        assert "£12.50" in body
        assert "£30.95" in body  # 43.45 less that: shipping stays
        assert "PLATE in blue" in body


def test_a_customer_is_told_that_nothing_ships(session, order):
    message = told(session, order, MUG=2, PLATE=1)
    for body in (message.text, message.html):
        assert "nothing of it will be sent" in body
        assert "£43.45" in body


def test_what_was_cancelled_before_is_in_neither_list(session, order):
    told(session, order, MUG=2)
    refund = refund_cancelled(session, order, Reason(note="nothing more"), someone("Max"))
    assert refund is None
    order.lines[1].cancelled = 1
    refund = refund_cancelled(session, order, Reason(note="out of stock"), someone("Max"))
    message = write_cancellation_mail(session, order, KEY + "2", {"PLATE": 1}, [refund])
    assert "MUG" not in message.text
    assert "PLATE" in message.text


def test_a_mail_is_written_once_per_key(session, order):
    first = told(session, order, MUG=1)
    assert told(session, order, PLATE=1) is first
    assert session.exec(select(func.count()).select_from(Message)).one() == 1
