"""Orders and their lines. Amounts are whole minor units (cents) of the order's currency."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, Relationship, SQLModel

from domain.refunds import for_pieces
from models.base import big_integer, document, identity, instant, minor_units
from models.enums import ENDED, HoldReason, OrderStatus, ServiceLevel, enum_column

if TYPE_CHECKING:
    from models.tables.shipments import Shipment

_TOTAL = (
    "total_minor = items_minor + shipping_minor + fees_minor"
    " + CASE WHEN prices_include_tax THEN 0 ELSE tax_minor END"
)
_CHARGES_NOT_NEGATIVE = (
    "least(discount_minor, shipping_charged_minor, fees_charged_minor, fees_tax_minor,"
    " tax_charged_minor) >= 0"
)
_NOTHING_COMES_BACK_TWICE = (
    "least(items_minor, shipping_minor, fees_minor, tax_minor) >= 0"
    " AND shipping_minor <= shipping_charged_minor AND fees_minor <= fees_charged_minor"
    " AND tax_minor <= tax_charged_minor"
)
_SHIPPED_IS_COMPLETE = (
    "status <> 'Shipped' OR (shipped_at IS NOT NULL AND collected_at IS NOT NULL)"
)
_LINE_CHARGES_NOT_NEGATIVE = (
    "least(discount_minor, order_discount_minor, charged_minor, tax_minor, shipping_minor,"
    " shipping_tax_minor) >= 0"
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

    `promised_at` is when it is to leave at the latest, which says nothing of when it arrives. What
    is done for it is done for its shipments, and `status` says how far they are together.

    What the customer was charged is a fact of the day on which it was taken
    (docs/decisions/0026-what-a-customer-was-charged.md). `value_minor` is the total;
    `discount_minor`, `shipping_charged_minor`, `fees_charged_minor` and `tax_charged_minor` (that
    of fees is `fees_tax_minor`) are its parts beside those of the lines. `brought` has the amounts
    that came with the order, `quote` a copy of the rows that the others came from. None of these
    ever changes.

    Where it goes may change: from then on `brought_address` has the columns of the address that it
    came with, kept by the database, which lets nobody change it.

    `items_minor`, `shipping_minor`, `fees_minor`, `tax_minor` and `total_minor` are what the
    customer pays in the end; what they are less than was charged stands in refunds.

    Its tasks come before all others from `put_first_at` on: an operator wants it so. From
    `on_hold_since` until it is released, nothing is begun for it. `released_at` is the last
    release.
    Since `cancel_requested_at`, what was done for it is being undone, for `cancel_reason`.
    """

    __tablename__ = "sales_order"
    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        CheckConstraint(_TOTAL, name="total_adds_up"),
        CheckConstraint("value_minor >= total_minor", name="value_covers_total"),
        CheckConstraint(_CHARGES_NOT_NEGATIVE, name="charges_not_negative"),
        CheckConstraint(_NOTHING_COMES_BACK_TWICE, name="nothing_comes_back_twice"),
        CheckConstraint(_SHIPPED_IS_COMPLETE, name="shipped_is_complete"),
        CheckConstraint(
            "(status = 'Cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_when"
        ),
        # The audit says the same: *a cancelled order costs nothing*.
        CheckConstraint("status <> 'Cancelled' OR total_minor = 0", name="cancelled_costs_nothing"),
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
        Index(
            "ix_sales_order_put_first",
            "number",
            postgresql_where=text(
                "put_first_at IS NOT NULL AND status NOT IN ('Shipped', 'Cancelled')"
            ),
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
    brought_address: dict[str, str] | None = document()

    currency: str = Field(max_length=3)
    prices_include_tax: bool
    service_level: ServiceLevel = Field(
        default=ServiceLevel.STANDARD, sa_column=enum_column(ServiceLevel, "service_level")
    )
    discount_minor: int = minor_units(0)
    shipping_charged_minor: int = minor_units()
    fees_charged_minor: int = minor_units(0)
    fees_tax_minor: int = minor_units(0)
    tax_charged_minor: int = minor_units()
    value_minor: int = minor_units()
    brought: dict[str, int] = Field(sa_type=JSONB, nullable=False)
    quote: dict[str, Any] = Field(sa_type=JSONB, nullable=False)

    items_minor: int = minor_units()
    shipping_minor: int = minor_units()
    fees_minor: int = minor_units(0)
    tax_minor: int = minor_units()
    total_minor: int = minor_units()

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
    put_first_at: datetime | None = instant(None)
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
    """So many pieces of one product. Two lines may be of the same: one may be free.

    The amounts are of all pieces, and facts of the day on which the order was taken: `price_minor`
    less the line's own discount and its share of the order's is `charged_minor`, of which
    `tax_minor` is the tax, or to which it is added. `shipping_minor` is its share, by weight, of
    the order's shipping, `shipping_tax_minor` the tax of that. `unit_price_minor` is None where the
    line came with one price for all; `tax_rate` where its tax came with it. `line_id` is the
    shop's.

    `cancelled` of the pieces will not ship.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_number", "position"),
        UniqueConstraint("order_number", "line_id"),
        CheckConstraint("quantity > 0", name="orders_something"),
        CheckConstraint(
            "charged_minor = price_minor - discount_minor - order_discount_minor",
            name="charged_adds_up",
        ),
        CheckConstraint("price_minor = quantity * unit_price_minor", name="price_of_pieces"),
        CheckConstraint(_LINE_CHARGES_NOT_NEGATIVE, name="charges_not_negative"),
        # The audit says the same: *lines cancel no more than was ordered*.
        CheckConstraint(
            "0 <= cancelled AND cancelled <= quantity", name="cancelled_within_ordered"
        ),
    )

    id: int = identity()
    order_number: int = Field(foreign_key="sales_order.number", sa_type=BigInteger)
    position: int
    line_id: str | None = Field(default=None, max_length=128)
    sku: str = Field(foreign_key="product.sku", max_length=64, index=True)
    quantity: int
    cancelled: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    unit_price_minor: int | None = big_integer()
    price_minor: int = minor_units()
    discount_minor: int = minor_units(0)
    order_discount_minor: int = minor_units(0)
    charged_minor: int = minor_units()
    tax_rate: Decimal | None = Field(default=None, sa_type=Numeric(7, 5))
    tax_minor: int = minor_units()
    shipping_minor: int = minor_units()
    shipping_tax_minor: int = minor_units()

    @property
    def shipping_pieces(self) -> int:
        """The pieces that ship."""
        return self.quantity - self.cancelled

    @property
    def paid_minor(self) -> int:
        """What the customer pays for those."""
        return self.charged_minor - for_pieces(self.charged_minor, self.cancelled, self.quantity)

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
