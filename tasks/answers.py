"""What people answer, and the rules an answer must keep. No Prefect here: answers are taken while
it is away.

An answer is stored in Postgres, with who gave it and when, before any flow acts on it. Whichever
way it comes in, it goes through `store_answer`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session, col, func, select

from adapters.database import ORDERS_CHANNEL, notify, transaction
from adapters.settings import settings
from domain.errors import PacklineError
from models.base import utc_now
from models.catalogue import Product
from models.enums import (
    AnsweredThrough,
    LabelState,
    PickupState,
    Role,
    TaskKind,
    TaskState,
)
from models.forms import (
    ALL_AS_LISTED,
    CANCEL_THE_ORDER,
    TRY_AGAIN,
    CarrierPickupForm,
    Form,
    PackingForm,
    PickingForm,
    ShortageForm,
    ShortPickForm,
)
from models.ledger import AuditEvent, StepRecord
from models.orders import OrderLine, SalesOrder
from models.results import (
    Collected,
    Decision,
    GateOutcome,
    Packed,
    Parcel,
    Picked,
    ShortLine,
    StepResult,
)
from models.shipping import CarrierPickup, ShippingLabel
from models.staff import StaffTask
from tasks.subjects import IDENTITIES, locked_order, order_key

_YEARS = range(2000, 3000)

Accept = Callable[[Session, SalesOrder, Any], StepResult]


class AnswerRefused(PacklineError):
    """The answer breaks a rule; the message says which and what to do."""


class TaskNotOpen(PacklineError):
    """There is nothing to answer."""


@dataclass(frozen=True)
class Gate:
    """A place where the process waits for a person.

    `accept` checks an answer against the order, saves what it says, and returns it; it raises
    `AnswerRefused`. `example` is an answer of the form's shape: it opens Prefect's gate once the
    real answer is in Postgres, and is never read.
    """

    kind: TaskKind
    role: Role
    title: str
    form: type[Form]
    result: type[StepResult]
    accept: Accept
    example: dict[str, Any]
    due_in: Callable[[], float]

    @property
    def name(self) -> str:
        """The gate's name in the ledger."""
        return f"gate: {self.kind}"


def gate_of(pause_key: str) -> Gate | None:
    """The gate that a pause such as `carrier-pickup-2` belongs to, if it is one of ours."""
    kind = pause_key.rpartition("-")[0]
    return GATES.get(TaskKind(kind)) if kind in list(TaskKind) else None


def open_task(
    session: Session,
    order: SalesOrder,
    kind: TaskKind,
    checklist: dict[str, Any] | None = None,
    complaint: str = "",
) -> StaffTask:
    """Put a task for the next round of a gate on the list of its role."""
    gate = GATES[kind]
    last = session.scalar(
        select(func.max(StaffTask.round)).where(
            StaffTask.order_number == order.number, StaffTask.kind == kind
        )
    )
    task = StaffTask(
        order_number=order.number,
        kind=kind,
        round=(last or 0) + 1,
        role=gate.role,
        due_at=utc_now() + timedelta(hours=gate.due_in()),
        checklist=checklist,
        complaint=complaint,
    )
    session.add(task)
    session.flush()
    return task


def answer_task(task_id: int, answer: dict[str, Any]) -> StaffTask:
    """Take a person's answer from the console. The waiting flow run is told afterwards.

    Raises `TaskNotOpen`, or `AnswerRefused`: then nothing is stored and the task stays open.
    """
    with transaction() as session:
        task = find_task(session, task_id)
        order = locked_order(session, task.order_number)
        session.refresh(task)
        if task.state != TaskState.OPEN:
            raise TaskNotOpen(_why_not_open(task))
        gate = GATES[task.kind]
        result = _checked(session, gate, order, answer)
        _close(session, task, gate, result, AnsweredThrough.CONSOLE, order.run_id or "")
        notify(session, ORDERS_CHANNEL)
        return task


