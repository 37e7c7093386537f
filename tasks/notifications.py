"""The mails that a shipment sends its customer: step 12, how to follow the parcels; and before,
what of the order is cancelled and will not ship.
"""

from collections import Counter
from dataclasses import dataclass

from sqlmodel import Session, col, select

from adapters.database.sessions import transaction
from adapters.documents.rendering import shipment_mail
from models.process import StepName
from models.results.decisions import Decision
from models.results.notifications import CancellationTold, MailSent
from models.results.orders import LinesCancelled, OrderRefunded
from models.tables.messages import Message
from models.tables.orders import SalesOrder
from models.tables.refunds import Refund
from models.tables.shipments import Shipment
from models.views.mails import ShipmentMailView
from services.execution.errors import CancellationRequested
from services.execution.ledger import find_record, order_key, record
from services.execution.runs import OrderRun
from services.messaging.cancellation_mails import (
    LineNotice,
    line_notice_key,
    line_notices,
    write_cancellation_mail,
)
from services.messaging.outbox import (
    Delivery,
    begin_sending,
    save_sent,
    send_written,
    write,
    written,
)
from services.messaging.shipment_mails import shipment_mail_view
from services.orders.line_cancellation import cancellations
from services.shipping.labels import live_labels, replaced_numbers, versioned_key
from tasks.engine.step import step


def write_shipment_mail(session: Session, shipment: Shipment) -> Message:
    """Put the customer's mail into the outbox."""
    key = _shipment_key(shipment)
    return begin_sending(
        session,
        written(session, key)
        or write(
            session, key, [shipment.order.email], shipment_mail(_mail_view(session, shipment))
        ),
    )


@step(StepName.SEND_SHIPMENT_NOTIFICATION, intent=write_shipment_mail, effect=send_written)
def send_shipment_notification(
    session: Session, shipment: Shipment, delivery: Delivery
) -> MailSent:
    """Tell the customer. An address that does not exist holds up nothing: it is noted."""
    return save_sent(session, _shipment_key(shipment), delivery)


def _mail_view(session: Session, shipment: Shipment) -> ShipmentMailView:
    labels, replaced = live_labels(session, shipment), replaced_numbers(session, shipment)
    return shipment_mail_view(session, shipment, labels, replaced)


def _shipment_key(shipment: Shipment) -> str:
    """One mail for each issue of the labels: with other labels, the parcels have other numbers."""
    return versioned_key(f"{shipment.key}:shipment", shipment.label_version)


def _cancellation_mails(order: OrderRun) -> str:
    """What one attempt at a time may be at, whichever shipment and step it is about: so none is
    still sending a line notice when the order's mail is written.
    """
    return f"{order_key(order.number)} cancellation mails"


@dataclass(frozen=True)
class CancellationMails:
    """The order's mail, and before it the line notices that an attempt had begun to send."""

    begun: tuple[Message, ...]
    mail: Message


def write_cancellation_notice(
    session: Session, shipment: Shipment, refunded: OrderRefunded
) -> CancellationMails | None:
    """Put the order's mail into the outbox; None for a shipment that leaves it to the last one."""
    if not refunded.last:
        return None
    notices = line_notices(session, shipment.order)
    begun = [begin_sending(session, message) for notice in notices if (message := notice.begun)]
    mail = written(session, _cancellation_key(shipment.order)) or _write_with_untold(
        session, shipment.order, [notice for notice in notices if notice.is_untold], refunded
    )
    return CancellationMails(tuple(begun), begin_sending(session, mail))


def _write_with_untold(
    session: Session, order: SalesOrder, untold: list[LineNotice], refunded: OrderRefunded
) -> Message:
    """The order's mail, with the lines that were cancelled before and that no mail tells of.

    A line notice that could not be sent goes: nobody may send it later.
    """
    cancelled = _going_back(session, order)
    for notice in untold:
        cancelled.update(notice.cancelled.cancelled)
        if notice.message:
            session.delete(notice.message)
    keys = [refunded.refund, *(notice.cancelled.refund for notice in untold)]
    refunds = session.exec(select(Refund).where(col(Refund.key).in_(filter(None, keys)))).all()
    return write_cancellation_mail(session, order, _cancellation_key(order), cancelled, refunds)


