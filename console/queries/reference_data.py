"""Barcodes, boxes and departures, as lists."""

from typing import Any

from pydantic import BaseModel
from sqlalchemy import BigInteger, case, cast
from sqlmodel import Session, col, select

from console.queries.listed import Listed, listed
from models.enums import ServiceLevel, Weekday
from models.tables.catalogue import Barcode, Product
from models.tables.shipping import Box, Departure
from services.imports.kept_rows import rows_where


class BarcodeRow(BaseModel):
    """A barcode, and how many pieces of which product it stands for."""

    barcode: str
    sku: str
    name: str
    pieces: int


class BoxRow(BaseModel):
    """A box: its sides inside, its own weight, and the most that it carries."""

    code: str
    inner_length_mm: int
    inner_width_mm: int
    inner_height_mm: int
    weight_grams: int
    max_content_grams: int


class DepartureRow(BaseModel):
    """When a carrier takes a warehouse's parcels, and by when they must be packed for it."""

    warehouse: str
    carrier: str
    service_level: ServiceLevel
    weekday: Weekday
    hands_over_at: str
    cut_off: str


def list_barcodes(session: Session, *, limit: int, **named: Any) -> Listed[BarcodeRow]:
    """Barcodes by product; `named`: only those with these values."""
    rows = rows_where(Barcode, named).order_by(None)
    found = listed(session, rows.order_by(col(Barcode.sku), col(Barcode.barcode)), limit)
    skus = {row.sku for row in found}
    of_these = select(Product.sku, Product.name).where(col(Product.sku).in_(skus))
    names = dict(session.exec(of_these).all())
    return found.each(lambda row: BarcodeRow(name=names[row.sku], **row.model_dump()))


def list_boxes(session: Session, *, limit: int, **named: Any) -> Listed[BoxRow]:
    """Boxes, the smallest first; `named`: only those with these values."""
    length = cast(col(Box.inner_length_mm), BigInteger)
    volume = length * col(Box.inner_width_mm) * col(Box.inner_height_mm)
    rows = rows_where(Box, named).order_by(None).order_by(volume, col(Box.code))
    return listed(session, rows, limit).each(lambda row: BoxRow(**row.model_dump()))


def list_departures(session: Session, *, limit: int, **named: Any) -> Listed[DepartureRow]:
    """Departures by warehouse, carrier, service level and time of the week; `named`: only those
    with these values.
    """
    in_week = case({day: place for place, day in enumerate(Weekday)}, value=col(Departure.weekday))
    rows = rows_where(Departure, named).order_by(None).order_by(
        col(Departure.warehouse), col(Departure.carrier), col(Departure.service_level), in_week,
        col(Departure.hands_over_at),
    )  # fmt: skip
    return listed(session, rows, limit).each(lambda row: DepartureRow(**row.model_dump()))
