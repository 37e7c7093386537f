"""What has happened, as data: the timeline, of which whoever shows it makes sentences."""

from sqlmodel import Session

from models.results.base import StepResult
from models.tables.ledger import AuditEvent, Note

PACKLINE = "Packline"
"""The actor of what nobody did by hand."""

_NOTE_CHARACTERS = 2000


def add_event(
    session: Session,
    subject: str,
    kind: str,
    values: StepResult,
    *,
    actor: str = PACKLINE,
    note: str = "",
) -> None:
    """Add an event to the subject's timeline: an `EventKind` or a step's id, and its values.

    What a person typed goes into the note, and nowhere else (docs/decisions/0024).
    """
    typed = Note(subject=subject, author=actor, text=note[:_NOTE_CHARACTERS]) if note else None
    session.add(
        AuditEvent(subject=subject, actor=actor, kind=kind, values=values.as_event(), note=typed)
    )
