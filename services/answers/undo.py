"""A picking that was said to be done by mistake: it is undone, before a packer has answered.

What it found is to be picked again, as another round of picking, and whoever was to pack it is
asked no more; the run goes back to picking. What it said is missing has left the stock and stays
away: a count brings it in. No Prefect here.
"""

from sqlalchemy import ColumnElement, not_
from sqlmodel import Session, col, func, select

from adapters.database.sessions import transaction
from adapters.settings.shop_clock import in_shop_time
from domain.errors import PacklineError
from models.enums import Channel, EventKind, OrderStatus, Role, TaskKind, TaskState
from models.imports.requests import UndoIn
from models.process import StepName
from models.results.work import Packed, Picked, PickingUndone
from models.tables.ledger import StepRecord
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import PACKLINE, Actor
from services.answers.decisions import send_picker
from services.execution.errors import OnHold
from services.execution.events import add_event
from services.execution.ledger import record
from services.execution.locks import locked_shipment
from services.execution.wake_ups import mark_ready
from services.orders.packing import times_called_back
from services.worklist.closing import close_task
from services.worklist.gates import title_message
from services.worklist.tasks import find_task, tasks_of

_ASKS = (TaskState.OPEN, TaskState.HELD)
_BY_PACKER = not_(col(StaffTask.answer).contains({"picking_undone": True}))
"""Tasks that nobody called back."""


class CannotUndo(PacklineError):
    """What was said to be done stays so; the message says why."""

    messages = {
        "undo-another-kind": "Task {task} is {gate!q}: only picking can be undone.",
        "undo-not-done": "Task {task} is {state}: only what was said to be done can be undone.",
        "undo-by-nobody": "Task {task} was closed by Packline: nobody said that it was picked.",
        "undo-by-another": (
            "Task {task} was said to be done by {who}: only {who} or an operator can undo it."
        ),
        "undo-cancelled": (
            "Order {number} is cancelled, or is being cancelled: what was picked for it is"
            " restocked."
        ),
        "undo-picked-since": (
            "Task {task} was followed by picking task {later}: that one counts, not this."
        ),
        "undo-decided": (
            "Task {task} was picked short, and what was missing has left the stock: count it if it"
            " is there after all; the operator decides about the rest, in task {later}."
        ),
        "undo-packed": (
            "Task {task} cannot be undone: {who} has answered packing task {later} at {at}; what is"
            " missing or wrong there, the packer says."
        ),
        "undo-nothing-found": (
            "Nothing that task {task} found is left to be picked again: there is nothing to undo."
        ),
    }


def undo_picking(task_id: int, asked: UndoIn, actor: Actor) -> StaffTask:
    """Have what a done picking found picked again; returns the task for that.

    Whoever said it may do so, and operators. Raises `TaskNotOpen` for a task that is not there,
    `OnHold`, and `CannotUndo`.
    """
    with transaction() as session:
        task = find_task(session, task_id)
        shipment = locked_shipment(session, task.order_number, task.shipment)
        session.refresh(task)
        _check_task(task)
        _check_actor(task, actor)
        _check_order(shipment)
        _check_later(session, shipment, task)
        pieces = _unpick(task, shipment)
        again = send_picker(session, shipment)
        call_back_packing(session, shipment, actor.name)
        mark_ready(session, shipment)
        undone = PickingUndone(task_id=task.id, again=again.id, pieces=pieces)
        _note(session, shipment, undone, asked, actor)
        return again


def is_picked_again(session: Session, shipment: Shipment) -> bool:
    """Whether a picking was undone before anybody was asked to pack, and its run does not know yet.

    The audit says the same: *who packs what was picked by mistake is called back, each time*.
    """
    return _times_undone(session, shipment) > times_called_back(session, shipment)


def call_back_packing(session: Session, shipment: Shipment, by: str) -> None:
    """Ask nobody to pack what is to be picked first. The run of the locked shipment is not told."""
    task = _later(session, shipment, TaskKind.PACKING, _ASKS)
    if task:
        packed = Packed(packed_by=by, picking_undone=True)
        close_task(session, shipment, task, packed, PACKLINE, EventKind.CALLED_BACK)


def _note(
    session: Session, shipment: Shipment, undone: PickingUndone, asked: UndoIn, actor: Actor
) -> None:
    key, number = shipment.key, _times_undone(session, shipment) + 1
    record(session, key, StepName.UNDO_PICKING, number, undone, shipment.run_id or "")
    add_event(session, key, StepName.UNDO_PICKING, undone, actor=actor, note=asked.reason)


def _times_undone(session: Session, shipment: Shipment) -> int:
    undone = select(func.count()).where(
        StepRecord.subject == shipment.key, StepRecord.step == StepName.UNDO_PICKING
    )
    return session.exec(undone).one()


def _check_task(task: StaffTask) -> None:
    if task.kind != TaskKind.PICKING:
        raise CannotUndo("undo-another-kind", task=task.id, gate=title_message(task.kind))
    if task.state != TaskState.DONE:
        raise CannotUndo("undo-not-done", task=task.id, state=task.state)
    if task.answered_through == Channel.PACKLINE:
        raise CannotUndo("undo-by-nobody", task=task.id)


def _check_actor(task: StaffTask, actor: Actor) -> None:
    if actor.name != task.answered_by and Role.OPERATOR not in actor.roles:
        raise CannotUndo("undo-by-another", task=task.id, who=task.answered_by)


def _check_order(shipment: Shipment) -> None:
    order = shipment.order
    is_cancelled = shipment.status == OrderStatus.CANCELLED or shipment.nothing_left
    if is_cancelled or order.cancel_requested_at is not None:
        raise CannotUndo("undo-cancelled", number=order.number)
    if order.on_hold_since is not None:
        raise OnHold(order)


def _check_later(session: Session, shipment: Shipment, task: StaffTask) -> None:
    """Nothing was said since that rests on what was picked."""
    if picking := _later(session, shipment, TaskKind.PICKING, tuple(TaskState), task):
        raise CannotUndo("undo-picked-since", task=task.id, later=picking.id)
    if packing := _later(session, shipment, TaskKind.PACKING, (TaskState.DONE,), task, _BY_PACKER):
        at = in_shop_time(packing.answered_at) if packing.answered_at else None
        who = packing.answered_by
        raise CannotUndo("undo-packed", task=task.id, who=who, later=packing.id, at=at)
    if asked := _later(session, shipment, TaskKind.SHORT_PICK, _ASKS, task):
        raise CannotUndo("undo-decided", task=task.id, later=asked.id)


def _later(
    session: Session,
    shipment: Shipment,
    kind: TaskKind,
    states: tuple[TaskState, ...],
    than: StaffTask | None = None,
    *only: ColumnElement[bool],
) -> StaffTask | None:
    """The latest of a shipment's tasks of a kind that is in one of the states, and was opened after
    another.
    """
    found = select(StaffTask).where(
        *tasks_of(shipment), StaffTask.kind == kind, col(StaffTask.state).in_(states), *only
    )
    if than is not None:
        found = found.where(col(StaffTask.id) > than.id)
    return session.exec(found.order_by(col(StaffTask.id).desc())).first()


def _unpick(task: StaffTask, shipment: Shipment) -> int:
    """Take what the task found off the lines of its shipment; returns the pieces."""
    found = Picked.model_validate(task.answer).found
    pieces = 0
    for line in shipment.goods:
        undone = min(found.get(line.sku, 0), line.picked or 0)
        line.picked = (line.picked or 0) - undone
        pieces += undone
    if not pieces:
        raise CannotUndo("undo-nothing-found", task=task.id)
    return pieces
