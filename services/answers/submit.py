"""How answers come in. No Prefect here: they are taken while it is away.

An answer is stored in Postgres, with who gave it and when, before any flow acts on it. Whichever
way it comes in, it goes through `store_answer`.
"""

from dataclasses import replace
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.messages import Message
from domain.reasons import Reason
from domain.short_picks import ShortPick
from domain.texts import storable
from models.enums import Channel, EventKind, TaskKind, TaskState
from models.events import AnswerRefused as AnswerRefusedEvent
from models.forms.base import CancellableForm, Form, errors_of
from models.forms.decisions import CANCEL_LINE, CANCEL_ORDER_CHOICE, PICK_ELSEWHERE, SPLIT, WAIT
from models.results.base import StepResult
from models.results.decisions import Decision
from models.results.work import GateOutcome, Packed, Picked
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE, Actor, HasLeft, actor_named
from services.access.permissions import Action, may
from services.answers.decisions import wait_for_rest
from services.execution.anonymous import without_customer
from services.execution.errors import AnswerRefused, OnHold
from services.execution.events import add_event
from services.execution.locks import locked_shipment
from services.orders.cancellation import request_cancellation
from services.worklist.closing import close_task, complete_task, note_answer, record_outcome
from services.worklist.gate_spec import GateSpec
from services.worklist.gates import gate_of
from services.worklist.taking import check_may_do, check_not_anothers
from services.worklist.tasks import ask_again, find_task, not_open, task_of, tasks_of

_MOST_ERRORS = 20
"""Whoever fills in a form hundredfold wrong corrects it step by step."""


def answer_task(task_id: int, answer: dict[str, Any], actor: Actor) -> StaffTask:
    """Take an answer in the name of who gives it. The waiting flow run is told afterwards.

    Raises `TaskNotOpen`, `OnHold`, `AnswerRefused`, and from where people sign in `NotYours`: then
    nothing is stored and the task stays open.
    """
    with transaction() as session:
        task, shipment = locked_to_answer(session, task_id, actor)
        return answer_locked(session, shipment, task, answer, actor)


def locked_to_answer(session: Session, task_id: int, actor: Actor) -> tuple[StaffTask, Shipment]:
    """An open task that the actor may answer, and its shipment, locked.

    Raises `TaskNotOpen`, `OnHold`, `NotYours`.
    """
    task = find_task(session, task_id)
    shipment = locked_shipment(session, task.order_number, task.shipment)
    session.refresh(task)
    if task.state == TaskState.HELD:
        raise OnHold(shipment.order)
    if task.state != TaskState.OPEN:
        raise not_open(task)
    _check_is_for(session, task, actor)
    return task, shipment


def answer_locked(
    session: Session, shipment: Shipment, task: StaffTask, answer: dict[str, Any], actor: Actor
) -> StaffTask:
    """Take an answer to an open task of a locked shipment. Raises `AnswerRefused`."""
    gate = gate_of(task.kind)
    answer = answer | {gate.answered_by: actor.name}
    if cancels_instead(session, shipment, gate, answer, actor):
        return task
    result = _checked(session, gate, shipment, answer, actor)
    complete_task(session, shipment, task, result, actor)
    _wait_for_rest(session, shipment, task, result)
    _decide_by_setting(session, shipment, result)
    return task


def _check_is_for(session: Session, task: StaffTask, actor: Actor) -> None:
    """Where people sign in, a task is answered by its role, and not while another has taken it:
    but for an operator, who answers any.
    """
    if actor.channel != Channel.CONSOLE:
        return
    check_may_do(task, actor)
    if not may(actor, Action.DO_ANY_TASK):
        check_not_anothers(session, task, actor)


def cancels_instead(
    session: Session, shipment: Shipment, gate: GateSpec, answer: dict[str, Any], actor: Actor
) -> bool:
    """Whether an answer to a locked shipment's gate asks to cancel the order; it is asked for then.

    Raises `AnswerRefused` where its form is not filled in well.
    """
    if not answer.get("cancel"):
        return False
    form = _filled_in(gate, _storable(answer))
    if not (isinstance(form, CancellableForm) and form.cancel):
        return False
    reason = Reason(note=form.cancel)
    request_cancellation(session, shipment.order, reason, _as_signed(form, gate, actor))
    return True


def answer_by_packline(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    answer: dict[str, Any],
    *,
    because: Message | None = None,
) -> None:
    """Answer an open task of a locked shipment in nobody's name. Raises `AnswerRefused`."""
    result = _checked(session, gate_of(task.kind), shipment, answer, PACKLINE)
    if because and isinstance(result, Decision):
        result = result.model_copy(update={"because": because})
    complete_task(session, shipment, task, result)
    _wait_for_rest(session, shipment, task, result)


