"""Labels, with their parcels; pickups, and the house carrier's own tables.

Grams, millimetres, minor units.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.base import big_integer, identity, instant, postal_key
from models.enums import BookingKind, LabelState, PickupState, ServiceLevel, enum_column
from models.tables.shipments import of_shipment, shipment_number


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
