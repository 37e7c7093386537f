"""Making pages: templates in the visitor's language, and what is said after something was done."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from jinja2 import PackageLoader

from adapters.language.templates import environment_for
from adapters.settings import settings
from console.access.cookies import NOTE_COOKIE, sealed, unsealed
from console.access.visits import stranger, visit_of
from console.web.assets import asset
from domain.messages import Message
from services.access.permissions import Action, may
from services.accounts.users import LANGUAGES

_LOADER = PackageLoader("console.web")
_NOTE_SECONDS = 60


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made of a template. What was noted before a redirect stands on it, once."""
    visit = visit_of(request)
    html = (
        environment_for(visit.language, _LOADER)
        .get_template(template)
        .render(_around(request) | values)
    )
    answer = HTMLResponse(html, status)
    if NOTE_COOKIE in request.cookies:
        answer.delete_cookie(NOTE_COOKIE)
    return answer


def fragment(request: Request, template: str, **values: Any) -> HTMLResponse:
    """A part of a page, fetched anew by a page that is open; a note waits for a whole one."""
    environment = environment_for(visit_of(request).language, _LOADER)
    return HTMLResponse(environment.get_template(template).render(_around(request) | values))


def go_to(request: Request, path: str, note: Message | None = None) -> Response:
    """The next page, after something was done; reloaded, it does nothing again."""
    answer = RedirectResponse(path, 303)
    if note:
        kept = sealed(note.as_data(), NOTE_COOKIE)
        answer.set_cookie(NOTE_COOKIE, kept, **cookie_rules(request), max_age=_NOTE_SECONDS)
    return answer


async def plain_page(request: Request, status: HTTPStatus, says: Message) -> HTMLResponse:
    """A page with a sentence: also where nobody can be looked up, since Postgres is away."""
    if not hasattr(request.state, "visit"):
        request.state.visit = stranger(request)
    return page(request, "problem.html", status=status, says=says)


def wants_json(request: Request) -> bool:
    """Whether a script asks, and not a person's browser."""
    return request.headers.get("accept", "") == "application/json"


async def problem_data(request: Request, status: HTTPStatus, says: Message) -> JSONResponse:
    """The sentence of a problem, and its code, for a script."""
    if not hasattr(request.state, "visit"):
        request.state.visit = stranger(request)
    sentence = visit_of(request).language.sentence(says)
    return JSONResponse({"code": says.code, "says": sentence}, status)


def cookie_rules(request: Request) -> Mapping[str, Any]:
    """Cookies are the server's alone, are sent by our own pages only, and over TLS where it is."""
    return {"httponly": True, "samesite": "lax", "secure": request.url.scheme == "https"}


def _around(request: Request) -> dict[str, Any]:
    """What every page has around its own."""
    visit = visit_of(request)
    actor = visit.who.actor if visit.who else None
    return {
        "actor": actor,
        "device": visit.who.device if visit.who else None,
        "asset": asset,
        "form_token": visit.form_token,
        "is_sample": visit.is_sample,
        "languages": LANGUAGES,
        "may": lambda action: actor is not None and may(actor, Action[action]),
        "note": _note(request),
        "path": request.url.path,
        "shop_name": settings().shop_name,
    }


def _note(request: Request) -> Message | None:
    data = unsealed(request.cookies.get(NOTE_COOKIE, ""), NOTE_COOKIE)
    return Message.from_data(data) if isinstance(data, dict) else None