def store_answer(
    session: Session, shipment: Shipment, gate: GateSpec, round: int, answer: dict[str, Any]
) -> GateOutcome:
    """Take a person's answer from the form in Prefect's UI.

    An answer that breaks a rule closes the round; the next round's task says what was wrong.
    """
    task = task_of(session, shipment, kind=gate.kind, round=round)
    if task.state != TaskState.OPEN:
        raise not_open(task)
    answer = _storable(answer)
    actor = who_answers(session, gate, answer)
    try:
        with session.begin_nested():
            result = _checked(session, gate, shipment, answer, actor)
    except AnswerRefused as refusal:
        return _refuse(session, shipment, task, answer, refusal.says)
    outcome = close_task(session, shipment, task, result, actor)
    _wait_for_rest(session, shipment, task, result)
    _decide_by_setting(session, shipment, result)
    return outcome


def who_answers(session: Session, gate: GateSpec, answer: dict[str, Any]) -> Actor:
    """Whoever has filled in the form in Prefect's UI, by the name that it has."""
    name = str(answer.get(gate.answered_by) or "")
    return actor_named(session, name, Channel.PREFECT)


def _checked(
    session: Session, gate: GateSpec, shipment: Shipment, answer: dict[str, Any], actor: Actor
) -> StepResult:
    if answer == gate.example:
        raise AnswerRefused("no-answer")
    form = _filled_in(gate, answer)
    return gate.acceptance(session, shipment, form, _as_signed(form, gate, actor))


def _as_signed(form: Form, gate: GateSpec, actor: Actor) -> Actor:
    """The actor by the name in the form, as that has checked it. Raises `AnswerRefused`."""
    if actor.has_left:
        raise AnswerRefused(HasLeft(actor.name).says.about(gate.answered_by))
    return replace(actor, name=getattr(form, gate.answered_by))


def _wait_for_rest(
    session: Session, shipment: Shipment, task: StaffTask, result: StepResult
) -> None:
    """A decision to wait asks again, in a task that closes itself once the rest is there."""
    if isinstance(result, Decision) and result.waits:
        session.flush()
        wait_for_rest(session, shipment, task)


def _filled_in(gate: GateSpec, answer: dict[str, Any]) -> Form:
    """The gate's form with an answer. Raises `AnswerRefused`."""
    try:
        return gate.form.model_validate(answer)
    except ValidationError as error:
        wrong = tuple(errors_of(gate.form, error)[:_MOST_ERRORS])
        raise AnswerRefused("badly-filled-in", field=wrong[0].field, problems=wrong) from None


_BY_SETTING = {
    ShortPick.PICK_ELSEWHERE: (PICK_ELSEWHERE,),
    ShortPick.SPLIT: (SPLIT, WAIT),  # where nothing was found, nothing can ship
    ShortPick.WAIT: (WAIT,),
    ShortPick.CANCEL_LINE: (CANCEL_LINE,),
    ShortPick.CANCEL_ORDER: (CANCEL_ORDER_CHOICE,),
}
"""What is decided about a short pick, where nobody is to be asked; the first that can be done."""


def _decide_by_setting(session: Session, shipment: Shipment, result: StepResult) -> None:
    """Decide about a short pick as the shop has set it; what cannot be done asks the operator."""
    rule = settings().short_pick
    asks = isinstance(result, Picked | Packed) and result.asks_operator
    if not asks or rule not in _BY_SETTING:
        return
    task = session.exec(
        select(StaffTask).where(
            *tasks_of(shipment),
            StaffTask.kind == TaskKind.SHORT_PICK,
            StaffTask.state == TaskState.OPEN,
        )
    ).one()
    for decision in _BY_SETTING[rule]:
        answer = {"gate": "short-pick", "decided_by": PACKLINE.name, "decision": decision}
        try:
            with session.begin_nested():
                answer_by_packline(session, shipment, task, answer)
            return
        except AnswerRefused as refusal:
            task.error = _by_setting(rule, refusal).as_data()


def _by_setting(rule: ShortPick, refusal: AnswerRefused) -> Message:
    return Message(
        "setting-cannot-decide",
        "PACKLINE_SHORT_PICK is {rule}. {refusal}.",
        {"rule": str(rule), "refusal": refusal.says},
    )


def _refuse(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    answer: dict[str, Any],
    error: Message,
) -> GateOutcome:
    note_answer(session, task, TaskState.REFUSED, answer, Actor(name="", channel=Channel.PREFECT))
    session.flush()
    ask_again(session, shipment, task, error)
    outcome = GateOutcome(accepted=False, answer=answer, error=error)
    record_outcome(session, shipment, task, outcome)
    problem = without_customer(error, shipment.order)
    refused = AnswerRefusedEvent(gate=task.kind, task_id=task.id, problem=problem)
    add_event(session, shipment.key, EventKind.ANSWER_REFUSED, refused)
    return outcome


def _storable(value: Any) -> Any:
    """The same without what no text in Postgres may hold: NUL, and half a surrogate pair."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
