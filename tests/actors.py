"""What people do, in the name that they gave, as the command line does it."""

from typing import Any

from adapters.database.sessions import transaction
from models.enums import Channel
from models.imports.requests import (
    AddressIn,
    HoldIn,
    LineCancellationIn,
    RefundPaidIn,
    UndoIn,
)
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.results.orders import AddressChanged, CancellationAsked, CancelledOnRequest, HoldSet
from models.results.stock import StockCounted
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from models.tables.staff import StaffTask
from models.tables.stock import StockLevel
from services.access.actors import Actor, actor_named
from services.answers import line_requests, submit
from services.answers.undo import undo_picking
from services.orders import addresses, cancellation, holds
from services.pricing import refunds
from services.stock_control import counts, stock_changes
from services.worklist.gates import GATES


def someone(name: str) -> Actor:
    """Whoever typed that name at the command line."""
    return Actor(name=name, channel=Channel.COMMAND_LINE)


def answer_task(task_id: int, answer: dict[str, Any]) -> StaffTask:
    gate = GATES.get(answer.get("gate", ""))
    name = str(answer.get(gate.answered_by, "")) if gate else ""
    return submit.answer_task(task_id, answer, someone(name))


def undo(task_id: int, by: str, reason: str = "a mistake") -> StaffTask:
    with transaction() as session:
        actor = actor_named(session, by, Channel.COMMAND_LINE)
    return undo_picking(task_id, UndoIn(reason=reason, by=by), actor)


def request_cancellation_of(number: int, reason: str, by: str) -> CancellationAsked:
    return cancellation.request_cancellation_of(number, reason, someone(by))


def cancel_lines(number: int, by: str, **asked: Any) -> CancelledOnRequest:
    given = LineCancellationIn(**{"reason": "the customer asked"} | asked, by=by)
    return line_requests.cancel_lines_on_request(number, given, someone(by))


def put_on_hold(number: int, asked: HoldIn) -> HoldSet:
    return holds.put_on_hold(number, asked, someone(asked.by))


def release(number: int, by: str) -> SalesOrder:
    return holds.release(number, someone(by))


def change_address(number: int, new: AddressIn, *, new_label: bool = False) -> AddressChanged:
    return addresses.change_address(number, new, someone(new.by), new_label=new_label)


def pay(number: int, paid: RefundPaidIn) -> Refund:
    return refunds.pay(number, paid, someone(paid.by))


def book(change: DeliveryIn | AdjustmentIn) -> StockLevel:
    return stock_changes.book(change, someone(change.by))


def move(transfer: TransferIn) -> tuple[StockLevel, StockLevel]:
    return stock_changes.move(transfer, someone(transfer.by))


def count(found: StockCountIn) -> StockCounted:
    return counts.count(found, someone(found.by))
