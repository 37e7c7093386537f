"""Sending mail through SMTP. Nothing travels in clear but where the settings say so."""

import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Any

from adapters.mail.addresses import on_the_wire
from adapters.mail.errors import (
    MailPostponed,
    MailRefused,
    MailServerAway,
    MailServerRefuses,
    MailUnclear,
    in_words,
    is_final,
    meaning,
    meaning_of_greeting,
    meaning_of_no_connection,
    reply_text,
)
from adapters.settings import settings
from adapters.settings.environment import SmtpTls
from models.base import utc_now
from models.tables.messages import Message

__all__ = [
    "MailPostponed",
    "MailRefused",
    "MailServerAway",
    "MailServerRefuses",
    "MailUnclear",
    "as_mail",
    "new_message_id",
    "send",
]

_HAND_OVER = 354
_READY_TO_ENCRYPT = 220
_AT_LEAST_SECONDS = 0.001
_NO_SMTPUTF8 = "the server lacks SMTPUTF8, which letters beyond ASCII before an @ need"


def new_message_id() -> str:
    """A Message-ID that no other mail has."""
    return make_msgid(domain=on_the_wire(settings().mail_from).rpartition("@")[2])


def send(message: Message) -> str:
    """Hand a mail to the mail server, under its own Message-ID.

    Returns which recipients the server left out, mostly ''. Raises `MailServerAway` where trying
    again helps, `MailPostponed` if that is so for this mail only, `MailUnclear` where that may send
    it twice; `MailRefused` where this mail will never go, `MailServerRefuses` where none does until
    a person has mended why.
    """
    server = _connected()
    try:
        beyond = _beyond(server, message)
        taken = [address for address in message.recipients if address not in beyond]
        refused = server.send_message(as_mail(message, taken))
    except (OSError, smtplib.SMTPException) as problem:
        raise meaning(problem, message.recipients, handed_over=server.handed_over) from problem
    finally:
        # The server has taken the mail or has not: how it says goodbye changes nothing.
        with suppress(OSError, smtplib.SMTPException):
            server.quit()
    left_out = [f"{address}: {_NO_SMTPUTF8}" for address in beyond]
    left_out += [in_words(refused)] if refused else []
    return f"left out: {'; '.join(left_out)}" if left_out else ""


def _beyond(server: "_Server", message: Message) -> list[str]:
    """The recipients whom this server cannot write to. Raises as `send` where none is left."""
    if server.has_extn("smtputf8"):
        return []
    if not on_the_wire(settings().mail_from).isascii():
        raise MailServerRefuses("mail-sender-beyond-ascii", _NO_SMTPUTF8)
    beyond = [address for address in message.recipients if not on_the_wire(address).isascii()]
    if beyond and len(beyond) == len(message.recipients):
        raise MailRefused(beyond, _NO_SMTPUTF8)
    return beyond


def as_mail(message: Message, recipients: Sequence[str]) -> EmailMessage:
    """Text and HTML in one mail, with its picture inside. Header fields refuse line breaks."""
    mail = EmailMessage(policy=SMTP)
    name, _, domain = on_the_wire(settings().mail_from).rpartition("@")
    mail["From"] = Address(settings().shop_name, name, domain)
    mail["To"] = ", ".join(map(on_the_wire, recipients))
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
    """Gives the whole attempt its time, and remembers whether the server has let us hand over a
    mail (RFC 5321: reply 354).
    """

    handed_over = False

    def __init__(self, host: str, port: int, *, timeout: float, **given: Any) -> None:
        self._ends_at = time.monotonic() + timeout
        super().__init__(host, port, timeout=timeout, **given)

    def getreply(self) -> tuple[int, bytes]:
        self._hurry()
        code, reply = super().getreply()
        self.handed_over = code == _HAND_OVER
        return code, reply

    def send(self, s: Any) -> None:
        self._hurry()
        super().send(s)

    def _hurry(self) -> None:
        """What is left of the time is the patience with the next words."""
        if self.sock:
            self.sock.settimeout(max(self._ends_at - time.monotonic(), _AT_LEAST_SECONDS))


class _TlsServer(_Server, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


def _connected() -> _Server:
    """A server that takes mails from us, over a connection as safe as the settings ask."""
    with _trouble_explained():
        server = _dialled()
        try:
            _introduce(server)
        except BaseException:
            server.close()
            raise
    return server


@contextmanager
def _trouble_explained() -> Iterator[None]:
    """Before a mail is named, what goes wrong is about all of them."""
    try:
        yield
    except smtplib.SMTPException as problem:
        raise meaning_of_greeting(problem) from problem
    except OSError as problem:
        raise meaning_of_no_connection(problem) from problem


def _dialled() -> _Server:
    given = settings()
    where = given.smtp_host or "127.0.0.1", given.smtp_port
    if given.mail_encryption == SmtpTls.TLS:
        return _TlsServer(*where, timeout=given.smtp_timeout_seconds, context=_trusted())
    return _Server(*where, timeout=given.smtp_timeout_seconds)


def _introduce(server: _Server) -> None:
    """Encrypt, log in, and ask what the server can do: addresses beyond ASCII need that."""
    if settings().mail_encryption == SmtpTls.STARTTLS:
        _encrypt(server)
    _log_in(server)
    server.ehlo_or_helo_if_needed()


def _encrypt(server: _Server) -> None:
    """Never go on in clear. Raises `MailServerRefuses`."""
    try:
        code, reply = server.starttls(context=_trusted())
    except smtplib.SMTPNotSupportedError as problem:
        raise MailServerRefuses("mail-server-cannot-encrypt", problem) from problem
    if is_final(code):
        raise MailServerRefuses("mail-server-cannot-encrypt", reply_text(code, reply))
    if code != _READY_TO_ENCRYPT:
        raise smtplib.SMTPResponseException(code, reply)


def _log_in(server: _Server) -> None:
    given = settings()
    if not (given.smtp_username and given.smtp_password):
        return
    try:
        server.login(given.smtp_username, given.smtp_password.get_secret_value())
    except smtplib.SMTPResponseException as problem:
        if not is_final(problem.smtp_code):
            raise
        said = reply_text(problem.smtp_code, problem.smtp_error)
        raise MailServerRefuses("mail-login-refused", said) from problem
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as problem:  # it knows no login, or none of ours
        raise MailServerRefuses("mail-login-refused", problem) from problem


def _trusted() -> ssl.SSLContext:
    """What proves a server: the system's authorities, and the one that the settings name."""
    context = ssl.create_default_context()
    if settings().smtp_ca:
        context.load_verify_locations(settings().smtp_ca)
    return context
