"""The gates of the process, and how answers come in. No Prefect here: answers are taken while it is
away.

An answer is stored in Postgres, with who gave it and when, before any flow acts on it. Whichever
way it comes in, it goes through `store_answer`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlmodel import Session, select

from adapters.database.sessions import transaction
from adapters.settings import settings
from domain.short_picks import ShortPick
from models.base import utc_now
from models.enums import AnsweredThrough, TaskKind, TaskState
from models.forms.base import CancellableForm, Form, complaints
from models.forms.decisions import (
    CANCEL_LINE,
    CANCEL_THE_ORDER,
    PICK_ELSEWHERE,
    RELEASE,
    SPLIT,
    TRY_AGAIN,
    WAIT,
    HoldForm,
    ShortageForm,
    ShortPickForm,
)
from models.forms.packing import PackingForm
from models.forms.picking import ALL_AS_LISTED, PickingForm
from models.forms.pickup import CarrierPickupForm
from models.forms.restock import PutBackForm
from models.results.base import StepResult
from models.results.decisions import Decision, HoldEnded
from models.results.work import GateOutcome, Packed, Picked, PickupOutcome, PutBack
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from tasks.acceptance import (
    accept_carrier_pickup,
    accept_hold,
    accept_packing,
    accept_picking,
    accept_put_back,
)
from tasks.cancellation import ask_to_cancel
from tasks.decisions import accept_short_pick, accept_shortage, wait_for_rest
from tasks.handover import hand_over
from tasks.ledger import PACKLINE, record, tell
from tasks.refusals import AnswerRefused
from tasks.subjects import OnHold, locked_shipment
from tasks.worklist import TaskNotOpen, ask_again, find_task, task_of, tasks_of, why_not_open

NOBODY = "(nobody: the answer is in Packline)"
"""The name in the examples that open Prefect's gates."""

_PAUSE_KEY = re.compile(r"(?P<kind>[a-z-]+?)-(?P<round>\d+)(-again-\d+)?")

Accept = Callable[[Session, Shipment, Any], StepResult]


@dataclass(frozen=True)
class Gate:
    """A place where the process waits for a person.

    `accept` checks an answer against the shipment, saves what it says, and returns it; it raises
    `AnswerRefused`. `example` is an answer of the form's shape: it opens Prefect's gate once the
    real answer is in Postgres. It is nobody's answer, and is refused where it meets an open task.
    """

    kind: TaskKind
    title: str
    form: type[Form]
    result: type[StepResult]
    accept: Accept
    example: dict[str, Any]

    @property
    def name(self) -> str:
        """The gate's name in the ledger."""
        return f"gate: {self.kind}"


class Stop(NamedTuple):
    """Where a run waits: at a gate, in one of its rounds."""

    gate: Gate
    round: int


def pause_key(gate: Gate, round: int, times_shown: int) -> str:
    """Prefect's key of a pause: `picking-1`, and `picking-1-again-2` when it is shown once more."""
    again = f"-again-{times_shown + 1}" if times_shown else ""
    return f"{gate.kind}-{round}{again}"


def stop_of(key: str | None) -> Stop | None:
    """The gate and round that a pause's key names, if it is one of ours."""
    parts = _PAUSE_KEY.fullmatch(key or "")
    if parts is None or parts["kind"] not in list(TaskKind):
        return None
    return Stop(GATES[TaskKind(parts["kind"])], int(parts["round"]))


def answer_task(task_id: int, answer: dict[str, Any]) -> StaffTask:
    """Take a person's answer from the console. The waiting flow run is told afterwards.

    Raises `TaskNotOpen`, `OnHold`, or `AnswerRefused`: then nothing is stored and the task stays
    open.
    """
    with transaction() as session:
        task = find_task(session, task_id)
        shipment = locked_shipment(session, task.order_number, task.shipment)
        session.refresh(task)
        if task.state == TaskState.HELD:
            raise OnHold(shipment.order)
        if task.state != TaskState.OPEN:
            raise TaskNotOpen(why_not_open(task))
        if cancels_instead(session, shipment, GATES[task.kind], answer):
            return task
        result = _checked(session, GATES[task.kind], shipment, answer)
        _settle(session, shipment, task, result, AnsweredThrough.CONSOLE)
        _decide_by_setting(session, shipment, result)
        return task


