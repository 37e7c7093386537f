"""One task: what it asks for, taking it and giving it back, and saying that it is done."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import Response

from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed
from console.queries.work import TaskPage, task_page
from console.web.form_fields import Given, answer_of, by_field, fields_of, parts_of
from console.web.own_pages import OwnPage, done_note
from console.web.packing import PACKING_PAGE
from console.web.pages import go_to, page
from console.web.picking import PICKING_PAGE
from console.web.prefilled import completed, fixed_list, items_of, prefilled
from console.web.restocking import RESTOCKING_PAGE
from domain.messages import Message
from models.enums import TaskKind, TaskState
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.access.permissions import Action
from services.access.web_sessions import SignedIn
from services.answers.submit import answer_task
from services.execution.errors import AnswerRefused
from services.scanning.state import goods_in_hand
from services.worklist.taking import give_back, give_out, take
from services.worklist.tasks import TaskNotOpen

router = APIRouter()
Worker = Annotated[SignedIn, allowed(Action.DO_TASKS)]

_OWN_PAGES: dict[str, OwnPage] = {
    TaskKind.PICKING: PICKING_PAGE,
    TaskKind.PACKING: PACKING_PAGE,
    TaskKind.RESTOCK: RESTOCKING_PAGE,
}
"""By gate. All others have the plain form only."""


@router.get("/tasks/{task_id}")
def task(
    request: Request, task_id: int, who: Annotated[SignedIn, allowed(Action.SEE_WORK)]
) -> Response:
    """A task as whoever does it sees it."""
    with transaction() as session:
        shown = task_page(session, task_id, who.actor)
    own = _OWN_PAGES.get(shown.gate.kind)
    if own and own.is_seen(shown, request):
        return own.show(request, shown, who)
    return _page(request, shown, prefilled(shown))


@router.post("/tasks/{task_id}/take")
def taking(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Take a task, so that nobody else does it."""
    take(task_id, who.actor)
    return go_to(request, f"/tasks/{task_id}")


@router.post("/tasks/{task_id}/give-back")
def giving_back(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Let somebody else do it."""
    task = give_back(task_id, who.actor)
    note = Message("given-back", "You gave back task {task}.", {"task": task.id})
    with transaction() as session:
        in_hand = goods_in_hand(session, task, who.actor.name)
    return go_to(request, f"/tasks/{task_id}" if in_hand else "/work", note)


@router.post("/tasks/{task_id}/give-out")
def giving_out(
    request: Request,
    task_id: int,
    who: Annotated[SignedIn, allowed(Action.GIVE_OUT_TASKS)],
    form: OwnForm,
) -> Response:
    """An operator gives the task to somebody."""
    task = give_out(task_id, str(form.get("to", "")), who.actor)
    note = Message(
        "given-out", "{name} has task {task} now.", {"name": task.taken_by, "task": task.id}
    )
    return go_to(request, f"/tasks/{task_id}", note)


@router.post("/tasks/{task_id}/answer")
def answering(request: Request, task_id: int, who: Worker, form: OwnForm) -> Response:
    """Finish a task. An answer that breaks a rule comes back with what is wrong at its field."""
    with transaction() as session:
        shown = task_page(session, task_id, who.actor)
    sent = {name: value for name, value in form.items() if isinstance(value, str)}
    answer = answer_of(shown.gate, sent)
    if "more" in sent:
        return _page(request, shown, answer, more=sent["more"])
    try:
        answered = answer_task(task_id, completed(shown, answer), who.actor)
    except AnswerRefused as refusal:
        problems = by_field(parts_of(refusal.says))
        return _page(request, shown, answer, problems=problems, status=422)
    except TaskNotOpen as closed:
        return _already_closed(request, task_id, who.actor, closed)
    return go_to(request, "/work", done_note(answered))


def _already_closed(request: Request, task_id: int, actor: Actor, closed: TaskNotOpen) -> Response:
    """Pressed twice, the second sees what came of the first; others are told who was first."""
    with transaction() as session:
        task = session.get(StaffTask, task_id)
    if task and task.state == TaskState.DONE and task.answered_by == actor.name:
        return go_to(request, "/work", done_note(task))
    return go_to(request, "/work", closed.says)


def _page(
    request: Request, shown: TaskPage, values: dict[str, Any], *, status: int = 200, **more: Any
) -> Response:
    given = Given(values, fixed=fixed_list(shown), **more)
    items = {item.sku: item for item in items_of(shown)}
    with transaction() as session:
        in_hand = goods_in_hand(session, shown.task, shown.reader)
    return page(
        request,
        "task.html",
        status=status,
        shown=shown,
        fields=fields_of(shown.gate, given),
        problems=given.problems,
        items=items,
        in_hand=in_hand,
        new_key=uuid4,
    )
