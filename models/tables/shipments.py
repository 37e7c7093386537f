"""Shipments: what of an order travels together, and how far it has come.

An order has one shipment, made by the database with the order, unless it is split.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, Relationship, SQLModel, col

from domain.messages import Message, Value
from models.base import big_integer, document, instant
from models.enums import ENDED, OrderStatus, enum_column
from models.tables.orders import SalesOrder

_KEY = "'order:' || order_number::text || CASE WHEN number > 1 THEN ':' || number::text ELSE '' END"
_SHIPPED_IS_COMPLETE = (
    "status <> 'Shipped' OR (shipped_at IS NOT NULL AND collected_at IS NOT NULL AND"
    " tracking_number IS NOT NULL)"
)
_OPEN = text("status NOT IN ('Shipped', 'Cancelled')")


def shipment_number() -> Any:
    """A column that says which of the order's shipments; the first one, if nothing else is said."""
    return Field(default=1, sa_column_kwargs={"server_default": "1"})


def of_shipment() -> ForeignKeyConstraint:
    """The row belongs to a shipment, named by its columns `order_number` and `shipment`."""
    return ForeignKeyConstraint(
        ["order_number", "shipment"], ["shipment.order_number", "shipment.number"]
    )


def rows_of(table: Any, shipment: "Shipment") -> tuple[ColumnElement[bool], ...]:
    """The conditions for the rows of a table that belong to the shipment (see `of_shipment`)."""
    of_order = col(table.order_number) == shipment.order_number
    return of_order, col(table.shipment) == shipment.number


