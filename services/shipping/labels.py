"""A shipment's labels, valid and replaced."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.enums import LabelState
from models.tables.shipments import Shipment, rows_of
from models.tables.shipping import ShippingLabel


@dataclass(frozen=True)
class Booked:
    """Something at a carrier that is to be undone, by its key."""

    carrier: str
    key: str


def live_labels(session: Session, shipment: Shipment) -> list[ShippingLabel]:
    """The shipment's labels, by parcel, without the voided ones."""
    found = select(ShippingLabel).where(
        *rows_of(ShippingLabel, shipment),
        ShippingLabel.state != LabelState.VOIDED,
    )
    return list(session.exec(found.order_by(col(ShippingLabel.parcel))))


def versioned_key(key: str, issue: int) -> str:
    """The key of something that is made with each issue of a shipment's labels.

    The audit says the same: *effects have the record of their step*.
    """
    return key if issue == 1 else f"{key}:{issue}"


def replaced_numbers(session: Session, shipment: Shipment) -> list[str]:
    """The tracking numbers that the shipment's parcels had before; mostly they had none."""
    if shipment.label_version == 1:
        return []
    voided = select(ShippingLabel.tracking_number).where(
        *rows_of(ShippingLabel, shipment),
        ShippingLabel.state == LabelState.VOIDED,
        col(ShippingLabel.tracking_number).is_not(None),
    )
    numbers = session.exec(voided.order_by(col(ShippingLabel.id)))
    return [number for number in numbers if number]