def find_task(session: Session, task_id: int) -> StaffTask:
    """The task of that number. Raises `TaskNotOpen`."""
    task = session.get(StaffTask, task_id) if task_id in IDENTITIES else None
    if task is None:
        raise TaskNotOpen(f"There is no task {task_id}: `packline tasks` lists the open ones.")
    return task


def store_answer(
    session: Session, order: SalesOrder, gate: Gate, round: int, answer: dict[str, Any], run_id: str
) -> GateOutcome:
    """Take a person's answer from the form in Prefect's UI.

    An answer that breaks a rule closes the round; the next round's task says what was wrong.
    """
    task = session.exec(
        select(StaffTask).where(
            StaffTask.order_number == order.number,
            StaffTask.kind == gate.kind,
            StaffTask.round == round,
        )
    ).one()
    if task.state != TaskState.OPEN:
        raise TaskNotOpen(_why_not_open(task))
    answer = _storable(answer)
    try:
        with session.begin_nested():
            result = _checked(session, gate, order, answer)
    except AnswerRefused as refusal:
        return _refuse(session, task, gate, answer, str(refusal), run_id)
    return _close(session, task, gate, result, AnsweredThrough.PREFECT, run_id)


def accept_picking(session: Session, order: SalesOrder, form: PickingForm) -> Picked:
    """Every line is picked as listed, or some are short, never more and never anything else."""
    quantities = {line.sku: line.quantity for line in order.lines}
    found = {item.sku: item.quantity for item in form.found}
    if form.outcome == ALL_AS_LISTED and form.found:
        raise AnswerRefused(
            "You chose 'all as listed' and also listed products: choose 'something is missing',"
            " or leave the list empty."
        )
    if form.outcome != ALL_AS_LISTED and not form.found:
        raise AnswerRefused("Something is missing: list each product with the pieces you found.")
    if len(found) < len(form.found):
        raise AnswerRefused("A product stands twice in your list: give one line per product.")
    for sku, quantity in found.items():
        _check_found(sku, quantity, quantities)
    picked = quantities | found
    for line in order.lines:
        line.picked = picked[line.sku]
    missing = _missing(order.lines)
    if missing:
        shortages = [line.model_dump() for line in missing]
        open_task(session, order, TaskKind.SHORT_PICK, {"shortages": shortages})
    return Picked(picked_by=form.picked_by, quantities=picked, missing=missing)


def accept_packing(session: Session, order: SalesOrder, form: PackingForm) -> Packed:
    """Parcels weigh at least what is in them, and at most what the carrier takes."""
    goods = goods_weight(session, order)
    packed = sum(parcel.weight_grams for parcel in form.parcels)
    if packed < goods:
        raise AnswerRefused(
            f"The goods alone weigh {goods:,} g and the parcels together only {packed:,} g:"
            " weigh the closed parcels again."
        )
    heaviest = settings().max_parcel_grams
    for number, parcel in enumerate(form.parcels, start=1):
        if parcel.weight_grams > heaviest:
            raise AnswerRefused(
                f"Parcel {number} weighs {parcel.weight_grams:,} g and the carrier takes at most"
                f" {heaviest:,} g: pack it into more parcels."
            )
    parcels = tuple(Parcel(**parcel.model_dump()) for parcel in form.parcels)
    return Packed(packed_by=form.packed_by, parcels=parcels)


def accept_carrier_pickup(
    session: Session, order: SalesOrder, form: CarrierPickupForm
) -> Collected:
    """The parcels left after their labels were made, and not in the future."""
    collected_at = _in_shop_time(form.collected_at)
    labelled_at = session.scalar(
        select(func.max(ShippingLabel.bought_at)).where(
            ShippingLabel.order_number == order.number, ShippingLabel.state == LabelState.BOUGHT
        )
    )
    if labelled_at and collected_at < labelled_at.replace(second=0, microsecond=0):
        raise AnswerRefused(
            f"{_shown(collected_at)} is before the label was made ({_shown(labelled_at)}):"
            " give the time when the carrier took the parcels."
        )
    if collected_at > utc_now():
        raise AnswerRefused(
            f"{_shown(collected_at)} is in the future (it is {_shown(utc_now())}):"
            " give the time when the carrier took the parcels."
        )
    pickup = session.exec(
        select(CarrierPickup).where(CarrierPickup.order_number == order.number)
    ).one()
    pickup.state = PickupState.COLLECTED
    pickup.confirmation_number = form.confirmation_number
    pickup.collected_at = collected_at
    return Collected(
        handed_over_by=form.handed_over_by,
        confirmation_number=form.confirmation_number,
        collected_at=collected_at,
    )


