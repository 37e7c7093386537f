"""The mails that tell a customer what will not ship, and what comes back. No Prefect here.

Lines that are cancelled have a mail of their own, the line notice. If the order is cancelled before
anybody has begun to send it, the order's mail tells of them, and there is no line notice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, func, select

from adapters.documents.rendering import cancellation_mail
from adapters.settings import settings
from models.enums import MessageState
from models.process import StepName
from models.results.orders import LinesCancelled
from models.tables.ledger import StepRecord
from models.tables.messages import Message
from models.tables.orders import OrderLine, SalesOrder
from models.tables.refunds import Refund, RefundLine
from models.views.mails import CancellationMailView, MailAmounts
from services.messaging.mail_lines import mail_lines, paid_by_sku, shipping_pieces
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
    what comes back for them is in the refunds.
    """
    return written(session, key) or write(
        session, key, [order.email], cancellation_mail(_view(session, order, cancelled, refunds))
    )


def _view(
    session: Session, order: SalesOrder, cancelled: Mapping[str, int], refunds: Sequence[Refund]
) -> CancellationMailView:
    ships = shipping_pieces(order)
    return CancellationMailView(
        shop_name=settings().shop_name,
        order_number=order.number,
        customer_name=order.customer_name,
        cancelled=mail_lines(session, order, cancelled, _came_back(session, refunds)),
        refund=_refunded(refunds) if refunds else None,
        ships=mail_lines(session, order, ships, paid_by_sku(order)),
        pays=MailAmounts(
            items_minor=order.items_minor,
            shipping_minor=order.shipping_minor,
            fees_minor=order.fees_minor,
            tax_minor=order.tax_minor,
            total_minor=order.total_minor,
        ),
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        locale=settings().locale,
    )


def _came_back(session: Session, refunds: Sequence[Refund]) -> dict[str, int]:
    """What the refunds give back for goods, by SKU."""
    found = session.execute(
        select(OrderLine.sku, func.sum(RefundLine.items_minor))
        .where(col(RefundLine.refund_id).in_([refund.id for refund in refunds]))
        .where(RefundLine.order_line_id == OrderLine.id)
        .group_by(OrderLine.sku)
    )
    return {sku: int(minor) for sku, minor in found}


def _refunded(refunds: Sequence[Refund]) -> MailAmounts:
    return MailAmounts(
        items_minor=sum(refund.items_minor for refund in refunds),
        shipping_minor=sum(refund.shipping_minor for refund in refunds),
        fees_minor=sum(refund.fees_minor for refund in refunds),
        tax_minor=sum(refund.tax_minor for refund in refunds),
        total_minor=sum(refund.amount_minor for refund in refunds),
    )
