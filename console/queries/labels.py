"""Labels, to be printed."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlmodel import Session, col, select

from domain.errors import PacklineError
from models.enums import LabelState
from models.tables.shipments import Shipment
from models.tables.shipping import ShippingLabel
from services.execution.errors import UnknownOrder
from services.execution.locks import find_shipment


class NoLabels(PacklineError):
    """Nothing of the order is labelled."""

    message = (
        "Order {number} has no labels, or they are being replaced: they come once it is packed"
        " (`packline order {number}` says how far it is)."
    )

    def __init__(self, number: int) -> None:
        super().__init__(number=number)


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
    labels = _valid_labels(session, number)
    if not labels:
        raise NoLabels(number)
    return [PrintableLabel(**label.model_dump()) for label in labels]


def _valid_labels(session: Session, number: int) -> Sequence[ShippingLabel]:
    of_order = (
        select(ShippingLabel)
        .join(Shipment)
        .where(
            ShippingLabel.order_number == number,
            ShippingLabel.state == LabelState.BOUGHT,
            col(Shipment.address_changed).is_(False),
        )
    )
    in_order = of_order.order_by(col(ShippingLabel.shipment), col(ShippingLabel.parcel))
    return session.exec(in_order).all()
