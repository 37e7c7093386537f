"""The stock of each product in each warehouse: levels, movements, counts, allocations.

`on_hand` and `allocated` are counted by triggers in the database (`0001/5_triggers.sql`): code
writes only the facts, a `stock_movement` or an `allocation`, and the counters follow. Those of a
product are the sums of its stock levels. The triggers change the product first: whoever has locked
it has its stock levels too.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from models.base import identity, instant, written_instant
from models.enums import AllocationState, MovementKind, enum_column
from models.tables.catalogue import WAREHOUSE_CHARACTERS


def warehouse_code(*, optional: bool = False, primary_key: bool = False) -> Any:
    """The column that says which warehouse it is about."""
    given: dict[str, Any] = {"default": None} if optional else {}
    return Field(
        foreign_key="warehouse.code",
        max_length=WAREHOUSE_CHARACTERS,
        primary_key=primary_key,
        **given,
    )


class StockLevel(SQLModel, table=True):
    """A product's stock in one warehouse, and the bin where it lies there."""

    __tablename__ = "stock_level"
    __table_args__ = (
        # The audit says the same: *allocated stock is on hand*.
        CheckConstraint("0 <= allocated AND allocated <= on_hand", name="allocated_within_on_hand"),
    )

    sku: str = Field(primary_key=True, foreign_key="product.sku", max_length=64)
    warehouse: str = warehouse_code(primary_key=True)
    bin: str = Field(default="", max_length=32)
    on_hand: int = 0
    allocated: int = 0


class StockMovement(SQLModel, table=True):
    """One change of `on_hand`, and why. A reference moves a product once per kind and warehouse.

    A transfer is two of them under one reference that add up to zero: the database sees to it.
    """

    __tablename__ = "stock_movement"
    __table_args__ = (
        UniqueConstraint("sku", "kind", "reference", "warehouse"),
        CheckConstraint("quantity <> 0", name="moves_something"),
        CheckConstraint(
            "CASE WHEN kind IN ('sold', 'damaged') THEN quantity < 0"
            " WHEN kind IN ('received', 'returned') THEN quantity > 0 ELSE true END",
            name="sign_fits_kind",
        ),
        CheckConstraint("kind IN ('received', 'sold') OR reason <> ''", name="says_why"),
    )

    id: int = identity()
    warehouse: str = warehouse_code()
    sku: str = Field(foreign_key="product.sku", max_length=64)
    quantity: int
    kind: MovementKind = Field(sa_column=enum_column(MovementKind, "kind"))
    reference: str = Field(max_length=200)
    actor: str = Field(max_length=100)
    reason: str = Field(default="", max_length=500)
    at: datetime = instant()


class StockCount(SQLModel, table=True):
    """What somebody counted of a product in a warehouse, beside what the books had: once per
    reference.
    """

    __tablename__ = "stock_count"
    __table_args__ = (CheckConstraint("counted >= 0 AND before >= 0", name="counts_pieces"),)

    sku: str = Field(primary_key=True, foreign_key="product.sku", max_length=64)
    warehouse: str = warehouse_code(primary_key=True)
    reference: str = Field(primary_key=True, max_length=150)
    counted: int
    before: int
    actor: str = Field(max_length=100)
    at: datetime = instant()


class Allocation(SQLModel, table=True):
    """Stock allocated in one warehouse to a line of a shipment, or backordered, wherever it may
    come from.

    A line of which too few were found is allocated in part and backordered in part: at most one of
    each. Those that want a product stand in line by `promised_at`, which is their order's: the
    database writes it. Of what a shipment wants, something is `lacking`: until some of that is
    free, nobody need look at the rest.
    """

    __table_args__ = (
        ForeignKeyConstraint(
            ["order_number", "shipment", "sku"],
            ["shipment_line.order_number", "shipment_line.shipment", "shipment_line.sku"],
        ),
        Index("ix_allocation_of_line", "order_number", "shipment", "sku"),
        Index(
            "ix_allocation_one_allocated",
            "order_number",
            "shipment",
            "sku",
            unique=True,
            postgresql_where=text("state IN ('allocated', 'issued')"),
        ),
        Index(
            "ix_allocation_one_backordered",
            "order_number",
            "shipment",
            "sku",
            unique=True,
            postgresql_where=text("state = 'backordered'"),
        ),
        # The audit says the same: *what is held is in a warehouse, and what is wanted in none
        # yet*.
        CheckConstraint(
            "CASE WHEN state = 'backordered' THEN warehouse IS NULL"
            " WHEN state IN ('allocated', 'issued') THEN warehouse IS NOT NULL ELSE true END",
            name="allocated_in_a_warehouse",
        ),
        CheckConstraint("quantity > 0", name="allocates_something"),
        Index(
            "ix_allocation_held",
            "sku",
            "warehouse",
            postgresql_where=text("state = 'allocated'"),
        ),
        Index(
            "ix_allocation_lacking",
            "sku",
            postgresql_where=text("state = 'backordered' AND lacking"),
        ),
        Index(
            "ix_allocation_in_line",
            "sku",
            "promised_at",
            "order_number",
            "shipment",
            postgresql_where=text("state = 'backordered'"),
        ),
    )

    id: int = identity()
    order_number: int = Field(sa_type=BigInteger, nullable=False)
    shipment: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    promised_at: datetime = written_instant()
    lacking: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    warehouse: str | None = warehouse_code(optional=True)
    sku: str = Field(max_length=64)
    quantity: int
    state: AllocationState = Field(
        default=AllocationState.ALLOCATED, sa_column=enum_column(AllocationState, "state")
    )
    at: datetime = instant()
