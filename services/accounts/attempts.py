"""How often it may be tried to sign in: after some misses there is a pause, and it doubles.

An attempt is kept before password or PIN are looked at, so that many at once count each other.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from models.tables.access import ADDRESS_CHARACTERS, SignInAttempt

FREE_MISSES = 5
"""So often a name may be tried in vain from one address before there is a pause there."""
FREE_MISSES_OF_LOGIN = 60
"""The same from everywhere together: strangers do not lock somebody out with a few guesses."""
FREE_MISSES_OF_ADDRESS = 30
"""The same for an address, or a shared device: many may sit behind it."""
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_REMEMBERED = timedelta(hours=1)
_KEPT = timedelta(days=1)
OF_A_BADGE = "Badge:"
"""Before the name, in attempts with a badge. No login has capitals, so that nobody who types one
counts against a badge.
"""


class SignInRefused(PacklineError):
    """Nobody is signed in. The sentence does not tell which of name and password was wrong."""

    messages = {
        "wrong-name-or-password": "Name or password is wrong: try again, or ask an admin for a new"
        " password.",
        "too-many-attempts": "Too many attempts: try again in {seconds:,} seconds.",
    }


def begin_attempt(login: str, address: str) -> None:
    """Keep that somebody tries. Raises `SignInRefused` where it was tried too often."""
    address = address[:ADDRESS_CHARACTERS]
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"sign-in {login}"))))
        now = this_instant(session)
        named, from_there = SignInAttempt.login == login, SignInAttempt.address == address
        pauses = (
            _pause(session, now, FREE_MISSES, named, from_there),
            _pause(session, now, FREE_MISSES_OF_LOGIN, named),
            _pause(session, now, FREE_MISSES_OF_ADDRESS, from_there),
        )
        if seconds := max(pauses):
            raise SignInRefused("too-many-attempts", seconds=seconds)
        session.add(SignInAttempt(login=login, address=address))


def note_success(session: Session, login: str) -> None:
    """Whoever it is has got in: the misses before do not count any more, and go."""
    session.execute(delete(SignInAttempt).where(col(SignInAttempt.login) == login))
    forgotten = col(SignInAttempt.at) < this_instant(session) - _KEPT
    badges = col(SignInAttempt.login).startswith(OF_A_BADGE)  # these block it for good
    session.execute(delete(SignInAttempt).where(forgotten, ~badges))


def misses_in_a_row(session: Session, login: str) -> int:
    """How often it was tried in vain since somebody got in."""
    tried = select(func.count()).where(SignInAttempt.login == login)
    return session.exec(tried).one()


def _pause(session: Session, now: datetime, free: int, *which: bool) -> int:
    """Seconds to wait: half a minute after so many misses in a row, and twice as long each time."""
    misses = select(func.count(), func.max(SignInAttempt.at)).where(
        *which, col(SignInAttempt.at) > now - _REMEMBERED
    )
    count, last = session.exec(misses).one()
    if count < free:
        return 0
    pause = min(_FIRST_PAUSE * 2 ** min(count - free, 10), _LONGEST_PAUSE)
    return max(0, round((last + pause - now).total_seconds()))
