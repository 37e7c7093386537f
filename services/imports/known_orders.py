"""Orders of an import that are there already: a file that is imported again changes nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select, tuple_

from domain.messages import Message
from domain.texts import look_alike
from models.imports.orders import OrderIn
from models.tables.orders import OrderLine, SalesOrder
from models.validation import Problem
from services.imports.order_drafts import Key, OrderDraft
from services.pricing.kept_charges import brought_amounts


def stored_keys(session: Session, read: Sequence[OrderDraft]) -> set[Key]:
    """By what those of the orders are known that are there."""
    there = select(SalesOrder.channel, SalesOrder.external_id).where(_is_one_of(read))
    return {(channel, key) for channel, key in session.exec(there)}


def compare(session: Session, known: Sequence[OrderDraft]) -> None:
    """Complain about orders that are there already and say something else than the file."""
    if not known:
        return
    found = session.exec(select(SalesOrder).where(_is_one_of(known)))
    orders = {(order.channel, order.external_id): order for order in found}
    lines = _stored_lines(session, [order.number or 0 for order in orders.values()])
    for draft in known:
        stored = orders[draft.key]
        if draft.order and (what := _difference(draft.order, stored, lines[stored.number or 0])):
            draft.add_error(Problem(None, _was_imported(draft.subject, stored.number, what)))


def _is_one_of(read: Sequence[OrderDraft]) -> Any:
    key = tuple_(col(SalesOrder.channel), col(SalesOrder.external_id))
    return key.in_([draft.key for draft in read])


def _was_imported(subject: str, number: int, what: str) -> Message:
    return Message(
        "imported-before",
        "order {order} was imported before as {number}, with another {what}: an import does not"
        " change orders",
        {"order": subject, "number": number, "what": what},
    )


def _stored_lines(session: Session, numbers: Sequence[int]) -> dict[int, list[OrderLine]]:
    found: dict[int, list[OrderLine]] = {number: [] for number in numbers}
    for line in session.exec(select(OrderLine).where(col(OrderLine.order_number).in_(numbers))):
        found[line.order_number].append(line)
    return found


def _difference(order: OrderIn, stored: SalesOrder, lines: Sequence[OrderLine]) -> str:
    """The first thing that the file says otherwise than when the order was taken; '' if it says the
    same. What Packline has changed since is no difference.
    """
    was = stored.brought_address or {}
    for name, value in order.columns().items():
        if not look_alike(was.get(name, getattr(stored, name)), value):
            return name
    brought = brought_amounts(order)
    for name in sorted(brought.keys() | stored.brought.keys()):
        if brought.get(name) != stored.brought.get(name):
            return name
    total = order.amount("total_charged")
    if total not in (None, stored.value_minor):
        return "total_charged"
    return "" if _given_lines(order) == _kept_lines(order, lines) else "set of lines"


def _given_lines(order: OrderIn) -> Counter[tuple[Any, ...]]:
    """What the file says of the lines, in any order; by their ids, if it has some."""
    return Counter(
        (given.line_id, given.sku, line.quantity, line.price_minor, line.discount_minor)
        + ((line.tax_minor,) if line.tax_minor is not None else ())
        for given, line in zip(order.lines, order.brought.lines, strict=True)
    )


def _kept_lines(order: OrderIn, lines: Sequence[OrderLine]) -> Counter[tuple[Any, ...]]:
    """What is kept of the lines, as far as the file says it."""
    has_ids = any(line.line_id for line in order.lines)
    has_taxes = order.brought.has_line_taxes
    return Counter(
        (line.line_id or "" if has_ids else "", line.sku, line.quantity)
        + (line.price_minor, line.discount_minor)
        + ((line.tax_minor,) if has_taxes else ())
        for line in lines
    )
