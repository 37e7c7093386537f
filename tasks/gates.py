"""Waiting for people. A waiting run holds no process, no thread and no connection."""

from typing import NoReturn

from sqlmodel import Session

from adapters.database import transaction
from adapters.faults import reach
from adapters.prefect_engine import shown_form, suspend_with_form
from models.orders import SalesOrder
from models.results import GateOutcome, StepResult
from tasks.answers import Gate, pause_key, store_answer
from tasks.checklists import checklist_markdown
from tasks.ledger import find_record
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
    """What the ledger has by now, or the form in Prefect; otherwise somebody is asked."""
    reach(f"{gate.name}: before")
    shown = shown_form(pause_key(gate, round, 0))
    with transaction() as session:
        row = order.lock(session)
        if known := find_record(session, order.key, gate.name, round):
            return GateOutcome.model_validate(known)
        if shown.answer in (None, gate.example):
            outcome, description = None, _description(session, gate, row, round)
        else:
            outcome = store_answer(session, row, gate, round, shown.answer, order.run_id)
            session.flush()
            reach(f"{gate.name}: acted")
    if outcome is None:
        suspend(gate, pause_key(gate, round, shown.times), description)
    reach(f"{gate.name}: committed")
    return outcome


def suspend(gate: Gate, key: str, description: str) -> NoReturn:
    """Show the form in Prefect's UI and leave."""
    suspend_with_form(key, gate.form.model_json_schema(), description)


def _description(session: Session, gate: Gate, order: SalesOrder, round: int) -> str:
    task = task_of(session, order_number=order.number, kind=gate.kind, round=round)
    return checklist_markdown(gate, order, task)
