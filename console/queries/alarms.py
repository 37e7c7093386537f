"""How Packline stands with the world outside."""

from pydantic import BaseModel
from sqlmodel import Session

from services.alarms.alarms import Alarm, open_alarms


class StatusReport(BaseModel):
    """`ok` when there is no alarm."""

    ok: bool
    alarms: list[Alarm]


def status_report(session: Session) -> StatusReport:
    """The alarms that are not over."""
    alarms = open_alarms(session)
    return StatusReport(ok=not alarms, alarms=alarms)
