"""Sending mail through SMTP."""

import smtplib
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from adapters.settings import settings
from domain.errors import PacklineError, Unavailable
from models.base import utc_now
from models.tables.messages import Message

_HAND_OVER = 354


class MailServerAway(Unavailable):
    """The mail server does not take mail now; it may later."""

    message = (
        "The mail server at {server} does not take mail now ({problem}):"
        " Packline tries again; check PACKLINE_SMTP_HOST and PACKLINE_SMTP_PORT."
    )

    def __init__(self, problem: Exception) -> None:
        server = f"{settings().smtp_host}:{settings().smtp_port}"
        super().__init__(server=server, problem=str(problem))


class MailUnclear(MailServerAway):
    """The connection broke after the mail was handed over: it may have gone out, or not."""


class MailRefused(PacklineError):
    """The mail server will never take this mail."""

    message = (
        "The mail server refused the mail to {recipients} ({problem}):"
        " correct the address and write to them yourself."
    )

    def __init__(self, recipients: list[str], problem: str) -> None:
        super().__init__(recipients=tuple(recipients), problem=problem)


def new_message_id() -> str:
    """A Message-ID that no other mail has."""
    return make_msgid(domain=settings().mail_from.rpartition("@")[2])


def send(message: Message) -> str:
    """Hand a mail to the mail server, under its own Message-ID.

    Returns which recipients the server left out, mostly ''. Raises `MailServerAway` where trying
    again helps, `MailUnclear` where that may send it twice, `MailRefused` where it never will.
    """
    try:
        return _send(message)
    except smtplib.SMTPRecipientsRefused as problem:
        codes = [code for code, _ in problem.recipients.values()]
        if all(_for_good(code) for code in codes):
            raise MailRefused(message.recipients, _in_words(problem.recipients)) from problem
        raise MailServerAway(problem) from problem
    except smtplib.SMTPDataError as problem:
        if _for_good(problem.smtp_code):
            raise MailRefused(message.recipients, str(problem)) from problem
        raise MailServerAway(problem) from problem
    except (OSError, smtplib.SMTPException) as problem:
        raise MailServerAway(problem) from problem


def as_mail(message: Message) -> EmailMessage:
    """Text and HTML in one mail, with its picture inside. Header fields refuse line breaks."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address(settings().shop_name, addr_spec=settings().mail_from)
    mail["To"] = ", ".join(message.recipients)
    mail["Subject"] = message.subject
    mail["Message-ID"] = message.message_id
    mail["Date"] = format_datetime(utc_now())
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    if message.image:
        html = mail.get_payload()[1]  # type: ignore[index]
        html.add_related(  # type: ignore[union-attr]
            message.image, "image", "png", cid="<chart>", filename="chart.png", disposition="inline"
        )
    return mail


class _Server(smtplib.SMTP):
    """Remembers whether the server has let us hand over a mail (RFC 5321: reply 354)."""

    handed_over = False

    def getreply(self) -> tuple[int, bytes]:
        code, reply = super().getreply()
        self.handed_over = code == _HAND_OVER
        return code, reply


def _send(message: Message) -> str:
    server = _server()
    try:
        left_out = server.send_message(as_mail(message))
    except smtplib.SMTPNotSupportedError as problem:  # an address beyond ASCII
        raise MailRefused(message.recipients, str(problem)) from problem
    except (OSError, smtplib.SMTPServerDisconnected) as problem:
        if server.handed_over:
            raise MailUnclear(problem) from problem
        raise
    finally:
        # The server has taken the mail or has not: how it says goodbye changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    return f"left out: {_in_words(left_out)}" if left_out else ""


def _server() -> _Server:
    given = settings()
    server = _Server(
        given.smtp_host or "127.0.0.1", given.smtp_port, timeout=given.smtp_timeout_seconds
    )
    try:
        _introduce(server)
    except BaseException:
        server.close()
        raise
    return server


def _introduce(server: smtplib.SMTP) -> None:
    """Encrypt, log in, and ask what the server can do: addresses beyond ASCII need that."""
    given = settings()
    if given.smtp_starttls:
        server.starttls()
    if given.smtp_username and given.smtp_password:
        server.login(given.smtp_username, given.smtp_password.get_secret_value())
    server.ehlo_or_helo_if_needed()


def _for_good(code: int) -> bool:
    """SMTP's 5xx replies are final, 4xx ones are for now (RFC 5321, 4.2.1)."""
    return 500 <= code < 600


def _in_words(refused: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(
        f"{address}: {code} {reason.decode(errors='replace')}"
        for address, (code, reason) in refused.items()
    )