def accept_shortage(session: Session, order: SalesOrder, form: ShortageForm) -> Decision:
    """The operator decides whether stock is checked again."""
    return _decision(form)


def accept_short_pick(session: Session, order: SalesOrder, form: ShortPickForm) -> Decision:
    """The operator decides whether somebody picks again."""
    decision = _decision(form)
    if not decision.cancels:
        listed = session.exec(
            select(StaffTask.checklist)
            .where(StaffTask.order_number == order.number, StaffTask.kind == TaskKind.PICKING)
            .order_by(col(StaffTask.round).desc())
        ).first()
        open_task(session, order, TaskKind.PICKING, dict(listed) if listed else None)
    return decision


def goods_weight(session: Session, order: SalesOrder) -> int:
    """What the ordered goods weigh by the catalogue, in grams."""
    grams = select(func.sum(OrderLine.quantity * Product.weight_grams)).where(
        OrderLine.sku == Product.sku, OrderLine.order_number == order.number
    )
    return int(session.scalar(grams) or 0)


GATES: dict[TaskKind, Gate] = {
    gate.kind: gate
    for gate in (
        Gate(
            kind=TaskKind.PICKING,
            role=Role.WAREHOUSE_STAFF,
            title="Pick",
            form=PickingForm,
            result=Picked,
            accept=accept_picking,
            example={"gate": "picking", "picked_by": "console", "outcome": ALL_AS_LISTED},
            due_in=lambda: settings().picking_hours,
        ),
        Gate(
            kind=TaskKind.PACKING,
            role=Role.PACKER,
            title="Pack",
            form=PackingForm,
            result=Packed,
            accept=accept_packing,
            example={
                "gate": "packing",
                "packed_by": "console",
                "parcels": [
                    {"weight_grams": 1, "length_mm": 1, "width_mm": 1, "height_mm": 1},
                ],
            },
            due_in=lambda: settings().packing_hours,
        ),
        Gate(
            kind=TaskKind.CARRIER_PICKUP,
            role=Role.LOGISTICS_COORDINATOR,
            title="Hand over to the carrier",
            form=CarrierPickupForm,
            result=Collected,
            accept=accept_carrier_pickup,
            example={
                "gate": "carrier-pickup",
                "handed_over_by": "console",
                "confirmation_number": "console",
                "collected_at": "2000-01-01T00:00:00Z",
            },
            due_in=lambda: settings().pickup_hours,
        ),
        Gate(
            kind=TaskKind.SHORTAGE,
            role=Role.OPERATOR,
            title="Decide about a shortage",
            form=ShortageForm,
            result=Decision,
            accept=accept_shortage,
            example={"gate": "shortage", "decided_by": "console", "decision": TRY_AGAIN},
            due_in=lambda: settings().decision_hours,
        ),
        Gate(
            kind=TaskKind.SHORT_PICK,
            role=Role.OPERATOR,
            title="Decide about a short pick",
            form=ShortPickForm,
            result=Decision,
            accept=accept_short_pick,
            example={"gate": "short-pick", "decided_by": "console", "decision": TRY_AGAIN},
            due_in=lambda: settings().decision_hours,
        ),
    )
}


def _checked(session: Session, gate: Gate, order: SalesOrder, answer: dict[str, Any]) -> StepResult:
    try:
        form = gate.form.model_validate(answer)
    except ValidationError as error:
        raise AnswerRefused(_in_words(error)) from None
    return gate.accept(session, order, form)


