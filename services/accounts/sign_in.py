"""Signing in with a name and a password, and how often that may be tried.

An attempt is kept before the password is looked at, so that many at once count each other.
"""

from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from domain.errors import PacklineError
from domain.texts import as_key
from models.enums import Channel
from models.tables.access import LOGIN_CHARACTERS, SignInAttempt
from services.access.actors import actor_named
from services.access.web_sessions import Visitor, open_session
from services.accounts.passwords import is_right
from services.accounts.users import account_of

FREE_MISSES = 5
"""So often a name may be tried in vain before there is a pause."""
FREE_MISSES_OF_ADDRESS = 30
"""The same for an address, behind which many may sit."""
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(minutes=15)
_REMEMBERED = timedelta(hours=1)


class SignInRefused(PacklineError):
    """Nobody is signed in. The sentence does not tell which of name and password was wrong."""

    messages = {
        "wrong-name-or-password": "Name or password is wrong: try again, or ask an admin for a new"
        " password.",
        "too-many-attempts": "Too many attempts: try again in {seconds:,} seconds.",
    }


def sign_in(login: str, password: str, visitor: Visitor) -> str:
    """Open a session; returns its token, which only the browser keeps. Raises `SignInRefused`."""
    name = as_key(login).lower()[:LOGIN_CHARACTERS].replace("\x00", "")
    attempt = _begin_attempt(name, visitor.address)
    with transaction() as session:
        account = account_of(session, name)
        right = is_right(account.password_hash if account else None, password)
        if account is None or not right or account.disabled_at:
            raise SignInRefused("wrong-name-or-password")
        if actor_named(session, account.staff, Channel.CONSOLE).has_left:
            raise SignInRefused("wrong-name-or-password")
        session.get_one(SignInAttempt, attempt).succeeded = True
        return open_session(session, account.staff, visitor)


def _begin_attempt(login: str, address: str) -> int:
    """Keep that somebody tries. Raises `SignInRefused` where it was tried too often."""
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"sign-in {login}"))))
        now = this_instant(session)
        pauses = (
            _pause(session, now, SignInAttempt.login == login, FREE_MISSES),
            _pause(session, now, SignInAttempt.address == address, FREE_MISSES_OF_ADDRESS),
        )
        if seconds := max(pauses):
            raise SignInRefused("too-many-attempts", seconds=seconds)
        attempt = SignInAttempt(login=login, address=address)
        session.add(attempt)
        session.flush()
        return attempt.id


def _pause(session: Session, now: datetime, which: bool, free: int) -> int:
    """Seconds to wait: half a minute after so many misses in a row, and twice as long each time."""
    tried = (which, col(SignInAttempt.at) > now - _REMEMBERED)
    last_success = select(func.max(SignInAttempt.id)).where(*tried, SignInAttempt.succeeded)
    misses = select(func.count(), func.max(SignInAttempt.at)).where(
        *tried, col(SignInAttempt.id) > func.coalesce(last_success.scalar_subquery(), 0)
    )
    count, last = session.exec(misses).one()
    if count < free:
        return 0
    pause = min(_FIRST_PAUSE * 2 ** min(count - free, 10), _LONGEST_PAUSE)
    return max(0, round((last + pause - now).total_seconds()))
