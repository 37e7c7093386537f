"""A shipment's labels, valid and replaced."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from models.enums import LabelState
from models.tables.packing import ParcelItem
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


def keep_label(session: Session, label: ShippingLabel, items: Mapping[str, int]) -> None:
    """Write down a label with what lies in its parcel, the pieces by SKU; none: nobody has said."""
    session.add(label)
    session.flush()
    for sku, pieces in items.items():
        session.add(ParcelItem(label=label.id, sku=sku, pieces=pieces))


def contents(session: Session, labels: Iterable[ShippingLabel]) -> dict[int, dict[str, int]]:
    """What lies in the parcels of labels, by the label's id: the pieces by SKU."""
    ids = [label.id for label in labels]
    found: dict[int, dict[str, int]] = {label: {} for label in ids}
    held = select(ParcelItem).where(col(ParcelItem.label).in_(ids)).order_by(col(ParcelItem.sku))
    for item in session.exec(held):
        found[item.label][item.sku] = item.pieces
    return found


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
