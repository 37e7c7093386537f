"""What customers get back."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from services.pricing.refunds import amount


class RefundRow(BaseModel):
    """A refund in the list. `paid_at` is when somebody said that the money has gone back."""

    id: int
    key: str
    order_number: int
    customer_name: str
    email: str
    reason: str
    amount: str
    amount_minor: int
    currency: str
    at: datetime
    by: str
    paid_at: datetime | None
    paid_by: str | None
    paid_reference: str | None


class RefundRecord(BaseModel):
    """A refund as it is kept, with the parts of its amount and with who says that it is paid."""

    id: int
    order_number: int
    key: str
    reason: str
    items_minor: int
    shipping_minor: int
    fees_minor: int
    tax_minor: int
    shipping_tax_minor: int
    amount_minor: int
    currency: str
    at: datetime
    by: str
    paid_at: datetime | None
    paid_by: str | None
    paid_reference: str | None


def list_refunds(session: Session, *, paid: bool = False, limit: int = 50) -> list[RefundRow]:
    """Refunds whose money has not gone back, the oldest first; `paid`: the others too."""
    wanted = () if paid else (col(Refund.paid_at).is_(None),)
    return refund_rows(session, *wanted, limit=limit)


def refund_rows(
    session: Session, *wanted: ColumnElement[bool], limit: int | None = None
) -> list[RefundRow]:
    """The refunds wanted, the oldest first."""
    found = select(Refund, SalesOrder).join(SalesOrder).where(*wanted)
    rows = session.exec(found.order_by(col(Refund.id)).limit(limit))
    return [_refund_row(refund, order) for refund, order in rows]


def refund_record(refund: Refund) -> RefundRecord:
    """All that is kept of a refund."""
    return RefundRecord(**refund.model_dump())


def _refund_row(refund: Refund, order: SalesOrder) -> RefundRow:
    return RefundRow(
        customer_name=order.customer_name,
        email=order.email,
        amount=amount(refund),
        **refund.model_dump(),
    )
