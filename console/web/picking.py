"""Picking by scan: its page, what devices send, and the codes that do what buttons do."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from adapters.database.sessions import transaction
from adapters.documents.barcodes import code128_picture
from adapters.language.sentences import Language
from console.access.visits import OwnForm, allowed, own_request, visit_of
from console.queries.work import TaskPage
from console.web.form_fields import whole_number
from console.web.own_pages import OwnPage, done_note
from console.web.pages import go_to, page
from domain.command_codes import CommandCode, command_of
from domain.errors import PacklineError
from domain.messages import Message
from models.enums import ShortPickReason
from models.scanning import LATE, ScanIn, ScansIn, ScanSource
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.answers.scanned_picking import finish_scanned_picking
from services.scanning.counting import listed_items
from services.scanning.scans import ScanAnswer, take_scans
from services.scanning.state import last_scan, picking_state
from services.scanning.verdicts import ScanVerdicts
from services.worklist.tasks import find_task

router = APIRouter()
Worker = Annotated[SignedIn, allowed(Action.DO_TASKS)]
OwnRequest = Annotated[None, Depends(own_request)]

_WORKER = Path(__file__).with_name("static") / "picking_worker.js"
_FORMS_DEVICE = UUID(int=0)
"""A page without JavaScript has no device that could count its scans."""
_ONE_BY_ONE, _LIST = "one", "list"

COMMAND_TITLES: Mapping[CommandCode, Message] = {
    CommandCode.DONE: Message("command-done", "Done"),
    CommandCode.UNDO: Message("command-undo", "Undo the last scan"),
    CommandCode.NEXT: Message("command-next", "This line later, the next one now"),
    CommandCode.SHORT: Message("command-short", "Short: ask me why"),
    CommandCode.NOT_IN_BIN: Message("command-not-in-bin", "Short: not in bin"),
    CommandCode.DAMAGED: Message("command-damaged", "Short: damaged"),
    CommandCode.WRONG_ITEM: Message("command-wrong-item", "Short: wrong item"),
    CommandCode.OTHER: Message("command-other", "Short: another reason"),
}
"""What is printed beside each code."""


class MisformedScan(PacklineError):
    """A page has sent something that is no scan."""

    message = "This scan cannot be read, so nothing was counted: open the page anew."


@dataclass(frozen=True)
class CommandCard:
    """A command's code as it is printed."""

    code: str
    says: Message
    svg: str


@router.get("/tasks/worker.js")
def worker() -> Response:
    """The script that keeps the page of a picking for when there is no network."""
    return FileResponse(
        _WORKER, media_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@router.post("/tasks/{task_id}/scans")
def taking_scans(
    request: Request, task_id: int, who: Worker, own: OwnRequest, sent: ScansIn
) -> Response:
    """Take what a device has scanned: an answer for each key, and how the picking stands now."""
    language = visit_of(request).language
    taken = take_scans(task_id, sent.scans, who.actor)
    answers = [_as_json(answer, language) for answer in taken.answers]
    return JSONResponse({"answers": answers, "state": taken.state.model_dump(mode="json")})


@router.get("/tasks/{task_id}/picking.json")
def snapshot(request: Request, task_id: int, who: Worker) -> Response:
    """A picking as a device keeps it: nothing of it is the customer's."""
    with transaction() as session:
        state = picking_state(session, find_task(session, task_id), who.actor)
    token = visit_of(request).form_token
    return JSONResponse({"form_token": token, "state": state.model_dump(mode="json")})


@router.post("/tasks/{task_id}/scan")
def scanning(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """One scan, or one press of a button, from a page without JavaScript."""
    if command_of(str(form.get("code", ""))) == CommandCode.DONE:
        return finishing(request, task_id, who, form)
    take_scans(task_id, [_scan_of(form)], who.actor)
    view = _LIST if form.get("view") == _LIST else _ONE_BY_ONE
    return go_to(request, f"/tasks/{task_id}?view={view}")


@router.post("/tasks/{task_id}/finish")
def finishing(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Finish a picking with what was counted."""
    take = whole_number(str(form.get("take", "")))
    if not take:
        raise MisformedScan
    task = finish_scanned_picking(task_id, take, who.actor)
    return go_to(request, "/work", done_note(task))


@router.get("/commands")
def commands(request: Request, who: Annotated[SignedIn, allowed(Action.SEE_WORK)]) -> Response:
    """The codes that do by scan what buttons do, to be printed."""
    cards = [
        CommandCard(code, COMMAND_TITLES[code], str(picture["svg"]))
        for code in CommandCode
        if (picture := code128_picture(code))
    ]
    return page(request, "commands.html", cards=cards)


def _page(request: Request, shown: TaskPage, who: SignedIn) -> Response:
    """The page of a picking that somebody has taken."""
    language = visit_of(request).language
    with transaction() as session:
        task = find_task(session, shown.task.id)
        state = picking_state(session, task, who.actor)
        last = last_scan(session, task, who.actor.name)
    return page(
        request,
        "picking.html",
        shown=shown,
        state=state,
        last=last,
        view=_LIST if request.query_params.get("view") == _LIST else _ONE_BY_ONE,
        verdicts=_verdicts(language),
        reasons={reason.value: language.word(reason.value) for reason in ShortPickReason},
        new_key=uuid4,
    )


def _is_picked_by_scan(shown: TaskPage) -> bool:
    """Of what the reader has taken, also after a long silence if nobody else came."""
    return shown.task.taken_by == shown.reader and bool(listed_items(shown.task))


PICKING_PAGE = OwnPage(_is_picked_by_scan, _page)


def _verdicts(language: Language) -> Mapping[str, str]:
    """What is said of scans, in the reader's language, for a page without a network."""
    return {
        code: language.template(Message(code, text)) for code, text in ScanVerdicts.messages.items()
    }


def _as_json(answer: ScanAnswer, language: Language) -> dict[str, Any]:
    return {
        "key": str(answer.key),
        "result": answer.result,
        "late": answer.result in LATE,
        "says": language.sentence(answer.says),
    }


def _scan_of(form: FormData) -> ScanIn:
    sent = {name: form[name] for name in ("key", "take", "act", "why", "sku") if form.get(name)}
    source = ScanSource.BUTTON if "act" in sent else ScanSource.TYPED
    fixed = {"device": _FORMS_DEVICE, "sequence": 0, "source": source}
    try:
        return ScanIn.model_validate(sent | fixed | {"raw": form.get("code", "")})
    except ValidationError:
        raise MisformedScan from None
