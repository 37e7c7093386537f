"""Printers, and what is to be printed on them."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import identity, instant
from models.enums import PrintedPaper, PrintState, enum_column
from models.tables.catalogue import WAREHOUSE_CHARACTERS
from models.tables.shipments import of_shipment, shipment_number

PRINTER_CHARACTERS = 64
SAID_CHARACTERS = 300


class Printer(SQLModel, table=True):
    """A printer that some machine feeds. `seen_at` is when that machine last asked for jobs."""

    name: str = Field(primary_key=True, max_length=PRINTER_CHARACTERS)
    warehouse: str | None = Field(
        default=None, foreign_key="warehouse.code", max_length=WAREHOUSE_CHARACTERS
    )
    description: str = Field(default="", max_length=200)
    seen_at: datetime = instant()


class PrintJob(SQLModel, table=True):
    """A paper that somebody wants on a printer: once for each `request`, counted from 1.

    `document` names the paper: a label by its key, a slip or a pick list by its shipment. A machine
    takes a job until `taken_until`. One that it has not ended by then may be printed or not: nobody
    takes it again, and who wants it printed again asks for it. `exit_status` and `said` are what
    the printing command has said.
    """

    __tablename__ = "print_job"
    __table_args__ = (
        of_shipment(),
        UniqueConstraint("document", "request"),
        CheckConstraint("request > 0", name="requests_count"),
        CheckConstraint(
            "(state = 'wanted') = (taken_by IS NULL)"
            " AND (taken_by IS NULL) = (taken_until IS NULL)",
            name="taken_by_a_machine",
        ),
        CheckConstraint(
            "(state IN ('printed', 'failed')) = (ended_at IS NOT NULL)", name="ended_when_over"
        ),
        Index("ix_print_job_open", "printer", "id", postgresql_where=text("state <> 'printed'")),
    )

    id: int = identity()
    printer: str = Field(foreign_key="printer.name", max_length=PRINTER_CHARACTERS)
    paper: PrintedPaper = Field(sa_column=enum_column(PrintedPaper, "paper"))
    document: str = Field(max_length=96)
    request: int
    order_number: int = Field(sa_type=BigInteger)
    shipment: int = shipment_number()
    state: PrintState = Field(default=PrintState.WANTED, sa_column=enum_column(PrintState, "state"))
    asked_by: str = Field(max_length=100)
    asked_at: datetime = instant()
    taken_by: str | None = Field(default=None, max_length=64)
    taken_until: datetime | None = instant(None)
    ended_at: datetime | None = instant(None)
    exit_status: int | None = None
    said: str = Field(default="", max_length=SAID_CHARACTERS)
