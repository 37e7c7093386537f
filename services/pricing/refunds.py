"""What customers get back. Packline says how much and for what; the money goes back elsewhere, and
somebody says that it has.

What comes back, and for what, is worked out in `services.pricing.settlement`. No Prefect here.
"""

from sqlmodel import Session

from adapters.database.clock import this_instant
from adapters.database.sessions import transaction
from adapters.documents.rendering import money
from adapters.settings import settings
from adapters.settings.shop_clock import in_shop_time
from domain.errors import PacklineError
from domain.messages import Message
from models.enums import EventKind
from models.events import RefundEvent
from models.imports.requests import RefundPaidIn
from models.tables.refunds import Refund
from services.access.actors import Actor
from services.execution.events import add_event
from services.execution.ledger import order_key
from services.execution.locks import IDENTITIES


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


def pay(number: int, paid: RefundPaidIn, actor: Actor) -> Refund:
    """Note that the money of a refund has gone back. Raises `UnknownRefund`, `PaidAlready`."""
    with transaction() as session:
        refund = _locked(session, number)
        if refund.paid_at is not None:
            raise PaidAlready(refund)
        refund.paid_at = this_instant(session)
        refund.paid_by = actor.name
        refund.paid_reference = paid.reference or None
        key, gone = order_key(refund.order_number), refund_event(refund)
        kind = EventKind.REFUND_PAID
        add_event(session, key, kind, gone, actor=actor, note=paid.reference)
        return refund


def refund_event(refund: Refund, because: Message | None = None) -> RefundEvent:
    """What an event says of a refund."""
    return RefundEvent(
        refund=refund.key,
        amount_minor=refund.amount_minor,
        currency=refund.currency,
        because=because,
    )


def amount(refund: Refund) -> str:
    """How much comes back, as people write it."""
    return money(refund.amount_minor, refund.currency, settings().locale)


def _locked(session: Session, number: int) -> Refund:
    refund = session.get(Refund, number, with_for_update=True) if number in IDENTITIES else None
    if refund is None:
        raise UnknownRefund(number)
    return refund
