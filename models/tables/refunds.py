"""What customers get back. Amounts are whole minor units (cents) of the order's currency."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from models.base import identity, instant, minor_units

REASON_CHARACTERS = 500

_ADDS_UP = (
    "amount_minor IN (items_minor + shipping_minor + fees_minor,"
    " items_minor + shipping_minor + fees_minor + tax_minor)"
)
# The audit says the same: *refunds are paid by somebody*.
_PAID_BY_SOMEBODY = (
    "(paid_at IS NULL) = (paid_by IS NULL) AND (paid_reference IS NULL OR paid_at IS NOT NULL)"
)


class Refund(SQLModel, table=True):
    """What a customer gets back because some or all of an order does not ship.

    `items_minor`, `shipping_minor`, `fees_minor` and `tax_minor` are the parts of `amount_minor`,
    as an order's amounts are: the tax is inside of the others where prices include it. What of the
    tax is that of shipping is `shipping_tax_minor`.
    `by` decided it, `paid_by` says that the money has gone back, `paid_reference` how to find that.
    """

    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="gives_something_back"),
        CheckConstraint(_ADDS_UP, name="adds_up"),
        CheckConstraint(
            "least(items_minor, shipping_minor, fees_minor, shipping_tax_minor) >= 0"
            " AND shipping_tax_minor <= tax_minor",
            name="parts_not_negative",
        ),
        CheckConstraint(_PAID_BY_SOMEBODY, name="paid_by_somebody"),
        Index("ix_refund_open", "id", postgresql_where=text("paid_at IS NULL")),
    )

    id: int = identity()
    order_number: int = Field(foreign_key="sales_order.number", sa_type=BigInteger, index=True)
    key: str = Field(max_length=64, unique=True)
    reason: str = Field(max_length=REASON_CHARACTERS)
    items_minor: int = minor_units()
    shipping_minor: int = minor_units()
    fees_minor: int = minor_units(0)
    tax_minor: int = minor_units()
    shipping_tax_minor: int = minor_units(0)
    amount_minor: int = minor_units()
    currency: str = Field(max_length=3)
    at: datetime = instant()
    by: str = Field(max_length=100)
    paid_at: datetime | None = instant(None)
    paid_by: str | None = Field(default=None, max_length=100)
    paid_reference: str | None = Field(default=None, max_length=150)


class RefundLine(SQLModel, table=True):
    """What of a refund is for a line of the order: for its goods, and, where each line's share of
    shipping comes back with it, for that.
    """

    __tablename__ = "refund_line"
    __table_args__ = (
        CheckConstraint(
            "least(items_minor, tax_minor, shipping_minor, shipping_tax_minor) >= 0",
            name="parts_not_negative",
        ),
    )

    refund_id: int = Field(primary_key=True, foreign_key="refund.id", sa_type=BigInteger)
    order_line_id: int = Field(
        primary_key=True, foreign_key="order_line.id", sa_type=BigInteger, index=True
    )
    items_minor: int = minor_units()
    tax_minor: int = minor_units()
    shipping_minor: int = minor_units(0)
    shipping_tax_minor: int = minor_units(0)
