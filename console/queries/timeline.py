"""An order's timeline."""

from datetime import datetime

from pydantic import BaseModel
from sqlmodel import Session, col, select

from models.tables.ledger import AuditEvent
from models.tables.orders import SalesOrder
from services.execution.ledger import order_key


class EventRow(BaseModel):
    """A line of an order's timeline."""

    at: datetime
    actor: str
    event: str
    detail: str


def events_of(session: Session, order: SalesOrder) -> list[AuditEvent]:
    """The timeline of an order and of its shipments, as it happened."""
    keys = [each.key for each in order.shipments]
    of_order = select(AuditEvent).where(col(AuditEvent.subject).in_(keys))
    return list(session.exec(of_order.order_by(col(AuditEvent.id))))


def event_title(order: SalesOrder, event: AuditEvent) -> str:
    """What happened, and to which shipment, where it is not the first."""
    shipment = event.subject.removeprefix(order_key(order.number)).removeprefix(":")
    return f"{event.event} (shipment {shipment})" if shipment else event.event
