"""Sessions of the console: opened by signing in, found by a token that only the browser has."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_
from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.settings import settings
from models.enums import Channel
from models.tables.access import (
    ADDRESS_CHARACTERS,
    BROWSER_CHARACTERS,
    UserAccount,
    WebSession,
)
from services.access.actors import Actor, actor_named

_TOKEN_BYTES = 32
_SEEN_EVERY = timedelta(minutes=1)
"""Who clicks often is not written down each time."""


@dataclass(frozen=True)
class Visitor:
    """Where somebody comes from: an address, and what the browser calls itself."""

    address: str
    browser: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Somebody who is signed in, with the session; `language` is theirs, if they chose one."""

    actor: Actor
    session_id: int
    login: str
    must_change_password: bool
    language: str | None


def open_session(session: Session, staff: str, visitor: Visitor) -> str:
    """A session of somebody who has proved who they are; returns its token."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.add(
        WebSession(
            token_hash=_hash(token),
            staff=staff,
            address=visitor.address[:ADDRESS_CHARACTERS],
            browser=visitor.browser[:BROWSER_CHARACTERS],
            expires_at=this_instant(session) + timedelta(hours=settings().session_hours),
        )
    )
    return token


def signed_in(session: Session, token: str) -> SignedIn | None:
    """Who is signed in with a token; None: nobody, or not any more."""
    now = this_instant(session)
    wanted = select(WebSession, UserAccount).where(
        WebSession.token_hash == _hash(token), UserAccount.staff == WebSession.staff, is_live(now)
    )
    found = session.exec(wanted).first()
    if found is None:
        return None
    visit, account = found
    actor = actor_named(session, account.staff, Channel.CONSOLE)
    if account.disabled_at or actor.has_left:
        return None
    if now - visit.seen_at > _SEEN_EVERY:
        visit.seen_at = now
    return SignedIn(
        actor=actor,
        session_id=visit.id,
        login=account.login,
        must_change_password=account.must_change_password,
        language=account.language,
    )


def end_session(session: Session, session_id: int) -> None:
    """Sign out; a session that is over stays as it is."""
    visit = session.get(WebSession, session_id, with_for_update=True)
    if visit and visit.ended_at is None:
        visit.ended_at = this_instant(session)


def is_live(now: datetime) -> ColumnElement[bool]:
    """Which sessions are not over."""
    idle = timedelta(minutes=settings().session_idle_minutes)
    return and_(
        col(WebSession.ended_at).is_(None),
        col(WebSession.expires_at) > now,
        col(WebSession.seen_at) > now - idle,
    )


def live_sessions(session: Session, staff: str | None = None) -> list[WebSession]:
    """The sessions that are not over, of somebody or of all, the last opened first."""
    wanted = select(WebSession).where(is_live(this_instant(session)))
    if staff is not None:
        wanted = wanted.where(WebSession.staff == staff)
    return list(session.exec(wanted.order_by(col(WebSession.opened_at).desc())))


def _hash(token: str) -> str:
    """The token is random and long: one round of a plain hash keeps it as well as many."""
    return hashlib.sha256(token.encode()).hexdigest()
