"""Restocking by scan: goods, then their bin."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed
from console.queries.work import TaskPage
from console.web.own_pages import OwnPage, done_note
from console.web.pages import go_to, page
from console.web.picking import MisformedScan
from console.web.prefilled import items_of
from domain.command_codes import CommandCode, command_of
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.answers.scanned_restock import finish_scanned_restock
from services.scanning.restocking import RestockScan, restock, restock_lines

router = APIRouter()
Worker = Annotated[SignedIn, allowed(Action.DO_TASKS)]

_TONES: Mapping[str, str] = {
    "in-hand": "counted",
    "stored": "counted",
    "line-stored": "done",
    "damaged": "counted",
    "missing-of-line": "counted",
    "anew": "counted",
    "line-full": "refused",
    "surplus-case": "refused",
    "not-on-list": "refused",
    "unknown-code": "refused",
}
"""How a verdict looks and sounds, by its code; any other asks for a look."""


@router.post("/tasks/{task_id}/restock/scan")
def scanning(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """A scan, or a press of a line's button."""
    if command_of(str(form.get("code", ""))) == CommandCode.DONE:
        return finishing(request, task_id, who, form)
    says = restock(task_id, _scan_of(form), who.actor)
    return go_to(request, f"/tasks/{task_id}", says)


@router.post("/tasks/{task_id}/restock/finish")
def finishing(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Finish a restock with what was stored, damaged and missing."""
    task = finish_scanned_restock(task_id, who.actor)
    return go_to(request, "/work", done_note(task))


def _page(request: Request, shown: TaskPage, who: SignedIn) -> Response:
    """The page of a restock that somebody has taken."""
    with transaction() as session:
        lines = restock_lines(session, shown.task)
    shared: dict[str, Any] = {"tones": _TONES, "new_key": uuid4}
    return page(request, "restocking.html", shown=shown, lines=lines, **shared)


def _is_restocked_by_scan(shown: TaskPage) -> bool:
    return shown.mine and bool(items_of(shown))


RESTOCKING_PAGE = OwnPage(_is_restocked_by_scan, _page)


def _scan_of(form: FormData) -> RestockScan:
    sent = {name: form[name] for name in ("key", "act", "code", "sku") if form.get(name)}
    try:
        return RestockScan.model_validate(sent)
    except ValidationError:
        raise MisformedScan from None
