"""Closing a task with its outcome: the task, the ledger and the timeline, in one transaction."""

from dataclasses import replace
from typing import Any

from sqlmodel import Session

from adapters.database.clock import this_instant
from models.enums import EventKind, TaskState
from models.events import Answered
from models.results.base import StepResult
from models.results.work import GateOutcome
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE, Actor
from services.execution.events import add_event
from services.execution.ledger import record
from services.execution.wake_ups import mark_ready
from services.worklist.gates import gate_of


def complete_task(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    result: StepResult,
    actor: Actor = PACKLINE,
    ending: EventKind = EventKind.ANSWERED,
) -> None:
    """Close an open task of a locked shipment, and let its run go on; by default with what Packline
    knows, as an answer would.
    """
    close_task(session, shipment, task, result, actor, ending)
    mark_ready(session, shipment)


def close_task(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    result: StepResult,
    actor: Actor,
    ending: EventKind = EventKind.ANSWERED,
) -> GateOutcome:
    """Close an open task with an accepted answer, in the name that it has; its run is not told."""
    gate, answer = gate_of(task.kind), result.model_dump(mode="json")
    actor = replace(actor, name=answer[gate.answered_by])
    note_answer(session, task, TaskState.DONE, answer, actor)
    outcome = GateOutcome(accepted=True, answer=answer)
    record_outcome(session, shipment, task, outcome)
    answered = Answered(
        gate=gate.kind, task_id=task.id, through=actor.channel, result=result.as_event()
    )
    add_event(session, shipment.key, ending, answered, actor=actor, note=result.typed())
    return outcome


def record_outcome(
    session: Session, shipment: Shipment, task: StaffTask, outcome: GateOutcome
) -> None:
    """Enter the outcome of a gate's round into the ledger."""
    gate, run_id = gate_of(task.kind), shipment.run_id or ""
    record(session, shipment.key, gate.name, task.round, outcome, run_id)


def note_answer(
    session: Session,
    task: StaffTask,
    state: TaskState,
    answer: dict[str, Any],
    actor: Actor,
) -> None:
    """Keep an answer with its task: who gave it, when, and through what."""
    task.state = state
    task.answer = answer
    task.answered_at = this_instant(session)
    task.answered_by = actor.name
    task.answered_through = actor.channel
