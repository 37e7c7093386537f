"""Cancelling lines: pieces of an order that will not ship, while the rest does. No Prefect here.

Whoever cancels them, they leave the shipment, the allocation and the order's lines in one
transaction, with the refund and a record in the shipment's ledger; its flow run tells the customer.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from domain.errors import PacklineError
from domain.reasons import Reason
from models.process import StepName
from models.results.orders import LinesCancelled
from models.tables.ledger import StepRecord
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipments import Shipment
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import record
from services.inventory.allocations import deallocate
from services.orders.lines import cancel_pieces
from services.pricing.settlement import refund_cancelled


class UnknownLine(PacklineError):
    """The order has no such line of the products that are cancelled."""

    message = "Order {number} has no line {line!q} of {skus}: it has {lines}."

    def __init__(self, number: int, line: str, skus: Collection[str], lines: Sequence[str]) -> None:
        super().__init__(number=number, line=line, skus=tuple(sorted(skus)), lines=tuple(lines))


@dataclass(frozen=True)
class Terms:
    """How lines are cancelled: why and by whom, off which lines first (by position), and whether
    what is left of the shipping comes back with them.
    """

    reason: Reason
    actor: Actor
    first: Sequence[int] = ()
    with_shipping: bool = False


def cancel_lines(
    session: Session, shipment: Shipment, pieces: Mapping[str, int], terms: Terms
) -> int:
    """Take pieces by SKU off a shipment that is locked with its products, and off its order, and
    write down what comes back.

    Returns the number that the cancellation has in the shipment's ledger, from 1.
    """
    deallocate(session, shipment, pieces)
    to_restock = _take_out(shipment, pieces)
    shipment.nothing_left = not shipment.goods
    lines = cancel_pieces(shipment.order, pieces, terms.first)
    session.flush()
    refund = refund_cancelled(
        session, shipment.order, terms.reason, terms.actor, with_shipping=terms.with_shipping
    )
    result = LinesCancelled(
        cancelled=dict(pieces),
        lines=lines,
        to_restock=to_restock,
        refund=refund.key if refund else None,
    )
    number = cancellations(session, shipment) + 1
    record(session, shipment.key, StepName.CANCEL_LINES, number, result, shipment.run_id or "")
    add_event(session, shipment.key, StepName.CANCEL_LINES, result, actor=terms.actor)
    return number


def _take_out(shipment: Shipment, pieces: Mapping[str, int]) -> dict[str, int]:
    """Take the pieces off a shipment's lines; returns those of them that were picked."""
    to_restock: dict[str, int] = {}
    for line in shipment.goods:
        line.quantity -= pieces.get(line.sku, 0)
        picked = line.picked or 0
        if picked > line.quantity:
            line.picked, to_restock[line.sku] = line.quantity, picked - line.quantity
    return to_restock


def cancellations(session: Session, shipment: Shipment) -> int:
    """How often pieces of the shipment have been cancelled."""
    return session.exec(select(func.count()).where(*_cancellations_of(shipment))).one()


def pieces_to_restock(session: Session, shipment: Shipment) -> dict[str, int]:
    """The pieces by SKU that were cancelled after they had been picked."""
    pieces: Counter[str] = Counter()
    for result in session.exec(select(StepRecord.result).where(*_cancellations_of(shipment))):
        pieces.update(LinesCancelled.model_validate(result).to_restock)
    return dict(pieces)


def _cancellations_of(shipment: Shipment) -> tuple[ColumnElement[bool], ...]:
    of_shipment = col(StepRecord.subject) == shipment.key
    return of_shipment, col(StepRecord.step) == StepName.CANCEL_LINES


def positions(order: SalesOrder, names: Sequence[str], skus: Collection[str]) -> tuple[int, ...]:
    """The positions of the lines of these products that people name: by their number from 1, or by
    the shop's id. A number goes before an id that looks like one; `id:1` is the shop's.

    Raises `UnknownLine`.
    """
    lines = [line for line in order.lines if line.sku in skus]
    by_id = {line.line_id: line.position for line in lines if line.line_id}
    by_name = by_id | {f"id:{name}": position for name, position in by_id.items()}
    by_name |= {str(line.position): line.position for line in lines}
    for name in names:
        if name not in by_name:
            raise UnknownLine(order.number, name, skus, [_named(line) for line in lines])
    return tuple(by_name[name] for name in names)


def _named(line: OrderLine) -> str:
    return f"{line.position} (id:{line.line_id})" if line.line_id else str(line.position)
