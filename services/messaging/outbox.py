"""The outbox that all mail goes through. No Prefect here.

A mail is written before it is sent, and sent under one Message-ID. It can go out twice if the
process dies, or the connection breaks, in the instant between the server's yes and our record. Then
it says so: `packline audit` names it.
"""

from dataclasses import dataclass

from sqlmodel import Session, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.failpoints import failpoint
from adapters.mail import smtp as mail
from models.enums import MessageState
from models.results.notifications import MailSent
from models.tables.messages import Message
from models.views.mails import MailContent
from services.alarms.circuit import MAIL, outside
from services.execution.errors import Deferred


@dataclass(frozen=True)
class Delivery:
    """What the mail server said; `problem` names whom it left out, mostly nobody."""

    sent: bool
    problem: str = ""


def send_written(message: Message) -> Delivery:
    """Send a mail from the outbox. One that will never be taken is not tried again.

    One that may have gone out is sent once more, and no third time: that would be a nuisance.

    Raises `Deferred` while the mail server takes none.
    """
    if message.sent_at:
        return Delivery(sent=True, problem=message.problem)
    try:
        with outside(MAIL):
            delivery = Delivery(sent=True, problem=mail.send(message))
    except mail.MailRefused as refusal:
        return Delivery(sent=False, problem=str(refusal))
    except Deferred as deferred:
        unclear = isinstance(deferred.__cause__, mail.MailUnclear)
        if not (unclear and message.unclear):
            _came_back(message.key, unclear=int(unclear))
            raise
        delivery = Delivery(sent=True, problem=str(deferred))
    failpoint("mail taken")
    _came_back(message.key, sent=True)
    return delivery


def begin_sending(session: Session, message: Message) -> Message:
    """Note that an attempt is about to send it; one that never came back may have sent it."""
    message.unclear += message.sending_since is not None
    message.sending_since = this_instant(session)
    return message


def _came_back(key: str, *, sent: bool = False, unclear: int = 0) -> None:
    """Note at once what became of sending it: an attempt that was superseded meanwhile may note
    nothing else.
    """
    with transaction() as session:
        if message := written(session, key):
            message.sending_since = None
            message.unclear += unclear
            message.sent_at = this_instant(session) if sent else None


def written(session: Session, key: str) -> Message | None:
    """The mail of that key, if an earlier attempt has written it."""
    return session.exec(select(Message).where(Message.key == key)).first()


def write(
    session: Session,
    key: str,
    recipients: list[str],
    content: MailContent,
    image: bytes | None = None,
) -> Message:
    """Put a mail into the outbox."""
    message = Message(
        key=key,
        message_id=mail.new_message_id(),
        recipients=recipients,
        subject=content.subject,
        text=content.text,
        html=content.html,
        image=image,
    )
    session.add(message)
    return message


def save_sent(session: Session, key: str, delivery: Delivery) -> MailSent:
    """Note what became of a mail."""
    message = session.exec(select(Message).where(Message.key == key)).one()
    message.problem = delivery.problem[:1000]
    message.state = MessageState.SENT if delivery.sent else MessageState.REFUSED
    message.sending_since = None
    sent_at = message.sent_at or this_instant(session)
    message.sent_at = sent_at if delivery.sent else None
    return MailSent(
        message_id=message.message_id,
        recipients=tuple(message.recipients),
        problem=delivery.problem,
    )