class Shipment(SQLModel, table=True):
    """A part of an order that is picked, packed, labelled and collected as one.

    `key` is its name in the ledger: that of the order, for the first one.

    `run_id` is the Prefect flow run that works on it, and `runs` counts those it has had; `fence`
    counts the attempts, and only the latest attempt may write. `problem`, the data of a message,
    says why its run stopped and waits for somebody to press Retry; without one, it goes on by
    itself. `pause_key` names the pause at which its run is suspended; since `resumable_since` it
    may go on.

    A deferred shipment's run is in nobody's hands: it comes back at `retry_at`, or once the service
    that it `awaits` is no longer out. `failed_attempts` counts them since the last step.

    It `departs_at` the carrier's departure that it is meant for, where there are some in its
    warehouse; from `departure_due_at` on that is to be looked up anew (docs/decisions/0036).

    `label_version` counts how often its labels were made. With `address_changed`, they name a place
    to which the order no longer goes: they are replaced before a carrier gets its parcels. With
    `nothing_left`, all its pieces were cancelled, line by line, while others of its order go on.
    """

    __table_args__ = (
        CheckConstraint(_SHIPPED_IS_COMPLETE, name="shipped_is_complete"),
        CheckConstraint(
            "(status = 'Cancelled') = (cancelled_at IS NOT NULL)", name="cancelled_when"
        ),
        CheckConstraint("status <> 'Shipped' OR NOT nothing_left", name="ships_something"),
        CheckConstraint(
            "(shipping_cost_minor IS NULL) = (shipping_cost_currency IS NULL)",
            name="cost_in_a_currency",
        ),
        CheckConstraint(
            "status <> 'Shipped' OR NOT address_changed", name="shipped_to_its_address"
        ),
        CheckConstraint("awaits IS NULL OR retry_at IS NULL", name="deferred_for_one_reason"),
        CheckConstraint(
            "status NOT IN ('Shipped', 'Cancelled') OR awaits IS NULL AND retry_at IS NULL",
            name="ended_is_not_deferred",
        ),
        Index("ix_shipment_open", "status", "order_number", "number", postgresql_where=_OPEN),
        Index(
            "ix_shipment_resumable",
            "resumable_since",
            postgresql_where=text("resumable_since IS NOT NULL"),
        ),
        Index(
            "ix_shipment_deferred",
            "awaits",
            "retry_at",
            postgresql_where=text("awaits IS NOT NULL OR retry_at IS NOT NULL"),
        ),
        Index(
            "ix_shipment_departure_due",
            "departure_due_at",
            postgresql_where=text(
                "departure_due_at IS NOT NULL AND status NOT IN ('Shipped', 'Cancelled')"
            ),
        ),
        UniqueConstraint("key"),
    )

    order_number: int = Field(
        primary_key=True, foreign_key="sales_order.number", sa_type=BigInteger
    )
    number: int = Field(default=1, primary_key=True)
    key: str = Field(
        default=None, sa_column=Column(String(64), Computed(_KEY, persisted=True), nullable=False)
    )
    status: OrderStatus = Field(
        default=OrderStatus.NEW, sa_column=enum_column(OrderStatus, "status")
    )

    carrier: str | None = Field(default=None, max_length=64)
    tracking_number: str | None = Field(default=None, max_length=64, unique=True)
    shipping_cost_minor: int | None = big_integer()
    shipping_cost_currency: str | None = Field(default=None, max_length=3)
    label_version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    address_changed: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    nothing_left: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})

    departs_at: datetime | None = instant(None)
    departure_due_at: datetime | None = instant(None)

    run_id: str | None = Field(default=None, max_length=36, index=True)
    runs: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    fence: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    problem: dict[str, Any] | None = document()
    pause_key: str | None = Field(default=None, max_length=64)
    resumable_since: datetime | None = instant(None)
    awaits: str | None = Field(default=None, max_length=64)
    retry_at: datetime | None = instant(None)
    failed_attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    claimed_at: datetime | None = instant(None)
    collected_at: datetime | None = instant(None)
    shipped_at: datetime | None = instant(None)
    cancelled_at: datetime | None = instant(None)

    order: SalesOrder = Relationship(back_populates="shipments")
    lines: list["ShipmentLine"] = Relationship(
        back_populates="parcelled",
        sa_relationship_kwargs={"order_by": "ShipmentLine.sku"},
    )

    @property
    def has_ended(self) -> bool:
        """Nothing is left to do for it."""
        return self.status in ENDED

    def await_nothing(self) -> None:
        """Its run neither waits for an answer nor is deferred any more."""
        self.pause_key = self.resumable_since = self.awaits = self.retry_at = None

    @property
    def is_deferred(self) -> bool:
        """Its run has left because something was away."""
        return self.awaits is not None or self.retry_at is not None

    @property
    def goods(self) -> list["ShipmentLine"]:
        """The lines of which something travels with it."""
        return [line for line in self.lines if line.quantity]

    @property
    def name(self) -> str:
        """What people call it; an order that is not split is its only shipment."""
        return shipment_name(self.order_number, self.number)


class ShipmentLine(SQLModel, table=True):
    """So many pieces of a product that travel with a shipment; none, if they were moved on.

    An order may have several lines of one product: here they are added up.

    `picked` is how many the picker found, and `available_when_short` what stock had of them.
    """

    __tablename__ = "shipment_line"
    __table_args__ = (
        of_shipment(),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        CheckConstraint("0 <= picked AND picked <= quantity", name="picked_within_shipped"),
    )

    order_number: int = Field(primary_key=True, sa_type=BigInteger)
    shipment: int = Field(default=1, primary_key=True)
    sku: str = Field(primary_key=True, foreign_key="product.sku", max_length=64)
    quantity: int
    picked: int | None = None
    available_when_short: int | None = None

    parcelled: Shipment = Relationship(back_populates="lines")


def shipment_name(order: int, number: int) -> str:
    """`order 1001`, and `order 1001, shipment 2` of an order that was split."""
    return str(shipment_message(order, number))


def shipment_message(order: int, number: int) -> Message:
    """The same, to be said in the reader's language."""
    values: dict[str, Value] = {"order": order, "number": number}
    if number == 1:
        return Message("named-order", "order {order}", values)
    return Message("named-shipment", "order {order}, shipment {number}", values)
