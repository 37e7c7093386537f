"""A flow run without Prefect, for fast tests: steps run in place, and a gate stops the attempt."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from sqlmodel import col, select

import tasks.gates
import tasks.orders
import tasks.reports
import tasks.step
from adapters.database import transaction
from flows.daily_summary import daily_summary
from flows.order_fulfillment import order_fulfillment
from models.enums import TaskState
from models.orders import SalesOrder
from models.staff import StaffTask
from tasks.answers import answer_task


class Waiting(BaseException):
    """The attempt stopped at a gate, as Prefect's Pause stops it."""

    def __init__(self, key: str, description: str) -> None:
        super().__init__(key)
        self.key = key
        self.description = description


@dataclass
class Process:
    """Prefect, played: `fail` maps a step to what it raises; `answers` are UI forms by key."""

    monkeypatch: pytest.MonkeyPatch
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ran: list[str] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    published: list[str] = field(default_factory=list)
    scheduled_start: Any = None

    def __post_init__(self) -> None:
        runtime = SimpleNamespace()
        for module in (tasks.orders, tasks.reports):
            self.monkeypatch.setattr(module, "flow_run", runtime)
        self.runtime = runtime
        self.monkeypatch.setattr(tasks.step, "as_task", self._task)
        self.monkeypatch.setattr(tasks.gates, "answer_given_in_prefect", self.answers.get)
        self.monkeypatch.setattr(tasks.gates, "suspend", self._suspend)
        self.monkeypatch.setattr(
            tasks.reports,
            "create_markdown_artifact",
            lambda key, markdown: self.published.append(markdown),
        )

    def run(self, number: int | None = None) -> str:
        """One attempt: the message it completed with, or the gate at which it waits."""
        return self._attempt(order_fulfillment.fn, number)

    def sum_up(self, day: object = None) -> str:
        return self._attempt(daily_summary.fn, day)

    def another(self) -> "Process":
        """Another flow run."""
        return Process(self.monkeypatch)

    def answer(self, kind: str, **given: Any) -> None:
        """Do the open task of that kind through the console."""
        with transaction() as session:
            task = session.exec(
                select(StaffTask).where(StaffTask.kind == kind, StaffTask.state == TaskState.OPEN)
            ).one()
        answer_task(task.id, ANSWERS[kind] | given)

    def ship(self, number: int) -> str:
        """All the way, with well-behaved staff."""
        outcome = self.run(number)
        while outcome.rpartition("-")[0] in ANSWERS:
            self.answer(outcome.rpartition("-")[0])
            outcome = self.run(number)
        return outcome

    def _attempt(self, flow: Callable[..., State[None]], argument: object) -> str:
        self.runtime.id = self.run_id
        self.runtime.scheduled_start_time = self.scheduled_start
        try:
            return flow(argument).message or ""
        except Waiting as waiting:
            self.description = waiting.description
            return waiting.key

    def _task(self, name: str, attempt: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            self.ran.append(name)
            if name in self.fail:
                raise self.fail.pop(name)
            return attempt(*args)

        return run

    def _suspend(self, _gate: object, key: str, description: str) -> None:
        raise Waiting(key, description)


ANSWERS: dict[str, dict[str, Any]] = {
    "picking": {"gate": "picking", "picked_by": "Jo", "outcome": "all as listed"},
    "packing": {
        "gate": "packing",
        "packed_by": "Kim",
        "parcels": [{"weight_grams": 1900, "length_mm": 200, "width_mm": 150, "height_mm": 100}],
    },
    "carrier-pickup": {
        "gate": "carrier-pickup",
        "handed_over_by": "Lee",
        "confirmation_number": "C-1",
        "collected_at": "",
    },
    "shortage": {"gate": "shortage", "decided_by": "Max", "decision": "try again"},
    "short-pick": {"gate": "short-pick", "decided_by": "Max", "decision": "try again"},
}


def order_now(number: int) -> SalesOrder:
    with transaction() as session:
        order = session.exec(select(SalesOrder).where(col(SalesOrder.number) == number)).one()
        assert order.lines is not None
        return order
