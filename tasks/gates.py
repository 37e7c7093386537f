"""Waiting for people. A waiting run holds no process, no thread and no connection."""

from typing import Any, cast

from prefect import suspend_flow_run
from prefect.input import RunInput, read_flow_run_input
from pydantic import ValidationError

from adapters.database import transaction
from models.results import GateOutcome, StepResult
from tasks.answers import Gate, store_answer
from tasks.checklists import checklist_markdown
from tasks.step import find_record
from tasks.subjects import OrderRef
from tasks.worklist import task_of


def await_answer(order: OrderRef, gate: Gate) -> StepResult:
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


def _outcome(order: OrderRef, gate: Gate, round: int) -> GateOutcome:
    key = f"{gate.kind}-{round}"
    answer = answer_given_in_prefect(key) or _ask(order, gate, round, key)
    with transaction() as session:
        row = order.lock(session)
        if known := find_record(session, order.key, gate.name, round):
            return GateOutcome.model_validate(known)
        return store_answer(session, row, gate, round, answer or {}, order.run_id)


def _ask(order: OrderRef, gate: Gate, round: int, key: str) -> dict[str, Any] | None:
    """Suspend the run, unless the answer came through the console in the meantime."""
    with transaction() as session:
        row = order.lock(session)
        if find_record(session, order.key, gate.name, round):
            return None
        task = task_of(session, order_number=order.number, kind=gate.kind, round=round)
        description = checklist_markdown(gate, row, task)
    return suspend(gate, key, description)


def answer_given_in_prefect(key: str) -> dict[str, Any] | None:
    """What somebody filled into the form of this pause, unread by Prefect's own validation, which
    would fail the run where we want to ask again.
    """
    return cast(dict[str, Any] | None, read_flow_run_input(f"suspended-{key}-response"))


def suspend(gate: Gate, key: str, description: str) -> dict[str, Any] | None:
    """Show the form in Prefect's UI and leave. Never returns, but for a run that somebody set
    going without an answer: that counts as an empty one.
    """
    form = RunInput.subclass_from_base_model_type(gate.form)
    try:
        given = suspend_flow_run(
            wait_for_input=form.with_initial_data(description=description), key=key
        )
    except ValidationError:
        return {}
    return given.model_dump(mode="json", exclude={"_metadata"})
