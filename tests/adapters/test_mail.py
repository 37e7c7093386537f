"""Mail, handed to a real SMTP server that says what it is told to say."""

import pytest

from adapters.mail.smtp import (
    MailPostponed,
    MailRefused,
    MailServerAway,
    MailServerRefuses,
    MailUnclear,
    new_message_id,
    send,
)
from adapters.settings import settings
from models.tables.messages import Message
from tests.mailserver import MailServer, listening
from tests.process import set_to


@pytest.fixture
def server(session, mail_server, monkeypatch):
    set_to(monkeypatch, PACKLINE_SMTP_HOST="127.0.0.1", PACKLINE_SMTP_PORT=str(mail_server.port))
    return mail_server


def a_mail(*recipients, **given):
    return Message(
        **{
            "key": "order:1001:shipment",
            "message_id": "<one@fernway.example>",
            "recipients": list(recipients or ("ada@example.com",)),
            "subject": "Your order 1001 – Fernway Home",
            "text": "Hello Åda",
            "html": "<p>Hello Åda</p>",
        }
        | given
    )


def test_a_mail_arrives_as_text_and_html_under_its_message_id(server):
    assert send(a_mail()) == ""
    (mail,) = server.mails
    assert mail["From"] == "Fernway Home <orders@fernway.example>"
    assert mail["To"] == "ada@example.com"
    assert mail["Subject"] == "Your order 1001 – Fernway Home"
    assert mail["Message-ID"] == "<one@fernway.example>"
    assert mail["Date"].datetime is not None
    assert mail.get_body(["plain"]).get_content().strip() == "Hello Åda"
    assert mail.get_body(["html"]).get_content().strip() == "<p>Hello Åda</p>"


def test_a_mail_that_is_sent_again_is_the_same_mail(server):
    send(a_mail())
    send(a_mail())
    assert len({mail["Message-ID"] for mail in server.mails}) == 1


def test_a_picture_is_part_of_the_html_and_not_an_attachment(server):
    send(a_mail(image=b"\x89PNG..."))
    (mail,) = server.mails
    assert list(mail.iter_attachments()) == []
    (picture,) = [part for part in mail.walk() if part.get_content_maintype() == "image"]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<chart>", "inline")
    assert picture.get_content() == b"\x89PNG..."


def test_a_shop_name_beyond_ascii_arrives_as_it_is(server, monkeypatch):
    set_to(monkeypatch, PACKLINE_SHOP_NAME='Füße "&" Söhne, <Leeds>')
    send(a_mail())
    (sender,) = server.mails[0]["From"].addresses
    assert sender.display_name == 'Füße "&" Söhne, <Leeds>'
    assert sender.addr_spec == "orders@fernway.example"


@pytest.mark.parametrize(
    "field",
    [
        {"subject": "Hello\r\nBcc: evil@example.com"},
        {"recipients": ["ada@example.com\r\nBcc: evil@example.com"]},
        {"message_id": "<one@example.com>\r\nBcc: evil@example.com"},
    ],
    ids=["subject", "recipient", "message id"],
)
def test_a_line_break_in_a_header_field_sends_nothing(server, field):
    with pytest.raises(ValueError, match=r"linefeed|CR or LF"):
        send(a_mail(**field))
    assert server.mails == []


def test_no_two_mails_have_the_same_message_id():
    ids = {new_message_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(name.endswith("@fernway.example>") for name in ids)


@pytest.mark.parametrize("code", ["550 no such person", "501 no such address"])
def test_a_recipient_that_is_refused_for_good_is_not_worth_another_try(server, code):
    server.refuses["ada@example.com"] = code
    with pytest.raises(MailRefused) as refusal:
        send(a_mail())
    assert f"refused the mail to ada@example.com (ada@example.com: {code})" in str(refusal.value)
    assert server.mails == []


@pytest.mark.parametrize("code", ["450 mailbox busy", "421 too many mails"])
def test_a_recipient_that_is_refused_for_now_is_worth_another_try(server, code):
    server.refuses["ada@example.com"] = code
    with pytest.raises(MailServerAway, match=code[:3]):
        send(a_mail())


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("451 try again later", MailServerAway),
        ("452 disk full", MailServerAway),
        ("552 too big", MailRefused),
        ("554 looks like spam", MailRefused),
    ],
)
def test_an_answer_to_the_mail_is_final_where_smtp_says_so(server, code, kind):
    server.answer = code
    with pytest.raises(kind, match=code[:3]):
        send(a_mail())
    assert server.mails == []


def test_those_whom_the_server_left_out_are_named_and_the_others_get_the_mail(server):
    server.refuses["gone@example.com"] = "550 no such person"
    problem = send(a_mail("gone@example.com", "ada@example.com"))
    assert problem == "left out: gone@example.com: 550 no such person"
    assert len(server.mails) == 1


