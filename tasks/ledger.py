"""Writing down what has happened: the ledger of steps, and the timeline that people read.

No Prefect here: steps, answers and the dispatcher all write through this page.
"""

from typing import Any

from sqlmodel import Session

from models.results.base import StepResult
from models.tables.ledger import AuditEvent, StepRecord

PACKLINE = "Packline"
"""The actor of what nobody did by hand."""

_DETAIL_CHARACTERS = 4000


def find_record(session: Session, subject: str, step: str, round: int) -> dict[str, Any] | None:
    """The recorded result of a step, if it has happened."""
    record = session.get(StepRecord, (subject, step, round))
    return record.result if record else None


def record(
    session: Session, subject: str, step: str, round: int, result: StepResult, run_id: str
) -> None:
    """Enter into the ledger that a step has happened."""
    entry = result.model_dump(mode="json")
    session.add(StepRecord(subject=subject, step=step, round=round, result=entry, run_id=run_id))


def tell(session: Session, subject: str, event: str, detail: str = "", by: str = PACKLINE) -> None:
    """Add a line to the subject's timeline."""
    detail = detail[:_DETAIL_CHARACTERS]
    session.add(AuditEvent(subject=subject, actor=by, event=event, detail=detail))
