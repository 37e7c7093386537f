"""Signing in and out, and choosing a password."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.database.sessions import transaction
from console.access.cookies import SESSION_COOKIE, sealed
from console.access.visits import AnyForm, AVisit, OwnForm, inside, somebody
from console.web.pages import cookie_rules, go_to, page
from domain.messages import Message
from services.access.web_sessions import SignedIn, end_session
from services.accounts.passwords import WeakPassword
from services.accounts.sign_in import SignInRefused, sign_in
from services.accounts.users import WrongPassword, change_password, choose_language
from services.worklist.taking import give_back_all

router = APIRouter()
HOME = "/"
Somebody = Annotated[SignedIn, somebody(also_with_given_password=True)]


@router.get("/sign-in")
def sign_in_page(request: Request, visit: AVisit, next: str = HOME) -> Response:
    """Where people say who they are."""
    if visit.who:
        return go_to(request, inside(next, HOME))
    return page(request, "sign_in.html", next=inside(next, HOME), login="", problem=None)


@router.post("/sign-in")
def signing_in(request: Request, visit: AVisit, form: AnyForm) -> Response:
    """Open a session, and go on to where somebody wanted to go."""
    login, next = str(form.get("login", "")), inside(str(form.get("next", "")), HOME)
    try:
        token = sign_in(login, str(form.get("password", "")), visit.visitor)
    except SignInRefused as problem:
        return page(request, "sign_in.html", status=422, next=next, login=login, problem=problem)
    answer = go_to(request, next)
    answer.set_cookie(SESSION_COOKIE, sealed(token, SESSION_COOKIE), **cookie_rules(request))
    return answer


@router.post("/sign-out")
def signing_out(
    request: Request,
    who: Somebody,
    form: OwnForm,
) -> Response:
    """End the session; what was taken is free again."""
    with transaction() as session:
        end_session(session, who.session_id)
        give_back_all(session, who.actor.name)
    answer = go_to(request, "/sign-in", Message("signed-out", "You have signed out."))
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/account")
def account_page(request: Request, who: Somebody) -> Response:
    """Somebody's own password and language."""
    return page(request, "account.html", who=who, problem=None)


@router.post("/account/password")
def changing_password(request: Request, who: Somebody, form: OwnForm) -> Response:
    """Choose another password."""
    old, new = str(form.get("old_password", "")), str(form.get("new_password", ""))
    try:
        change_password(who.actor, old, new, keep=who.session_id)
    except (WrongPassword, WeakPassword) as problem:
        return page(request, "account.html", status=422, who=who, problem=problem)
    return go_to(request, HOME, Message("password-changed", "You have a new password."))


@router.post("/account/language")
def choosing_language(request: Request, who: Somebody, form: OwnForm) -> Response:
    """Read the console in another language from now on."""
    choose_language(who.actor.name, str(form.get("language", "")))
    return go_to(request, "/account")
