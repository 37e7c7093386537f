"""Who may sign in: an admin lets people in, gives new passwords, and signs people out."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed, visit_of
from console.queries.users import list_users, staff_without_account
from console.web.pages import go_to, page
from console.web.qr_codes import qr_code
from domain.errors import PacklineError
from domain.messages import Message
from domain.texts import as_key
from services.access.permissions import Action
from services.access.web_sessions import SignedIn, live_sessions
from services.accounts.badges import issue_badge
from services.accounts.users import UserRefused, add_user, disable_user, reset_password

router = APIRouter()
Admin = Annotated[SignedIn, allowed(Action.MANAGE_USERS)]


@router.get("/users")
def users(request: Request, who: Admin) -> Response:
    """All who may sign in, and who else works here."""
    return _page(request)


@router.post("/users/add")
def adding(request: Request, who: Admin, form: OwnForm) -> Response:
    """Let somebody sign in. The password is on this answer only: reloaded, the page has it not."""
    login, staff = str(form.get("login", "")), str(form.get("staff", ""))
    try:
        password = add_user(staff, login, who.actor)
    except UserRefused as problem:
        return _page(request, status=422, problem=problem)
    return _page(request, given=(staff, login, password))


@router.post("/users/{login}/reset")
def resetting(request: Request, login: str, who: Admin, form: OwnForm) -> Response:
    """Give somebody a new password."""
    return _page(request, given=(login, login, reset_password(login, who.actor)))


@router.post("/users/{login}/badge")
def issuing_badge(request: Request, login: str, who: Admin, form: OwnForm) -> Response:
    """Give somebody a new badge, to be printed from this answer: its code is kept nowhere."""
    code = issue_badge(login, who.actor)
    with transaction() as session:
        (row,) = [row for row in list_users(session) if row.login == as_key(login).lower()]
    return page(request, "badge.html", row=row, picture=qr_code(code))


@router.post("/users/{login}/disable")
def disabling(request: Request, login: str, who: Admin, form: OwnForm) -> Response:
    """Sign somebody out, and let them in no more."""
    disable_user(login, who.actor)
    note = Message("user-disabled", "Nobody signs in as {login} any more.", {"login": login})
    return go_to(request, "/users", note)


def _page(
    request: Request,
    *,
    status: int = 200,
    problem: PacklineError | None = None,
    given: tuple[str, str, str] | None = None,
) -> Response:
    with transaction() as session:
        rows, others = list_users(session), staff_without_account(session)
        sessions = live_sessions(session)
    values: dict[str, Any] = {"rows": rows, "others": others, "problem": problem, "given": given}
    values |= {"sessions": sessions, "who": visit_of(request).who}
    return page(request, "users.html", status=status, **values)
