"""What the mail says that tells a customer how to follow the parcels."""

from collections.abc import Sequence
from urllib.parse import quote

from sqlmodel import Session

from adapters.carriers.base import HOUSE
from adapters.carriers.registry import carrier_named
from adapters.documents.addresses import address_lines
from adapters.settings import settings
from models.enums import OrderStatus
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from models.views.mails import MailLine, MailParcel, ShipmentMailView
from services.messaging.mail_lines import mail_lines, paid_in_shipment


def shipment_mail_view(
    session: Session,
    shipment: Shipment,
    labels: Sequence[ShippingLabel],
    replaced: Sequence[str],
) -> ShipmentMailView:
    """What the mail of a shipment says: its parcels, what is in them, and what follows later.

    `replaced` are the tracking numbers that its parcels had before.
    """
    order = shipment.order
    return ShipmentMailView(
        shop_name=settings().shop_name,
        order_number=order.number,
        customer_name=order.customer_name,
        lines=_mail_lines(session, shipment),
        is_part=len(_not_cancelled(shipment)) > 1,
        replaced=tuple(replaced),
        follows=_follows(session, shipment),
        items_minor=order.items_minor,
        shipping_minor=order.shipping_minor,
        fees_minor=order.fees_minor,
        tax_minor=order.tax_minor,
        total_minor=order.total_minor,
        currency=order.currency,
        prices_include_tax=order.prices_include_tax,
        carrier=carrier_named(shipment.carrier or HOUSE).title,
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


def _not_cancelled(shipment: Shipment) -> list[Shipment]:
    """The shipments that leave, or have left, of its order."""
    return [
        one
        for one in shipment.order.shipments
        if one.status != OrderStatus.CANCELLED and not one.nothing_left
    ]


def _follows(session: Session, shipment: Shipment) -> tuple[MailLine, ...]:
    """What leaves later: the other shipments' goods that have no label yet."""
    later = [
        other
        for other in _not_cancelled(shipment)
        if other.number != shipment.number and other.tracking_number is None
    ]
    return tuple(line for other in later for line in _mail_lines(session, other))


def _mail_lines(session: Session, shipment: Shipment) -> tuple[MailLine, ...]:
    pieces = {line.sku: line.quantity for line in shipment.goods}
    return mail_lines(session, shipment.order, pieces, paid_in_shipment(shipment))
