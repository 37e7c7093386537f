"""What people look up: the rows behind each list, as plain values, each from one query."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select

from adapters.addresses import address_lines
from adapters.rendering import money
from adapters.settings import settings
from domain.errors import PacklineError
from domain.promises import PromiseState
from models.catalogue import Product, StockLevel, Warehouse
from models.enums import ENDED, OrderStatus, Role, TaskState
from models.ledger import AuditEvent
from models.orders import OrderLine, SalesOrder
from models.reports import DailySummary
from models.shipping import ShippingLabel
from models.staff import Staff, StaffTask
from tasks.answers import GATES
from tasks.checklists import checklist_markdown
from tasks.promises import PromiseClock
from tasks.subjects import UnknownOrder, order_key
from tasks.warehouses import warehouse_called
from tasks.worklist import ROLE_ABOVE, find_task


class NoSummary(PacklineError):
    """The day has not been summed up."""

    def __init__(self, day: date | None) -> None:
        which = f"{day.isoformat()} has not" if day else "No day has"
        super().__init__(
            f"{which} been summed up: start the deployment `daily-summary` in Prefect's UI."
        )


class OrderSort(StrEnum):
    """Which orders come first."""

    NEWEST = "newest"
    PROMISE = "promise"


class OrderRow(BaseModel):
    """An order in the list. `promise` says whether it leaves by `promised_at`."""

    number: int
    status: OrderStatus
    problem: str
    channel: str
    external_id: str
    customer_name: str
    country: str
    pieces: int
    total: str | None
    tracking_number: str | None
    received_at: datetime
    promised_at: datetime
    promise: PromiseState
    shipped_at: datetime | None


class TaskRow(BaseModel):
    """A staff task in the list, and its order's promise.

    `escalated_at` is when the role above its own was told that it is late. `warehouse` is the code
    of the one that holds the order's stock, once one does.
    """

    id: int
    kind: str
    title: str
    order_number: int
    warehouse: str | None
    role: Role
    opened_at: datetime
    due_at: datetime
    overdue: bool
    reminded_at: datetime | None
    escalated_at: datetime | None
    promised_at: datetime
    promise: PromiseState
    complaint: str
    checklist: dict[str, Any] | None


class StockRow(BaseModel):
    """A product in the list, with its stock in one warehouse."""

    sku: str
    name: str
    warehouse: str
    bin: str
    on_hand: int
    reserved: int
    available: int


class EventRow(BaseModel):
    """A line of an order's timeline."""

    at: datetime
    actor: str
    event: str
    detail: str


class OrderSheet(BaseModel):
    """An order with its lines, labels and timeline."""

    order: OrderRow
    address: list[str]
    lines: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    timeline: list[EventRow]


class SummaryRow(BaseModel):
    """A day summed up."""

    day: date
    revision: int
    orders_received: int
    orders_shipped: int
    units_shipped: int
    backlog: int
    revenue: dict[str, Any]
    computed_at: datetime


def orders(
    session: Session,
    *,
    status: OrderStatus | None = None,
    sort: OrderSort = OrderSort.NEWEST,
    late: bool = False,
    limit: int = 50,
) -> list[OrderRow]:
    """The newest orders first; or the open ones, those first that are to leave first.

    `late`: the open orders that should have left, those first that are the latest.
    """
    clock = PromiseClock()
    wanted = select(SalesOrder).limit(limit)
    if status:
        wanted = wanted.where(SalesOrder.status == status)
    if late or sort == OrderSort.PROMISE:
        wanted = wanted.where(col(SalesOrder.status).not_in(ENDED)).order_by(
            col(SalesOrder.promised_at)
        )
    if late:
        wanted = wanted.where(col(SalesOrder.promised_at) < clock.now)
    found = session.exec(wanted.order_by(col(SalesOrder.number).desc())).all()
    pieces = _pieces(session, [order.number for order in found])
    return [_order_row(order, pieces.get(order.number, 0), clock) for order in found]


def order_sheet(session: Session, number: int) -> OrderSheet:
    """Everything about one order. Raises `UnknownOrder`."""
    order = session.get(SalesOrder, number)
    if order is None:
        raise UnknownOrder(number)
    return OrderSheet(
        order=_order_row(order, sum(line.quantity for line in order.lines), PromiseClock()),
        address=list(address_lines(order)),
        lines=[_line(order, line) for line in order.lines],
        labels=[_label(order, label) for label in _labels(session, number)],
        timeline=[
            EventRow(at=event.at, actor=event.actor, event=event.event, detail=event.detail)
            for event in _events(session, number)
        ],
    )


def open_tasks(
    session: Session,
    *,
    role: Role | None = None,
    late: bool = False,
    warehouse: str | None = None,
    limit: int = 50,
) -> list[TaskRow]:
    """What waits for people, most urgent first; `late`: what was due.

    A role also has on its list what was escalated to it. Raises `UnknownWarehouse`.
    """
    clock = PromiseClock()
    urgent = select(StaffTask, SalesOrder).join(SalesOrder)
    urgent = urgent.where(StaffTask.state == TaskState.OPEN)
    if role:
        urgent = urgent.where(_concerns(role))
    if late:
        urgent = urgent.where(col(StaffTask.due_at) < clock.now)
    if warehouse:
        urgent = urgent.where(StaffTask.warehouse == warehouse_called(session, warehouse).code)
    found = session.exec(urgent.order_by(col(StaffTask.due_at), col(StaffTask.id)).limit(limit))
    return [_task_row(task, order, clock) for task, order in found]