def cancels_instead(
    session: Session, shipment: Shipment, gate: Gate, answer: dict[str, Any]
) -> bool:
    """Whether an answer to a locked shipment's gate asks to cancel the order; it is asked for then.

    Raises `AnswerRefused` where its form is not filled in well.
    """
    if not answer.get("cancel"):
        return False
    form = _filled_in(gate, _storable(answer))
    if not (isinstance(form, CancellableForm) and form.cancel):
        return False
    ask_to_cancel(session, shipment.order, form.cancel, form.person)
    return True


def answer_by_packline(
    session: Session, shipment: Shipment, task: StaffTask, answer: dict[str, Any]
) -> None:
    """Answer an open task of a locked shipment in nobody's name. Raises `AnswerRefused`."""
    settle(session, shipment, task, _checked(session, GATES[task.kind], shipment, answer))


def settle(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    result: StepResult,
    ending: str = "done",
) -> None:
    """Close an open task of a locked shipment with what Packline knows, as an answer would."""
    _settle(session, shipment, task, result, AnsweredThrough.PACKLINE, ending)


def _settle(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    result: StepResult,
    through: AnsweredThrough,
    ending: str = "done",
) -> None:
    _close(session, shipment, task, result, through, ending)
    hand_over(session, shipment)


def store_answer(
    session: Session, shipment: Shipment, gate: Gate, round: int, answer: dict[str, Any]
) -> GateOutcome:
    """Take a person's answer from the form in Prefect's UI.

    An answer that breaks a rule closes the round; the next round's task says what was wrong.
    """
    task = task_of(session, shipment, kind=gate.kind, round=round)
    if task.state != TaskState.OPEN:
        raise TaskNotOpen(why_not_open(task))
    answer = _storable(answer)
    try:
        with session.begin_nested():
            result = _checked(session, gate, shipment, answer)
    except AnswerRefused as refusal:
        return _refuse(session, shipment, task, answer, str(refusal))
    outcome = _close(session, shipment, task, result, AnsweredThrough.PREFECT)
    _decide_by_setting(session, shipment, result)
    return outcome


GATES: dict[TaskKind, Gate] = {
    gate.kind: gate
    for gate in (
        Gate(
            kind=TaskKind.PICKING,
            title="Pick",
            form=PickingForm,
            result=Picked,
            accept=accept_picking,
            example={"gate": "picking", "picked_by": NOBODY, "outcome": ALL_AS_LISTED},
        ),
        Gate(
            kind=TaskKind.PACKING,
            title="Pack",
            form=PackingForm,
            result=Packed,
            accept=accept_packing,
            example={
                "gate": "packing",
                "packed_by": NOBODY,
                "parcels": [
                    {"weight_grams": 1, "length_mm": 1, "width_mm": 1, "height_mm": 1},
                ],
            },
        ),
        Gate(
            kind=TaskKind.CARRIER_PICKUP,
            title="Hand over to the carrier",
            form=CarrierPickupForm,
            result=PickupOutcome,
            accept=accept_carrier_pickup,
            example={
                "gate": "carrier-pickup",
                "handed_over_by": NOBODY,
                "confirmation_number": NOBODY,
                "collected_at": "2000-01-01T00:00:00Z",
            },
        ),
        Gate(
            kind=TaskKind.SHORTAGE,
            title="Decide about a shortage",
            form=ShortageForm,
            result=Decision,
            accept=accept_shortage,
            example={"gate": "shortage", "decided_by": NOBODY, "decision": TRY_AGAIN},
        ),
        Gate(
            kind=TaskKind.SHORT_PICK,
            title="Decide about a short pick",
            form=ShortPickForm,
            result=Decision,
            accept=accept_short_pick,
            example={"gate": "short-pick", "decided_by": NOBODY, "decision": TRY_AGAIN},
        ),
        Gate(
            kind=TaskKind.PUT_BACK,
            title="Put back",
            form=PutBackForm,
            result=PutBack,
            accept=accept_put_back,
            example={"gate": "put-back", "put_back_by": NOBODY, "outcome": ALL_AS_LISTED},
        ),
        Gate(
            kind=TaskKind.HOLD,
            title="Decide about a hold",
            form=HoldForm,
            result=HoldEnded,
            accept=accept_hold,
            example={"gate": "hold", "decided_by": NOBODY, "decision": RELEASE},
        ),
    )
}


