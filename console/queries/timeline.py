"""An order's timeline, in the reader's language."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy.orm import joinedload
from sqlmodel import Session, col, select

from adapters.language.sentences import operators_language
from console.queries.event_words import detail, title
from domain.messages import Message, Value, Wording
from models.enums import Channel
from models.tables.ledger import AuditEvent
from models.tables.orders import SalesOrder
from services.execution.ledger import order_key


class EventRow(BaseModel):
    """A line of an order's timeline: what happened as data, and said to the reader.

    `actor` did it, through `channel`. `event` is its title, `detail` what there is to say beside
    it, `note` what somebody typed.
    """

    at: datetime
    actor: str
    channel: Channel
    kind: str
    event: str
    detail: str
    note: str
    values: dict[str, Any]

    @property
    def told(self) -> str:
        """The detail with the note."""
        return ": ".join(part for part in (self.detail, self.note) if part)


def timeline(
    session: Session, order: SalesOrder, language: Wording | None = None
) -> list[EventRow]:
    """What happened to an order and its shipments, as it happened; by default in the operator's
    language.
    """
    reader = language or operators_language()
    return [_row(order, event, reader) for event in _events(session, order)]


def _events(session: Session, order: SalesOrder) -> list[AuditEvent]:
    keys = [each.key for each in order.shipments]
    of_order = select(AuditEvent).where(col(AuditEvent.subject).in_(keys))
    with_notes = of_order.options(joinedload(AuditEvent.note))  # type: ignore[arg-type]
    return list(session.exec(with_notes.order_by(col(AuditEvent.id))))


def _row(order: SalesOrder, event: AuditEvent, language: Wording) -> EventRow:
    return EventRow(
        at=event.at,
        actor=event.actor,
        channel=event.channel,
        kind=event.kind,
        event=language.sentence(_title(order, event)),
        detail=language.sentence(detail(event.kind, event.values)).rstrip("."),
        note=event.note.text if event.note else "",
        values=event.values,
    )


def _title(order: SalesOrder, event: AuditEvent) -> Message:
    """What happened, and to which shipment, where it is not the first."""
    what = title(event.kind, event.values)
    shipment = event.subject.removeprefix(order_key(order.number)).removeprefix(":")
    if not shipment:
        return what
    values: dict[str, Value] = {"what": what, "number": shipment}
    return Message("event-of-shipment", "{what} (shipment {number})", values)
