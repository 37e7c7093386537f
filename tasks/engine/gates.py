"""Waiting for people. A waiting run holds no process, no thread and no connection."""

from typing import Any, NoReturn

from prefect.client.schemas.objects import State
from prefect.states import AwaitingRetry
from sqlmodel import Session

from adapters.database.sessions import transaction
from adapters.failpoints import failpoint
from adapters.prefect.api import prefect_now
from adapters.prefect.engine import answer_given, suspend_with_form
from models.enums import TaskKind
from models.results.base import StepResult
from models.results.work import GateOutcome
from models.tables.shipments import Shipment
from services.answers.submit import cancels_instead, store_answer, who_answers
from services.execution.errors import AnswerRefused, OnHold
from services.execution.ledger import find_record
from services.execution.runs import OrderRun
from services.execution.wake_ups import mark_ready, note_waiting
from services.orders.holds import hold_task
from services.worklist.checklists import checklist_markdown
from services.worklist.gate_spec import GateSpec
from services.worklist.gates import GATES, pause_key
from services.worklist.tasks import task_of


def await_answer(order: OrderRun, gate: GateSpec) -> StepResult:
    """The answer to a gate, once a person has given one that keeps the rules.

    Until then the flow run is suspended: this raises Prefect's `Pause`, and the next attempt comes
    back here.
    """
    while True:
        round = order.next_round(gate.name)
        known = order.recorded(gate.name, round)
        outcome = GateOutcome.model_validate(known) if known else _outcome(order, gate, round)
        if outcome.accepted:
            return gate.result.model_validate(outcome.answer)


def _outcome(order: OrderRun, gate: GateSpec, round: int) -> GateOutcome:
    """What the ledger has by now, or the form in Prefect; otherwise somebody is asked."""
    order.may_begin()
    failpoint(f"{gate.name}: before")
    answer = _answer_in_prefect(order, gate, round)
    outcome, stop = None, None
    with transaction() as session:
        row = order.lock(session)
        if known := find_record(session, order.key, gate.name, round):
            return GateOutcome.model_validate(known)
        task = task_of(session, row, kind=gate.kind, round=round)
        if answer in (None, gate.example):
            key = pause_key(gate, round, task.times_presented)
            description = checklist_markdown(gate, row.name, task)
            task.times_presented += 1
        elif _cancels(session, row, gate, answer or {}):
            stop = order.pending_interruption(session, row)
        else:
            outcome = store_answer(session, row, gate, round, answer or {})
            session.flush()
            failpoint(f"{gate.name}: acted")
    if stop:
        raise stop
    if outcome is None:
        _wait(order, gate, round, key, description)
    failpoint(f"{gate.name}: committed")
    return outcome


def await_release(order: OrderRun) -> State[None]:
    """Wait until an order on hold is released or cancelled: this raises Prefect's `Pause`.

    An attempt that has met a hold makes no further step: once it is over, the run begins anew.
    """
    gate = GATES[TaskKind.HOLD]
    with transaction() as session:
        task = hold_task(session, order.lock_fenced(session))
        round, presented = (task.round, task.times_presented) if task else (0, 0)
    answer = answer_given(pause_key(gate, round, 0)) if presented else None
    with transaction() as session:
        row = order.lock_fenced(session)
        task = hold_task(session, row)
        if task and answer not in (None, gate.example):
            store_answer(session, row, gate, task.round, answer or {})
            task = hold_task(session, row)
        if task is None:
            return AwaitingRetry(scheduled_time=prefect_now(), message="The hold is over.")
        key = pause_key(gate, task.round, task.times_presented)
        description = checklist_markdown(gate, row.name, task)
        task.times_presented += 1
    waiting = suspend(gate, key, description)
    _note_on_hold(order, key)
    raise waiting


def _note_on_hold(order: OrderRun, key: str) -> None:
    """The run is suspended; a release that came in that instant sets it going."""
    with transaction() as session:
        row = order.lock_fenced(session)
        row.pause_key = key
        if not isinstance(order.pending_interruption(session, row), OnHold):
            mark_ready(session, row)


def _cancels(session: Session, row: Shipment, gate: GateSpec, answer: dict[str, Any]) -> bool:
    """Whether the form asks to cancel the order. One that is filled in badly is asked again."""
    try:
        actor = who_answers(session, gate, answer)
        return cancels_instead(session, row, gate, answer, actor)
    except AnswerRefused:
        return False


def _answer_in_prefect(order: OrderRun, gate: GateSpec, round: int) -> dict[str, Any] | None:
    """What somebody filled into the form; Prefect is not asked about one that was never shown."""
    with transaction() as session:
        row = session.get_one(Shipment, (order.number, order.shipment))
        task = task_of(session, row, kind=gate.kind, round=round)
    return answer_given(pause_key(gate, round, 0)) if task.times_presented else None


def _wait(order: OrderRun, gate: GateSpec, round: int, key: str, description: str) -> NoReturn:
    """Leave. Whoever answers from here on sets the run going again."""
    waiting = suspend(gate, key, description)
    note_waiting(order, key, gate.name, round)
    raise waiting


def suspend(gate: GateSpec, key: str, description: str) -> BaseException:
    """Show the form in Prefect's UI, and suspend the run; returns what to leave with."""
    return suspend_with_form(key, gate.form.model_json_schema(), description)
