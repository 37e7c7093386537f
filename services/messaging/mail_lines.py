"""The goods of an order as its mails list them: by product, with what was charged. No Prefect."""

from collections import Counter
from collections.abc import Mapping

from sqlmodel import Session, col, select

from domain.refunds import for_pieces
from models.enums import OrderStatus
from models.tables.catalogue import Product
from models.tables.orders import SalesOrder
from models.tables.shipments import Shipment
from models.views.mails import MailLine


def mail_lines(
    session: Session, order: SalesOrder, pieces: Mapping[str, int], amounts: Mapping[str, int]
) -> tuple[MailLine, ...]:
    """So many pieces by SKU for these amounts, in the order of the order's lines; lines of one
    product are one, and products of no piece are left out.
    """
    skus = dict.fromkeys(line.sku for line in order.lines if pieces.get(line.sku))
    known = select(Product.sku, Product.name).where(col(Product.sku).in_(skus))
    names = dict(session.exec(known).all())
    return tuple(
        MailLine(sku=sku, name=names[sku], quantity=pieces[sku], amount_minor=amounts.get(sku, 0))
        for sku in skus
    )


def shipping_pieces(order: SalesOrder) -> Counter[str]:
    """The pieces by SKU that ship."""
    pieces: Counter[str] = Counter()
    for line in order.lines:
        pieces[line.sku] += line.shipping_pieces
    return pieces


def paid_by_sku(order: SalesOrder) -> Counter[str]:
    """What the customer pays for these."""
    paid: Counter[str] = Counter()
    for line in order.lines:
        paid[line.sku] += line.paid_minor
    return paid


def paid_in_shipment(shipment: Shipment) -> dict[str, int]:
    """What the customer pays for the goods of a shipment, by SKU.

    The shares of an order's shipments add up, to the unit, to what is paid for a product.
    """
    order = shipment.order
    paid, ships = paid_by_sku(order), shipping_pieces(order)
    before = _pieces_before(shipment)
    return {
        line.sku: _share(paid[line.sku], before[line.sku], line.quantity, ships[line.sku])
        for line in shipment.goods
    }


def _share(paid_minor: int, before: int, pieces: int, of: int) -> int:
    return for_pieces(paid_minor, before + pieces, of) - for_pieces(paid_minor, before, of)


def _pieces_before(shipment: Shipment) -> Counter[str]:
    """The pieces by SKU of the order's shipments before this one."""
    pieces: Counter[str] = Counter()
    for other in shipment.order.shipments:
        if other.number < shipment.number and other.status != OrderStatus.CANCELLED:
            pieces.update({line.sku: line.quantity for line in other.goods})
    return pieces
