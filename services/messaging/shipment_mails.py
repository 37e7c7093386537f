"""What the mail says that tells a customer how to follow the parcels."""

from collections.abc import Sequence
from urllib.parse import quote

from sqlmodel import Session, col, select

from adapters.carriers.base import HOUSE
from adapters.carriers.registry import carrier_named
from adapters.documents.addresses import address_lines
from adapters.settings import settings
from models.enums import OrderStatus
from models.tables.catalogue import Product
from models.tables.orders import OrderLine
from models.tables.shipments import Shipment, ShipmentLine, rows_of
from models.tables.shipping import ShippingLabel
from models.views.mails import MailLine, MailParcel, ShipmentMailView


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
        items_minor=order.items_minor or 0,
        shipping_minor=order.shipping_minor or 0,
        tax_minor=order.tax_minor or 0,
        total_minor=order.total_minor or 0,
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
    return [one for one in shipment.order.shipments if one.status != OrderStatus.CANCELLED]


def _follows(session: Session, shipment: Shipment) -> tuple[MailLine, ...]:
    """What leaves later: the other shipments' goods that have no label yet."""
    later = [
        other
        for other in _not_cancelled(shipment)
        if other.number != shipment.number and other.tracking_number is None
    ]
    return tuple(line for other in later for line in _mail_lines(session, other))


def _mail_lines(session: Session, shipment: Shipment) -> tuple[MailLine, ...]:
    found = session.exec(
        select(OrderLine, ShipmentLine.quantity, Product.name)
        .join(ShipmentLine, col(ShipmentLine.order_line_id) == OrderLine.id)
        .where(
            OrderLine.sku == Product.sku,
            *rows_of(ShipmentLine, shipment),
            ShipmentLine.quantity > 0,
        )
        .order_by(col(OrderLine.position))
    )
    return tuple(
        MailLine(
            sku=line.sku,
            name=name,
            quantity=quantity,
            amount_minor=quantity * line.unit_price_minor,
        )
        for line, quantity, name in found
    )
