"""What a mail server's refusal is about, which decides what becomes of a mail.

A recipient, or the mail itself: that mail alone (`MailRefused`, `MailPostponed`). The server, its
certificate, our password, our sender: all mails (`MailServerAway` while time may heal it,
`MailServerRefuses` until a person has).
"""

import smtplib
import ssl

from adapters.mail.addresses import as_written, on_the_wire
from adapters.settings import settings
from domain.errors import PacklineError, ServiceAway, ServiceRefuses

_CLOSES = 421
_WANTS_ANOTHER_LOGIN = (530, 534, 535, 538)
"""Replies that are about our login, in whichever command the server gives them (RFC 4954, 6)."""


class MailServerAway(ServiceAway):
    """The mail server does not take mail now; it may later."""

    message = (
        "The mail server at {server} does not take mail now ({problem}):"
        " Packline tries again; check PACKLINE_SMTP_HOST and PACKLINE_SMTP_PORT."
    )

    def __init__(self, problem: object) -> None:
        super().__init__(server=_address(), problem=str(problem))


class MailPostponed(MailServerAway):
    """The mail server takes this mail later; others it may take now."""

    for_all = False


class MailServerRefuses(ServiceRefuses):
    """The mail server takes no mail from us until somebody has mended why."""

    messages = {
        "mail-login-refused": (
            "The mail server at {server} refuses our login ({problem}): correct"
            " PACKLINE_SMTP_USERNAME and PACKLINE_SMTP_PASSWORD."
        ),
        "mail-sender-refused": (
            "The mail server at {server} refuses mails from {sender} ({problem}): correct"
            " PACKLINE_MAIL_FROM, or have the server take it."
        ),
        "mail-sender-beyond-ascii": (
            "The mail server at {server} takes no mails from {sender}, which has letters beyond"
            " ASCII before its @ ({problem}): correct PACKLINE_MAIL_FROM."
        ),
        "mail-server-not-trusted": (
            "The mail server at {server} does not prove who it is ({problem}), so nothing was sent:"
            " correct PACKLINE_SMTP_HOST or its certificate, or name its authority in"
            " PACKLINE_SMTP_CA."
        ),
        "mail-server-cannot-encrypt": (
            "The mail server at {server} does not encrypt as PACKLINE_SMTP_TLS={tls} asks"
            " ({problem}), and nothing was sent: correct PACKLINE_SMTP_TLS or PACKLINE_SMTP_PORT."
        ),
        "mail-server-refuses": (
            "The mail server at {server} takes no mails from here ({problem}): check"
            " PACKLINE_SMTP_HOST and PACKLINE_SMTP_PORT, and whether it is to take them."
        ),
    }

    def __init__(self, code: str, problem: object) -> None:
        given = settings()
        super().__init__(
            code,
            server=_address(),
            problem=str(problem),
            sender=given.mail_from,
            tls=given.mail_encryption,
        )


class MailUnclear(MailServerAway):
    """The connection broke after the mail was handed over: it may have gone out, or not."""


class MailRefused(PacklineError):
    """The mail server will never take this mail."""

    message = (
        "The mail server refused the mail to {recipients} ({problem}):"
        " correct the address and write to them yourself."
    )

    def __init__(self, recipients: list[str], problem: str) -> None:
        for address in recipients:
            problem = problem.replace(on_the_wire(address), address)
        super().__init__(recipients=tuple(recipients), problem=problem)


def meaning_of_no_connection(problem: OSError) -> PacklineError:
    """A certificate that proves nothing, or no TLS at all, stays so until somebody mends it."""
    if isinstance(problem, ssl.SSLCertVerificationError):
        return MailServerRefuses("mail-server-not-trusted", problem.verify_message)
    if isinstance(problem, ssl.SSLError) and not isinstance(problem, ssl.SSLEOFError):
        return MailServerRefuses("mail-server-cannot-encrypt", problem.reason or problem)
    return MailServerAway(problem)


def meaning_of_greeting(problem: smtplib.SMTPException) -> PacklineError:
    """Before a mail is named, what the server says is about all of them."""
    if isinstance(problem, smtplib.SMTPResponseException) and is_final(problem.smtp_code):
        said = reply_text(problem.smtp_code, problem.smtp_error)
        return MailServerRefuses("mail-server-refuses", said)
    return MailServerAway(problem)


def meaning(problem: Exception, recipients: list[str], *, handed_over: bool) -> PacklineError:
    """What it means for this mail, or for all, that a mail was not taken."""
    match problem:
        case smtplib.SMTPRecipientsRefused():
            return _meaning_for_recipients(problem, recipients)
        case smtplib.SMTPSenderRefused():
            return _meaning_for_sender(problem)
        case smtplib.SMTPResponseException() if is_final(problem.smtp_code):
            return MailRefused(recipients, str(problem))
        case smtplib.SMTPResponseException() if problem.smtp_code != _CLOSES:
            said = reply_text(problem.smtp_code, problem.smtp_error)
            return MailPostponed(_without(recipients, said))
        case OSError() | smtplib.SMTPServerDisconnected() if handed_over:
            return MailUnclear(problem)
    return MailServerAway(problem)


def _meaning_for_recipients(
    problem: smtplib.SMTPRecipientsRefused, recipients: list[str]
) -> PacklineError:
    codes = dict(problem.recipients.values())
    said = {code: _without(recipients, reply_text(code, codes[code])) for code in codes}
    for code in _WANTS_ANOTHER_LOGIN:
        if code in codes:
            return MailServerRefuses("mail-login-refused", said[code])
    if all(is_final(code) for code in codes):
        return MailRefused(recipients, in_words(problem.recipients))
    if _CLOSES in codes:
        return MailServerAway(said[_CLOSES])
    return MailPostponed("; ".join(said.values()))


def _without(recipients: list[str], said: str) -> str:
    """A reply that may become an alarm, without those whom the mail was for."""
    for address in recipients:
        said = said.replace(address, "…").replace(on_the_wire(address), "…")
    return said


def _meaning_for_sender(problem: smtplib.SMTPSenderRefused) -> PacklineError:
    said = reply_text(problem.smtp_code, problem.smtp_error)
    if problem.smtp_code in _WANTS_ANOTHER_LOGIN:
        return MailServerRefuses("mail-login-refused", said)
    if is_final(problem.smtp_code):
        return MailServerRefuses("mail-sender-refused", said)
    return MailServerAway(problem)


def _address() -> str:
    return f"{settings().smtp_host}:{settings().smtp_port}"


def reply_text(code: int, reply: bytes | str) -> str:
    """A server's reply in words. RFC 5321 has it in ASCII; some do not keep to that."""
    said = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return f"{code} {said}"


def is_final(code: int) -> bool:
    """SMTP's 5xx replies are final, 4xx ones are for now (RFC 5321, 4.2.1)."""
    return 500 <= code < 600


def in_words(refused: dict[str, tuple[int, bytes]]) -> str:
    """What the server said of each that it refused, with addresses as people write them."""
    return "; ".join(
        f"{address}: {reply_text(code, reason)}".replace(address, as_written(address))
        for address, (code, reason) in refused.items()
    )
