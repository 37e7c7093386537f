"""Step 12: the mail that tells a customer how to follow the parcels."""

from urllib.parse import quote

from sqlmodel import Session, select

from adapters.addresses import address_lines
from adapters.carriers import HOUSE, carrier_named
from adapters.rendering import shipment_mail
from adapters.settings import settings
from models.catalogue import Product
from models.documents import MailLine, MailParcel, ShipmentMailView
from models.messages import Message
from models.orders import OrderLine, SalesOrder
from models.results import MailSent
from tasks.outbox import Delivery, begin_sending, save_sent, send_written, write, written
from tasks.shipping import live_labels
from tasks.step import step
from tasks.subjects import order_key


def write_shipment_mail(session: Session, order: SalesOrder) -> Message:
    """Put the customer's mail into the outbox."""
    key = f"{order_key(order.number)}:shipment"
    return begin_sending(
        written(session, key)
        or write(session, key, [order.email], shipment_mail(_shipment_view(session, order)))
    )


@step("Send Shipment Notification", intent=write_shipment_mail, effect=send_written)
def send_shipment_notification(session: Session, order: SalesOrder, delivery: Delivery) -> MailSent:
    """Tell the customer. An address that does not exist holds up nothing: it is noted."""
    return save_sent(session, f"{order_key(order.number)}:shipment", delivery)


def _shipment_view(session: Session, order: SalesOrder) -> ShipmentMailView:
    labels = live_labels(session, order)
    return ShipmentMailView(
        shop_name=settings().shop_name,
        order_number=order.number,
        customer_name=order.customer_name,
        lines=_mail_lines(session, order),
        items_minor=order.items_minor or 0,
        shipping_minor=order.shipping_minor or 0,
        tax_minor=order.tax_minor or 0,
        total_minor=order.total_minor or 0,
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        carrier=carrier_named(order.carrier or HOUSE).title,
        parcels=tuple(
            MailParcel(
                tracking_number=label.tracking_number or "",
                link=settings().tracking_url.format(
                    tracking_number=quote(label.tracking_number or "")
                ),
                weight_grams=label.weight_grams,
            )
            for label in labels
        ),
        address_lines=address_lines(order),
        locale=settings().locale,
    )


def _mail_lines(session: Session, order: SalesOrder) -> tuple[MailLine, ...]:
    found = session.exec(
        select(OrderLine, Product.name)
        .where(OrderLine.sku == Product.sku, OrderLine.order_number == order.number)
        .where(OrderLine.cancelled < OrderLine.quantity)
        .order_by(OrderLine.position)  # type: ignore[arg-type]
    )
    return tuple(
        MailLine(
            sku=line.sku,
            name=name,
            quantity=line.shipping_pieces,
            amount_minor=line.items_minor or 0,
        )
        for line, name in found
    )
