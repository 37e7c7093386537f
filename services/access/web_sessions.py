"""Sessions of the console: opened by signing in, found by a token that only the browser has."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, update
from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.settings import settings
from models.enums import Channel
from models.tables.access import (
    ADDRESS_CHARACTERS,
    BROWSER_CHARACTERS,
    Device,
    UserAccount,
    WebSession,
)
from services.access.actors import Actor, actor_named
from services.access.permissions import FLOOR_ROLES
from services.access.tokens import hash_of, new_token

_SEEN_EVERY = timedelta(minutes=1)
"""Who clicks often is not written down each time."""


@dataclass(frozen=True)
class Visitor:
    """Where somebody comes from: an address, and what the browser calls itself."""

    address: str
    browser: str = ""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Somebody who is signed in, with the session; `language` is theirs, if they chose one, or that
    of the shared `device` on which they are, where they have the roles of the floor only.
    """

    actor: Actor
    session_id: int
    login: str
    must_change_password: bool
    language: str | None
    device: str | None = None


def open_session(
    session: Session, staff: str, visitor: Visitor, *, device_id: int | None = None
) -> str:
    """A session of somebody who has proved who they are; returns its token. On a shared device
    there is one at a time: whoever was signed in there before is out.
    """
    token = new_token()
    if device_id is not None:
        end_sessions_on(session, device_id)
    session.add(
        WebSession(
            token_hash=hash_of(token),
            staff=staff,
            device_id=device_id,
            address=visitor.address[:ADDRESS_CHARACTERS],
            browser=visitor.browser[:BROWSER_CHARACTERS],
            expires_at=this_instant(session) + timedelta(hours=settings().session_hours),
        )
    )
    return token


def signed_in(session: Session, token: str, *, by_itself: bool = False) -> SignedIn | None:
    """Who is signed in with a token; None: nobody, or not any more. A page that asks `by_itself`
    keeps no session alive: nobody may be there.
    """
    now = this_instant(session)
    wanted = (
        select(WebSession, UserAccount, Device)
        .join(UserAccount, col(UserAccount.staff) == WebSession.staff)
        .outerjoin(Device, col(Device.id) == WebSession.device_id)
        .where(WebSession.token_hash == hash_of(token), is_live(now))
    )
    found = session.exec(wanted).first()
    if found is None:
        return None
    visit, account, device = found
    actor = actor_named(session, account.staff, Channel.CONSOLE)
    if account.disabled_at or actor.has_left or (device and device.revoked_at):
        return None
    if device:
        actor = replace(actor, roles=actor.roles & FLOOR_ROLES)
    if now - visit.seen_at > _SEEN_EVERY and not by_itself:
        visit.seen_at = now
    return SignedIn(
        actor=actor,
        session_id=visit.id,
        login=account.login,
        must_change_password=account.must_change_password,
        language=account.language or (device.language if device else None),
        device=device.name if device else None,
    )


def end_session(session: Session, session_id: int) -> None:
    """Sign out; a session that is over stays as it is."""
    visit = session.get(WebSession, session_id, with_for_update=True)
    if visit and visit.ended_at is None:
        visit.ended_at = this_instant(session)


def end_sessions_on(session: Session, device_id: int) -> None:
    """Sign out whoever is signed in on a shared device."""
    live = col(WebSession.ended_at).is_(None)
    on_it = update(WebSession).where(col(WebSession.device_id) == device_id, live)
    session.execute(on_it.values(ended_at=func.clock_timestamp()))


def is_live(now: datetime) -> ColumnElement[bool]:
    """Which sessions are not over."""
    given = settings()
    shared = timedelta(minutes=given.device_idle_minutes)
    own = timedelta(minutes=given.session_idle_minutes)
    seen_at, on_device = col(WebSession.seen_at), col(WebSession.device_id).is_not(None)
    return and_(
        col(WebSession.ended_at).is_(None),
        col(WebSession.expires_at) > now,
        or_(and_(on_device, seen_at > now - shared), and_(~on_device, seen_at > now - own)),
    )


def live_sessions(session: Session, staff: str | None = None) -> list[WebSession]:
    """The sessions that are not over, of somebody or of all, the last opened first."""
    wanted = select(WebSession).where(is_live(this_instant(session)))
    if staff is not None:
        wanted = wanted.where(WebSession.staff == staff)
    return list(session.exec(wanted.order_by(col(WebSession.opened_at).desc())))
