"""What has happened, as data: the timeline, of which whoever shows it makes sentences."""

from sqlmodel import Session, col, select

from models.results.base import StepResult
from models.tables.ledger import AuditEvent, Note
from services.access.actors import PACKLINE, Actor

_NOTE_CHARACTERS = 2000


def add_event(
    session: Session,
    subject: str,
    kind: str,
    values: StepResult,
    *,
    actor: Actor = PACKLINE,
    note: str = "",
) -> None:
    """Add an event to the subject's timeline: an `EventKind` or a step's id, and its values.

    What a person typed goes into the note, and nowhere else (docs/decisions/0024).
    """
    typed = Note(subject=subject, author=actor.name, text=note[:_NOTE_CHARACTERS])
    session.add(
        AuditEvent(
            subject=subject,
            actor=actor.name,
            channel=actor.channel,
            kind=kind,
            values=values.as_event(),
            note=typed if note else None,
        )
    )


def last_kind(session: Session, subject: str) -> str | None:
    """The kind of what has happened last to the subject."""
    of_subject = select(AuditEvent.kind).where(AuditEvent.subject == subject)
    return session.exec(of_subject.order_by(col(AuditEvent.id).desc())).first()
