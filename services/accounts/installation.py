"""What is true of the whole installation."""

from sqlmodel import Session

from models.tables.access import Installation


def mark_as_sample(session: Session) -> None:
    """From now on every page says that this is a sample."""
    session.get_one(Installation, True, with_for_update=True).is_sample = True


def is_sample(session: Session) -> bool:
    """Whether the sample day was brought in here."""
    return session.get_one(Installation, True).is_sample
