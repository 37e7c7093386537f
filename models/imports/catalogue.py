"""Warehouses, products with where they lie, and further barcodes."""

from functools import partial
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from domain.calendars import check_place, has_hours
from models.imports.fields import (
    Barcode,
    Clock,
    Country,
    Grams,
    HolidayCountry,
    ImportRow,
    Key,
    Millimetres,
    OptionalKey,
    Quantity,
    Rank,
    Stock,
    Subdivision,
    Text,
    TimeZone,
    WarehouseCode,
    WorkingDays,
    _held_to,
)
from models.imports.problems import WrongValue
from models.tables.catalogue import WAREHOUSE_CHARACTERS


class WarehouseIn(ImportRow):
    """A place from which orders are sent; that with the lowest rank is tried first.

    Working hours that are not given are the shop's. What says something only together comes
    together: opening and closing, and a part of a country with that country.
    """

    code: Key = Field(max_length=WAREHOUSE_CHARACTERS)
    name: Text = Field(max_length=100)
    country: Country
    postal_code: OptionalKey = Field("", max_length=20)
    rank: Rank
    time_zone: TimeZone | None = None
    working_days: WorkingDays | None = None
    opens_at: Clock | None = None
    closes_at: Clock | None = Field(None, validate_default=True)
    holiday_country: HolidayCountry | None = None
    holiday_subdivision: Subdivision | None = None

    @field_validator("closes_at")
    @classmethod
    def _opens_for_a_while(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "opens_at" not in info.data:
            return value
        opens_at = info.data["opens_at"]
        if (opens_at is None) != (value is None):
            raise WrongValue("opens-without-closing")
        if value and opens_at and not has_hours(opens_at, value):
            raise WrongValue("closes-at-opening", given=value)
        return value

    @field_validator("holiday_subdivision")
    @classmethod
    def _is_part_of_the_country(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or "holiday_country" not in info.data:
            return value
        country = info.data["holiday_country"]
        if not country:
            raise WrongValue("needs-holiday-country", given=value)
        return _held_to(partial(check_place, country), value)


class ProductIn(ImportRow):
    """A product, and where it lies in one warehouse.

    `on_hand` counts only when the product is new there: it is its opening stock. The sides of one
    piece come together.
    """

    sku: Key = Field(max_length=64)
    name: Text = Field(max_length=200)
    barcode: Barcode
    bin: Key = Field(max_length=32)
    weight_grams: Grams
    length_mm: Millimetres | None = None
    width_mm: Millimetres | None = None
    height_mm: Millimetres | None = Field(None, validate_default=True)
    tax_class: Key = Field("standard", max_length=32)
    on_hand: Stock = 0
    warehouse: WarehouseCode = None

    @field_validator("height_mm")
    @classmethod
    def _has_all_sides(cls, value: int | None, info: ValidationInfo) -> int | None:
        others = [info.data[name] for name in ("length_mm", "width_mm") if name in info.data]
        if any((other is None) != (value is None) for other in others):
            raise WrongValue("sides-together")
        return value

    def columns(self) -> dict[str, Any]:
        """The product itself, without what belongs to its warehouse."""
        return self.model_dump(exclude={"on_hand", "bin", "warehouse"})


class BarcodeIn(ImportRow):
    """A barcode that stands for so many pieces of a product: that of a case of 12 for 12."""

    barcode: Barcode
    sku: Key = Field(max_length=64)
    pieces: Quantity = 1
