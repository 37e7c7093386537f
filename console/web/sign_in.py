"""Signing in and out, and choosing a password."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.database.sessions import transaction
from console.access.cookies import DEVICE_COOKIE, SESSION_COOKIE, sealed, unsealed
from console.access.visits import AnyForm, AVisit, OwnForm, inside, somebody
from console.web.pages import cookie_rules, go_to, page
from domain.errors import PacklineError
from domain.messages import Message
from models.scanning import GoodsInHand
from models.tables.access import Device
from services.access.web_sessions import SignedIn, end_session, live_sessions, signed_in
from services.accounts.attempts import SignInRefused
from services.accounts.badges import BadgeRefused, WeakPin, choose_pin, sign_in_by_badge
from services.accounts.devices import device_of
from services.accounts.passwords import WeakPassword
from services.accounts.sign_in import sign_in
from services.accounts.users import (
    WrongPassword,
    change_password,
    choose_language,
    end_anothers_session,
)
from services.scanning.state import goods_in_hand
from services.worklist.taking import give_back_all

router = APIRouter()


class OnSharedDevice(PacklineError):
    """Whoever finds a shared device unlocked is not to change anybody's password or PIN."""

    message = "This is a shared device: change that where you sign in with name and password."


HOME = "/"
Somebody = Annotated[SignedIn, somebody(also_with_given_password=True)]


@router.get("/sign-in")
def sign_in_page(request: Request, visit: AVisit, next: str = HOME) -> Response:
    """Where people say who they are. Who is signed in on a shared device hands it over here."""
    if visit.who and not visit.who.device:
        return go_to(request, inside(next, HOME))
    return _sign_in_page(request, inside(next, HOME))


@router.post("/sign-in")
def signing_in(request: Request, visit: AVisit, form: AnyForm) -> Response:
    """Open a session, and go on to where somebody wanted to go; whoever was signed in in this
    browser is signed out.
    """
    login, next = str(form.get("login", "")), inside(str(form.get("next", "")), HOME)
    try:
        token = sign_in(login, str(form.get("password", "")), visit.visitor)
    except SignInRefused as problem:
        return _sign_in_page(request, next, login=login, problem=problem)
    _end_former(visit.who, token)
    return _signed_in(request, token, next)


@router.post("/sign-in/badge")
def signing_in_by_badge(request: Request, visit: AVisit, form: AnyForm) -> Response:
    """Open a session on a shared device; whoever had it before is signed out."""
    next = inside(str(form.get("next", "")), HOME)
    device = _device(request)
    if device is None:
        return _sign_in_page(request, next)
    try:
        code, pin = str(form.get("badge", "")), str(form.get("pin", ""))
        token = sign_in_by_badge(code, pin, device, visit.visitor)
    except (BadgeRefused, SignInRefused) as problem:
        return _sign_in_page(request, next, problem=problem)
    _end_former(visit.who, token)
    return _signed_in(request, token, next)


def _sign_in_page(
    request: Request, next: str, *, login: str = "", problem: PacklineError | None = None
) -> Response:
    values = {"next": next, "login": login, "problem": problem, "shared": _device(request)}
    return page(request, "sign_in.html", status=422 if problem else 200, **values)


def _signed_in(request: Request, token: str, next: str) -> Response:
    answer = go_to(request, next)
    answer.set_cookie(SESSION_COOKIE, sealed(token, SESSION_COOKIE), **cookie_rules(request))
    return answer


def _account_page(
    request: Request, who: SignedIn, problem: PacklineError | None = None
) -> Response:
    with transaction() as session:
        sessions = live_sessions(session, who.actor.name)
    values = {"who": who, "problem": problem, "sessions": sessions}
    return page(request, "account.html", status=422 if problem else 200, **values)


def _check_own_browser(who: SignedIn) -> None:
    """Raises `OnSharedDevice`."""
    if who.device:
        raise OnSharedDevice


def _device(request: Request) -> Device | None:
    """The registered device that this browser is."""
    token = unsealed(request.cookies.get(DEVICE_COOKIE, ""), DEVICE_COOKIE)
    if not isinstance(token, str):
        return None
    with transaction() as session:
        return device_of(session, token)


def _sign_out(who: SignedIn) -> Sequence[GoodsInHand]:
    """End a session; returns what its person has in hand for the tasks that are free again."""
    with transaction() as session:
        end_session(session, who.session_id)
        tasks = give_back_all(session, who.actor)
        return [goods for task in tasks for goods in goods_in_hand(session, task, who.actor.name)]


def _end_former(former: SignedIn | None, token: str) -> None:
    """End the session that this browser had before; who is the same person goes on."""
    if former is None:
        return
    with transaction() as session:
        now = signed_in(session, token)
        if now and now.actor.name == former.actor.name:
            end_session(session, former.session_id)
            return
    _sign_out(former)


def _signed_out(goods: Sequence[GoodsInHand]) -> Message:
    if not goods:
        return Message("signed-out", "You have signed out.")
    return Message(
        "signed-out-with-goods",
        "You have signed out. Return to their bins: {goods}.",
        {"goods": tuple(it.said() for it in goods)},
    )


@router.post("/sign-out")
def signing_out(
    request: Request,
    who: Somebody,
    form: OwnForm,
) -> Response:
    """End the session; what was taken is free again."""
    answer = go_to(request, "/sign-in", _signed_out(_sign_out(who)))
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/account")
def account_page(request: Request, who: Somebody) -> Response:
    """Somebody's own password, PIN and language, and where they are signed in."""
    return _account_page(request, who)


@router.post("/sessions/{session_id}/end")
def ending_session(request: Request, session_id: int, who: Somebody, form: OwnForm) -> Response:
    """Sign oneself out in another browser, or as an admin anybody anywhere."""
    _check_own_browser(who)
    with transaction() as session:
        end_anothers_session(session, session_id, who.actor)
    back = inside(str(form.get("back", "")), "/account")
    return go_to(request, back, Message("session-ended", "Signed out there."))


@router.post("/account/password")
def changing_password(request: Request, who: Somebody, form: OwnForm) -> Response:
    """Choose another password."""
    _check_own_browser(who)
    old, new = str(form.get("old_password", "")), str(form.get("new_password", ""))
    try:
        change_password(who.actor, old, new, keep=who.session_id)
    except (WrongPassword, WeakPassword) as problem:
        return _account_page(request, who, problem)
    return go_to(request, HOME, Message("password-changed", "You have a new password."))


@router.post("/account/pin")
def choosing_pin(request: Request, who: Somebody, form: OwnForm) -> Response:
    """Choose the PIN that goes with one's badge."""
    _check_own_browser(who)
    try:
        choose_pin(who.actor, str(form.get("pin", "")))
    except WeakPin as problem:
        return _account_page(request, who, problem)
    return go_to(request, "/account", Message("pin-changed", "Your badge has a new PIN."))


@router.post("/account/language")
def choosing_language(request: Request, who: Somebody, form: OwnForm) -> Response:
    """Read the console in another language from now on."""
    _check_own_browser(who)
    choose_language(who.actor.name, str(form.get("language", "")))
    return go_to(request, "/account")
