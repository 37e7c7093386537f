"""Who may sign in: accounts of the staff."""

from datetime import datetime

from sqlalchemy import update
from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.language.catalogues import languages
from domain.errors import FieldError, PacklineError
from domain.texts import as_key
from models.enums import EventKind, Role
from models.events import OfUser
from models.tables.access import LOGIN_CHARACTERS, UserAccount, WebSession
from models.tables.staff import Staff
from models.validation import is_printable
from services.access.actors import PACKLINE, Actor
from services.access.permissions import Action, require
from services.access.web_sessions import end_session
from services.accounts.passwords import (
    WeakPassword,
    check_password,
    generated_password,
    hashed,
    is_right,
)
from services.execution.events import add_event
from services.execution.ledger import user_key
from services.execution.locks import IDENTITIES

FIRST_ADMIN = "admin"
LANGUAGES = languages()
"""The languages of the console, by the code of each, in their own words."""


class UnknownUser(PacklineError):
    """Nobody signs in under that name."""

    message = "Nobody signs in as {login!q}: `packline user list` has the names."

    def __init__(self, login: str) -> None:
        super().__init__(login=login)


class UserRefused(PacklineError):
    """No account is made."""

    messages = {
        "not-staff": "Nobody called {staff!q} works here: import staff.csv first.",
        "has-account": "{staff!q} signs in as {login!q} already: `packline user reset` gives a new"
        " password.",
        "login-taken": "Somebody else signs in as {login!q}: choose another name.",
        "not-a-login": "{login!q} cannot be signed in with: give up to {characters} characters"
        " without spaces.",
    }


class WrongPassword(FieldError):
    """The password that somebody has now is another."""

    message = "is another: give the one with which you signed in"


def add_user(staff: str, login: str, actor: Actor, *, for_good: bool = False) -> str:
    """An account for somebody who works here; returns its password, which must be changed at the
    first sign-in, unless it is `for_good`. Raises `UserRefused`.
    """
    name, login, password = as_key(staff), read_login(login), generated_password()
    with transaction() as session:
        if not is_printable(name) or session.get(Staff, name) is None:
            raise UserRefused("not-staff", staff=staff)
        if known := session.get(UserAccount, name):
            raise UserRefused("has-account", staff=name, login=known.login)
        if account_of(session, login):
            raise UserRefused("login-taken", login=login)
        account = UserAccount(staff=name, login=login, password_hash=hashed(password))
        account.must_change_password = not for_good
        session.add(account)
        _tell(session, EventKind.USER_ADDED, login, actor)
    return password


def reset_password(login: str, actor: Actor) -> str:
    """A new password, which must be changed at the next sign-in. The account is enabled again, and
    whoever is signed in with it is signed out. Raises `UnknownUser`.
    """
    password = generated_password()
    with transaction() as session:
        account = locked_account(session, login)
        account.password_hash = hashed(password)
        account.must_change_password = True
        account.disabled_at = None
        end_sessions_of(session, account.staff)
        _tell(session, EventKind.PASSWORD_RESET, account.login, actor)
    return password


def disable_user(login: str, actor: Actor) -> datetime:
    """Nobody signs in with the account any more, and whoever is signed in is signed out.

    Returns since when. Raises `UnknownUser`.
    """
    with transaction() as session:
        account = locked_account(session, login)
        if account.disabled_at is None:
            account.disabled_at = this_instant(session)
            _tell(session, EventKind.USER_DISABLED, account.login, actor)
        end_sessions_of(session, account.staff)
        return account.disabled_at


def change_password(actor: Actor, old: str, new: str, *, keep: int | None = None) -> None:
    """Somebody chooses a password of their own. All their other sessions end; `keep` is the id of
    the one that goes on. Raises `WrongPassword`, `WeakPassword`.
    """
    with transaction() as session:
        account = session.get_one(UserAccount, actor.name, with_for_update=True)
        if not is_right(account.password_hash, old):
            raise WrongPassword(field="old_password")
        check_password(new, account.login, account.staff)
        if is_right(account.password_hash, new):
            raise WeakPassword("password-unchanged")
        account.password_hash = hashed(new)
        account.must_change_password = False
        end_sessions_of(session, account.staff, keep=keep)
        _tell(session, EventKind.PASSWORD_CHANGED, account.login, actor)


def choose_language(staff: str, language: str) -> None:
    """The language that somebody reads the console in; '': the shop's."""
    with transaction() as session:
        account = session.get_one(UserAccount, staff, with_for_update=True)
        account.language = language if language in LANGUAGES else None


def first_admin() -> str | None:
    """Make the first account, where there is none: its password, or None where there are others.

    It signs in as `admin`, and is somebody of the staff of that name, with the role *admin*.
    """
    password = generated_password()
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(FIRST_ADMIN))))
        if session.exec(select(UserAccount.staff).limit(1)).first():
            return None
        if session.get(Staff, FIRST_ADMIN) is None:
            session.add(Staff(name=FIRST_ADMIN, roles=[Role.ADMIN]))
            session.flush()
        kept = hashed(password)
        session.add(UserAccount(staff=FIRST_ADMIN, login=FIRST_ADMIN, password_hash=kept))
        _tell(session, EventKind.USER_ADDED, FIRST_ADMIN, PACKLINE)
    return password


def first_admin_told(password: str) -> str:
    """What is shown on the terminal, once: the password is kept nowhere."""
    return (
        f"Nobody could sign in to the console yet: sign in as {FIRST_ADMIN} with the password"
        f" {password}; you will choose another one."
    )


def account_of(session: Session, login: str) -> UserAccount | None:
    """The account of that name to sign in with, if there is one."""
    return session.exec(select(UserAccount).where(UserAccount.login == login)).first()


def read_login(login: str) -> str:
    """A name to sign in with, as it is kept: without regard to capitals. Raises `UserRefused`."""
    read = as_key(login).lower()
    if not read or len(read) > LOGIN_CHARACTERS or not is_printable(read) or " " in read:
        raise UserRefused("not-a-login", login=login, characters=LOGIN_CHARACTERS)
    return read


def end_anothers_session(session: Session, session_id: int, actor: Actor) -> None:
    """End a session of the actor's own, or of anybody, for who manages users. Raises
    `NotAllowed`.
    """
    visit = session.get(WebSession, session_id) if session_id in IDENTITIES else None
    if visit is None or visit.staff != actor.name:
        require(actor, Action.MANAGE_USERS)
    if visit and visit.ended_at is None:
        end_session(session, visit.id)
        login = session.get_one(UserAccount, visit.staff).login
        _tell(session, EventKind.SESSION_ENDED, login, actor)


def end_sessions_of(session: Session, staff: str, *, keep: int | None = None) -> None:
    """Sign somebody out everywhere, but for the session `keep`."""
    live = update(WebSession).where(
        col(WebSession.staff) == staff, col(WebSession.ended_at).is_(None)
    )
    ended = live.where(col(WebSession.id) != keep) if keep else live
    session.execute(ended.values(ended_at=func.clock_timestamp()))


def locked_account(session: Session, login: str) -> UserAccount:
    """The account of that name, locked. Raises `UnknownUser`."""
    wanted = select(UserAccount).where(UserAccount.login == as_key(login).lower())
    account = session.exec(wanted.with_for_update()).first() if is_printable(login) else None
    if account is None:
        raise UnknownUser(login)
    return account


def _tell(session: Session, kind: EventKind, login: str, actor: Actor) -> None:
    add_event(session, user_key(login), kind, OfUser(login=login), actor=actor)
