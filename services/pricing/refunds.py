"""What customers get back. Packline says how much and for what; the money goes back elsewhere, and
somebody says that it has.

An order's value is what it costs and its refunds, always. No Prefect here.
"""

from sqlmodel import Session, col, func, select

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.documents.rendering import money
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time
from domain.errors import PacklineError
from domain.messages import Message
from domain.pricing import PricedOrder, refund_for
from domain.reasons import Reason
from models.enums import EventKind, OrderStatus
from models.events import RefundEvent
from models.imports.requests import RefundPaidIn
from models.tables.orders import SalesOrder
from models.tables.refunds import REASON_CHARACTERS, Refund
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.execution.locks import IDENTITIES
from services.pricing.amounts import price, price_as_ordered, save_amounts


class UnknownRefund(PacklineError):
    """There is no such refund."""

    message = "There is no refund {number}: `packline refunds --all` lists those there are."

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


class ShippedAlready(PacklineError):
    """What an order costs is settled, and in its day's revenue."""

    message = (
        "Order {number} is Shipped, so nothing of it can be cancelled: give money back where"
        " the customer paid, and book what is sent back with `packline stock adjust`."
    )

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


class PaidAlready(PacklineError):
    """The money went back before."""

    messages = {
        "paid-already": (
            "Refund {refund} of order {order} was paid by {by} at {at}: nothing was changed;"
            " `packline refunds` lists those still to pay."
        ),
        "paid-already-under": (
            "Refund {refund} of order {order} was paid by {by} at {at} under {reference!r}: nothing"
            " was changed; `packline refunds` lists those still to pay."
        ),
    }

    def __init__(self, refund: Refund) -> None:
        super().__init__(
            "paid-already-under" if refund.paid_reference else "paid-already",
            refund=refund.id,
            order=refund.order_number,
            by=refund.paid_by,
            at=in_shop_time(refund.paid_at) if refund.paid_at else None,
            reference=refund.paid_reference,
        )


def reprice(session: Session, order: SalesOrder, reason: Reason, actor: Actor) -> Refund | None:
    """Price a locked order anew for what still ships (each line's quantity less what is cancelled
    of it), and write down what the customer gets back for the rest. None: nothing comes back.

    An order that was never priced is priced as ordered first. Where less would cost more, the
    amounts stay as they are. Done twice, the second time finds nothing to give back.

    Raises `ShippedAlready`; also `NoShippingZone`, `NoShippingRate` or `NoTaxRate`, but these not
    for an order that has a value and of which nothing ships.

    The audit says the same: *an order's value is its total and its refunds* and *refunds give
    something back and add up*.
    """
    if order.status == OrderStatus.SHIPPED:
        raise ShippedAlready(order.number)
    price_as_ordered(session, order)
    before = order.total_minor or 0
    lines, priced = price(session, order, [line.shipping_pieces for line in order.lines])
    if priced.total_minor > before:
        return None
    refund = _refund(session, order, priced, reason, actor)
    save_amounts(order, lines, priced)
    if refund.amount_minor == 0:
        return None
    session.add(refund)
    due = _event(refund, reason.says)
    kind = EventKind.REFUND_DUE
    add_event(session, order_key(order.number), kind, due, actor=actor, note=reason.note)
    return refund


def pay(number: int, paid: RefundPaidIn, actor: Actor) -> Refund:
    """Note that the money of a refund has gone back. Raises `UnknownRefund`, `PaidAlready`."""
    with transaction() as session:
        refund = _locked(session, number)
        if refund.paid_at is not None:
            raise PaidAlready(refund)
        refund.paid_at = this_instant(session)
        refund.paid_by = actor.name
        refund.paid_reference = paid.reference or None
        key, gone = order_key(refund.order_number), _event(refund)
        kind = EventKind.REFUND_PAID
        add_event(session, key, kind, gone, actor=actor, note=paid.reference)
        return refund


def _event(refund: Refund, because: Message | None = None) -> RefundEvent:
    return RefundEvent(
        refund=refund.key,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        because=because,
    )


def amount(refund: Refund) -> str:
    """How much comes back, as people write it."""
    return money(refund.amount_minor, refund.currency, settings().locale)


def _refund(
    session: Session, order: SalesOrder, priced: PricedOrder, reason: Reason, actor: Actor
) -> Refund:
    """The difference between what the order costs so far and what it will."""
    key = order_key(order.number)
    so_far = select(func.count()).where(col(Refund.order_number) == order.number)
    return Refund(
        order_number=order.number,
        key=f"{key}:refund:{session.exec(so_far).one() + 1}",
        reason=str(reason)[:REASON_CHARACTERS],
        items_minor=(order.items_minor or 0) - priced.items_minor,
        shipping_minor=(order.shipping_minor or 0) - priced.shipping_minor,
        tax_minor=(order.tax_minor or 0) - priced.tax_minor,
        amount_minor=refund_for(order.total_minor or 0, priced.total_minor),
        currency=order.currency,
        by=actor.name,
    )


def _locked(session: Session, number: int) -> Refund:
    refund = session.get(Refund, number, with_for_update=True) if number in IDENTITIES else None
    if refund is None:
        raise UnknownRefund(number)
    return refund
