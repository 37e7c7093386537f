"""A carrier's zones and rates, looked up."""

from sqlmodel import Session, select

from adapters.carriers.base import Measured
from adapters.settings import settings
from domain.zones import RateBand, Tariff, ZoneRule, billable_grams, rate_for, zone_for
from models.enums import ServiceLevel
from models.tables.shipping import ShippingRate, ShippingZone


def zone_of(session: Session, *, carrier: str, country: str, postal_code: str) -> str:
    """The carrier's zone of a destination. Raises `domain.zones.NoShippingZone`."""
    found = session.exec(
        select(ShippingZone).where(ShippingZone.carrier == carrier, ShippingZone.country == country)
    )
    rules = [ZoneRule(row.country, row.postal_prefix, row.zone) for row in found]
    return zone_for(rules, country=country, postal_code=postal_code)


def price_of_parcel(
    session: Session,
    parcel: Measured,
    *,
    carrier: str,
    service_level: ServiceLevel,
    zone: str,
    currency: str,
) -> int:
    """What the carrier takes for a parcel, by its real or its dimensional weight, in minor units.

    Raises `domain.zones.NoShippingRate`, also for a parcel that is too heavy or too big.
    """
    bands = bands_of(
        session, carrier=carrier, service_level=service_level, zone=zone, currency=currency
    )
    grams = billable_grams(
        parcel.weight_grams,
        parcel.length_mm,
        parcel.width_mm,
        parcel.height_mm,
        settings().volume_divisor,
    )
    return rate_for(bands, grams, Tariff(service_level, zone, currency))


def bands_of(
    session: Session, *, carrier: str, service_level: ServiceLevel, zone: str, currency: str
) -> list[RateBand]:
    """The carrier's weight bands for a zone, in one currency; empty where it has none."""
    found = session.exec(
        select(ShippingRate).where(
            ShippingRate.carrier == carrier,
            ShippingRate.service_level == service_level,
            ShippingRate.zone == zone,
            ShippingRate.currency == currency,
        )
    )
    return [RateBand(row.up_to_grams, row.price_minor) for row in found]
