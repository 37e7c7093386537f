"""Printers and print jobs, as people see them."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from console.queries.listed import Listed, listed
from models.enums import JobState, PrintedPaper, PrintState
from models.tables.printing import PrintJob
from services.paper.print_jobs import last_job, state_of
from services.paper.printers import printers


class PrinterRow(BaseModel):
    """A printer with its jobs: those that wait, failed, or of which nobody knows whether they were
    printed, unless they were asked for again. `seen_at` is when its machine last asked for jobs.
    """

    name: str
    warehouse: str | None
    description: str
    seen_at: datetime
    wanted: int
    unclear: int
    failed: int


class PrintJobRow(BaseModel):
    """A print job and what became of it; `said` is the first line that its command has said."""

    id: int
    printer: str
    paper: PrintedPaper
    document: str
    request: int
    order_number: int
    shipment: int
    state: JobState
    asked_by: str
    asked_at: datetime
    ended_at: datetime | None
    exit_status: int | None
    said: str


def printer_rows(session: Session) -> list[PrinterRow]:
    """All printers."""
    now, counts = this_instant(session), Counter[tuple[str, JobState]]()
    for job in _open_jobs(session):
        counts[job.printer, state_of(job, now)] += 1
    return [
        PrinterRow(
            wanted=counts[one.name, JobState.WANTED],
            unclear=counts[one.name, JobState.UNCLEAR],
            failed=counts[one.name, JobState.FAILED],
            **one.model_dump(),
        )
        for one in printers(session)
    ]


def print_jobs(session: Session, limit: int = 50) -> Listed[PrintJobRow]:
    """The jobs of all printers, the last asked for first."""
    now = this_instant(session)
    wanted = select(PrintJob).order_by(col(PrintJob.id).desc())
    return listed(session, wanted, limit).each(lambda job: _row(job, now))


def _open_jobs(session: Session) -> Iterable[PrintJob]:
    """Those that are not printed, but for what was asked for again."""
    later = aliased(PrintJob)
    asked_again = select(later.id).where(
        later.document == PrintJob.document, col(later.request) > PrintJob.request
    )
    not_printed = select(PrintJob).where(PrintJob.state != PrintState.PRINTED)
    return session.exec(not_printed.where(~asked_again.exists())).all()


def last_print(session: Session, document: str) -> PrintJobRow | None:
    """The job of a paper that was asked for last."""
    job = last_job(session, document)
    return _row(job, this_instant(session)) if job else None


def _row(job: PrintJob, now: datetime) -> PrintJobRow:
    return PrintJobRow(**job.model_dump(exclude={"state"}), state=state_of(job, now))
