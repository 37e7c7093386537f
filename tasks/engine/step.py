"""The one decorator that every step of the process is made with.

A step happens once. Its record in the ledger and its effect are written in one transaction; a step
that has a record gives the recorded result, without a Prefect task run. A step that acts on the
outside world is split in three: the `intent` is committed first, under a key that every attempt
shares; the `effect` happens with that key, outside any transaction; the body then saves what came
of it, together with the record. Of several attempts, one at a time acts outside.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from typing import Any, TypeVar, cast, get_type_hints

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff
from prefect.utilities.annotations import quote
from sqlalchemy.exc import SQLAlchemyError

from adapters.database.locks import advisory_lock
from adapters.database.sessions import transaction
from adapters.database.transient import is_transient
from adapters.failpoints import failpoint
from adapters.settings import settings
from domain.errors import PacklineError, reason
from domain.messages import Message, said
from models.enums import EventKind
from models.events import StepFailed
from models.process import step_id
from models.results.base import StepResult
from models.tables.shipments import PROBLEM_CHARACTERS, Shipment
from services.execution.anonymous import without_customer
from services.execution.errors import CancellationRequested, OnHold, Superseded
from services.execution.events import add_event
from services.execution.ledger import find_record, record
from services.execution.runs import Run

Result = TypeVar("Result", bound=StepResult)
Body = Callable[..., Result]
Step = Callable[..., Result]


def step(
    name: str,
    *,
    intent: Callable[..., Any] | None = None,
    effect: Callable[[Any], Any] | None = None,
    lock: Callable[[Any], str] | None = None,
) -> Callable[[Body[Result]], Step[Result]]:
    """Make a step of the process out of a function.

    The function gets a session and the subject's locked row, then the arguments of the call, and
    returns a small result. It never commits. With `effect`, `intent(session, row, *args)` is
    committed first, `effect(what intent gave)` acts, and the function gets what that gave in place
    of the arguments. `lock(run)` names what only one attempt at a time may be at, where steps
    share that; else it is the step. The step is called with the subject in place of session and
    row.
    """

    def decorate(body: Body[Result]) -> Step[Result]:
        kind: type[Result] = get_type_hints(body)["return"]

        def inside(subject: Run, round: int, *args: Any) -> Result | None:
            return run_once(subject, name, round, kind, lambda *where: body(*where, *args))

        def outside(subject: Run, round: int, *args: Any) -> Result | None:
            with advisory_lock(lock(subject) if lock else f"{subject.key} {name}") as own_lock:
                with transaction() as session:
                    row = subject.lock(session)
                    if known := find_record(session, subject.key, name, round):
                        return kind.model_validate(known)
                    wanted = intent(session, row, *args)  # type: ignore[misc]
                failpoint(f"{name}: intended")
                if (name, round) not in subject.effects:  # else only the record was missing
                    own_lock.check()
                    subject.effects[name, round] = effect(wanted)  # type: ignore[misc]
                return inside(subject, round, subject.effects[name, round])

        attempt = outside if intent and effect else inside

        @wraps(body)
        def call(subject: Run, *args: Any) -> Result | None:
            round = subject.next_round(name)
            known = subject.recorded(name, round)
            if known is not None:
                return kind.model_validate(known)
            subject.may_begin()
            failpoint(f"{name}: before")
            try:
                return cast(Result | None, as_task(name, attempt)(subject, round, *args))
            except Exception as problem:
                _note_failure(subject, name, problem)
                raise

        call.step_name = name  # type: ignore[attr-defined]
        call.body = body  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


@cache
def as_task(name: str, attempt: Callable[..., Any]) -> Callable[..., Any]:
    """The Prefect task that people see, tried again for errors that time can heal.

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
        retry_condition_fn=_is_transient,
    )
    def run(given: tuple[Any, ...]) -> Any:
        return attempt(*given)

    return lambda *given: run(quote(given))


def run_once(
    subject: Run, name: str, round: int, kind: type[Result], body: Callable[..., Result]
) -> Result | None:
    """Effect and record in one transaction, unless another attempt was first."""
    with transaction() as session:
        row = subject.lock(session)
        if row is None:
            return None
        if known := find_record(session, subject.key, name, round):
            return kind.model_validate(known)
        result = body(session, row)
        record(session, subject.key, name, round, result, subject.run_id)
        add_event(session, subject.key, step_id(name), result)
        session.flush()
        failpoint(f"{name}: acted")
    failpoint(f"{name}: committed")
    return result


def _is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Somebody is away, or two transactions got in each other's way."""
    return is_transient(state.result(raise_on_failure=False))


def _note_failure(subject: Run, name: str, problem: Exception) -> None:
    """Put the reason where people look; it fails the flow run in any case.

    What time can heal is tried again by itself. Anything else waits for a person, and the order
    says so. An attempt that was superseded, turns back or stops for a hold has nothing
    to say.
    """
    if not subject.key or isinstance(problem, Superseded | CancellationRequested | OnHold):
        return
    with suppress(SQLAlchemyError, PacklineError), transaction() as session:
        row = subject.lock(session)
        failed = StepFailed(step=step_id(name), problem=_told(problem, row))
        add_event(session, subject.key, EventKind.STEP_FAILED, failed)
        if isinstance(row, Shipment) and not is_transient(problem):
            row.problem = f"{name}: {problem}"[:PROBLEM_CHARACTERS]


def _told(problem: Exception, row: Any) -> Message:
    """What an event keeps of an error: nothing of the customer. Of errors that are not ours only
    the first line, since the database's quote whole rows below it.
    """
    if isinstance(problem, PacklineError):
        message = reason(problem)
    else:
        first, _, _ = str(problem).partition("\n")
        message = said(first[:PROBLEM_CHARACTERS] or type(problem).__name__)
    return without_customer(message, row.order) if isinstance(row, Shipment) else message
