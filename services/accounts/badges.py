"""Badges: the code that names somebody on a shared device, and the PIN that proves it.

A badge can be photographed, so it proves nothing by itself. It counts on registered devices only,
for the roles of the floor, and ten wrong PINs in a row block it until an admin issues another.
"""

import secrets
from itertools import pairwise

from sqlmodel import Session, select

from adapters.database.sessions import transaction
from domain.errors import FieldError, PacklineError
from models.enums import Channel, EventKind
from models.events import OfUser
from models.tables.access import LOGIN_CHARACTERS, Badge, Device, UserAccount
from services.access.actors import Actor, actor_named
from services.access.permissions import FLOOR_ROLES, Action, require
from services.access.tokens import hash_of
from services.access.web_sessions import Visitor, open_session
from services.accounts.attempts import (
    OF_A_BADGE,
    begin_attempt,
    misses_in_a_row,
    note_success,
)
from services.accounts.passwords import hashed, is_right
from services.accounts.users import locked_account
from services.execution.events import add_event
from services.execution.ledger import user_key

BADGE_PREFIX = "PLB-"
"""What the code of every badge begins with, so that a scanner's page knows one."""
PIN_DIGITS = 6
_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
_CODE_CHARACTERS = 24
_MOST_MISSES = 10


class BadgeRefused(PacklineError):
    """Nobody is signed in by that badge. The sentence does not tell which of both was wrong."""

    messages = {
        "wrong-badge-or-pin": "Badge or PIN is wrong: try again, or ask an admin.",
        "badge-blocked": "This badge is blocked after {misses} wrong PINs: ask an admin for"
        " another.",
        "not-for-the-floor": "Badges are for those who pick, pack and hand over: sign in with name"
        " and password.",
    }


class WeakPin(FieldError):
    """A PIN that is not taken, in words that follow its field."""

    messages = {
        "pin-digits": "must have {digits} digits",
        "pin-guessed": "must not be a row of digits such as 123456 or 111111",
    }


def issue_badge(login: str, actor: Actor) -> str:
    """A new badge for somebody, in place of the one they have; returns its code, to be printed.

    The PIN stays; one that was blocked is free again. Raises `NotAllowed`, `UnknownUser`.
    """
    require(actor, Action.MANAGE_USERS)
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_CHARACTERS))
    code = f"{BADGE_PREFIX}{drawn}"
    with transaction() as session:
        account = locked_account(session, login)
        badge = session.get(Badge, account.staff) or Badge(staff=account.staff, code_hash="")
        badge.code_hash = hash_of(code)
        session.add(badge)
        note_success(session, _tries(account.staff))
        _tell(session, EventKind.BADGE_ISSUED, account, actor)
    return code


def choose_pin(actor: Actor, pin: str) -> None:
    """Somebody who has a badge chooses its PIN. Raises `WeakPin`."""
    check_pin(pin)
    with transaction() as session:
        badge = session.get(Badge, actor.name, with_for_update=True)
        if badge:
            badge.pin_hash = hashed(pin)
            _tell(session, EventKind.PIN_CHANGED, session.get_one(UserAccount, badge.staff), actor)


def check_pin(pin: str) -> None:
    """Raises `WeakPin`."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdecimal()):
        raise WeakPin("pin-digits", digits=PIN_DIGITS)
    steps = {(int(after) - int(digit)) % 10 for digit, after in pairwise(pin)}
    if len(steps) == 1 and steps <= {0, 1, 9}:
        raise WeakPin("pin-guessed")


def sign_in_by_badge(code: str, pin: str, device: Device, visitor: Visitor) -> str:
    """Open a session on a shared device; returns its token. Raises `BadgeRefused`,
    `SignInRefused`.
    """
    with transaction() as session:
        found = select(Badge, UserAccount).where(
            Badge.code_hash == hash_of(code.strip()), UserAccount.staff == Badge.staff
        )
        badge, account = session.exec(found).first() or (None, None)
    name = badge.staff if badge else ""
    tries = _tries(name)
    if badge:
        _check_not_blocked(tries)
    begin_attempt(tries, f"device:{device.id}")
    right = is_right(badge.pin_hash if badge else None, pin)
    if badge is None or account is None or account.disabled_at or not right:
        raise BadgeRefused("wrong-badge-or-pin")
    return _opened(name, device, visitor)


def _opened(name: str, device: Device, visitor: Visitor) -> str:
    with transaction() as session:
        actor = actor_named(session, name, Channel.CONSOLE)
        if actor.has_left:
            raise BadgeRefused("wrong-badge-or-pin")
        if not actor.roles & FLOOR_ROLES:
            raise BadgeRefused("not-for-the-floor")
        note_success(session, _tries(name))
        return open_session(session, name, visitor, device_id=device.id)


def _tell(session: Session, kind: EventKind, account: UserAccount, actor: Actor) -> None:
    login = account.login
    add_event(session, user_key(login), kind, OfUser(login=login), actor=actor)


def _check_not_blocked(tries: str) -> None:
    with transaction() as session:
        if misses_in_a_row(session, tries) >= _MOST_MISSES:
            raise BadgeRefused("badge-blocked", misses=_MOST_MISSES)


def _tries(staff: str) -> str:
    """Under which name attempts with somebody's badge are counted; all unknown ones together."""
    return f"{OF_A_BADGE}{staff}"[:LOGIN_CHARACTERS]