def send_cancellation_mails(mails: CancellationMails | None) -> dict[str, Delivery]:
    """Send the order's mails, if they are this shipment's to send. What came of each, by key.

    A line notice that may have gone out is sent once more as it is, like any mail.
    """
    wanted = (*mails.begun, mails.mail) if mails else ()
    return {message.key: send_written(message) for message in wanted}


@step(
    StepName.SEND_CANCELLATION_NOTICE,
    intent=write_cancellation_notice,
    effect=send_cancellation_mails,
    lock=_cancellation_mails,
)
def send_cancellation_notice(
    session: Session, shipment: Shipment, delivered: dict[str, Delivery]
) -> CancellationTold:
    """Tell the customer what will not come, once per order, also if nothing had been shipped."""
    if not delivered:
        return CancellationTold(message_id="", recipients=())
    notices = line_notices(session, shipment.order)
    for notice in notices:
        if notice.key in delivered:
            sent = save_sent(session, notice.key, delivered[notice.key])
            run_id = shipment.run_id or ""
            record(session, notice.subject, StepName.SEND_LINE_NOTICE, notice.number, sent, run_id)
    key = _cancellation_key(shipment.order)
    sent = save_sent(session, key, delivered[key])
    tells = tuple(notice.key for notice in notices if notice.is_untold)
    return CancellationTold(**sent.model_dump(), tells=tells)


def _cancellation_key(order: SalesOrder) -> str:
    return f"{order_key(order.number)}:cancellation"


def _going_back(session: Session, order: SalesOrder) -> Counter[str]:
    """Pieces per SKU of the shipments that are being cancelled."""
    pieces: Counter[str] = Counter()
    for shipment in order.shipments:
        if find_record(session, shipment.key, StepName.REFUND_ORDER, 1):
            pieces.update({line.sku: line.quantity for line in shipment.goods})
    return pieces


def tell_of_cancelled_lines(order: OrderRun, decision: Decision | None = None) -> None:
    """Tell the customer of each cancellation of lines, once: of those that the ledger had when the
    attempt began, and of that which a decision made since.
    """
    known = order.rounds_recorded(StepName.CANCEL_LINES)
    _tell_up_to(order, max(known, decision.cancelled_lines if decision else 0))


def tell_of_last_cancelled_lines(order: OrderRun) -> None:
    """The same of a shipment of which nothing is left, for all that the ledger has by now."""
    with transaction() as session:
        latest = cancellations(session, order.lock(session))
    _tell_up_to(order, latest)


def _tell_up_to(order: OrderRun, latest: int) -> None:
    told = order.rounds_begun(StepName.SEND_LINE_NOTICE)
    for number in range(told + 1, latest + 1):
        send_line_cancellation_notice(order, number)


def write_line_cancellation(session: Session, shipment: Shipment, number: int) -> Message:
    """Put the mail about the cancellation of that number into the outbox.

    Raises `CancellationRequested` where the order's own mail tells of it.
    """
    if shipment.order.cancel_requested_at is not None and _is_untold(session, shipment, number):
        raise CancellationRequested(shipment.name, shipment.order)
    found = find_record(session, shipment.key, StepName.CANCEL_LINES, number)
    cancelled = LinesCancelled.model_validate(found)
    of_key = select(Refund).where(Refund.key == cancelled.refund)
    return begin_sending(
        session,
        write_cancellation_mail(
            session,
            shipment.order,
            line_notice_key(shipment.key, number),
            cancelled.cancelled,
            session.exec(of_key).all(),
        ),
    )


def _is_untold(session: Session, shipment: Shipment, number: int) -> bool:
    notices = line_notices(session, shipment.order)
    mine = (shipment.key, number)
    return any((one.subject, one.number) == mine and one.is_untold for one in notices)


def send_line_notice(message: Message) -> tuple[str, Delivery]:
    """Send the mail; its key, and what came of it."""
    return message.key, send_written(message)


@step(
    StepName.SEND_LINE_NOTICE,
    intent=write_line_cancellation,
    effect=send_line_notice,
    lock=_cancellation_mails,
)
def send_line_cancellation_notice(
    session: Session, shipment: Shipment, sent: tuple[str, Delivery]
) -> MailSent:
    """Tell the customer what will not ship, and what comes back for it: once per cancellation."""
    return save_sent(session, *sent)
