"""Finding orders by what people have in hand: a number, a name, a mail address, a product."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_
from sqlmodel import col, select

from domain.texts import as_key, composed
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipping import ShippingLabel
from models.validation import is_printable
from services.execution.locks import IDENTITIES


def found_by(text: str) -> ColumnElement[bool]:
    """The orders that somebody may mean by a text, capital letters or not: their number, a part of
    the shop's number, of the customer's name or mail address, a tracking number of theirs however
    it is spaced, or a SKU.
    """
    wanted = as_key(text)
    if not wanted or not is_printable(wanted):
        return false()
    typed = {
        SalesOrder.external_id: wanted,
        SalesOrder.customer_name: composed(text.strip()),
        SalesOrder.email: wanted,
    }
    return or_(
        _numbered(wanted),
        *(col(column).icontains(part, autoescape=True) for column, part in typed.items()),
        col(SalesOrder.number).in_(_tracked(wanted)),
        col(SalesOrder.number).in_(_with_product(wanted)),
    )


def _numbered(wanted: str) -> ColumnElement[bool]:
    number = wanted.removeprefix("#")
    is_one = number.isdecimal() and int(number) in IDENTITIES
    return col(SalesOrder.number) == int(number) if is_one else false()


def _tracked(wanted: str) -> Any:
    number = "".join(wanted.split()).upper()
    return select(ShippingLabel.order_number).where(ShippingLabel.tracking_number == number)


def _with_product(wanted: str) -> Any:
    either = {wanted, wanted.upper(), wanted.lower()}
    return select(OrderLine.order_number).where(col(OrderLine.sku).in_(either))
