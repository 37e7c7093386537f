"""The one decorator that every step of the process is made with.

A step happens once. Its record in the ledger and its effect are written in one transaction; a step
that has a record gives the recorded result, without a Prefect task run. A step that acts on the
outside world is split in three: the `intent` is committed first, under a key that every attempt
shares; the `effect` happens with that key, outside any transaction; the body then saves what came
of it, together with the record. Of several attempts, one at a time acts outside.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial, update_wrapper
from typing import Any, Generic, TypeVar, cast, get_type_hints

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff
from prefect.utilities.annotations import quote
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from adapters.database.locks import AdvisoryLock, advisory_lock
from adapters.database.sessions import transaction
from adapters.database.transient import heals_at_once, is_transient
from adapters.failpoints import failpoint
from adapters.settings import settings
from domain.errors import PacklineError, reason
from domain.messages import Message, Value, Word
from models.enums import EventKind
from models.events import StepFailed
from models.process import StepName
from models.results.base import StepResult
from models.tables.shipments import Shipment
from services.execution.anonymous import without_customer
from services.execution.deferrals import defer, note_progress
from services.execution.errors import CancellationRequested, OnHold, Superseded
from services.execution.events import add_event, last_kind
from services.execution.ledger import find_record, record
from services.execution.runs import Run

Result = TypeVar("Result", bound=StepResult)
Body = Callable[..., Result]


def step(
    name: StepName,
    *,
    intent: Callable[..., Any] | None = None,
    effect: Callable[[Any], Any] | None = None,
    lock: Callable[[Any], str] | None = None,
) -> Callable[[Body[Result]], "Step[Result]"]:
    """Make a step of the process out of a function.

    The function gets a session and the run's locked row, then the arguments of the call, and
    returns a small result. It never commits. With `effect`, `intent(session, row, *args)` is
    committed first, `effect(what intent gave)` acts, and the function gets what that gave in place
    of the arguments. `lock(run)` names what only one attempt at a time may be at, where steps
    share that; else it is the step. The step is called with the run in place of session and row.
    """
    if intent and effect:
        outside = partial(OutsideStep, intent=intent, effect=effect, lock=lock)
        return lambda body: outside(name, body)
    return lambda body: Step(name, body)


class Step(Generic[Result]):
    """A step, which happens once (docs/decisions/0001-ledger-in-the-orders-own-database.md)."""

    def __init__(self, name: StepName, body: Body[Result]) -> None:
        update_wrapper(self, body)
        self.step_name, self.body = name, body
        self.kind: type[Result] = get_type_hints(body)["return"]

    def __call__(self, run: Run, *args: Any) -> Result:
        """What it gave in an earlier attempt; else it happens now, as a task that people see."""
        round = run.next_round(self.step_name)
        known = run.recorded(self.step_name, round)
        if known is not None:
            return self.kind.model_validate(known)
        run.may_begin()
        self.passes("before")
        try:
            shown_as = self.step_name.display_name
            return cast(Result, as_task(shown_as, self.attempt)(run, round, *args))
        except Exception as problem:
            _note_failure(run, self.step_name, problem)
            raise

    def attempt(self, run: Run, round: int, *args: Any) -> Result | None:
        """Effect and record in one transaction, unless another attempt was first."""
        with transaction() as session:
            row = run.lock(session)
            if row is None:
                return None
            if known := self.recorded(session, run, round):
                return known
            result = self.body(session, row, *args)
            record(session, run.key, self.step_name, round, result, run.run_id)
            note_progress(row)
            add_event(session, run.key, self.step_name, result)
            session.flush()
            self.passes("acted")
        self.passes("committed")
        return result

    def recorded(self, session: Session, run: Run, round: int) -> Result | None:
        """What the ledger has of it by now."""
        known = find_record(session, run.key, self.step_name, round)
        return self.kind.model_validate(known) if known else None

    def passes(self, place: str) -> None:
        """A test may end the process here."""
        failpoint(f"{self.step_name.display_name}: {place}")


class OutsideStep(Step[Result]):
    """A step that acts on the outside world: intent, effect, record."""

    def __init__(
        self,
        name: StepName,
        body: Body[Result],
        *,
        intent: Callable[..., Any],
        effect: Callable[[Any], Any],
        lock: Callable[[Any], str] | None,
    ) -> None:
        super().__init__(name, body)
        self.intent, self.effect, self.lock = intent, effect, lock

    def attempt(self, run: Run, round: int, *args: Any) -> Result | None:
        """Of several attempts, one at a time acts outside; what it did is recorded afterwards."""
        with advisory_lock(self.locked_as(run)) as lock:
            with transaction() as session:
                row = run.lock(session)
                if known := self.recorded(session, run, round):
                    return known
                wanted = self.intent(session, row, *args)
            self.passes("intended")
            return super().attempt(run, round, self.act(run, round, wanted, lock))

    def act(self, run: Run, round: int, wanted: Any, lock: AdvisoryLock) -> Any:
        """Act, unless this attempt has, and only the record was missing."""
        done = run.effects
        if (self.step_name, round) not in done:
            lock.check()
            done[self.step_name, round] = self.effect(wanted)
        return done[self.step_name, round]

    def locked_as(self, run: Run) -> str:
        """The name of what only one attempt at a time is at."""
        return self.lock(run) if self.lock else f"{run.key} {self.step_name}"


@cache
def as_task(name: str, attempt: Callable[..., Any]) -> Callable[..., Any]:
    """The Prefect task that people see, tried again at once where Postgres broke off: nobody waits
    here for anybody else who is away.

    What it is given is quoted: Prefect finds results of other tasks in it by their address in
    memory, and would draw arrows where an address, such as that of `()`, comes up again.
    """

    @task(
        name=name,
        task_run_name=name,
        cache_policy=NO_CACHE,
        persist_result=False,
        retries=settings().retries,
        retry_delay_seconds=exponential_backoff(backoff_factor=settings().retry_seconds),
        retry_jitter_factor=0.5,
        retry_condition_fn=_heals_at_once,
    )
    def run(given: tuple[Any, ...]) -> Any:
        return attempt(*given)

    return lambda *given: run(quote(given))


def _heals_at_once(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    return heals_at_once(state.result(raise_on_failure=False))


def _note_failure(run: Run, name: StepName, problem: Exception) -> None:
    """Put the reason where people look; it fails the flow run in any case.

    What time can heal is tried again by itself: the order is deferred, and says so once. Anything
    else waits for a person, and the order says so. An attempt that was superseded, turns back or
    stops for a hold has nothing to say.
    """
    if not run.key or isinstance(problem, Superseded | CancellationRequested | OnHold):
        return
    with suppress(SQLAlchemyError, PacklineError), transaction() as session:
        row = run.lock(session)
        if not (is_transient(problem) and _said_before(session, run, row)):
            failed = StepFailed(step=name, problem=_told(problem, row))
            add_event(session, run.key, EventKind.STEP_FAILED, failed)
        if isinstance(row, Shipment):
            _stop(session, row, name, problem)


def _said_before(session: Session, run: Run, row: Any) -> bool:
    """Whether the timeline has it already that something is away."""
    if isinstance(row, Shipment):
        return row.failed_attempts > 0
    return last_kind(session, run.key) == EventKind.STEP_FAILED


def _stop(session: Session, row: Shipment, name: StepName, problem: Exception) -> None:
    if is_transient(problem):
        defer(session, row, problem)
    else:
        row.problem = _stopped_at(name, problem).as_data()


def _stopped_at(name: StepName, problem: Exception) -> Message:
    values: dict[str, Value] = {"step": Word(name.display_name), "reason": reason(problem)}
    return Message("stopped-at", "{step}: {reason}", values)


def _told(problem: Exception, row: Any) -> Message:
    """What an event keeps of an error: nothing of the customer."""
    message = reason(problem)
    return without_customer(message, row.order) if isinstance(row, Shipment) else message
