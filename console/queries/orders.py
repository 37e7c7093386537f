"""Orders, as lists and sheets."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel
from sqlalchemy import func
from sqlalchemy.orm import selectinload
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from adapters.database.clock import this_instant
from adapters.documents.addresses import address_lines
from adapters.documents.rendering import money
from adapters.settings import settings
from console.queries.finding import found_by
from console.queries.listed import Listed, listed
from console.queries.refunds import RefundRow, refund_rows
from console.queries.timeline import EventRow, timeline
from domain.messages import Message
from domain.promises import PromiseState
from models.enums import ENDED, HoldReason, LabelState, OrderStatus, ServiceLevel, SweepPart
from models.messages import MessageData
from models.tables.orders import OrderLine, SalesOrder
from models.tables.refunds import Refund
from models.tables.runs import SweepProblem
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from services.execution.errors import UnknownOrder
from services.execution.locks import IDENTITIES
from services.orders.promises import PromiseClock
from services.shipping.labels import contents


class OrderSort(StrEnum):
    """Which orders come first."""

    NEWEST = "newest"
    PROMISE = "promise"


class SweepProblemRow(BaseModel):
    """What the dispatcher fails to do for an order, why, and since when."""

    part: SweepPart
    problem: MessageData
    since: datetime


class OrderRow(BaseModel):
    """An order in the list. `promise` says whether it leaves by `promised_at`.

    `total` is what the customer pays, `value` what that was as ordered. `problems` say why its runs
    stopped, `awaits` which services outside it waits for, `sweep_problems` what the dispatcher
    fails to do for it. `departs_at` is the next departure that something of it is meant for.
    """

    number: int
    status: OrderStatus
    problems: list[MessageData]
    awaits: list[str]
    sweep_problems: list[SweepProblemRow]
    hold_reason: HoldReason | None
    hold_note: str
    held_by: str | None
    on_hold_since: datetime | None
    cancel_requested_by: str | None
    cancel_requested_at: datetime | None
    channel: str
    external_id: str
    customer_name: str
    country: str
    pieces: int
    total: str
    value: str
    tracking_number: str | None
    received_at: datetime
    promised_at: datetime
    promise: PromiseState
    departs_at: datetime | None
    shipped_at: datetime | None


class OrderRecord(BaseModel):
    """An order as it is kept: see the table of orders for what each value says."""

    number: int
    channel: str
    external_id: str
    status: OrderStatus
    placed_at: datetime
    received_at: datetime
    promised_at: datetime
    customer_name: str
    email: str
    address_line1: str
    address_line2: str
    city: str
    region: str
    postal_code: str
    country: str
    brought_address: dict[str, str] | None
    currency: str
    prices_include_tax: bool
    service_level: ServiceLevel
    discount_minor: int
    shipping_charged_minor: int
    fees_charged_minor: int
    fees_tax_minor: int
    tax_charged_minor: int
    value_minor: int
    brought: dict[str, int]
    quote: dict[str, Any]
    items_minor: int
    shipping_minor: int
    fees_minor: int
    tax_minor: int
    total_minor: int
    collected_at: datetime | None
    shipped_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str
    cancel_requested_at: datetime | None
    cancel_requested_by: str | None
    hold_reason: HoldReason | None
    hold_note: str
    put_first_at: datetime | None
    on_hold_since: datetime | None
    held_by: str | None
    released_at: datetime | None


class ShipmentRow(BaseModel):
    """A shipment of an order, with its pieces by SKU."""

    number: int
    status: OrderStatus
    pieces: dict[str, int]
    tracking_number: str | None
    departs_at: datetime | None
    problem: MessageData | None


class OrderLineRow(BaseModel):
    """A line of an order, with what was charged for all its pieces, after discounts.

    `unit_price` is None where it came with one price for all. `cancelled` pieces will not ship, and
    `paid` is what the customer pays for those that do. `picked` is what was found of its product,
    and `available_when_short` what there was where it was short, over all shipments and lines; None
    where nobody has looked.
    """

    position: int
    line_id: str | None
    sku: str
    quantity: int
    cancelled: int
    price_minor: int
    discount_minor: int
    order_discount_minor: int
    charged_minor: int
    tax_minor: int
    shipping_minor: int
    shipping_tax_minor: int
    picked: int | None
    available_when_short: int | None
    unit_price: str | None
    charged: str
    paid: str


class ChargedRow(BaseModel):
    """What an order was charged when it was taken, as people write it and in minor units.

    `items` are its lines after all discounts: the order's own, `discount`, is taken off them. `tax`
    is all tax; it is inside of the others where `prices_include_tax`, and on top of them where not.
    """

    currency: str
    prices_include_tax: bool
    items: str
    items_minor: int
    discount: str
    discount_minor: int
    shipping: str
    shipping_minor: int
    fees: str
    fees_minor: int
    tax: str
    tax_minor: int
    total: str
    total_minor: int


class LabelRow(BaseModel):
    """The label of a parcel, wanted, bought or voided, and what it costs the shop.

    `items` are the pieces in it by SKU, where the packer has said so.
    """

    shipment: int
    parcel: int
    state: LabelState
    carrier: str
    zone: str
    weight_grams: int
    box: str | None
    items: dict[str, int]
    tracking_number: str | None
    cost: str | None


class OrderSheet(BaseModel):
    """An order with what it was charged, its lines, shipments, labels, refunds and timeline."""

    order: OrderRow
    charged: ChargedRow
    address: list[str]
    lines: list[OrderLineRow]
    shipments: list[ShipmentRow]
    labels: list[LabelRow]
    refunds: list[RefundRow]
    timeline: list[EventRow]


def list_orders(
    session: Session,
    *,
    status: OrderStatus | None = None,
    sort: OrderSort = OrderSort.PROMISE,
    late: bool = False,
    held: bool = False,
    find: str = "",
    limit: int = 50,
) -> Listed[OrderRow]:
    """The open orders, those first that are to leave first; or all, the newest first.

    Those that have ended, asked for by `status`, have nothing to be on time for: the newest come
    first. `held`: those on hold. `late`: the open orders that should have left. `find`: of all
    orders, also those that have ended, what `found_by` finds.
    """
    clock = PromiseClock(this_instant(session))
    by_promise = sort == OrderSort.PROMISE and status not in ENDED and not find
    wanted = _in_order(by_promise=late or by_promise)
    if find:
        wanted = wanted.where(found_by(find))
    if status:
        wanted = wanted.where(SalesOrder.status == status)
    if held:
        wanted = wanted.where(col(SalesOrder.on_hold_since).is_not(None))
    if late:
        wanted = wanted.where(col(SalesOrder.promised_at) < clock.now)
    found = listed(session, wanted, limit)
    numbers = [order.number for order in found]
    pieces, problems = _pieces(session, numbers), _sweep_problems(session, numbers)
    return found.each(
        lambda order: _order_row(order, pieces.get(order.number, 0), problems[order.number], clock)
    )


def order_sheet(session: Session, number: int) -> OrderSheet:
    """Everything about one order. Raises `UnknownOrder`."""
    order = session.get(SalesOrder, number) if number in IDENTITIES else None
    if order is None:
        raise UnknownOrder(number)
    pieces, problems = (
        sum(line.quantity for line in order.lines),
        _sweep_problems(session, [number]),
    )
    return OrderSheet(
        order=_order_row(order, pieces, problems[number], PromiseClock(this_instant(session))),
        charged=_charged(order),
        address=list(address_lines(order)),
        lines=[_line(order, line) for line in order.lines],
        shipments=[_shipment_row(shipment) for shipment in order.shipments],
        labels=_labels(session, number),
        refunds=refund_rows(session, col(Refund.order_number) == number),
        timeline=timeline(session, order),
    )


def _in_order(*, by_promise: bool) -> SelectOfScalar[SalesOrder]:
    """The open orders, those first that are to leave first; or all, the newest first."""
    orders = select(SalesOrder).options(selectinload(SalesOrder.shipments))  # type: ignore[arg-type]
    if not by_promise:
        return orders.order_by(col(SalesOrder.number).desc())
    open_orders = orders.where(col(SalesOrder.status).not_in(ENDED))
    return open_orders.order_by(col(SalesOrder.promised_at), col(SalesOrder.number))


def order_record(order: SalesOrder) -> OrderRecord:
    """All that is kept of an order itself."""
    return OrderRecord(**order.model_dump())


def _order_row(
    order: SalesOrder, pieces: int, problems: list[SweepProblemRow], clock: PromiseClock
) -> OrderRow:
    return OrderRow(
        pieces=pieces,
        sweep_problems=problems,
        problems=[Message.from_data(each.problem) for each in order.shipments if each.problem],
        awaits=sorted({each.awaits for each in order.shipments if each.awaits}),
        tracking_number=", ".join(_tracking_numbers(order)) or None,
        total=_amount(order.total_minor, order.currency),
        value=_amount(order.value_minor, order.currency),
        promise=clock.state(order),
        departs_at=min(_departures(order), default=None),
        **order.model_dump(exclude={"total"}),
    )


def _charged(order: SalesOrder) -> ChargedRow:
    minor = {
        "items": sum(line.charged_minor for line in order.lines),
        "discount": order.discount_minor,
        "shipping": order.shipping_charged_minor,
        "fees": order.fees_charged_minor,
        "tax": order.tax_charged_minor,
        "total": order.value_minor,
    }
    return ChargedRow(
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        **{name: _amount(amount, order.currency) for name, amount in minor.items()},
        **{f"{name}_minor": amount for name, amount in minor.items()},
    )


def _shipment_row(shipment: Shipment) -> ShipmentRow:
    return ShipmentRow(
        pieces={line.sku: line.quantity for line in shipment.goods}, **shipment.model_dump()
    )


def _tracking_numbers(order: SalesOrder) -> Iterator[str]:
    """One per shipment that has one."""
    return (each.tracking_number for each in order.shipments if each.tracking_number)


def _departures(order: SalesOrder) -> Iterator[datetime]:
    """Those of its open shipments."""
    departures = (each.departs_at for each in order.shipments if not each.has_ended)
    return (departs_at for departs_at in departures if departs_at)


def _amount(minor: int, currency: str) -> str:
    return money(minor, currency, settings().locale)


def _optional_amount(minor: int | None, currency: str | None) -> str | None:
    return None if minor is None or currency is None else _amount(minor, currency)


def _pieces(session: Session, numbers: list[int]) -> dict[int, int]:
    counted = session.execute(
        select(OrderLine.order_number, func.sum(OrderLine.quantity))
        .where(col(OrderLine.order_number).in_(numbers))
        .group_by(col(OrderLine.order_number))
    )
    return {number: int(pieces) for number, pieces in counted}


def _sweep_problems(session: Session, numbers: list[int]) -> dict[int, list[SweepProblemRow]]:
    """The oldest first."""
    of_these = select(SweepProblem).where(col(SweepProblem.order_number).in_(numbers))
    problems: dict[int, list[SweepProblemRow]] = defaultdict(list)
    for found in session.exec(of_these.order_by(col(SweepProblem.since))):
        problems[found.order_number].append(SweepProblemRow(**found.model_dump()))
    return problems


def _line(order: SalesOrder, line: OrderLine) -> OrderLineRow:
    parts = [part for each in order.shipments for part in each.lines]
    mine = [part for part in parts if part.sku == line.sku]
    return OrderLineRow(
        picked=_sum_of_known(part.picked for part in mine),
        available_when_short=_sum_of_known(part.available_when_short for part in mine),
        unit_price=_optional_amount(line.unit_price_minor, order.currency),
        charged=_amount(line.charged_minor, order.currency),
        paid=_amount(line.paid_minor, order.currency),
        **line.model_dump(),
    )


def _sum_of_known(pieces: Iterable[int | None]) -> int | None:
    known = [each for each in pieces if each is not None]
    return sum(known) if known else None


def _labels(session: Session, number: int) -> list[LabelRow]:
    found = select(ShippingLabel).where(ShippingLabel.order_number == number)
    in_order = found.order_by(col(ShippingLabel.shipment), col(ShippingLabel.parcel))
    labels = session.exec(in_order).all()
    items = contents(session, labels)
    return [_label(label, items[label.id]) for label in labels]


def _label(label: ShippingLabel, items: dict[str, int]) -> LabelRow:
    cost = _optional_amount(label.cost_minor, label.cost_currency)
    return LabelRow(cost=cost, items=items, **label.model_dump(exclude={"pdf"}))
