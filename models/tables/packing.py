"""What a packer scans into which parcel, and what lay in each parcel that was labelled."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.base import identity, instant
from models.enums import PackingVerdict, enum_column

BOX_CHARACTERS = 32
CODE_CHARACTERS = 200


class PackingLine(SQLModel, table=True):
    """How many pieces of a product a packing task asks for, and how many lie in its parcels."""

    __tablename__ = "packing_line"
    __table_args__ = (
        CheckConstraint("0 <= counted AND counted <= asked", name="counted_within_asked"),
    )

    task_id: int = Field(primary_key=True, foreign_key="staff_task.id", sa_type=BigInteger)
    sku: str = Field(primary_key=True, foreign_key="product.sku", max_length=64)
    asked: int
    counted: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class PackingParcel(SQLModel, table=True):
    """A parcel of a packing task while it is being packed: its box, and what was measured of it."""

    __tablename__ = "packing_parcel"
    __table_args__ = (
        CheckConstraint(
            "parcel > 0 AND least(weight_grams, length_mm, width_mm, height_mm) > 0",
            name="measured",
        ),
    )

    task_id: int = Field(primary_key=True, foreign_key="staff_task.id", sa_type=BigInteger)
    parcel: int = Field(primary_key=True)
    box: str | None = Field(default=None, max_length=BOX_CHARACTERS)
    weight_grams: int | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None


class PackingScan(SQLModel, table=True):
    """A scan at the bench, with what was said of it: a repeat of its `key` is told the same.

    `pieces` of a product lie in the parcel since then; less than none: those of the scan that it
    `undoes` were taken out. A refused scan counts nothing.
    """

    __tablename__ = "packing_scan"
    __table_args__ = (
        ForeignKeyConstraint(
            ["task_id", "parcel"], ["packing_parcel.task_id", "packing_parcel.parcel"]
        ),
        ForeignKeyConstraint(["task_id", "sku"], ["packing_line.task_id", "packing_line.sku"]),
        CheckConstraint("(sku IS NULL) = (pieces = 0)", name="counts_goods"),
        CheckConstraint("(undoes IS NOT NULL) = (pieces < 0)", name="takes_out_what_was_in"),
        Index("ix_packing_scan_task_id", "task_id"),
    )

    id: int = identity()
    key: UUID = Field(unique=True)
    task_id: int = Field(sa_type=BigInteger)
    take_number: int
    parcel: int
    code: str = Field(max_length=CODE_CHARACTERS)
    sku: str | None = Field(default=None, max_length=64)
    pieces: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    undoes: int | None = Field(
        default=None, sa_type=BigInteger, foreign_key="packing_scan.id", unique=True
    )
    verdict: PackingVerdict = Field(sa_column=enum_column(PackingVerdict, "verdict"))
    said: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    actor: str = Field(max_length=100)
    at: datetime = instant()


class ParcelItem(SQLModel, table=True):
    """So many pieces of a product that lay in the parcel of a label, where the packer said so."""

    __tablename__ = "parcel_item"
    __table_args__ = (CheckConstraint("pieces > 0", name="holds_something"),)

    label: int = Field(primary_key=True, foreign_key="shipping_label.id", sa_type=BigInteger)
    sku: str = Field(primary_key=True, foreign_key="product.sku", max_length=64)
    pieces: int
