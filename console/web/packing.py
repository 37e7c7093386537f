"""Packing by scan: the bench, what is weighed there, and the papers that come of it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed
from console.queries.packing import last_scan, papers_of, task_to_pack
from console.queries.work import TaskPage, task_page
from console.web.form_fields import by_field, parts_of, whole_number
from console.web.own_pages import OwnPage
from console.web.pages import fragment, go_to, page
from console.web.printing import own_printer
from domain.command_codes import CommandCode, command_of
from domain.errors import PacklineError
from domain.messages import Message
from models.enums import LackingReason, TaskKind, TaskState
from models.packing import Bench, MeasuresIn, PackingScanIn
from services.access.actors import Actor
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.answers.submit import answer_task
from services.execution.errors import AnswerRefused
from services.packing.bench import bench_of, measure, packing_answer, weights_far_off
from services.packing.counting import asked_pieces
from services.packing.scans import next_parcel, scan, start_over, undo
from services.worklist.taking import take
from services.worklist.tasks import find_task

router = APIRouter()
Worker = Annotated[SignedIn, allowed(Action.PACK)]
Reader = Annotated[SignedIn, allowed(Action.SEE_WORK)]

_MEASURES = ("weight_grams", "length_mm", "width_mm", "height_mm")
Problems = Mapping[str, Message]


class MisformedPacking(PacklineError):
    """A page has sent something that is no scan."""

    message = "This scan cannot be read, so nothing was packed: open the page anew."


@router.get("/packing")
def finding(request: Request, who: Worker) -> Response:
    """Where a packer scans what lies on the bench."""
    return page(request, "packing_find.html", problem=None, code="")


@router.post("/packing")
def found(request: Request, who: Worker, form: OwnForm) -> Response:
    """Take the packing task of the shipment that was scanned."""
    code = str(form.get("code", "")).strip()
    try:
        with transaction() as session:
            task_id = task_to_pack(session, code).id
        take(task_id, who.actor)
    except PacklineError as problem:
        return page(request, "packing_find.html", status=422, problem=problem, code=code)
    return go_to(request, f"/tasks/{task_id}")


def _page(request: Request, shown: TaskPage, who: SignedIn) -> Response:
    """The bench of a packing that somebody has taken."""
    return page(request, "packing.html", shown=shown, **_bench(request, shown.task.id))


@router.post("/tasks/{task_id}/packing/scan")
def scanning(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """A code that was scanned or typed, or a piece that was counted by its button."""
    scanned = _scan_of(form)
    command = command_of(scanned.code)
    if command == CommandCode.UNDO:
        undo(task_id, scanned.key, who.actor)
    elif command == CommandCode.NEXT:
        return _at_bench(request, task_id, who.actor, parcel=next_parcel(task_id, who.actor))
    elif scanned.sku is not None or (scanned.code.strip() and command is None):
        parcel = scan(task_id, scanned, who.actor).parcel
        return _at_bench(request, task_id, who.actor, parcel=parcel)
    return _at_bench(request, task_id, who.actor, parcel=scanned.parcel)


@router.post("/tasks/{task_id}/packing/undo")
def undoing(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Take out again what was scanned last."""
    undo(task_id, _scan_of(form).key, who.actor)
    return _at_bench(request, task_id, who.actor)


