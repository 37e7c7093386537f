"""Labels, to be printed."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from domain.errors import PacklineError
from models.enums import LabelState
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from services.execution.errors import UnknownOrder
from services.execution.locks import find_shipment


class NoLabels(PacklineError):
    """Nothing of the order is labelled."""

    messages = {
        "no-such-label": "There is no valid label {tracking_number}: it was replaced, or never"
        " bought.",
        "no-labels": "Order {number} has no labels, or they are being replaced: they come once"
        " it is packed (`packline order {number}` says how far it is).",
    }


class PrintableLabel(BaseModel):
    """The label of one parcel; `pdf` is a page of 4 by 6 inches."""

    shipment: int
    parcel: int
    tracking_number: str
    pdf: bytes


def printable_labels(session: Session, number: int) -> list[PrintableLabel]:
    """The labels of an order's parcels, those of one shipment after the other.

    Those with an address that has changed are left out, voided or not yet.

    Raises `UnknownOrder`, `NoLabels`.
    """
    if find_shipment(session, number) is None:
        raise UnknownOrder(number)
    labels = _valid_labels(session, ShippingLabel.order_number == number)
    if not labels:
        raise NoLabels("no-labels", number=number)
    return [PrintableLabel(**label.model_dump()) for label in labels]


def printable_label(session: Session, tracking_number: str) -> PrintableLabel:
    """The label of that tracking number, unless it is void. Raises `NoLabels`."""
    known = tracking_number.isprintable()
    of_number = ShippingLabel.tracking_number == tracking_number
    found = _valid_labels(session, of_number) if known else []
    if not found:
        raise NoLabels("no-such-label", tracking_number=tracking_number)
    return PrintableLabel(**found[0].model_dump())


def _valid_labels(session: Session, which: ColumnElement[bool] | bool) -> Sequence[ShippingLabel]:
    valid = (
        select(ShippingLabel)
        .join(Shipment)
        .where(
            which,
            ShippingLabel.state == LabelState.BOUGHT,
            col(Shipment.address_changed).is_(False),
        )
    )
    in_order = valid.order_by(col(ShippingLabel.shipment), col(ShippingLabel.parcel))
    return session.exec(in_order).all()
