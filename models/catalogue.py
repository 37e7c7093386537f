"""Products and their stock.

`on_hand` and `reserved` are counted by triggers in the database (see the first migration): code
writes only the facts, a `stock_movement` or a `reservation`, and the counters follow.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from models.base import identity, instant
from models.enums import MovementKind, ReservationState, enum_column


class Product(SQLModel, table=True):
    """A thing that the shop sells. Weights in grams."""

    __table_args__ = (
        CheckConstraint("0 <= reserved AND reserved <= on_hand", name="reserved_within_on_hand"),
        CheckConstraint("weight_grams > 0", name="weight_positive"),
    )

    sku: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200)
    barcode: str = Field(max_length=64)
    bin: str = Field(max_length=32)
    weight_grams: int
    tax_class: str = Field(default="standard", max_length=32)
    on_hand: int = 0
    reserved: int = 0


class StockMovement(SQLModel, table=True):
    """One change of `on_hand`, and why. A reference moves a product once per kind."""

    __tablename__ = "stock_movement"
    __table_args__ = (
        UniqueConstraint("sku", "kind", "reference"),
        CheckConstraint("quantity <> 0", name="moves_something"),
        CheckConstraint(
            "CASE WHEN kind IN ('sold', 'damaged') THEN quantity < 0"
            " WHEN kind IN ('received', 'returned') THEN quantity > 0 ELSE true END",
            name="sign_fits_kind",
        ),
        CheckConstraint("kind IN ('received', 'sold') OR reason <> ''", name="says_why"),
    )

    id: int = identity()
    sku: str = Field(foreign_key="product.sku", max_length=64)
    quantity: int
    kind: MovementKind = Field(sa_column=enum_column(MovementKind, "kind"))
    reference: str = Field(max_length=200)
    actor: str = Field(max_length=100)
    reason: str = Field(default="", max_length=500)
    at: datetime = instant()


class StockCount(SQLModel, table=True):
    """What somebody counted of a product, beside what the books had: once per reference."""

    __tablename__ = "stock_count"
    __table_args__ = (CheckConstraint("counted >= 0 AND before >= 0", name="counts_pieces"),)

    sku: str = Field(primary_key=True, foreign_key="product.sku", max_length=64)
    reference: str = Field(primary_key=True, max_length=150)
    counted: int
    before: int
    actor: str = Field(max_length=100)
    at: datetime = instant()


class Reservation(SQLModel, table=True):
    """Stock set aside for a line of a shipment, or wanted for it: at most one per line, ever."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["order_line_id", "shipment"], ["shipment_line.order_line_id", "shipment_line.shipment"]
        ),
        UniqueConstraint("order_line_id", "shipment"),
        CheckConstraint("quantity > 0", name="reserves_something"),
        Index(
            "ix_reservation_undecided",
            "state",
            "sku",
            postgresql_where=text("state IN ('live', 'wanted')"),
        ),
    )

    id: int = identity()
    order_line_id: int = Field(sa_type=BigInteger, nullable=False)
    shipment: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    sku: str = Field(foreign_key="product.sku", max_length=64, index=True)
    quantity: int
    state: ReservationState = Field(
        default=ReservationState.LIVE, sa_column=enum_column(ReservationState, "state")
    )
    at: datetime = instant()