def _checked(
    session: Session, gate: Gate, shipment: Shipment, answer: dict[str, Any]
) -> StepResult:
    if answer == gate.example:
        raise AnswerRefused("The run was resumed without an answer: give yours.")
    return gate.accept(session, shipment, _filled_in(gate, answer))


def _filled_in(gate: Gate, answer: dict[str, Any]) -> Form:
    """The gate's form with an answer. Raises `AnswerRefused`."""
    try:
        return gate.form.model_validate(answer)
    except ValidationError as error:
        wrong = "; ".join(complaints(gate.form, error))
        raise AnswerRefused(f"{wrong}. Correct it and answer again.") from None


_BY_SETTING = {
    ShortPick.PICK_ELSEWHERE: (PICK_ELSEWHERE,),
    ShortPick.SPLIT: (SPLIT, WAIT),  # where nothing was found, nothing can ship
    ShortPick.WAIT: (WAIT,),
    ShortPick.CANCEL_LINE: (CANCEL_LINE,),
    ShortPick.CANCEL_ORDER: (CANCEL_THE_ORDER,),
}
"""What is decided about a short pick, where nobody is to be asked; the first that can be done."""


def _decide_by_setting(session: Session, shipment: Shipment, result: StepResult) -> None:
    """Decide about a short pick as the shop has set it; what cannot be done asks the operator."""
    rule = settings().short_pick
    if not isinstance(result, Picked) or result.complete or rule not in _BY_SETTING:
        return
    task = session.exec(
        select(StaffTask).where(
            *tasks_of(shipment),
            StaffTask.kind == TaskKind.SHORT_PICK,
            StaffTask.state == TaskState.OPEN,
        )
    ).one()
    for decision in _BY_SETTING[rule]:
        answer = {"gate": "short-pick", "decided_by": PACKLINE, "decision": decision}
        try:
            with session.begin_nested():
                answer_by_packline(session, shipment, task, answer)
            return
        except AnswerRefused as refusal:
            task.complaint = f"PACKLINE_SHORT_PICK is {rule}. {refusal}"[:2000]


def _close(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    result: StepResult,
    through: AnsweredThrough,
    ending: str = "done",
) -> GateOutcome:
    gate, answer = GATES[task.kind], result.model_dump(mode="json")
    who = next(answer[field] for field in answer if field.endswith("_by"))
    _answered(task, TaskState.DONE, answer, through, who)
    outcome = GateOutcome(accepted=True, answer=answer)
    _keep(session, shipment, task, outcome)
    if isinstance(result, Decision) and result.waits:
        session.flush()
        wait_for_rest(session, shipment, task)
    tell(session, shipment.key, f"{gate.title}: {ending}", f"{result} (through {through})", who)
    return outcome


def _refuse(
    session: Session,
    shipment: Shipment,
    task: StaffTask,
    answer: dict[str, Any],
    complaint: str,
) -> GateOutcome:
    _answered(task, TaskState.REFUSED, answer, AnsweredThrough.PREFECT, "")
    session.flush()
    ask_again(session, shipment, task, complaint[:2000])
    outcome = GateOutcome(accepted=False, answer=answer, complaint=complaint)
    _keep(session, shipment, task, outcome)
    tell(session, shipment.key, f"{GATES[task.kind].title}: asked again", complaint)
    return outcome


def _keep(session: Session, shipment: Shipment, task: StaffTask, outcome: GateOutcome) -> None:
    gate, run_id = GATES[task.kind], shipment.run_id or ""
    record(session, shipment.key, gate.name, task.round, outcome, run_id)


def _answered(
    task: StaffTask,
    state: TaskState,
    answer: dict[str, Any],
    through: AnsweredThrough,
    who: str,
) -> None:
    task.state = state
    task.answer = answer
    task.answered_at = utc_now()
    task.answered_by = who
    task.answered_through = through


def _storable(value: Any) -> Any:
    """The same without what no text in Postgres may hold: NUL, and half a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value
