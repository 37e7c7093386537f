"""What customers get back."""

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select

from console.queries.listed import Listed, listed
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from services.pricing.refunds import amount


class RefundRow(BaseModel):
    """A refund in the list, with its parts in minor units; the tax on shipping is in `tax_minor`.

    `paid_at` is when somebody said that the money has gone back.
    """

    id: int
    key: str
    order_number: int
    customer_name: str
    email: str
    reason: str
    amount: str
    amount_minor: int
    items_minor: int
    shipping_minor: int
    fees_minor: int
    tax_minor: int
    shipping_tax_minor: int
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


def list_refunds(session: Session, *, paid: bool = False, limit: int = 50) -> Listed[RefundRow]:
    """Refunds whose money has not gone back, the oldest first; `paid`: the others too."""
    wanted = () if paid else (col(Refund.paid_at).is_(None),)
    return listed(session, _oldest_first(*wanted), limit).each(lambda row: _refund_row(*row))


def refund_rows(session: Session, *wanted: ColumnElement[bool]) -> list[RefundRow]:
    """The refunds wanted, the oldest first."""
    return [_refund_row(*row) for row in session.exec(_oldest_first(*wanted))]


def _oldest_first(*wanted: ColumnElement[bool]) -> Select[Refund, SalesOrder]:
    found = select(Refund, SalesOrder).join(SalesOrder).where(*wanted)
    return found.order_by(col(Refund.id))


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
