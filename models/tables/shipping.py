"""Labels, with their parcels; boxes, departures, pickups, and the house carrier's own tables.

Grams, millimetres, minor units.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import big_integer, identity, instant, postal_key
from models.enums import (
    BookingKind,
    LabelState,
    PickupState,
    ServiceLevel,
    Weekday,
    enum_column,
)
from models.tables.catalogue import WAREHOUSE_CHARACTERS
from models.tables.shipments import of_shipment, shipment_number

_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


class ShippingLabel(SQLModel, table=True):
    """The label of one parcel. One is live per parcel; its `key` is the same in every attempt."""

    __tablename__ = "shipping_label"
    __table_args__ = (
        of_shipment(),
        Index(
            "ix_shipping_label_one_live",
            "order_number",
            "shipment",
            "parcel",
            unique=True,
            postgresql_where=text("state <> 'voided'"),
        ),
        CheckConstraint(
            "weight_grams > 0 AND length_mm > 0 AND width_mm > 0 AND height_mm > 0",
            name="measured",
        ),
        CheckConstraint(
            "(cost_minor IS NULL) = (cost_currency IS NULL)", name="cost_in_a_currency"
        ),
        CheckConstraint(
            "state <> 'bought' OR (tracking_number IS NOT NULL AND pdf IS NOT NULL)",
            name="bought_is_complete",
        ),
    )

    id: int = identity()
    order_number: int = Field(sa_type=BigInteger, nullable=False, index=True)
    shipment: int = shipment_number()
    parcel: int
    key: str = Field(max_length=64, unique=True)
    state: LabelState = Field(default=LabelState.WANTED, sa_column=enum_column(LabelState, "state"))
    carrier: str = Field(max_length=64)
    service_level: ServiceLevel = Field(sa_column=enum_column(ServiceLevel, "service_level"))
    zone: str = Field(max_length=16)
    weight_grams: int
    length_mm: int
    width_mm: int
    height_mm: int
    box: str | None = Field(default=None, max_length=32)
    tracking_number: str | None = Field(default=None, max_length=64, unique=True)
    cost_minor: int | None = big_integer()
    cost_currency: str | None = Field(default=None, max_length=3)
    pdf: bytes | None = None
    wanted_at: datetime = instant()
    bought_at: datetime | None = instant(None)


class CarrierPickup(SQLModel, table=True):
    """A carrier's collection of a shipment's parcels."""

    __tablename__ = "carrier_pickup"
    __table_args__ = (
        of_shipment(),
        UniqueConstraint("order_number", "shipment"),
        CheckConstraint(
            "state <> 'collected' OR"
            " (collected_at IS NOT NULL AND confirmation_number IS NOT NULL)",
            name="collected_is_complete",
        ),
    )

    id: int = identity()
    order_number: int = Field(sa_type=BigInteger, nullable=False)
    shipment: int = shipment_number()
    key: str = Field(max_length=64, unique=True)
    state: PickupState = Field(
        default=PickupState.WANTED, sa_column=enum_column(PickupState, "state")
    )
    carrier: str = Field(max_length=64)
    parcels: int
    weight_grams: int
    reference: str | None = Field(default=None, max_length=64)
    confirmation_number: str | None = Field(default=None, max_length=64)
    wanted_at: datetime = instant()
    collected_at: datetime | None = instant(None)


class ShippingZone(SQLModel, table=True):
    """Where a carrier's zone lies. The longest postal prefix that fits wins; '' is all the rest."""

    __tablename__ = "shipping_zone"
    __table_args__ = (Index("ix_shipping_zone_country_postal_key", "country", "postal_key"),)

    carrier: str = Field(primary_key=True, max_length=64)
    country: str = Field(primary_key=True, max_length=2)
    postal_prefix: str = Field(default="", primary_key=True, max_length=20)
    postal_key: str = postal_key()
    zone: str = Field(max_length=16)


class ShippingRate(SQLModel, table=True):
    """The price of a parcel of up to so many grams into a zone, in one currency."""

    __tablename__ = "shipping_rate"
    __table_args__ = (
        CheckConstraint("up_to_grams > 0", name="weight_positive"),
        CheckConstraint("price_minor >= 0", name="price_not_negative"),
    )

    carrier: str = Field(primary_key=True, max_length=64)
    service_level: ServiceLevel = Field(
        sa_column=enum_column(ServiceLevel, "service_level", primary_key=True)
    )
    zone: str = Field(primary_key=True, max_length=16)
    currency: str = Field(primary_key=True, max_length=3)
    up_to_grams: int = Field(primary_key=True)
    price_minor: int = Field(sa_type=BigInteger, nullable=False)


class Box(SQLModel, table=True):
    """A box that parcels are packed in: its sides inside, its own weight, and what it carries."""

    __table_args__ = (
        CheckConstraint(
            "inner_length_mm > 0 AND inner_width_mm > 0 AND inner_height_mm > 0"
            " AND weight_grams > 0 AND max_content_grams > 0",
            name="measured",
        ),
    )

    code: str = Field(primary_key=True, max_length=32)
    inner_length_mm: int
    inner_width_mm: int
    inner_height_mm: int
    weight_grams: int
    max_content_grams: int


class Departure(SQLModel, table=True):
    """A carrier takes a warehouse's parcels of a service level, every week at one time.

    The times are those of the warehouse's clock. Who is packed by `cut_off` travels with it; one
    later than `hands_over_at` is on the day before.
    """

    __table_args__ = (
        CheckConstraint(
            f"hands_over_at ~ '{_TIME}' AND cut_off ~ '{_TIME}'", name="at_times_of_a_day"
        ),
    )

    warehouse: str = Field(
        primary_key=True, foreign_key="warehouse.code", max_length=WAREHOUSE_CHARACTERS
    )
    carrier: str = Field(primary_key=True, max_length=64)
    service_level: ServiceLevel = Field(
        sa_column=enum_column(ServiceLevel, "service_level", primary_key=True)
    )
    weekday: Weekday = Field(sa_column=enum_column(Weekday, "weekday", primary_key=True))
    hands_over_at: str = Field(primary_key=True, max_length=5)
    cut_off: str = Field(max_length=5)


class CarrierBooking(SQLModel, table=True):
    """The house carrier's own book: what was bought under which key, once.

    A key that is voided buys nothing any more. One that was voided before anything was bought under
    it has no `reference`.
    """

    __tablename__ = "carrier_booking"
    __table_args__ = (
        CheckConstraint("reference IS NOT NULL OR voided_at IS NOT NULL", name="booked_or_voided"),
    )

    key: str = Field(primary_key=True, max_length=64)
    kind: BookingKind = Field(sa_column=enum_column(BookingKind, "kind"))
    reference: str | None = Field(default=None, max_length=64, unique=True)
    at: datetime = instant()
    voided_at: datetime | None = instant(None)
