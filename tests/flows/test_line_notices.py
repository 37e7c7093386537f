"""Lines that are cancelled are told to the customer once: in a mail of their own, or in the order's
if that is cancelled before the first has gone out.
"""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DatabaseError

from domain.errors import Unavailable
from services.execution.errors import Superseded
from tests.actors import request_cancellation_of
from tests.process import assert_sound, dying_before_the_record_of, rows
from tests.services.answers.test_short_picks import found
from tests.services.stock_control.test_backorders import order_of, plates_arrive

NOTICE = "Send Line Cancellation Notice"


@pytest.fixture
def number(process, mail_server):
    """Three mugs and four plates; two plates were not found, and their line is cancelled."""
    number = order_of(MUG=3, PLATE=4)
    process.run(number)
    process.answer("picking", number, **found(MUG=(3, "other"), PLATE=(2, "damaged")))
    process.run(number)
    process.answer("short-pick", number, decision="cancel line")
    return number


def go_back(process, number):
    """Until the order is cancelled."""
    assert process.run(number) == "restock-1"
    process.answer("restock", number)
    assert process.run(number).startswith(f"Order {number} is Cancelled")


def told(mail_server):
    """The subject of each mail, with the refund and the pieces that it tells of."""
    texts = [mail.get_body(["plain"]).get_content() for mail in mail_server.mails]
    return [text.partition("WHAT IS CANCELLED")[2].split("WHAT WE STILL SEND")[0] for text in texts]


def refunded():
    ((total,),) = rows("SELECT sum(amount_minor) FROM refund")
    return f"£{total / 100:.2f}"


def states():
    return dict(rows("SELECT key, state FROM message"))


def assert_one_mail_tells_all(number, mail_server):
    (text,) = told(mail_server)
    assert "3 × MUG" in text
    assert "4 × PLATE" in text
    assert refunded() in text
    assert states() == {f"order:{number}:cancellation": "sent"}
    assert_sound()


def test_an_order_that_is_cancelled_before_the_notice_has_one_mail_with_everything(
    process, number, mail_server
):
    request_cancellation_of(number, "changed their mind", "Max")
    go_back(process, number)
    assert_one_mail_tells_all(number, mail_server)


def test_a_notice_that_could_not_be_sent_is_told_with_the_order_and_not_sent_later(
    process, number, mail_server
):
    mail_server.stop()
    with pytest.raises(Unavailable):
        process.run(number)
    assert states() == {f"order:{number}:cancelled:1": "written"}
    mail_server.start()
    request_cancellation_of(number, "changed their mind", "Max")
    go_back(process, number)
    assert_one_mail_tells_all(number, mail_server)


def test_what_a_notice_has_told_is_not_told_again(process, number, mail_server):
    assert process.run(number) == "packing-1"
    request_cancellation_of(number, "changed their mind", "Max")
    go_back(process, number)
    lines, whole = told(mail_server)
    assert "2 × PLATE" in lines
    assert "MUG" not in lines
    assert "2 × PLATE" in whole
    assert "3 × MUG" in whole
    assert_sound()


def test_a_request_that_comes_while_the_notice_is_sent_tells_nothing_twice(
    process, number, mail_server
):
    with dying_before_the_record_of(NOTICE), pytest.raises(DatabaseError, match="stopped"):
        process.run(number)
    request_cancellation_of(number, "changed their mind", "Max")
    go_back(process, number)
    lines, whole = told(mail_server)
    assert "2 × PLATE" in lines
    assert "2 × PLATE" in whole
    assert set(states().values()) == {"sent"}
    assert rows("SELECT unclear FROM message") == [(0,), (0,)]
    assert_sound()


def test_a_notice_that_another_attempt_is_sending_is_waited_for(process, number, mail_server):
    mail_server.slow_seconds = 0.3
    with ThreadPoolExecutor() as people:
        sending = people.submit(process.run, number)
        while rows("SELECT FROM message WHERE sending_since IS NOT NULL") == []:
            time.sleep(0.01)
        request_cancellation_of(number, "changed their mind", "Max")
        go_back(process.another(), number)
        with pytest.raises(Superseded):
            sending.result()
    lines, whole = told(mail_server)
    assert "2 × PLATE" in lines
    assert "2 × PLATE" in whole
    assert rows("SELECT unclear, state FROM message") == [(0, "sent"), (0, "sent")]
    assert_sound()


def test_a_notice_that_may_have_gone_out_is_sent_once_more_as_it_was(process, number, mail_server):
    mail_server.hangs_up = 1
    with pytest.raises(Unavailable):
        process.run(number)
    request_cancellation_of(number, "changed their mind", "Max")
    go_back(process, number)
    first, again, whole = mail_server.mails
    assert first["Message-ID"] == again["Message-ID"] != whole["Message-ID"]
    assert "2 × PLATE" in told(mail_server)[2]
    assert set(states().values()) == {"sent"}
    assert_sound()


def test_a_process_that_dies_after_the_orders_mail_sends_no_other(process, number, mail_server):
    request_cancellation_of(number, "changed their mind", "Max")
    with (
        dying_before_the_record_of("Send Cancellation Notice"),
        pytest.raises(DatabaseError, match="stopped"),
    ):
        process.run(number)
    go_back(process, number)
    assert_one_mail_tells_all(number, mail_server)


def test_a_mail_server_that_is_away_during_compensation_delays_the_mail(
    process, number, mail_server
):
    request_cancellation_of(number, "changed their mind", "Max")
    mail_server.stop()
    with pytest.raises(Unavailable):
        process.run(number)
    mail_server.start()
    go_back(process, number)
    assert_one_mail_tells_all(number, mail_server)


def test_lines_of_each_shipment_are_told_with_the_order(process, mail_server):
    number = order_of(MUG=3, PLATE=4)
    process.run(number)
    process.answer("picking", number, **found(MUG=(3, "other"), PLATE=(2, "damaged")))
    process.run(number)
    process.answer("short-pick", number, decision="split")
    process.run(number)
    rest = process.another()
    rest.run(number, 2)
    plates_arrive(1)
    rest.answer("shortage", number, 2, decision="cancel line")
    request_cancellation_of(number, "changed their mind", "Max")
    rest.run(number, 2)
    go_back(process, number)
    assert_one_mail_tells_all(number, mail_server)
