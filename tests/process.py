"""A flow run without Prefect, for fast tests: steps run in place, and a gate stops the attempt."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import unwrap
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from sqlalchemy import text
from sqlmodel import select

import tasks.daily_report
import tasks.engine.gates
import tasks.engine.step
import tasks.orders
from adapters.database.locks import AlreadyLocked
from adapters.database.sessions import transaction
from adapters.settings import settings
from flows.daily_summary import daily_summary
from flows.order_fulfillment import order_fulfillment
from models import process as steps
from models.base import utc_now
from models.enums import Role, TaskState
from models.process import StepName, display_names
from models.tables.staff import StaffTask
from services.audit.audit import audit
from services.worklist.gates import GATES
from tests.actors import answer_task

ORDER_STEPS = display_names(steps.ORDER_STEPS)
DAY_STEPS = display_names(steps.DAY_STEPS)
COMPENSATION_STEPS = display_names(steps.COMPENSATION_STEPS)
"""The steps, as people and Prefect call them."""

_playing: ContextVar["Process"] = ContextVar("process")


class Waiting(BaseException):
    """The attempt stopped at a gate, as Prefect's Pause stops it."""

    def __init__(self, key: str, description: str) -> None:
        super().__init__(key)
        self.key = key
        self.description = description


class Runtime:
    """`prefect.runtime.flow_run`, as the run that plays in this thread sees it."""

    @property
    def id(self) -> str:
        return _playing.get().run_id

    @property
    def scheduled_start_time(self) -> Any:
        return _playing.get().scheduled_start


@dataclass
class Process:
    """A flow run, with Prefect played.

    `fail` maps a step to what it raises, once; `meanwhile` to what happens elsewhere, once, after
    the step began and before it did anything. `answers` are forms in Prefect's UI by pause key.
    """

    monkeypatch: pytest.MonkeyPatch
    run_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    ran: list[str] = field(default_factory=list)
    fail: dict[str, Exception] = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    scheduled_start: Any = None
    description: str = ""

    def __post_init__(self) -> None:
        patch = self.monkeypatch.setattr
        patch(tasks.orders, "flow_run", Runtime())
        patch(tasks.daily_report, "flow_run", Runtime())
        patch(tasks.engine.step, "as_task", lambda *given: _playing.get()._task(*given))
        patch(tasks.engine.gates, "answer_given", lambda key: _playing.get()._form(key))
        patch(tasks.engine.gates, "suspend", lambda *given: _playing.get()._suspend(*given))
        patch(
            tasks.daily_report,
            "create_markdown_artifact",
            lambda key, markdown: _playing.get().published.append(markdown),
        )

    def run(self, number: int | None = None, shipment: int = 1) -> str:
        """One attempt: the message it completed with, or the gate at which it waits."""
        return self._attempt(unwrap(order_fulfillment.fn), number, shipment)

    def sum_up(self, day: object = None) -> str:
        return self._attempt(unwrap(daily_summary.fn), day)

    def another(self) -> "Process":
        """Another flow run."""
        return Process(self.monkeypatch)

    def answer(
        self, kind: str, number: int | None = None, shipment: int | None = None, **given: Any
    ) -> StaffTask:
        """Do the open task of that kind through the console."""
        return answer_task(open_task_id(kind, number, shipment), form(kind, **given))

    def ship(self, number: int, shipment: int = 1) -> str:
        """All the way, with well-behaved staff."""
        outcome = self.run(number, shipment)
        while (kind := outcome.rpartition("-")[0]) in ANSWERS:
            self.answer(kind, number, shipment)
            outcome = self.run(number, shipment)
        return outcome

    def _attempt(self, flow: Callable[..., State[None]], *given: object) -> str:
        before = _playing.set(self)
        try:
            return flow(*given).message or ""
        except Waiting as waiting:
            self.description = waiting.description
            return waiting.key
        finally:
            _playing.reset(before)

    def _task(self, name: str, attempt: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any) -> Any:
            self.ran.append(name)
            if name in self.meanwhile:
                self.meanwhile.pop(name)()
            if name in self.fail:
                raise self.fail.pop(name)
            return self._in_turn(attempt, *args)

        return run

    def _in_turn(self, attempt: Callable[..., Any], *args: Any) -> Any:
        """Prefect tries a task again while another attempt is at the same thing."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return attempt(*args)
            except AlreadyLocked:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _form(self, key: str) -> dict[str, Any] | None:
        return self.answers.get(key)

    def _suspend(self, _gate: object, key: str, description: str) -> Waiting:
        """The key under which the run waits is kept whole; what is told is its gate and round."""
        self.keys.append(key)
        return Waiting(key.partition("-again")[0], description)


@pytest.fixture
def process(shop: None, monkeypatch: pytest.MonkeyPatch) -> Process:
    """The processes, run without Prefect in that shop."""
    return Process(monkeypatch)


STAFF = {
    Role.WAREHOUSE_STAFF: "Jo",
    Role.PACKER: "Kim",
    Role.LOGISTICS_COORDINATOR: "Lee",
    Role.OPERATOR: "Max",
}
"""Who answers, where a test does not say."""

PARCELS = [{"weight_grams": 4000, "length_mm": 200, "width_mm": 150, "height_mm": 100}]

ANSWERS: dict[str, dict[str, Any]] = {
    gate.kind: gate.example | {gate.answered_by: STAFF[gate.role]} for gate in GATES.values()
}
"""What well-behaved staff answer; the time of a collection is now."""

ANSWERS["packing"] |= {"parcels": PARCELS}
ANSWERS["carrier-pickup"] |= {"confirmation_number": "C-1"}


def form(kind: str, **given: Any) -> dict[str, Any]:
    """A gate's form, filled in well but for what is given."""
    now = {"collected_at": utc_now().isoformat()} if kind == "carrier-pickup" else {}
    return ANSWERS[kind] | now | given


