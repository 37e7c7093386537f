"""Signing in with a name and a password."""

from adapters.database.sessions import transaction
from domain.texts import as_key
from models.enums import Channel
from models.tables.access import LOGIN_CHARACTERS
from services.access.actors import actor_named
from services.access.web_sessions import Visitor, open_session
from services.accounts.attempts import SignInRefused, begin_attempt, note_success
from services.accounts.passwords import is_right
from services.accounts.users import account_of


def sign_in(login: str, password: str, visitor: Visitor) -> str:
    """Open a session; returns its token, which only the browser keeps. Raises `SignInRefused`."""
    name = as_key(login).lower()[:LOGIN_CHARACTERS].replace("\x00", "")
    begin_attempt(name, visitor.address)
    with transaction() as session:
        account = account_of(session, name)
    right = is_right(account.password_hash if account else None, password)
    if account is None or not right or account.disabled_at:
        raise SignInRefused("wrong-name-or-password")
    with transaction() as session:
        if actor_named(session, account.staff, Channel.CONSOLE).has_left:
            raise SignInRefused("wrong-name-or-password")
        note_success(session, name)
        return open_session(session, account.staff, visitor)
