"""Products with their barcodes, and warehouses."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    ForeignKeyConstraint,
    String,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

WAREHOUSE_CHARACTERS = 16
_SCAN_KEY = (
    "CASE WHEN barcode ~ '^([0-9]{8}|[0-9]{12,14})$' THEN lpad(barcode, 14, '0') ELSE barcode END"
)


def _scan_key() -> Any:
    """The barcode as scans are compared with it; the rule is `domain.barcodes.scan_key`."""
    kept = Computed(_SCAN_KEY, persisted=True)
    return Field(default=None, sa_column=Column(String(64), kept, nullable=False, unique=True))


class Warehouse(SQLModel, table=True):
    """A place from which orders are sent. They are tried in the order of `rank`, 1 first.

    Its working hours are written as in the settings of these names. None: as the shop's settings
    have it. A `holiday_country` of '' has no holidays.
    """

    __table_args__ = (
        # Checked at the end: ranks can be exchanged.
        UniqueConstraint("rank", deferrable=True, initially="DEFERRED"),
        CheckConstraint("rank > 0", name="rank_positive"),
        CheckConstraint("(opens_at IS NULL) = (closes_at IS NULL)", name="opens_and_closes"),
        CheckConstraint(
            "closes_at IN ('00:00', '24:00') OR closes_at <> opens_at", name="opens_for_a_while"
        ),
        CheckConstraint(
            "holiday_subdivision IS NULL OR coalesce(holiday_country, '') <> ''",
            name="subdivision_of_a_country",
        ),
    )

    code: str = Field(primary_key=True, max_length=WAREHOUSE_CHARACTERS)
    name: str = Field(max_length=100)
    country: str = Field(max_length=2)
    postal_code: str = Field(default="", max_length=20)
    rank: int
    time_zone: str | None = Field(default=None, max_length=64)
    working_days: str | None = Field(default=None, max_length=64)
    opens_at: str | None = Field(default=None, max_length=5)
    closes_at: str | None = Field(default=None, max_length=5)
    holiday_country: str | None = Field(default=None, max_length=64)
    holiday_subdivision: str | None = Field(default=None, max_length=64)


class Product(SQLModel, table=True):
    """A thing that the shop sells, with its stock in all warehouses. Grams, millimetres.

    `barcode` is that of one piece; there may be others (`Barcode`), and the database writes this
    one there too. Of its sides all are known, or none.
    """

    __table_args__ = (
        CheckConstraint("0 <= allocated AND allocated <= on_hand", name="allocated_within_on_hand"),
        CheckConstraint("weight_grams > 0", name="weight_positive"),
        CheckConstraint(
            "num_nulls(length_mm, width_mm, height_mm) IN (0, 3)", name="all_sides_or_none"
        ),
        CheckConstraint("least(length_mm, width_mm, height_mm) > 0", name="sides_positive"),
        ForeignKeyConstraint(
            ["barcode", "sku"],
            ["barcode.barcode", "barcode.sku"],
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    )

    sku: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=200)
    barcode: str = Field(max_length=64)
    weight_grams: int
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    tax_class: str = Field(default="standard", max_length=32)
    on_hand: int = 0
    allocated: int = 0


class Barcode(SQLModel, table=True):
    """What a barcode means: so many pieces of a product. It means one thing, however many zeros its
    number begins with.
    """

    __table_args__ = (
        UniqueConstraint("barcode", "sku"),
        CheckConstraint("pieces > 0", name="counts_pieces"),
    )

    barcode: str = Field(primary_key=True, max_length=64)
    scan_key: str = _scan_key()
    sku: str = Field(foreign_key="product.sku", max_length=64)
    pieces: int = 1
