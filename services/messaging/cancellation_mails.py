"""The mails that tell a customer what will not ship, and what comes back. No Prefect here.

Lines that are cancelled have a mail of their own, the line notice. If the order is cancelled before
anybody has begun to send it, the order's mail tells of them, and there is no line notice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from adapters.documents.rendering import cancellation_mail
from adapters.settings import settings
from models.enums import MessageState
from models.process import StepName
from models.results.orders import LinesCancelled
from models.tables.catalogue import Product
from models.tables.ledger import StepRecord
from models.tables.messages import Message
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from models.views.mails import CancellationMailView, MailAmounts, MailLine
from services.messaging.outbox import write, written


@dataclass(frozen=True)
class LineNotice:
    """What a shipment's record of *Cancel Lines* tells the customer, and the mail, if it has one.

    `subject` is the shipment's key, `number` the round of the record.
    """

    subject: str
    number: int
    cancelled: LinesCancelled
    message: Message | None

    @property
    def key(self) -> str:
        """Under which its mail is written."""
        return line_notice_key(self.subject, self.number)

    @property
    def begun(self) -> Message | None:
        """Its mail, if that went out or may have, and nothing is recorded of it."""
        return self.message if self._is_written and not self.is_untold else None

    @property
    def is_untold(self) -> bool:
        """Nobody has begun to send it, or the mail server was away each time."""
        if self.message is None:
            return True
        message = self.message
        tried = message.sending_since or message.unclear or message.sent_at
        return self._is_written and not tried

    @property
    def _is_written(self) -> bool:
        return self.message is not None and self.message.state == MessageState.WRITTEN


def line_notice_key(subject: str, number: int) -> str:
    """The key of the mail about a shipment's cancelled lines, such as `order:1001:cancelled:1`.

    The audit says the same: *mails of recorded steps are sent or refused*.
    """
    return f"{subject}:cancelled:{number}"


def line_notices(session: Session, order: SalesOrder) -> list[LineNotice]:
    """What was cancelled of an order's shipments line by line, in the order in which it was."""
    keys = [shipment.key for shipment in order.shipments]
    cancelled = select(StepRecord).where(
        col(StepRecord.subject).in_(keys), StepRecord.step == StepName.CANCEL_LINES
    )
    return [
        LineNotice(
            subject=found.subject,
            number=found.round,
            cancelled=LinesCancelled.model_validate(found.result),
            message=written(session, line_notice_key(found.subject, found.round)),
        )
        for found in session.exec(cancelled.order_by(col(StepRecord.at)))
    ]


def write_cancellation_mail(
    session: Session,
    order: SalesOrder,
    key: str,
    cancelled: Mapping[str, int],
    refunds: Sequence[Refund],
) -> Message:
    """Put the mail into the outbox, once per key, such as `order:1001:cancellation`.

    `cancelled` is how many pieces of each SKU will not ship, as far as no other mail tells of them;
    the order has been priced anew (`services.pricing.refunds.reprice`), which gave the refunds.
    """
    return written(session, key) or write(
        session, key, [order.email], cancellation_mail(_view(session, order, cancelled, refunds))
    )


def _view(
    session: Session, order: SalesOrder, cancelled: Mapping[str, int], refunds: Sequence[Refund]
) -> CancellationMailView:
    ships = {line.sku: line.shipping_pieces for line in order.lines}
    return CancellationMailView(
        shop_name=settings().shop_name,
        order_number=order.number,
        customer_name=order.customer_name,
        cancelled=_lines(session, order, cancelled),
        refund=_refunded(refunds) if refunds else None,
        priced=order.value_minor is not None,
        ships=_lines(session, order, ships),
        pays=MailAmounts(
            items_minor=order.items_minor or 0,
            shipping_minor=order.shipping_minor or 0,
            tax_minor=order.tax_minor or 0,
            total_minor=order.total_minor or 0,
        ),
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        locale=settings().locale,
    )


def _refunded(refunds: Sequence[Refund]) -> MailAmounts:
    return MailAmounts(
        items_minor=sum(refund.items_minor for refund in refunds),
        shipping_minor=sum(refund.shipping_minor for refund in refunds),
        tax_minor=sum(refund.tax_minor for refund in refunds),
        total_minor=sum(refund.amount_minor for refund in refunds),
    )


def _lines(session: Session, order: SalesOrder, pieces: Mapping[str, int]) -> tuple[MailLine, ...]:
    """So many pieces of the order's products, in the order of its lines; without those of none."""
    names = dict(
        session.exec(select(Product.sku, Product.name).where(col(Product.sku).in_(pieces))).all()
    )
    return tuple(
        MailLine(
            sku=line.sku,
            name=names[line.sku],
            quantity=pieces[line.sku],
            amount_minor=pieces[line.sku] * line.unit_price_minor,
        )
        for line in order.lines
        if pieces.get(line.sku)
    )
