"""Carriers: who takes parcels to the customer.

Every call carries a key that all attempts share. Asked twice with one key, a carrier sells once and
gives the same answer. A key that was voided buys nothing any more, also if nothing had been bought
under it: an attempt that was taken for lost may still be under way.
"""

from typing import Protocol

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from adapters.database import transaction
from adapters.settings import settings
from domain.errors import PacklineError, Unavailable
from domain.tracking import s10_number
from domain.zones import RateBand, Tariff, ZoneRule, billable_grams, rate_for, zone_for
from models.base import utc_now
from models.enums import BookingKind, ServiceLevel
from models.tables.shipping import CarrierBooking, ShippingRate, ShippingZone

HOUSE = "house"


class CarrierAway(Unavailable):
    """The carrier does not answer."""


class Voided(PacklineError):
    """Something is wanted under a key that was voided."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The carrier has voided {key!r} and books nothing under it: want it under another key,"
            " or leave it, if the order does not ship."
        )
        self.key = key


class LabelRequest(BaseModel):
    """A parcel that wants a label. `key` is the same in every attempt."""

    model_config = ConfigDict(frozen=True)

    key: str
    weight_grams: int
    country: str
    postal_code: str
    service_level: ServiceLevel


class Measured(Protocol):
    """Something with a weight and sizes: grams and millimetres."""

    @property
    def weight_grams(self) -> int:
        """On the scale."""

    @property
    def length_mm(self) -> int:
        """The longest side."""

    @property
    def width_mm(self) -> int:
        """The next one."""

    @property
    def height_mm(self) -> int:
        """The shortest."""


class Carrier(Protocol):
    """What Packline needs of a carrier."""

    name: str

    @property
    def title(self) -> str:
        """What people call it."""

    def buy_label(self, request: LabelRequest) -> str:
        """Buy a label and return its tracking number. Raises `CarrierAway`, `Voided`."""

    def void_label(self, key: str) -> None:
        """Give a label back, or see to it that none is bought. Raises `CarrierAway`."""

    def book_pickup(self, key: str, parcels: int, weight_grams: int) -> str:
        """Order a collection and return its reference. Raises `CarrierAway`, `Voided`."""

    def cancel_pickup(self, key: str) -> None:
        """Call a collection off, or see to it that none is booked. Raises `CarrierAway`."""


class HouseCarrier:
    """The shop's own carrier: it keeps its book in a table, under the caller's keys."""

    name = HOUSE

    @property
    def title(self) -> str:
        """As the settings name it."""
        return settings().house_carrier_title

    def buy_label(self, request: LabelRequest) -> str:
        """Give the parcel a UPU S10 tracking number."""
        return self._book(request.key, BookingKind.LABEL)

    def void_label(self, key: str) -> None:
        """Strike the label out; the key stays in the book."""
        self._void(key, BookingKind.LABEL)

    def book_pickup(self, key: str, parcels: int, weight_grams: int) -> str:
        """Enter a collection into the book."""
        return self._book(key, BookingKind.PICKUP)

    def cancel_pickup(self, key: str) -> None:
        """Strike the collection out; the key stays in the book."""
        self._void(key, BookingKind.PICKUP)

    def _book(self, key: str, kind: BookingKind) -> str:
        with transaction() as session:
            if not session.get(CarrierBooking, key):
                reference = self._next_reference(session, kind)
                entry = insert(CarrierBooking).values(key=key, kind=kind, reference=reference)
                session.execute(entry.on_conflict_do_nothing())
            booked = session.exec(
                select(CarrierBooking.reference).where(
                    CarrierBooking.key == key, col(CarrierBooking.voided_at).is_(None)
                )
            ).one_or_none()
        if booked is None:
            raise Voided(key)
        return booked

    def _void(self, key: str, kind: BookingKind) -> None:
        """Of a booking and a voiding at once, one waits at the key until the other is in the book.

        The first voiding keeps its time.
        """
        now = utc_now()
        entry = insert(CarrierBooking).values(key=key, kind=kind, voided_at=now)
        with transaction() as session:
            session.execute(
                entry.on_conflict_do_update(
                    index_elements=[col(CarrierBooking.key)],
                    set_={"voided_at": func.coalesce(col(CarrierBooking.voided_at), now)},
                )
            )

    def _next_reference(self, session: Session, kind: BookingKind) -> str:
        serial = session.scalar(text("SELECT nextval('house_carrier_serial')"))
        if kind == BookingKind.PICKUP:
            return f"PU{serial:08d}"
        return s10_number(int(serial), settings().carrier_country)


def carrier_named(name: str) -> Carrier:
    """The carrier of that name."""
    return CARRIERS[name]


CARRIERS: dict[str, Carrier] = {HOUSE: HouseCarrier()}


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
