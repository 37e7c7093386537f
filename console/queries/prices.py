"""Taxes, shipping zones and shipping rates, as lists."""

from decimal import Decimal
from typing import Any

from pydantic import BaseModel
from sqlmodel import Session

from adapters.documents.rendering import money
from adapters.settings import settings
from console.queries.listed import Listed, listed
from models.enums import ServiceLevel
from models.tables.shipping import ShippingRate, ShippingZone
from models.tables.taxes import TaxRate
from services.imports.kept_rows import rows_where


class TaxRow(BaseModel):
    """The rate of a tax class at a destination: 0.2 is 20 %. '' is all the rest of it."""

    country: str
    region: str
    postal_prefix: str
    tax_class: str
    rate: Decimal
    on_shipping: bool


class ZoneRow(BaseModel):
    """Which of a carrier's zones a destination lies in. '' is all the rest of the country."""

    carrier: str
    country: str
    postal_prefix: str
    zone: str


class RateRow(BaseModel):
    """What a carrier takes for a parcel of up to so many grams."""

    carrier: str
    service_level: ServiceLevel
    zone: str
    currency: str
    up_to_grams: int
    price_minor: int
    price: str


def list_taxes(session: Session, *, limit: int, **named: Any) -> Listed[TaxRow]:
    """Tax rates by destination; `named`: only those with these values."""
    found = listed(session, rows_where(TaxRate, named), limit)
    return found.each(lambda row: TaxRow(**row.model_dump()))


def list_zones(session: Session, *, limit: int, **named: Any) -> Listed[ZoneRow]:
    """Zones by carrier and destination; `named`: only those with these values."""
    found = listed(session, rows_where(ShippingZone, named), limit)
    return found.each(lambda row: ZoneRow(**row.model_dump()))


def list_rates(session: Session, *, limit: int, **named: Any) -> Listed[RateRow]:
    """Rates by carrier, service level, zone and weight; `named`: only those with these values."""
    return listed(session, rows_where(ShippingRate, named), limit).each(_rate_row)


def _rate_row(row: ShippingRate) -> RateRow:
    price = money(row.price_minor, row.currency, settings().locale)
    return RateRow(price=price, **row.model_dump())
