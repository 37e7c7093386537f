"""Orders on hold: nothing is begun for them, nobody is asked for anything, and a release lets them
go on where they stopped.

The tasks that were open are held: they are on no list, and nobody is reminded of them. The operator
has one in their place. A run that waits for a person stays where it waits; one that works stops
before its next step, and waits for the release. No Prefect here.
"""

from datetime import datetime

from sqlmodel import Session, col, select

from adapters.database.clock import this_instant
from adapters.database.notifications import ORDERS_CHANNEL, notify
from adapters.database.sessions import transaction
from adapters.settings.shop_clock import after_the_break
from domain.errors import PacklineError
from models.enums import EventKind, HoldReason, TaskKind, TaskState
from models.events import HoldEvent, Released
from models.imports.requests import HoldIn
from models.results.checklists import HoldChecklist
from models.results.orders import HoldSet
from models.tables.catalogue import Warehouse
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.execution.deferrals import come_back_now
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.execution.locks import cannot_be_cancelled, locked_order, locked_shipments
from services.execution.wake_ups import mark_ready
from services.inventory.allocations import warehouse_of
from services.worklist.departures import look_up_departure
from services.worklist.tasks import open_task, tasks_of


class CannotHold(PacklineError):
    """Nothing of the order can be stopped."""

    messages = {
        "cannot-hold-ended": "Order {number} is {status}: there is nothing to put on hold.",
        "cannot-hold-cancelling": (
            "Order {number} is being cancelled: there is nothing to put on hold."
        ),
        "cannot-hold-collected": (
            "Order {number} is with the carrier: there is nothing to put on hold."
        ),
    }

    def __init__(self, order: SalesOrder) -> None:
        if order.has_ended:
            code = "cannot-hold-ended"
        elif order.cancel_requested_at is not None:
            code = "cannot-hold-cancelling"
        else:
            code = "cannot-hold-collected"
        super().__init__(code, number=order.number, status=order.status)


class NotOnHold(PacklineError):
    """There is nothing to release."""

    message = "Order {number} is not on hold: `packline orders --held` lists those that are."

    def __init__(self, order: SalesOrder) -> None:
        super().__init__(number=order.number)


def put_on_hold(number: int, asked: HoldIn, actor: Actor) -> HoldSet:
    """Stop an order before its next step; asked for a second time, it says who was first.

    Raises `UnknownOrder`, `CannotHold`.

    The audit says the same: *the tasks of orders on hold wait, and no others*.
    """
    with transaction() as session:
        order = locked_order(session, number)
        if order.on_hold_since is not None:
            return _set(session, order, again=True)
        stopping = _stopping(session, order)
        if not stopping or order.cancel_requested_at is not None:
            raise CannotHold(order)
        order.hold_reason, order.hold_note = asked.reason, asked.note
        order.on_hold_since, order.held_by = this_instant(session), actor.name
        why = HoldEvent(reason=asked.reason)
        kind = EventKind.PUT_ON_HOLD
        add_event(session, order_key(number), kind, why, actor=actor, note=asked.note)
        for shipment in stopping:
            _stop(session, shipment)
        return _set(session, order)


def release(number: int, actor: Actor) -> SalesOrder:
    """Let an order go on where it stopped. Raises `UnknownOrder`, `NotOnHold`."""
    with transaction() as session:
        order = locked_order(session, number)
        if order.on_hold_since is None:
            raise NotOnHold(order)
        lift_hold(session, order, actor)
        return order


def lift_hold(session: Session, order: SalesOrder, actor: Actor) -> None:
    """Release a locked order: its tasks are open again, and its runs that wait for this go on.

    The working hours on hold do not count for its promise. What was late before stays late.
    """
    now = this_instant(session)
    on_hold_since, promised_at = order.on_hold_since or now, order.promised_at
    order.promised_at = after_the_break(promised_at, on_hold_since, now)
    moved = order.promised_at if order.promised_at != promised_at else None
    released = Released(reason=order.hold_reason, ships_by=moved)
    end_hold(session, order)
    add_event(session, order_key(order.number), EventKind.RELEASED, released, actor=actor)
    for shipment in _stopping(session, order):
        _go_on(session, shipment, on_hold_since)
    notify(session, ORDERS_CHANNEL)  # a New one has no run yet


def end_hold(session: Session, order: SalesOrder) -> None:
    """Forget why a locked order is on hold."""
    if order.on_hold_since is not None:
        order.released_at = this_instant(session)
    order.hold_reason = order.on_hold_since = order.held_by = None
    order.hold_note = ""


def hold_task(session: Session, shipment: Shipment) -> StaffTask | None:
    """The open question whether a shipment's order is released."""
    of_hold = select(StaffTask).where(
        *tasks_of(shipment), StaffTask.kind == TaskKind.HOLD, StaffTask.state == TaskState.OPEN
    )
    return session.exec(of_hold).first()


def _stopping(session: Session, order: SalesOrder) -> list[Shipment]:
    shipments = locked_shipments(session, order)
    return [one for one in shipments if not cannot_be_cancelled(session, one)]


def _stop(session: Session, shipment: Shipment) -> None:
    order = shipment.order
    for task in _tasks(session, shipment, TaskState.OPEN):
        task.state = TaskState.HELD
    session.flush()
    why = {"reason": order.hold_reason, "note": order.hold_note, "held_by": order.held_by}
    open_task(session, shipment, TaskKind.HOLD, HoldChecklist.model_validate(why))
    if shipment.is_deferred:
        come_back_now(session, shipment)  # so that its run shows the question


def _go_on(session: Session, shipment: Shipment, on_hold_since: datetime) -> None:
    look_up_departure(session, shipment, warehouse_of(session, shipment))
    if question := hold_task(session, shipment):
        question.state = TaskState.WITHDRAWN
    for task in _tasks(session, shipment, TaskState.HELD):
        task.state = TaskState.OPEN
        _give_time(session, task, max(on_hold_since, task.opened_at))
    if (shipment.pause_key or "").startswith(f"{TaskKind.HOLD}-"):
        mark_ready(session, shipment)


def _give_time(session: Session, task: StaffTask, since: datetime) -> None:
    """The working hours on hold do not count. A task that was late before stays late."""
    now = this_instant(session)
    where = session.get(Warehouse, task.warehouse) if task.warehouse else None
    if task.reminded_at is None:
        task.due_at = after_the_break(task.due_at, since, now, where)
    elif task.escalation_due_at is not None and task.escalated_at is None:
        task.escalation_due_at = after_the_break(task.escalation_due_at, since, now, where)


def _tasks(session: Session, shipment: Shipment, state: TaskState) -> list[StaffTask]:
    found = select(StaffTask).where(*tasks_of(shipment), StaffTask.state == state)
    return list(session.exec(found.order_by(col(StaffTask.id)).with_for_update()))


def _set(session: Session, order: SalesOrder, *, again: bool = False) -> HoldSet:
    return HoldSet(
        order_number=order.number,
        reason=order.hold_reason or HoldReason.OTHER,
        note=order.hold_note,
        held_by=order.held_by or "",
        on_hold_since=order.on_hold_since or this_instant(session),
        again=again,
    )
