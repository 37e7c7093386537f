"""Scans, and what they have counted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.base import instant
from models.enums import ShortPickReason, enum_column
from models.scanning import RAW_CHARACTERS, ScanMeaning, ScanResult, ScanSource


def _task_id(*, primary_key: bool = False) -> Any:
    return Field(primary_key=primary_key, sa_type=BigInteger, foreign_key="staff_task.id")


class ScannedItem(SQLModel, table=True):
    """What one take of a picking has counted of a product. Each take counts from nothing.

    `asked` follows the task's list, which a cancelled line shortens. `moved_to_end` says how late
    the line was skipped; what was never skipped has 0. `short_reason`: why there is no more of it.
    """

    __tablename__ = "scanned_item"
    __table_args__ = (
        CheckConstraint("asked > 0", name="asks_for_something"),
        # The audit says the same: *no more is counted than is asked for*.
        CheckConstraint("counted >= 0 AND counted <= asked", name="counted_within_asked"),
        CheckConstraint("short_reason IS NULL OR counted < asked", name="short_where_not_full"),
    )

    task_id: int = _task_id(primary_key=True)
    take_number: int = Field(primary_key=True)
    sku: str = Field(primary_key=True, max_length=64, foreign_key="product.sku")
    asked: int
    counted: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    bin_seen: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    moved_to_end: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    short_reason: ShortPickReason | None = Field(
        default=None, sa_column=enum_column(ShortPickReason, "short_reason", nullable=True)
    )


class Scan(SQLModel, table=True):
    """One scan, kept once under the key that its device has given it, and what came of it.

    `pieces` are less than none where a cancelled line took them off again. `undoes` is the key of
    the scan that an undo names. `scanned_at` is the device's clock, `at` is ours. `answer` is the
    sentence that was said about it, as the data of a message: who sends it again is told the same.
    """

    __table_args__ = (
        ForeignKeyConstraint(["undoes"], ["scan.key"]),
        CheckConstraint("(meaning = 'pieces') = (pieces <> 0)", name="pieces_of_goods"),
        CheckConstraint("meaning <> 'pieces' OR sku IS NOT NULL", name="pieces_of_a_product"),
        CheckConstraint(
            "meaning <> 'undo' OR NOT counts OR undoes IS NOT NULL", name="undo_names_a_scan"
        ),
        CheckConstraint("(meaning = 'short') = (reason IS NOT NULL)", name="short_for_a_reason"),
        Index("ix_scan_task", "task_id", "take_number", "sku"),
        Index("ix_scan_staff", "staff", "at", postgresql_where=text("meaning = 'pieces'")),
        Index(
            "ix_scan_undone_once",
            "undoes",
            unique=True,
            postgresql_where=text("undoes IS NOT NULL AND counts"),
        ),
    )

    key: UUID = Field(primary_key=True)
    task_id: int = _task_id()
    take_number: int
    device: UUID
    sequence: int = Field(sa_type=BigInteger)
    source: ScanSource = Field(sa_column=enum_column(ScanSource, "source"))
    meaning: ScanMeaning = Field(sa_column=enum_column(ScanMeaning, "meaning"))
    raw: str = Field(max_length=RAW_CHARACTERS)
    sku: str | None = Field(default=None, max_length=64, foreign_key="product.sku")
    pieces: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    bin: str = Field(default="", max_length=32, sa_column_kwargs={"server_default": ""})
    undoes: UUID | None = None
    reason: ShortPickReason | None = Field(
        default=None, sa_column=enum_column(ShortPickReason, "reason", nullable=True)
    )
    result: ScanResult = Field(sa_column=enum_column(ScanResult, "result"))
    counts: bool
    answer: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    staff: str = Field(max_length=100)
    scanned_at: datetime | None = instant(None)
    at: datetime = instant()