def _in_words(error: ValidationError) -> str:
    problems = [
        f"{'.'.join(str(part) for part in problem['loc']) or 'the answer'}: {problem['msg']}"
        for problem in error.errors()
    ]
    return f"{'; '.join(problems)}. Correct it and answer again."


def _close(
    session: Session,
    task: StaffTask,
    gate: Gate,
    result: StepResult,
    through: AnsweredThrough,
    run_id: str,
) -> GateOutcome:
    answer = result.model_dump(mode="json")
    who = next(answer[field] for field in answer if field.endswith("_by"))
    _answered(task, TaskState.DONE, answer, through, who)
    outcome = GateOutcome(accepted=True, answer=answer)
    _enter(session, task, gate, outcome, run_id)
    _tell(session, task, f"{gate.title}: done", f"{result} (through {through})", who)
    return outcome


def _refuse(
    session: Session,
    task: StaffTask,
    gate: Gate,
    answer: dict[str, Any],
    complaint: str,
    run_id: str,
) -> GateOutcome:
    _answered(task, TaskState.REFUSED, answer, AnsweredThrough.PREFECT, "")
    session.flush()
    order = locked_order(session, task.order_number)
    open_task(session, order, task.kind, task.checklist, complaint[:2000])
    outcome = GateOutcome(accepted=False, answer=answer, complaint=complaint)
    _enter(session, task, gate, outcome, run_id)
    _tell(session, task, f"{gate.title}: asked again", complaint, "Packline")
    return outcome


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


def _enter(
    session: Session, task: StaffTask, gate: Gate, outcome: GateOutcome, run_id: str
) -> None:
    session.add(
        StepRecord(
            subject=order_key(task.order_number),
            step=gate.name,
            round=task.round,
            result=outcome.model_dump(mode="json"),
            run_id=run_id,
        )
    )


def _tell(session: Session, task: StaffTask, event: str, detail: str, who: str) -> None:
    subject = order_key(task.order_number)
    session.add(AuditEvent(subject=subject, actor=who, event=event, detail=detail[:4000]))


def _why_not_open(task: StaffTask) -> str:
    if task.state == TaskState.DONE and task.answered_at:
        return (
            f"Task {task.id} was done by {task.answered_by} at {_shown(task.answered_at)}:"
            " nothing is left to do."
        )
    return f"Task {task.id} is {task.state}: `packline tasks` lists the open ones."


def _check_found(sku: str, quantity: int, ordered: dict[str, int]) -> None:
    if sku not in ordered:
        raise AnswerRefused(
            f"{sku} is not in this order: it has {', '.join(sorted(ordered))}; put it back."
        )
    if quantity > ordered[sku]:
        raise AnswerRefused(
            f"You found {quantity} of {sku} and the order has {ordered[sku]}: put the rest back."
        )


def _missing(lines: list[OrderLine]) -> tuple[ShortLine, ...]:
    return tuple(
        ShortLine(sku=line.sku, wanted=line.quantity, available=line.picked or 0)
        for line in lines
        if (line.picked or 0) < line.quantity
    )


def _decision(form: ShortageForm | ShortPickForm) -> Decision:
    cancels = form.decision == CANCEL_THE_ORDER
    return Decision(decided_by=form.decided_by, cancels=cancels, note=form.note)


def _storable(value: Any) -> Any:
    """The same without what no text in Postgres may hold: NUL, and half a surrogate pair."""
    if isinstance(value, str):
        return value.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def _in_shop_time(instant: datetime) -> datetime:
    """A time without a zone is meant as the clock on the shop's wall shows it."""
    if instant.year not in _YEARS:  # at the ends of time, no zone can show it
        raise AnswerRefused(
            f"{instant.year} is not a year in which parcels are collected:"
            " give the time when the carrier took the parcels."
        )
    return instant if instant.tzinfo else instant.replace(tzinfo=settings().zone_info)


def _shown(instant: datetime) -> str:
    return f"{instant.astimezone(settings().zone_info):%d %b %H:%M}"
