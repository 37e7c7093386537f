"""The invariants that have a twin, asked one by one; and which of them a test holds to it."""

import inspect
import re
from collections.abc import Callable
from types import ModuleType

from sqlalchemy import text
from sqlmodel import Session

from adapters.database.sessions import transaction
from services.audit.invariants import INVARIANTS, SENT_TWICE, SUMMARY_FIGURES

ALL = {one.name: one for one in (*INVARIANTS, SUMMARY_FIGURES, SENT_TWICE)}
HELD: set[str] = set()
"""The invariants that a test holds to their twins, once the modules of these tests are loaded."""


def holds(*names: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The test below holds these invariants and their twins together."""
    HELD.update(names)
    return lambda test: test


def broken(session: Session, *names: str, **parameters: object) -> set[str]:
    """Those of the invariants that do not hold in the database, as the session sees it."""
    session.flush()
    return {
        name
        for name in names
        if session.execute(text(f"SELECT FROM ({ALL[name].breaking}) AS broken"), parameters).all()
    }


def sound(*names: str, **parameters: object) -> bool:
    """Whether they hold in the database now."""
    with transaction() as session:
        return broken(session, *names, **parameters) == set()


def told(module: ModuleType) -> str:
    """A module's text on one line, without the signs of comments."""
    return re.sub(r"[\s#]+", " ", inspect.getsource(module))
