"""What comes back for what is cancelled of an order: its refunds are brought up to its lines.

Nothing is priced anew: all of it is made of what was charged on the day on which the order was
taken (docs/decisions/0026-what-a-customer-was-charged.md). No Prefect here.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlmodel import Session, col, func, select

from adapters.settings import settings
from domain.reasons import Reason
from domain.refunds import ShippingRefunds, for_pieces, tax_for_pieces
from models.enums import EventKind, OrderStatus
from models.tables.orders import OrderLine, SalesOrder
from models.tables.refunds import REASON_CHARACTERS, Refund, RefundLine
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.pricing.refunds import ShippedAlready, refund_event


def refund_cancelled(
    session: Session,
    order: SalesOrder,
    reason: Reason,
    actor: Actor,
    *,
    with_shipping: bool = False,
) -> Refund | None:
    """Write down what the customer of a locked order gets back for what is cancelled in its lines
    and has not come back yet. None: nothing comes back.

    Goods come back piece by piece, by `domain.refunds`. Once nothing of the order ships, or has
    shipped, all that is left of its value does; before that, shipping does with each line's share,
    where the setting says so, or all that is left of it, `with_shipping`. Done twice, the second
    time finds nothing to give back. Raises `ShippedAlready`.

    The audit says the same: *an order's value is its total and its refunds*, *refunds of a line are
    its share of what was charged*, *no more of shipping and its tax comes back than was charged*,
    *refunds give something back and add up* and *refunds are for lines of their order*.
    """
    if order.status == OrderStatus.SHIPPED:
        raise ShippedAlready(order.number)
    lines = _due_lines(session, order)
    parts = _parts(session, order, lines, with_shipping=with_shipping)
    if parts.amount_minor(order.prices_include_tax) == 0:
        return None
    refund = _refund(session, order, parts, reason, actor)
    session.add(refund)
    session.flush()
    session.add_all(RefundLine(refund_id=refund.id, **line._asdict()) for line in lines)
    _take_off(order, refund)
    due = refund_event(refund, reason.says)
    kind = EventKind.REFUND_DUE
    add_event(session, order_key(order.number), kind, due, actor=actor, note=reason.note)
    return refund


class _LineDue(NamedTuple):
    """What is to come back of a line: the columns of `refund_line`."""

    order_line_id: int
    items_minor: int
    tax_minor: int
    shipping_minor: int
    shipping_tax_minor: int


class _Parts(NamedTuple):
    """What a refund is made of, as an order's amounts are; `shipping_tax_minor` is in the tax."""

    items_minor: int
    shipping_minor: int
    fees_minor: int
    tax_minor: int
    shipping_tax_minor: int

    def amount_minor(self, prices_include_tax: bool) -> int:
        """All of it; tax is inside of the others where prices include it."""
        net = self.items_minor + self.shipping_minor + self.fees_minor
        return net if prices_include_tax else net + self.tax_minor


_NOTHING = _LineDue(0, 0, 0, 0, 0)


def _due_lines(session: Session, order: SalesOrder) -> list[_LineDue]:
    """What the lines' cancelled pieces have yet to bring back; without lines that bring nothing."""
    before = _came_back_before(session, order)
    inside = order.prices_include_tax
    due = [_due(line, before.get(line.id, _NOTHING), inside=inside) for line in order.lines]
    by_share = settings().refund_shipping == ShippingRefunds.BY_SHARE
    due = _held_to(
        due,
        shipping_minor=order.shipping_minor if by_share else 0,
        shipping_tax_minor=_shipping_tax_left(session, order) if by_share else 0,
    )
    return [line for line in due if any(line[1:])]


def _due(line: OrderLine, before: _LineDue, *, inside: bool) -> _LineDue:
    cancelled, of = line.cancelled, line.quantity

    def tax(tax_minor: int, amount_minor: int) -> int:
        return tax_for_pieces(tax_minor, amount_minor, cancelled, of, inside=inside)

    in_all = _LineDue(
        order_line_id=line.id,
        items_minor=for_pieces(line.charged_minor, cancelled, of),
        tax_minor=tax(line.tax_minor, line.charged_minor),
        shipping_minor=for_pieces(line.shipping_minor, cancelled, of),
        shipping_tax_minor=tax(line.shipping_tax_minor, line.shipping_minor),
    )
    more = (max(due - came, 0) for due, came in zip(in_all[1:], before[1:], strict=True))
    return _LineDue(line.id, *more)


def _held_to(due: Sequence[_LineDue], **left_minor: int) -> list[_LineDue]:
    """No more of each part than is left of it: shipping may have come back at once."""
    held: list[_LineDue] = []
    for line in due:
        parts = {name: min(getattr(line, name), left) for name, left in left_minor.items()}
        left_minor = {name: left - parts[name] for name, left in left_minor.items()}
        held.append(line._replace(**parts))
    return held


def _came_back_before(session: Session, order: SalesOrder) -> dict[int, _LineDue]:
    amounts = (func.sum(getattr(RefundLine, name)) for name in _LineDue._fields[1:])
    found = session.execute(
        select(RefundLine.order_line_id, *amounts)
        .where(col(RefundLine.order_line_id).in_([line.id for line in order.lines]))
        .group_by(col(RefundLine.order_line_id))
    )
    return {row[0]: _LineDue(*map(int, row)) for row in found}


def _parts(
    session: Session, order: SalesOrder, lines: Sequence[_LineDue], *, with_shipping: bool
) -> _Parts:
    """What comes back in all: for these lines, or all that is left of the order's value."""
    goods = sum(line.items_minor for line in lines)
    goods_tax = sum(line.tax_minor for line in lines)
    shipping = sum(line.shipping_minor for line in lines)
    shipping_tax = sum(line.shipping_tax_minor for line in lines)
    ends = not any(line.shipping_pieces for line in order.lines)
    if ends or with_shipping:
        shipping, shipping_tax = order.shipping_minor, _shipping_tax_left(session, order)
    if ends:
        return _Parts(goods, shipping, order.fees_minor, order.tax_minor, shipping_tax)
    return _Parts(goods, shipping, 0, goods_tax + shipping_tax, shipping_tax)


def _shipping_tax_left(session: Session, order: SalesOrder) -> int:
    """What of the tax on shipping has not come back."""
    returned = select(func.sum(Refund.shipping_tax_minor)).where(
        Refund.order_number == order.number
    )
    charged = sum(line.shipping_tax_minor for line in order.lines)
    return charged - int(session.exec(returned).one() or 0)


def _refund(
    session: Session, order: SalesOrder, parts: _Parts, reason: Reason, actor: Actor
) -> Refund:
    key = order_key(order.number)
    so_far = select(func.count()).where(col(Refund.order_number) == order.number)
    return Refund(
        order_number=order.number,
        key=f"{key}:refund:{session.exec(so_far).one() + 1}",
        reason=str(reason)[:REASON_CHARACTERS],
        **parts._asdict(),
        amount_minor=parts.amount_minor(order.prices_include_tax),
        currency=order.currency,
        by=actor.name,
    )


def _take_off(order: SalesOrder, refund: Refund) -> None:
    """What the customer pays in the end is that much less."""
    order.items_minor -= refund.items_minor
    order.shipping_minor -= refund.shipping_minor
    order.fees_minor -= refund.fees_minor
    order.tax_minor -= refund.tax_minor
    order.total_minor -= refund.amount_minor
