"""What people look up: the rows behind each list, as plain values, each from one query."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, func, or_
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select

from adapters.documents.addresses import address_lines
from adapters.documents.rendering import money
from adapters.settings import settings
from domain.errors import PacklineError
from domain.promises import PromiseState
from models.enums import ENDED, HoldReason, OrderStatus, Role, TaskState
from models.tables.catalogue import Product, Warehouse
from models.tables.ledger import AuditEvent
from models.tables.orders import OrderLine, SalesOrder
from models.tables.refunds import Refund
from models.tables.reports import DailySummary
from models.tables.shipments import Shipment, shipment_name
from models.tables.shipping import ShippingLabel
from models.tables.staff import Staff, StaffTask
from models.tables.stock import StockLevel
from models.validation import is_showable
from services.execution.errors import UnknownOrder
from services.execution.ledger import order_key
from services.execution.locks import IDENTITIES
from services.inventory.warehouses import warehouse_called
from services.orders.promises import PromiseClock
from services.pricing.refunds import amount
from services.worklist.checklists import checklist_markdown
from services.worklist.gates import GATES
from services.worklist.tasks import ROLE_ABOVE, find_task


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
    """An order in the list. `promise` says whether it leaves by `promised_at`.

    `total` is what the customer pays, `value` what that was as ordered.
    """

    number: int
    status: OrderStatus
    problem: str
    hold_reason: HoldReason | None
    hold_note: str
    held_by: str | None
    held_at: datetime | None
    cancel_requested_by: str | None
    cancel_requested_at: datetime | None
    channel: str
    external_id: str
    customer_name: str
    country: str
    pieces: int
    total: str | None
    value: str | None
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
    shipment: int
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


class RefundRow(BaseModel):
    """A refund in the list. `paid_at` is when somebody said that the money has gone back."""

    id: int
    key: str
    order_number: int
    customer_name: str
    email: str
    reason: str
    amount: str
    amount_minor: int
    currency: str
    at: datetime
    by: str
    paid_at: datetime | None
    paid_by: str | None
    paid_reference: str | None


class ShipmentRow(BaseModel):
    """A shipment of an order, with its pieces by SKU."""

    number: int
    status: OrderStatus
    pieces: dict[str, int]
    tracking_number: str | None
    problem: str


class OrderSheet(BaseModel):
    """An order with its lines, shipments, labels, refunds and timeline."""

    order: OrderRow
    address: list[str]
    lines: list[dict[str, Any]]
    shipments: list[ShipmentRow]
    labels: list[dict[str, Any]]
    refunds: list[RefundRow]
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
    sort: OrderSort = OrderSort.PROMISE,
    late: bool = False,
    held: bool = False,
    limit: int = 50,
) -> list[OrderRow]:
    """The open orders, those first that are to leave first; or all, the newest first.

    Those that have ended, asked for by `status`, have nothing to be on time for: the newest come
    first. `held`: those on hold. `late`: the open orders that should have left.
    """
    clock = PromiseClock()
    wanted = select(SalesOrder).limit(limit)
    if status:
        wanted = wanted.where(SalesOrder.status == status)
    if late or (sort == OrderSort.PROMISE and status not in ENDED):
        wanted = wanted.where(col(SalesOrder.status).not_in(ENDED))
        wanted = wanted.order_by(col(SalesOrder.promised_at), col(SalesOrder.number))
    else:
        wanted = wanted.order_by(col(SalesOrder.number).desc())
    if held:
        wanted = wanted.where(col(SalesOrder.held_at).is_not(None))
    if late:
        wanted = wanted.where(col(SalesOrder.promised_at) < clock.now)
    wanted = wanted.options(selectinload(SalesOrder.shipments))  # type: ignore[arg-type]
    found = session.exec(wanted).all()
    pieces = _pieces(session, [order.number for order in found])
    return [_order_row(order, pieces.get(order.number, 0), clock) for order in found]


def order_sheet(session: Session, number: int) -> OrderSheet:
    """Everything about one order. Raises `UnknownOrder`."""
    order = session.get(SalesOrder, number) if number in IDENTITIES else None
    if order is None:
        raise UnknownOrder(number)
    return OrderSheet(
        order=_order_row(order, sum(line.quantity for line in order.lines), PromiseClock()),
        address=list(address_lines(order)),
        lines=[_line(order, line) for line in order.lines],
        shipments=[_shipment_row(shipment) for shipment in order.shipments],
        labels=[_label(order, label) for label in _labels(session, number)],
        refunds=_refund_rows(session, col(Refund.order_number) == number),
        timeline=[
            EventRow(
                at=event.at, actor=event.actor, event=_event(order, event), detail=event.detail
            )
            for event in _events(session, order)
        ],
    )


def refunds(session: Session, *, paid: bool = False, limit: int = 50) -> list[RefundRow]:
    """Refunds whose money has not gone back, the oldest first; `paid`: the others too."""
    wanted = () if paid else (col(Refund.paid_at).is_(None),)
    return _refund_rows(session, *wanted, limit=limit)


def open_tasks(
    session: Session,
    *,
    role: Role | None = None,
    late: bool = False,
    warehouse: str | None = None,
    limit: int = 50,
) -> list[TaskRow]:
    """What waits for people; `late`: what was due.

    What is overdue comes first, and then what belongs to the order that is to leave first. A role
    also has on its list what was escalated to it. Raises `UnknownWarehouse`.
    """
    clock = PromiseClock()
    urgent = select(StaffTask, SalesOrder).join(
        SalesOrder, col(SalesOrder.number) == StaffTask.order_number
    )
    urgent = urgent.where(
        StaffTask.state == TaskState.OPEN,
        col(SalesOrder.status).not_in(ENDED),  # always so: it brings their index into use
    )
    if role:
        urgent = urgent.where(_concerns(role))
    if late:
        urgent = urgent.where(col(StaffTask.due_at) < clock.now)
    if warehouse:
        urgent = urgent.where(StaffTask.warehouse == warehouse_called(session, warehouse).code)
    overdue = col(StaffTask.due_at) < clock.now
    first = (overdue.desc(), col(SalesOrder.promised_at), col(StaffTask.due_at), col(StaffTask.id))
    found = session.exec(urgent.order_by(*first).limit(limit))
    return [_task_row(task, order, clock) for task, order in found]


def task_row(session: Session, task_id: int) -> TaskRow:
    """One task, open or not. Raises `TaskNotOpen`."""
    task = find_task(session, task_id)
    return _task_row(task, session.get_one(SalesOrder, task.order_number), PromiseClock())


def task_sheet(session: Session, task_id: int) -> str:
    """What a task asks for, as Markdown. Raises `TaskNotOpen`."""
    task = find_task(session, task_id)
    order = session.get_one(SalesOrder, task.order_number)
    return checklist_markdown(GATES[task.kind], shipment_name(order.number, task.shipment), task)


def role_of(session: Session, name: str) -> Role:
    """The role of somebody who works here. Raises `PacklineError`."""
    staff = session.get(Staff, name) if is_showable(name) else None
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
        levels = levels.where(col(StockLevel.sku).in_(filter(is_showable, skus)))
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


_LABEL_FIELDS = {
    "shipment", "parcel", "state", "carrier", "zone", "weight_grams", "tracking_number",
}  # fmt: skip

_LINE_FIELDS = {"sku", "quantity", "cancelled", "tax_minor", "total_minor"}

_TASK_FIELDS = {
    "id", "kind", "order_number", "shipment", "warehouse", "role", "opened_at", "due_at",
    "reminded_at", "escalated_at", "complaint", "checklist",
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
    return OrderRow(
        pieces=pieces,
        problem="; ".join(each.problem for each in order.shipments if each.problem),
        tracking_number=", ".join(_tracking_numbers(order)) or None,
        total=_amount(order, order.total_minor),
        value=_amount(order, order.value_minor),
        promise=clock.state(order),
        **order.model_dump(exclude={"total"}),
    )


def _shipment_row(shipment: Shipment) -> ShipmentRow:
    return ShipmentRow(
        pieces={line.sku: line.quantity for line in shipment.goods}, **shipment.model_dump()
    )


def _tracking_numbers(order: SalesOrder) -> Iterator[str]:
    """One per shipment that has one."""
    return (each.tracking_number for each in order.shipments if each.tracking_number)


def _amount(order: SalesOrder, minor: int | None) -> str | None:
    return None if minor is None else money(minor, order.currency, settings().locale)


def _refund_rows(
    session: Session, *wanted: ColumnElement[bool], limit: int | None = None
) -> list[RefundRow]:
    """The refunds wanted, the oldest first."""
    found = select(Refund, SalesOrder).join(SalesOrder).where(*wanted)
    rows = session.exec(found.order_by(col(Refund.id)).limit(limit))
    return [_refund_row(refund, order) for refund, order in rows]


def _refund_row(refund: Refund, order: SalesOrder) -> RefundRow:
    return RefundRow(
        customer_name=order.customer_name,
        email=order.email,
        amount=amount(refund),
        **refund.model_dump(),
    )


def _pieces(session: Session, numbers: list[int]) -> dict[int, int]:
    counted = session.execute(
        select(OrderLine.order_number, func.sum(OrderLine.quantity))
        .where(col(OrderLine.order_number).in_(numbers))
        .group_by(col(OrderLine.order_number))
    )
    return {number: int(pieces) for number, pieces in counted}


def _line(order: SalesOrder, line: OrderLine) -> dict[str, Any]:
    shown = line.model_dump(include=_LINE_FIELDS) | _travelling(order, line)
    return shown | {"unit_price": _amount(order, line.unit_price_minor)}


def _travelling(order: SalesOrder, line: OrderLine) -> dict[str, int | None]:
    """What was found of a line, over all shipments; None where nobody has looked."""
    parts = [part for each in order.shipments for part in each.lines]
    mine = [part for part in parts if part.order_line_id == line.id]
    picked = [part.picked for part in mine if part.picked is not None]
    short = [part.available_when_short for part in mine if part.available_when_short is not None]
    return {
        "picked": sum(picked) if picked else None,
        "available_when_short": sum(short) if short else None,
    }


def _labels(session: Session, number: int) -> list[ShippingLabel]:
    found = select(ShippingLabel).where(ShippingLabel.order_number == number)
    in_order = found.order_by(col(ShippingLabel.shipment), col(ShippingLabel.parcel))
    return list(session.exec(in_order))


def _label(order: SalesOrder, label: ShippingLabel) -> dict[str, Any]:
    return label.model_dump(include=_LABEL_FIELDS) | {"cost": _amount(order, label.cost_minor)}


def _events(session: Session, order: SalesOrder) -> list[AuditEvent]:
    keys = [each.key for each in order.shipments]
    of_order = select(AuditEvent).where(col(AuditEvent.subject).in_(keys))
    return list(session.exec(of_order.order_by(col(AuditEvent.id))))


def _event(order: SalesOrder, event: AuditEvent) -> str:
    """What happened, and to which shipment, where it is not the first."""
    shipment = event.subject.removeprefix(order_key(order.number)).removeprefix(":")
    return f"{event.event} (shipment {shipment})" if shipment else event.event
