"""A shipment's collection."""

from sqlmodel import Session, select

from models.tables.shipments import Shipment, rows_of
from models.tables.shipping import CarrierPickup


def pickup_of(session: Session, shipment: Shipment) -> CarrierPickup | None:
    """The collection that is wanted, booked or done for a shipment."""
    found = select(CarrierPickup).where(
        *rows_of(CarrierPickup, shipment),
    )
    return session.exec(found).first()
