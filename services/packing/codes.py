"""Codes that mean something at the bench only."""

from sqlmodel import Session, select

from domain.texts import as_key
from models.tables.shipping import Box


def box_meant(session: Session, code: str) -> str | None:
    """The code of a box, where it is one."""
    key = as_key(code)
    if not key.isprintable():
        return None
    return session.exec(select(Box.code).where(Box.code == key)).first()