@router.post("/tasks/{task_id}/packing/start-over")
def starting_over(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Take everything out again."""
    start_over(task_id, _scan_of(form).key, who.actor)
    return _at_bench(request, task_id, who.actor)


@router.post("/tasks/{task_id}/packing/parcel")
def another_parcel(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Begin another parcel."""
    return _at_bench(request, task_id, who.actor, parcel=next_parcel(task_id, who.actor))


@router.post("/tasks/{task_id}/packing/measures")
def measuring(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Keep what was measured so far."""
    measure(task_id, _measured(form), who.actor)
    return _at_bench(request, task_id, who.actor)


@router.post("/tasks/{task_id}/packing/done")
def finishing(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Close the parcels: what was scanned and weighed is the answer."""
    with transaction() as session:
        task = find_task(session, task_id)
    if task.state == TaskState.DONE and task.answered_by == who.actor.name:
        return go_to(request, f"/tasks/{task_id}/papers")  # pressed twice
    measure(task_id, _measured(form), who.actor)
    with transaction() as session:
        bench = bench_of(session, task_id)
    confirmed = "weight_confirmed" in form
    far_off = [] if confirmed else weights_far_off(bench)
    if far_off:
        return _refused(request, task_id, who.actor, by_field(far_off), form)
    try:
        answer_task(task_id, _answer(bench, form, confirmed=confirmed), who.actor)
    except AnswerRefused as refusal:
        problems = by_field(parts_of(refusal.says))
        return _refused(request, task_id, who.actor, problems, form)
    return go_to(request, f"/tasks/{task_id}/papers")


@router.post("/tasks/{task_id}/packing/lacking")
def lacking(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Say which pieces cannot be packed, each with its reason."""
    answer: dict[str, Any] = {"gate": TaskKind.PACKING, "lacking": _lacking(form)}
    try:
        answer_task(task_id, answer, who.actor)
    except AnswerRefused as refusal:
        problems = by_field(parts_of(refusal.says))
        return _refused(request, task_id, who.actor, problems, form)
    note = Message("lacking-is-told", "The operator decides about what is lacking: keep the tote.")
    return go_to(request, "/work", note)


@router.get("/tasks/{task_id}/papers")
def papers(request: Request, task_id: int, who: Reader) -> Response:
    """Slip and labels of what was packed, as soon as they are there."""
    with transaction() as session:
        shown = papers_of(session, task_id)
        return page(request, "papers.html", papers=shown, printer=own_printer(request))


@router.get("/tasks/{task_id}/papers/list")
def papers_list(request: Request, task_id: int, who: Reader) -> Response:
    """The same list alone, for a page that is open."""
    with transaction() as session:
        shown = papers_of(session, task_id)
        return fragment(request, "papers_list.html", papers=shown, printer=own_printer(request))


def _bench(request: Request, task_id: int, parcel: int = 0) -> dict[str, Any]:
    """What the bench shows; the next scan goes into the parcel that was chosen or used last."""
    with transaction() as session:
        bench, last = bench_of(session, task_id), last_scan(session, task_id)
    asked = request.query_params.get("parcel", "")
    chosen = parcel or whole_number(asked) or (last.parcel if last else 1)
    numbers = {one.number for one in bench.parcels}
    return {
        "bench": bench,
        "last": last,
        "parcel": chosen if chosen in numbers else bench.current,
        "new_key": uuid4,
        "problems": {},
        "given": {},
        "reasons": list(LackingReason),
    }


def _at_bench(request: Request, task_id: int, actor: Actor, parcel: int = 0) -> Response:
    """The bench after something was done: its part alone, where a script of the page asks."""
    if request.headers.get("x-part"):
        values = _bench(request, task_id, parcel)
        with transaction() as session:
            shown = task_page(session, task_id, actor)
        return fragment(request, "packing_bench.html", shown=shown, **values)
    return go_to(request, f"/tasks/{task_id}?parcel={parcel}" if parcel else f"/tasks/{task_id}")


def _refused(
    request: Request, task_id: int, actor: Actor, problems: Problems, form: FormData
) -> Response:
    with transaction() as session:
        shown = task_page(session, task_id, actor)
    values = _bench(request, task_id) | {"problems": problems, "given": form}
    return page(request, "packing.html", status=422, shown=shown, **values)


def _is_packed_at_the_bench(shown: TaskPage) -> bool:
    return shown.mine and bool(asked_pieces(shown.task))


PACKING_PAGE = OwnPage(_is_packed_at_the_bench, _page)


def _scan_of(form: FormData) -> PackingScanIn:
    sent = {name: form[name] for name in ("key", "parcel", "sku") if form.get(name)}
    try:
        return PackingScanIn.model_validate(sent | {"code": form.get("code", "")})
    except ValidationError:
        raise MisformedPacking from None


def _measured(form: FormData) -> list[MeasuresIn]:
    """The parcels as they were measured, but for what is no measure: the form says so."""
    try:
        numbers = enumerate(form.getlist("parcel_number"))
        return [_measures(form, place, str(number)) for place, number in numbers]
    except ValidationError:
        raise MisformedPacking from None


def _measures(form: FormData, place: int, number: str) -> MeasuresIn:
    values = {name: _number(form, place, name) for name in _MEASURES}
    box = str(form.get(f"parcels.{place}.box", "")).strip() or None
    return MeasuresIn(parcel=whole_number(number), box=box, **values)


def _number(form: FormData, place: int, name: str) -> int | None:
    number = whole_number(str(form.get(f"parcels.{place}.{name}", "")))
    most = 10_000_000 if name == "weight_grams" else 5000
    return number if 0 < number <= most else None


def _answer(bench: Bench, form: FormData, *, confirmed: bool) -> dict[str, Any]:
    """The answer of the bench; what was typed and is no measure stands in it as it is."""
    answer = packing_answer(bench, weight_confirmed=confirmed)
    for place, parcel in enumerate(answer["parcels"]):
        for name in _MEASURES:
            typed = str(form.get(f"parcels.{place}.{name}", "")).strip()
            if typed and parcel[name] is None:
                parcel[name] = typed
    return answer


def _lacking(form: FormData) -> Sequence[Mapping[str, Any]]:
    """An item for each product and reason with a number."""
    items: list[dict[str, Any]] = []
    for sku in form.getlist("lacking_sku"):
        for why in LackingReason:
            pieces = str(form.get(f"lacking.{sku}.{why}", "")).strip()
            if pieces and pieces != "0":
                instead = str(form.get(f"lacking.{sku}.instead") or "")
                named = {"instead": instead} if why == LackingReason.WRONG else {}
                items.append({"sku": str(sku), "quantity": pieces, "why": why} | named)
    return items
