"""Timelines as the operator reads them."""

from typing import NamedTuple

from sqlmodel import col, select

from adapters.database.sessions import transaction
from adapters.language.sentences import sentence
from console.queries.event_words import detail, title
from models.tables.ledger import AuditEvent


class Told(NamedTuple):
    """A line of a timeline, with the note in its detail as the command line shows it."""

    subject: str
    actor: str
    event: str
    detail: str


def timeline(kind: str | None = None, subject: str | None = None) -> list[Told]:
    """What has happened, in order: of one kind, or to one subject, or all of it."""
    wanted = select(AuditEvent).order_by(col(AuditEvent.id))
    if kind:
        wanted = wanted.where(AuditEvent.kind == kind)
    if subject:
        wanted = wanted.where(AuditEvent.subject == subject)
    with transaction() as session:
        return [_told(event) for event in session.exec(wanted)]


def details(kind: str, subject: str | None = None) -> list[str]:
    """Only what is said beside the titles."""
    return [told.detail for told in timeline(kind, subject)]


def _told(event: AuditEvent) -> Told:
    what = sentence(detail(event.kind, event.values))
    note = event.note.text if event.note else ""
    said = ": ".join(part for part in (what, note) if part)
    return Told(event.subject, event.actor, sentence(title(event.kind, event.values)), said)
