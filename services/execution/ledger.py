"""The ledger: which step has happened, in which round, and what it gave."""

from datetime import date
from typing import Any

from sqlmodel import Session

from models.results.base import StepResult
from models.tables.ledger import StepRecord

_SUBJECT_CHARACTERS = 64


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


def order_key(number: int) -> str:
    """An order's name in the ledger and in the timeline."""
    return f"order:{number}"


def user_key(login: str) -> str:
    """The name in the timeline of somebody who may sign in: short, also where that is long."""
    return f"user:{login}"[:_SUBJECT_CHARACTERS]


def device_key(device_id: int) -> str:
    """A shared device's name in the timeline."""
    return f"device:{device_id}"


def day_key(day: date) -> str:
    """A day's name in the ledger and in the timeline."""
    return f"day:{day.isoformat()}"
