"""My work: the list, live, and the next task."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from adapters.database.sessions import transaction
from console.access.visits import OwnForm, allowed
from console.queries.work import my_work, next_tasks
from console.web.live import TaskFeed
from console.web.pages import fragment, go_to, page
from domain.messages import Message
from services.access.permissions import Action, may
from services.access.web_sessions import SignedIn
from services.batches.current import current_batch, tasks_in_hand
from services.shipping.ramp import missed_ramps
from services.worklist.taking import NotYours, take
from services.worklist.tasks import TaskNotOpen

router = APIRouter()
Worker = Annotated[SignedIn, allowed(Action.SEE_WORK)]


@router.get("/work")
def work(request: Request, who: Worker) -> Response:
    """What there is to do for whoever is signed in."""
    return page(request, "work.html", **_shown(who))


@router.get("/work/list")
def work_list(request: Request, who: Worker) -> Response:
    """The same list alone, for a page that is open."""
    return fragment(request, "work_list.html", **_shown(who))


@router.post("/work/next")
def next_task(
    request: Request, who: Annotated[SignedIn, allowed(Action.DO_TASKS)], form: OwnForm
) -> Response:
    """Go on with what was taken, or take what leaves first of what nobody has taken."""
    with transaction() as session:
        tasks = next_tasks(session, who.actor)
        batch = current_batch(session, who.actor.name)
        has_batch = batch is not None and bool(tasks_in_hand(session, batch))
    if has_batch:
        return go_to(request, "/batch")
    for task in tasks:
        try:
            take(task.id, who.actor)
        except (NotYours, TaskNotOpen):  # somebody was quicker
            continue
        return go_to(request, f"/tasks/{task.id}")
    nothing = Message("nothing-to-do", "There is nothing to do for you now.")
    return go_to(request, "/work", nothing)


@router.get("/work/stream", response_class=EventSourceResponse)
async def stream(request: Request, who: Worker) -> AsyncIterator[ServerSentEvent]:
    """Says that the list has changed, each time that it has."""
    feed: TaskFeed = request.app.state.tasks
    async for _ in feed.changes(who.actor):
        yield ServerSentEvent(event="tasks", data="changed")


def _shown(who: SignedIn) -> dict[str, Any]:
    """The list, and for operators what no carrier came for."""
    with transaction() as session:
        tells = may(who.actor, Action.DO_ANY_TASK)
        missed = missed_ramps(session, who.actor.warehouses) if tells else []
        return {"work": my_work(session, who.actor), "missed": missed}
