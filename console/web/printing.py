"""Printing from a browser: which printer it uses, and papers that are sent there."""

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.database.sessions import transaction
from console.access.cookies import sealed, unsealed
from console.access.visits import OwnForm, allowed, inside
from console.queries.printing import print_jobs, printer_rows
from console.web.pages import cookie_rules, go_to, page
from domain.messages import Message
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.paper.print_jobs import ask_to_print
from services.paper.printers import printer_called

router = APIRouter()
MayPrint = Annotated[SignedIn, allowed(Action.PRINT_PAPER)]

_COOKIE = "packline_printer"
_YEAR_SECONDS = 365 * 24 * 3600
_MOST_REQUESTS = 10_000


def own_printer(request: Request) -> str | None:
    """The printer that somebody has chosen for this browser."""
    name = unsealed(request.cookies.get(_COOKIE, ""), _COOKIE)
    return name if isinstance(name, str) else None


@router.get("/printers")
def printers(request: Request, who: MayPrint) -> Response:
    """The printers, which of them this browser uses, and what became of the last papers."""
    with transaction() as session:
        rows, jobs = printer_rows(session), print_jobs(session)
    back = inside(request.query_params.get("back", ""), "")
    return page(
        request, "printers.html", printers=rows, jobs=jobs, own=own_printer(request), back=back
    )


@router.post("/printers/choose")
def choosing(request: Request, who: MayPrint, form: OwnForm) -> Response:
    """Print on that printer from now on, from this browser."""
    with transaction() as session:
        name = printer_called(session, str(form.get("printer", ""))).name
    chosen = Message("printer-chosen", "This browser prints on {printer}.", {"printer": name})
    answer = go_to(request, inside(str(form.get("back", "")), "/printers"), chosen)
    rules = cookie_rules(request)
    answer.set_cookie(_COOKIE, sealed(name, _COOKIE), **rules, max_age=_YEAR_SECONDS)
    return answer


@router.post("/paper/print")
def printing(request: Request, who: MayPrint, form: OwnForm) -> Response:
    """Print a paper; the same request twice prints it once."""
    back = inside(str(form.get("back", "")), "/printers")
    printer = str(form.get("printer", "")) or own_printer(request)
    if printer is None:
        return go_to(request, f"/printers?back={back}")
    asked = str(form.get("request", ""))
    number = int(asked) if asked.isdecimal() and len(asked) < len(str(_MOST_REQUESTS)) else 1
    ask_to_print(str(form.get("document", "")), printer, number, who.actor)
    return go_to(request, back)
