"""A carrier's zones and rates, looked up."""

from typing import NamedTuple

from sqlmodel import Session, select

from adapters.carriers.base import Measured
from adapters.settings import settings
from domain.zones import (
    RateBand,
    Tariff,
    ZoneRule,
    band_for,
    billable_grams,
    cost_currency,
    zone_for,
)
from models.enums import ServiceLevel
from models.tables.shipping import ShippingRate, ShippingZone
from services.pricing.places import is_for, places_of


class Cost(NamedTuple):
    """What a carrier takes, in minor units of a currency of its own."""

    minor: int
    currency: str


def zone_of(session: Session, *, carrier: str, country: str, postal_code: str) -> str:
    """The carrier's zone of a destination. Raises `domain.zones.NoShippingZone`."""
    near = is_for(ShippingZone, places_of(country, postal_code))
    found = session.exec(select(ShippingZone).where(ShippingZone.carrier == carrier, near))
    rules = [ZoneRule(row.country, row.postal_prefix, row.zone) for row in found]
    return zone_for(rules, country=country, postal_code=postal_code)


def cost_of_parcel(
    session: Session,
    parcel: Measured,
    *,
    carrier: str,
    service_level: ServiceLevel,
    zone: str,
    currency: str,
) -> Cost:
    """What the carrier takes for a parcel of an order in that currency, by its real or its
    dimensional weight.

    Raises `domain.zones.NoShippingRate`, also for a parcel that is too heavy or too big.
    """
    there = select(ShippingRate.currency).where(
        ShippingRate.carrier == carrier,
        ShippingRate.service_level == service_level,
        ShippingRate.zone == zone,
    )
    in_currency = cost_currency(session.exec(there.distinct()), currency, settings().currency)
    bands = bands_of(
        session, carrier=carrier, service_level=service_level, zone=zone, currency=in_currency
    )
    grams = billable_grams(
        parcel.weight_grams,
        parcel.length_mm,
        parcel.width_mm,
        parcel.height_mm,
        settings().volume_divisor,
    )
    band = band_for(bands, grams, Tariff(service_level, zone, in_currency))
    return Cost(band.price_minor, in_currency)


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
