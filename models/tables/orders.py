"""Orders and their lines. Amounts are whole minor units (cents) of the order's currency."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Numeric, UniqueConstraint, text
from sqlmodel import Field, Relationship, SQLModel

from models.base import big_integer, identity, instant
from models.enums import ENDED, HoldReason, OrderStatus, ServiceLevel, enum_column

if TYPE_CHECKING:
    from models.tables.shipments import Shipment

_TOTAL = (
    "total_minor = items_minor + shipping_minor"
    " + CASE WHEN prices_include_tax THEN 0 ELSE tax_minor END"
)
_PRICED_WITH_ITS_VALUE = "status = 'Cancelled' OR (value_minor IS NULL) = (total_minor IS NULL)"
_VALUE_COVERS_TOTAL = (
    "value_minor IS NULL OR total_minor IS NOT NULL AND value_minor >= total_minor"
)
_SHIPPED_IS_COMPLETE = (
    "status <> 'Shipped' OR (shipped_at IS NOT NULL AND collected_at IS NOT NULL AND"
    " total_minor IS NOT NULL)"
)


# The audit says the same: *who asks to cancel an order says when and why*.
_CANCELLATION_IS_ASKED_FOR = (
    "(cancel_requested_at IS NULL) = (cancel_requested_by IS NULL)"
    " AND (cancel_requested_at IS NULL OR cancel_reason <> '')"
)


# The audit says the same: *who puts an order on hold says when and why*.
_HELD_BY_SOMEBODY = (
    "(on_hold_since IS NULL) = (held_by IS NULL)"
    " AND (on_hold_since IS NULL) = (hold_reason IS NULL)"
    " AND (on_hold_since IS NOT NULL OR hold_note = '')"
)


class SalesOrder(SQLModel, table=True):
    """What a customer ordered through a channel, and how far it has come.

    `promised_at` is when it is to leave at the latest. What is done for it is done for its
    shipments, and `status` says how far they are together.

    `value_minor` is its total as it was ordered, set once, when it is priced. The other amounts are
    of what still ships; what they are less than the value stands in refunds. (Orders that were
    cancelled before there were refunds have no value.)

    From `on_hold_since` until it is released, nothing is begun for it. `released_at` is the last
    release.
    Since `cancel_requested_at`, what was done for it is being undone, for `cancel_reason`.
    """

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint(_TOTAL, name="total_adds_up"),
        CheckConstraint(_PRICED_WITH_ITS_VALUE, name="priced_with_its_value"),
        CheckConstraint(_VALUE_COVERS_TOTAL, name="value_covers_total"),
        CheckConstraint(_SHIPPED_IS_COMPLETE, name="shipped_is_complete"),
        CheckConstraint(
            "(status = 'Cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_when"
        ),
        CheckConstraint(_CANCELLATION_IS_ASKED_FOR, name="cancellation_is_asked_for"),
        CheckConstraint(_HELD_BY_SOMEBODY, name="held_by_somebody"),
        Index(
            "ix_sales_order_open",
            "status",
            "number",
            postgresql_where=text("status NOT IN ('Shipped', 'Cancelled')"),
        ),
        Index(
            "ix_sales_order_promised",
            "promised_at",
            postgresql_where=text("status NOT IN ('Shipped', 'Cancelled')"),
        ),
        Index("ix_sales_order_shipped_at", "shipped_at"),
    )

    number: int = identity(start=1001)
    channel: str = Field(max_length=64)
    external_id: str = Field(max_length=128)
    status: OrderStatus = Field(
        default=OrderStatus.NEW, sa_column=enum_column(OrderStatus, "status")
    )
    placed_at: datetime = instant()
    received_at: datetime = instant(index=True)
    promised_at: datetime = Field(sa_type=DateTime(timezone=True), nullable=False)

    customer_name: str = Field(max_length=200)
    email: str = Field(max_length=320)
    address_line1: str = Field(max_length=200)
    address_line2: str = Field(default="", max_length=200)
    city: str = Field(max_length=100)
    region: str = Field(default="", max_length=100)
    postal_code: str = Field(default="", max_length=20)
    country: str = Field(max_length=2)

    currency: str = Field(max_length=3)
    prices_include_tax: bool
    service_level: ServiceLevel = Field(
        default=ServiceLevel.STANDARD, sa_column=enum_column(ServiceLevel, "service_level")
    )
    items_minor: int | None = big_integer()
    shipping_minor: int | None = big_integer()
    tax_minor: int | None = big_integer()
    total_minor: int | None = big_integer()
    value_minor: int | None = big_integer()

    collected_at: datetime | None = instant(None)
    shipped_at: datetime | None = instant(None)
    cancelled_at: datetime | None = instant(None)
    cancel_reason: str = Field(default="", max_length=500)
    cancel_requested_at: datetime | None = instant(None)
    cancel_requested_by: str | None = Field(default=None, max_length=100)
    hold_reason: HoldReason | None = Field(
        default=None, sa_column=enum_column(HoldReason, "hold_reason", nullable=True)
    )
    hold_note: str = Field(default="", max_length=500, sa_column_kwargs={"server_default": ""})
    on_hold_since: datetime | None = instant(None)
    held_by: str | None = Field(default=None, max_length=100)
    released_at: datetime | None = instant(None)

    lines: list["OrderLine"] = Relationship(
        back_populates="order", sa_relationship_kwargs={"order_by": "OrderLine.position"}
    )
    shipments: list["Shipment"] = Relationship(
        back_populates="order", sa_relationship_kwargs={"order_by": "Shipment.number"}
    )

    @property
    def has_ended(self) -> bool:
        """Nothing is left to do for it."""
        return self.status in ENDED

    @property
    def ended_at(self) -> datetime | None:
        """When the carrier took it, or when it was cancelled; None while it is open."""
        return (self.collected_at or self.cancelled_at) if self.has_ended else None


class OrderLine(SQLModel, table=True):
    """So many pieces of one product, at a price each. A product stands in one line of an order.

    `cancelled` of the pieces will not ship. The amounts are of those that do.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_number", "sku"),
        UniqueConstraint("order_number", "position"),
        CheckConstraint("quantity > 0", name="orders_something"),
        CheckConstraint("unit_price_minor >= 0", name="price_not_negative"),
        # The audit says the same: *lines cancel no more than was ordered*.
        CheckConstraint(
            "0 <= cancelled AND cancelled <= quantity", name="cancelled_within_ordered"
        ),
    )

    id: int = identity()
    order_number: int = Field(foreign_key="sales_order.number", sa_type=BigInteger)
    position: int
    sku: str = Field(foreign_key="product.sku", max_length=64, index=True)
    quantity: int
    cancelled: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    unit_price_minor: int = Field(sa_type=BigInteger, nullable=False)

    items_minor: int | None = big_integer()
    shipping_minor: int | None = big_integer()
    tax_rate: Decimal | None = Field(default=None, sa_type=Numeric(7, 5))
    tax_minor: int | None = big_integer()
    total_minor: int | None = big_integer()

    @property
    def shipping_pieces(self) -> int:
        """The pieces that ship."""
        return self.quantity - self.cancelled

    order: SalesOrder = Relationship(back_populates="lines")


def derive_order_status(shipments: Iterable[OrderStatus]) -> OrderStatus:
    """Where an order stands, by where its shipments do: it has ended when all of them have.

    It is in work as soon as one of them is, or has left. An order has at least one shipment.

    The audit says the same: *an order's status is what its shipments say*.
    """
    stages = set(shipments)
    for stage in (OrderStatus.PROCESSING, OrderStatus.BACKORDERED, OrderStatus.NEW):
        if stage in stages:
            return OrderStatus.PROCESSING if OrderStatus.SHIPPED in stages else stage
    return OrderStatus.SHIPPED if OrderStatus.SHIPPED in stages else OrderStatus.CANCELLED
