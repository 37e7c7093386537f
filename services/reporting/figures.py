"""The day's figures, counted in the database."""

import datetime as dt
from typing import Any

from sqlmodel import Session, col, func, or_, select

from models.tables.orders import OrderLine, SalesOrder


def orders_received(session: Session, begin: dt.datetime, end: dt.datetime) -> int:
    """Orders that came in from `begin` until before `end`."""
    received = select(func.count()).where(
        col(SalesOrder.received_at) >= begin, col(SalesOrder.received_at) < end
    )
    return session.scalar(received) or 0


def backlog(session: Session, end: dt.datetime) -> int:
    """Orders that had come in by the end of the day, and had neither shipped nor been cancelled."""
    waiting = select(func.count()).where(
        col(SalesOrder.received_at) < end,
        or_(col(SalesOrder.shipped_at).is_(None), col(SalesOrder.shipped_at) >= end),
        or_(col(SalesOrder.cancelled_at).is_(None), col(SalesOrder.cancelled_at) >= end),
    )
    return session.scalar(waiting) or 0


def revenue_by_currency(session: Session, begin: dt.datetime, end: dt.datetime) -> dict[str, Any]:
    """Per currency: orders shipped from `begin` until before `end`, their pieces and revenue.

    The audit says the same: *daily summaries say what the orders say*.
    """
    pieces = (
        select(func.sum(OrderLine.quantity - OrderLine.cancelled))
        .where(OrderLine.order_number == SalesOrder.number)
        .correlate(SalesOrder)
        .scalar_subquery()
    )
    found = session.execute(
        select(
            SalesOrder.currency, func.count(), func.sum(pieces), func.sum(SalesOrder.total_minor)
        )
        .where(col(SalesOrder.shipped_at) >= begin, col(SalesOrder.shipped_at) < end)
        .group_by(SalesOrder.currency)
        .order_by(SalesOrder.currency)
    )
    return {
        currency: {"orders": orders, "pieces": int(pieces), "revenue_minor": int(minor)}
        for currency, orders, pieces, minor in found
    }
