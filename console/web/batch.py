"""Batch picking: totes on the cart, one walk over all bins, each piece into its tote."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed
from console.web.pages import go_to, page
from console.web.picking import MisformedScan
from domain.command_codes import CommandCode, command_of
from domain.messages import Message, Plural, Value
from models.batches import BatchScanIn, BatchState
from models.enums import ShortPickReason
from models.scanning import COUNTS, ScanSource
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.batches.current import current_batch
from services.batches.finishing import Finished, finish_batch
from services.batches.proposals import ProposedBatch, propose_batch
from services.batches.scans import take_batch_scan
from services.batches.state import batch_state
from services.batches.taking import give_back_batch, take_batch
from services.worklist.taking import give_back

router = APIRouter()
Worker = Annotated[SignedIn, allowed(Action.PICK_BATCHES)]

_LOOK = {"tote-first", "item-first", "wrong-tote", "bin-first", "wrong-bin", "short-why"}
_DONE = {"line-done", "in-tote", "batch-done", "some-are-picked"}
_PICKED = {code.value for code in COUNTS} | {"returned", "batch-taken", "batch-given-back"}
_WHY = Message("short-why", "Say why: scan or press a reason.")
_BATCH_DONE = Plural("One order is picked.", "{done} orders are picked.", "done")
_SOME_STAY = Plural(
    "One order is picked, {stay} still to do.",
    "{done} orders are picked, {stay} still to do.",
    "done",
)


@router.get("/batch")
def batch(request: Request, who: Worker) -> Response:
    """The batch that somebody has in hand, or the one that is proposed."""
    with transaction() as session:
        taken = current_batch(session, who.actor.name)
        state = batch_state(session, taken) if taken else None
        goes_on = state is not None and bool(state.picked)
        proposed = None if goes_on else propose_batch(session, who.actor)
    return page(request, "batch.html", **_shown(state, proposed))


@router.post("/batch/take")
def taking(request: Request, who: Worker, form: OwnForm) -> Response:
    """Take the batch as it was proposed, or what is still free of it."""
    sent = [str(number) for number in form.getlist("task")]
    ids = [int(number) for number in sent if number.isdecimal() and len(number) < _DIGITS]
    take_batch(ids, who.actor)
    return go_to(request, "/batch")


@router.post("/batch/scan")
def scanning(request: Request, who: Worker, form: OwnForm) -> Response:
    """A scan, or a press of a button."""
    command = command_of(str(form.get("code", "")))
    if command == CommandCode.DONE:
        return finishing(request, who, form)
    if command == CommandCode.SHORT:
        return go_to(request, "/batch", _WHY)
    return go_to(request, "/batch", take_batch_scan(_scan_of(form), who.actor).says)


@router.post("/batch/finish")
def finishing(request: Request, who: Worker, form: OwnForm) -> Response:
    """Finish the orders that are complete; what is not stays."""
    finished = finish_batch(who.actor)
    return go_to(request, "/batch", _said(finished))


@router.post("/batch/give-back")
def giving_back(request: Request, who: Worker, form: OwnForm) -> Response:
    """Give back all that is in hand of the batch."""
    give_back_batch(who.actor)
    note = Message("batch-given-back", "Others may take these orders now.")
    return go_to(request, "/batch", note)


@router.post("/batch/orders/{task_id}/give-back")
def giving_one_back(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Give back one order; the others go on."""
    task = give_back(task_id, who.actor)
    values: dict[str, Value] = {"order": task.order_number}
    note = Message("batch-order-given-back", "Others may take order {order} now.", values)
    return go_to(request, "/batch", note)


_DIGITS = 19
"""A task's number has fewer."""


def _shown(state: BatchState | None, proposed: ProposedBatch | None) -> Mapping[str, Any]:
    return {
        "state": state,
        "proposed": proposed,
        "new_key": uuid4,
        "reasons": list(ShortPickReason),
        "tone": _tone,
    }


def _tone(code: str) -> str:
    """How what was said looks and sounds."""
    if code in _DONE:
        return "done"
    if code in _PICKED:
        return "counted"
    return "look" if code in _LOOK else "refused"


def _scan_of(form: FormData) -> BatchScanIn:
    sent = {name: form[name] for name in ("key", "act", "why") if form.get(name)}
    source = ScanSource.BUTTON if "act" in sent else ScanSource.TYPED
    given = {"raw": form.get("code", ""), "source": source}
    try:
        return BatchScanIn.model_validate(sent | given)
    except ValidationError:
        raise MisformedScan from None


def _said(finished: Finished) -> Message:
    if finished.problems:
        return finished.problems[0]
    values: dict[str, Value] = {"done": finished.done, "stay": finished.stay}
    if finished.stay:
        return Message("some-are-picked", _SOME_STAY, values)
    return Message("batch-done", _BATCH_DONE, values)
