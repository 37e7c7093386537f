"""What is loaded before its carrier has confirmed it, and carriers that never came."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.base import instant


def _key_of(column: str) -> Any:
    return Field(primary_key=True, sa_type=BigInteger, foreign_key=column)


class LoadedParcel(SQLModel, table=True):
    """A parcel is on board, once, by its label; `loaded_by` is who scanned or ticked it."""

    __tablename__ = "loaded_parcel"

    label_id: int = _key_of("shipping_label.id")
    loaded_by: str = Field(max_length=100)
    loaded_at: datetime = instant()


class MissedPickup(SQLModel, table=True):
    """The carrier did not come for a pickup on a day of the shop's; told once a day."""

    __tablename__ = "missed_pickup"

    pickup_id: int = _key_of("carrier_pickup.id")
    day: date = Field(primary_key=True)
    said_by: str = Field(max_length=100)
    said_at: datetime = instant()
