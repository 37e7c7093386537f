"""The one clock that all processes go by: the database's."""

from datetime import datetime

from sqlmodel import Session, func, select


def database_now(session: Session) -> datetime:
    """The instant at which the session's transaction began."""
    return session.exec(select(func.now())).one()
