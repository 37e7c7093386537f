"""The one clock by which instants of ours are made and compared: the database's.

Machines disagree about the time, and whoever compares the instants of two of them decides wrongly
(docs/decisions/0028). Columns take theirs by default; whoever needs one to decide asks here.
"""

from datetime import UTC, datetime

from sqlmodel import Session, func, select


def this_instant(session: Session) -> datetime:
    """This instant by the database's clock, in UTC; later in a transaction it is a later one."""
    instant: datetime = session.exec(select(func.clock_timestamp())).one()
    return instant.astimezone(UTC)