def test_a_mail_server_that_is_away_is_named_with_its_settings(server):
    server.stop()
    with pytest.raises(MailServerAway) as away:
        send(a_mail())
    assert f"127.0.0.1:{server.port} does not take mail now" in str(away.value)
    assert "PACKLINE_SMTP_HOST" in str(away.value)


@pytest.mark.parametrize("code", ["550 not from here", "553 who is that"])
def test_a_sender_that_is_refused_is_about_all_mails(server, code):
    server.sender_answer = code
    with pytest.raises(MailServerRefuses, match=rf"refuses mails from orders@.*{code}") as refusal:
        send(a_mail())
    assert refusal.value.code == "mail-sender-refused"
    assert server.mails == []


@pytest.mark.parametrize("answer", ["530 log in first", "535 who are you"])
@pytest.mark.parametrize("where", ["sender_answer", "refuses"])
def test_a_server_that_wants_another_login_is_about_all_mails(server, answer, where):
    if where == "refuses":
        server.refuses["ada@example.com"] = answer
    else:
        server.sender_answer = answer
    with pytest.raises(MailServerRefuses, match="PACKLINE_SMTP_PASSWORD"):
        send(a_mail())


def test_a_sender_that_is_refused_for_now_is_worth_another_try(server):
    server.sender_answer = "451 later"
    with pytest.raises(MailServerAway):
        send(a_mail())


@pytest.mark.parametrize("answer", ["450 mailbox busy", "451 greylisted"])
def test_what_is_refused_for_now_is_about_this_mail_alone(server, answer):
    server.refuses["ada@example.com"] = answer
    with pytest.raises(MailPostponed) as refusal:
        send(a_mail())
    assert not refusal.value.for_all
    server.refuses.clear()
    server.answer = answer
    with pytest.raises(MailPostponed):
        send(a_mail())


@pytest.mark.parametrize("answer", ["450 <{}> is busy", "421 {} again", "530 log in for {}"])
def test_what_may_become_an_alarm_names_no_customer(server, answer):
    server.refuses["ada@example.com"] = answer.format("ada@example.com")
    with pytest.raises((MailServerAway, MailServerRefuses), match=answer[:3]) as refusal:
        send(a_mail())
    assert "ada@" not in str(refusal.value)
    server.refuses.clear()
    server.answer = "451 ada@example.com is greylisted"
    with pytest.raises(MailPostponed, match="451 … is greylisted"):
        send(a_mail())


def test_a_server_that_closes_is_away_for_all_mails(server):
    server.refuses["ada@example.com"] = "421 too many mails"
    with pytest.raises(MailServerAway) as away:
        send(a_mail())
    assert away.value.for_all


def test_a_server_that_knows_no_login_refuses_and_no_password_is_shown(server, monkeypatch):
    set_to(monkeypatch, PACKLINE_SMTP_USERNAME="me", PACKLINE_SMTP_PASSWORD="hunter2")
    with pytest.raises(MailServerRefuses, match="refuses our login") as refusal:
        send(a_mail())
    assert "hunter2" not in str(refusal.value)
    assert server.mails == []


def test_a_server_that_takes_connections_and_says_nothing_costs_its_time_and_no_more(
    session, monkeypatch
):
    with listening() as port:
        set_to(monkeypatch, **at(port), PACKLINE_SMTP_TIMEOUT_SECONDS="0.3")
        with pytest.raises(MailServerAway, match="timed out") as away:
            send(a_mail())
    assert not isinstance(away.value, MailUnclear)


def test_a_server_that_is_slow_with_every_word_gets_no_more_time_for_all_of_them(
    session, monkeypatch
):
    """Each reply comes within the time, and all of them together do not."""
    with listening(0, b"220 hello\r\n", b"250 yes\r\n", every=0.2) as port:
        set_to(monkeypatch, **at(port), PACKLINE_SMTP_TIMEOUT_SECONDS="0.5")
        with pytest.raises(MailServerAway, match="timed out"):
            send(a_mail())


def test_a_server_that_is_no_mail_server_refuses(session, monkeypatch):
    with listening(0, b"554 no mails here\r\n") as port:
        set_to(monkeypatch, **at(port))
        with pytest.raises(MailServerRefuses, match="554 no mails here"):
            send(a_mail())


def at(port):
    return {"PACKLINE_SMTP_HOST": "127.0.0.1", "PACKLINE_SMTP_PORT": str(port)}


MOEBEL = "info@müller-möbel.example"
ON_THE_WIRE = "info@xn--mller-mbel-kcb9d.example"


@pytest.fixture
def old_server(session, monkeypatch):
    """One that takes no letters beyond ASCII: it lacks SMTPUTF8."""
    kept = MailServer(enable_SMTPUTF8=False)
    set_to(monkeypatch, PACKLINE_SMTP_HOST="127.0.0.1", PACKLINE_SMTP_PORT=str(kept.port))
    kept.start()
    yield kept
    kept.stop()


