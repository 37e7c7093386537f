"""Warehouses, and products with where they lie."""

from functools import partial
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from domain.calendars import check_place, has_hours
from models.imports.fields import (
    Clock,
    Country,
    Grams,
    HolidayCountry,
    ImportRow,
    Key,
    OptionalKey,
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

    `on_hand` counts only when the product is new there: it is its opening stock.
    """

    sku: Key = Field(max_length=64)
    name: Text = Field(max_length=200)
    barcode: Key = Field(max_length=64)
    bin: Key = Field(max_length=32)
    weight_grams: Grams
    tax_class: Key = Field("standard", max_length=32)
    on_hand: Stock = 0
    warehouse: WarehouseCode = None

    def columns(self) -> dict[str, Any]:
        """The product itself, without what belongs to its warehouse."""
        return self.model_dump(exclude={"on_hand", "bin", "warehouse"})