def task_row(session: Session, task_id: int) -> TaskRow:
    """One task, open or not. Raises `TaskNotOpen`."""
    task = find_task(session, task_id)
    return _task_row(task, session.get_one(SalesOrder, task.order_number), PromiseClock())


def task_sheet(session: Session, task_id: int) -> str:
    """What a task asks for, as Markdown. Raises `TaskNotOpen`."""
    task = find_task(session, task_id)
    order = session.get_one(SalesOrder, task.order_number)
    return checklist_markdown(GATES[task.kind], order, task)


def role_of(session: Session, name: str) -> Role:
    """The role of somebody who works here. Raises `PacklineError`."""
    staff = session.get(Staff, name)
    if staff is None:
        raise PacklineError(f"Nobody called {name!r} works here: import staff.csv, or give --role.")
    return staff.role


def stock(
    session: Session,
    *,
    skus: list[str] | None = None,
    warehouse: str | None = None,
    limit: int = 1000,
) -> list[StockRow]:
    """Products by SKU, in each warehouse in rank order; all of them without `skus`.

    Raises `UnknownWarehouse`.
    """
    levels = select(StockLevel, Product.name).join(Product).join(Warehouse)
    if skus:
        levels = levels.where(col(StockLevel.sku).in_(skus))
    if warehouse:
        levels = levels.where(StockLevel.warehouse == warehouse_called(session, warehouse).code)
    found = session.exec(levels.order_by(col(StockLevel.sku), col(Warehouse.rank)).limit(limit))
    return [
        StockRow(name=name, available=level.on_hand - level.reserved, **level.model_dump())
        for level, name in found
    ]


def summary(session: Session, day: date | None) -> SummaryRow:
    """The figures of a day, by default of the latest. Raises `NoSummary`."""
    latest = select(DailySummary).order_by(col(DailySummary.day).desc())
    found = session.exec(latest.where(DailySummary.day == day) if day else latest).first()
    if found is None:
        raise NoSummary(day)
    return SummaryRow(**found.model_dump())


_TASK_FIELDS = {
    "id", "kind", "order_number", "warehouse", "role", "opened_at", "due_at", "reminded_at",
    "escalated_at", "complaint", "checklist",
}  # fmt: skip


def _concerns(role: Role) -> ColumnElement[bool]:
    """The tasks of a role, and those of others that were escalated to it."""
    below = [lower for lower, above in ROLE_ABOVE.items() if above == role]
    escalated = and_(col(StaffTask.role).in_(below), col(StaffTask.escalated_at).is_not(None))
    return or_(col(StaffTask.role) == role, escalated)


def _task_row(task: StaffTask, order: SalesOrder, clock: PromiseClock) -> TaskRow:
    return TaskRow(
        title=GATES[task.kind].title,
        overdue=task.state == TaskState.OPEN and task.due_at < clock.now,
        promised_at=order.promised_at,
        promise=clock.state(order),
        **task.model_dump(include=_TASK_FIELDS),
    )


def _order_row(order: SalesOrder, pieces: int, clock: PromiseClock) -> OrderRow:
    total = order.total_minor
    shown = None if total is None else money(total, order.currency, settings().locale)
    return OrderRow(
        pieces=pieces,
        total=shown,
        promise=clock.state(order),
        **order.model_dump(exclude={"total"}),
    )


def _pieces(session: Session, numbers: list[int]) -> dict[int, int]:
    counted = session.execute(
        select(OrderLine.order_number, func.sum(OrderLine.quantity))
        .where(col(OrderLine.order_number).in_(numbers))
        .group_by(col(OrderLine.order_number))
    )
    return {number: int(pieces) for number, pieces in counted}


def _line(order: SalesOrder, line: OrderLine) -> dict[str, Any]:
    price = money(line.unit_price_minor, order.currency, settings().locale)
    return line.model_dump(
        include={"sku", "quantity", "picked", "available_when_short", "tax_minor", "total_minor"}
    ) | {"unit_price": price}


def _labels(session: Session, number: int) -> list[ShippingLabel]:
    found = select(ShippingLabel).where(ShippingLabel.order_number == number)
    return list(session.exec(found.order_by(col(ShippingLabel.parcel))))


def _label(order: SalesOrder, label: ShippingLabel) -> dict[str, Any]:
    cost = label.cost_minor
    return label.model_dump(
        include={"parcel", "state", "carrier", "zone", "weight_grams", "tracking_number"}
    ) | {"cost": None if cost is None else money(cost, order.currency, settings().locale)}


def _events(session: Session, number: int) -> list[AuditEvent]:
    of_order = select(AuditEvent).where(AuditEvent.subject == order_key(number))
    return list(session.exec(of_order.order_by(col(AuditEvent.id))))