def test_a_domain_beyond_ascii_is_reached_through_a_server_of_old(old_server):
    assert send(a_mail(MOEBEL, "ada@example.com")) == ""
    (mail,) = old_server.mails
    assert mail["To"] == f"{ON_THE_WIRE}, ada@example.com"
    assert old_server.envelopes == [("orders@fernway.example", [ON_THE_WIRE, "ada@example.com"])]


@pytest.mark.parametrize(
    ("address", "wire"),
    [
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a@xn--strae-oqa.example", "a@xn--strae-oqa.example"),
        ("a@例え.テスト", "a@xn--r8jz45g.xn--zckzah"),
        ("a@faß.bücher.example", "a@xn--fa-hia.xn--bcher-kva.example"),
        ("a@plain.example", "a@plain.example"),
    ],
)
def test_domains_travel_as_idna_of_2008_has_them(old_server, address, wire):
    send(a_mail(address))
    assert old_server.envelopes[0][1] == [wire]


@pytest.mark.parametrize("domain", ["füße.example", "xn--fe-gia9i.example"])
def test_a_sender_whose_domain_is_beyond_ascii_sends_through_a_server_of_old(
    old_server, monkeypatch, domain
):
    set_to(monkeypatch, PACKLINE_MAIL_FROM=f"post@{domain}")
    assert settings().mail_from == "post@füße.example"
    assert send(a_mail(message_id=new_message_id())) == ""
    (mail,) = old_server.mails
    assert mail["From"].addresses[0].addr_spec == "post@xn--fe-gia9i.example"
    assert mail["Message-ID"].endswith("@xn--fe-gia9i.example>")
    assert old_server.envelopes == [("post@xn--fe-gia9i.example", ["ada@example.com"])]


def test_a_refusal_names_the_address_as_people_write_it(server):
    server.refuses[ON_THE_WIRE] = "550 no such person"
    with pytest.raises(MailRefused) as refusal:
        send(a_mail(MOEBEL))
    assert f"refused the mail to {MOEBEL} ({MOEBEL}: 550 no such person)" in str(refusal.value)
    server.refuses[ON_THE_WIRE] = f"550 <{ON_THE_WIRE}> is unknown"
    left_out = send(a_mail(MOEBEL, "ada@example.com"))
    assert left_out == f"left out: {MOEBEL}: 550 <{MOEBEL}> is unknown"
    server.refuses.clear()
    server.answer = f"554 {ON_THE_WIRE} takes no advertisements"
    with pytest.raises(MailRefused) as refusal:
        send(a_mail(MOEBEL))
    assert ON_THE_WIRE not in str(refusal.value)


def test_what_may_become_an_alarm_names_no_customer_with_a_domain_beyond_ascii(server):
    server.refuses[ON_THE_WIRE] = f"450 <{ON_THE_WIRE}> is busy"
    with pytest.raises(MailPostponed, match="450 <…> is busy"):
        send(a_mail(MOEBEL))


def test_a_name_beyond_ascii_is_refused_by_a_server_of_old_and_says_why(old_server):
    with pytest.raises(MailRefused, match=r"jörg@example\.com.*lacks SMTPUTF8"):
        send(a_mail("jörg@example.com"))
    assert old_server.mails == []


def test_a_name_beyond_ascii_costs_nobody_else_their_mail(old_server):
    problem = send(a_mail("ada@example.com", "jörg@example.com", MOEBEL))
    assert problem.startswith("left out: jörg@example.com: the server lacks SMTPUTF8")
    assert old_server.envelopes[0][1] == ["ada@example.com", ON_THE_WIRE]
    assert old_server.mails[0]["To"] == f"ada@example.com, {ON_THE_WIRE}"


def test_a_sender_with_a_name_beyond_ascii_is_about_all_mails(old_server, monkeypatch):
    set_to(monkeypatch, PACKLINE_MAIL_FROM="büro@fernway.example")
    with pytest.raises(MailServerRefuses, match="PACKLINE_MAIL_FROM") as refusal:
        send(a_mail())
    assert refusal.value.code == "mail-sender-beyond-ascii"
    assert old_server.mails == []


def test_a_name_beyond_ascii_gets_its_mail_where_the_server_can(server, monkeypatch):
    set_to(monkeypatch, PACKLINE_MAIL_FROM="büro@füße.example")
    assert send(a_mail("jörg@müller.example")) == ""
    assert server.envelopes == [("büro@xn--fe-gia9i.example", ["jörg@xn--mller-kva.example"])]


def test_a_connection_that_breaks_after_the_mail_was_handed_over_leaves_it_unclear(server):
    server.hangs_up = 1
    with pytest.raises(MailUnclear, match="does not take mail now"):
        send(a_mail())
    assert len(server.mails) == 1


def test_a_server_that_says_later_has_surely_not_taken_the_mail(server):
    server.answer = "451 later"
    with pytest.raises(MailServerAway) as refusal:
        send(a_mail())
    assert not isinstance(refusal.value, MailUnclear)
