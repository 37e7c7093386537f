"""The mail that tells a customer what will not ship, and what comes back. No Prefect here."""

from collections.abc import Mapping

from sqlmodel import Session, col, select

from adapters.rendering import cancellation_mail
from adapters.settings import settings
from models.catalogue import Product
from models.documents import CancellationMailView, MailAmounts, MailLine
from models.messages import Message
from models.orders import SalesOrder
from models.refunds import Refund
from tasks.outbox import write, written


def write_cancellation_mail(
    session: Session,
    order: SalesOrder,
    key: str,
    cancelled: Mapping[str, int],
    refund: Refund | None,
) -> Message:
    """Put the mail into the outbox, once per key, such as `order:1001:cancellation:1`.

    `cancelled` is how many pieces of each SKU will not ship, this time; the order has been priced
    anew (`tasks.refunds.reprice`), which gave the refund.
    """
    return written(session, key) or write(
        session, key, [order.email], cancellation_mail(_view(session, order, cancelled, refund))
    )


def _view(
    session: Session, order: SalesOrder, cancelled: Mapping[str, int], refund: Refund | None
) -> CancellationMailView:
    ships = {line.sku: line.shipping_pieces for line in order.lines}
    return CancellationMailView(
        shop_name=settings().shop_name,
        order_number=order.number,
        customer_name=order.customer_name,
        cancelled=_lines(session, order, cancelled),
        refund=_refunded(refund) if refund else None,
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


def _refunded(refund: Refund) -> MailAmounts:
    return MailAmounts(
        items_minor=refund.items_minor,
        shipping_minor=refund.shipping_minor,
        tax_minor=refund.tax_minor,
        total_minor=refund.amount_minor,
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