def open_task_id(kind: str, number: int | None = None, shipment: int | None = None) -> int:
    wanted = select(StaffTask).where(StaffTask.kind == kind, StaffTask.state == TaskState.OPEN)
    if number is not None:
        wanted = wanted.where(StaffTask.order_number == number)
    if shipment is not None:
        wanted = wanted.where(StaffTask.shipment == shipment)
    with transaction() as session:
        return session.exec(wanted).one().id


def step_id(name: str) -> str:
    """What the ledger calls a step, or a gate, of that name."""
    return next((step for step in StepName if step.display_name == name), name)


def step_title(id: str) -> str:
    """What people call the step, or the gate, of that id."""
    return next((step.display_name for step in StepName if step == id), id)


@contextmanager
def dying_before_the_record_of(step: str) -> Iterator[None]:
    """The step does all its work, and dies in the instant in which it would be recorded."""
    die = f"""
        CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the machine stopped'; END $$;
        CREATE TRIGGER die BEFORE INSERT ON step_record FOR EACH ROW
            WHEN (NEW.step = '{step_id(step)}') EXECUTE FUNCTION die();
    """
    execute(die)
    yield
    execute("DROP TRIGGER die ON step_record; DROP FUNCTION die()")


def set_to(monkeypatch: pytest.MonkeyPatch, **given: str) -> None:
    """Change settings for the rest of a test that has a `session` or a `database`."""
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()


def execute(statement: str) -> None:
    with transaction() as session:
        session.execute(text(statement))


def rows(query: str) -> list[tuple[Any, ...]]:
    """What a query finds, as the database has it now."""
    with transaction() as session:
        return [tuple(row) for row in session.execute(text(query))]


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables: two of these are equal when nothing has changed."""
    names = rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return {name: sorted(rows(f"SELECT t::text FROM {name} t")) for (name,) in names}


def assert_sound() -> None:
    """Every invariant of the system holds."""
    report = audit(None)
    assert report.ok, [check for check in report.checks if not check.ok]
