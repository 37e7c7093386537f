"""The timeline that people read."""

from sqlmodel import Session

from models.tables.ledger import AuditEvent

PACKLINE = "Packline"
"""The actor of what nobody did by hand."""

_DETAIL_CHARACTERS = 4000


def add_event(
    session: Session, subject: str, event: str, detail: str = "", by: str = PACKLINE
) -> None:
    """Add a line to the subject's timeline."""
    detail = detail[:_DETAIL_CHARACTERS]
    session.add(AuditEvent(subject=subject, actor=by, event=event, detail=detail))
