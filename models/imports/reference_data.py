"""Taxes, shipping zones and rates, boxes, departures, and staff."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from domain.errors import FieldError, PacklineError
from domain.money import to_minor
from models.enums import Role, ServiceLevel, Weekday
from models.imports.fields import (
    PLAIN,
    Amount,
    Country,
    Currency,
    Flag,
    Grams,
    ImportRow,
    Key,
    Millimetres,
    OptionalKey,
    OptionalMail,
    PostalPrefix,
    Several,
    Share,
    TimeOfDay,
)
from models.imports.problems import WrongValue
from models.tables.catalogue import WAREHOUSE_CHARACTERS


class TaxRateIn(ImportRow):
    """The tax rate for a tax class at a destination."""

    country: Country
    region: OptionalKey = Field("", max_length=100)
    postal_prefix: PostalPrefix = Field("", max_length=20)
    tax_class: Key = Field("standard", max_length=32)
    rate: Share
    on_shipping: Flag = True


class ShippingZoneIn(ImportRow):
    """Which of a carrier's zones a destination lies in."""

    carrier: Key = Field(max_length=64)
    country: Country
    postal_prefix: PostalPrefix = Field("", max_length=20)
    zone: Key = Field(max_length=16)


class ShippingRateIn(ImportRow):
    """What a carrier takes for a parcel of up to so many grams into a zone."""

    carrier: Key = Field(max_length=64)
    service_level: Annotated[ServiceLevel, PLAIN]
    zone: Key = Field(max_length=16)
    currency: Currency
    up_to_grams: Grams
    price: Amount

    @field_validator("price")
    @classmethod
    def _is_a_price(cls, value: str, info: ValidationInfo) -> str:
        if "currency" not in info.data:
            return value
        try:
            price = to_minor(value, info.data["currency"])
        except PacklineError as problem:
            raise FieldError(problem.says) from problem
        if price < 0:
            raise WrongValue("negative", given=value)
        return value

    def columns(self) -> dict[str, Any]:
        """With the price in minor units."""
        price_minor = to_minor(self.price, self.currency)
        return self.model_dump(exclude={"price"}) | {"price_minor": price_minor}


class BoxIn(ImportRow):
    """A box to pack parcels in: its sides inside, its own weight, and the most that it carries."""

    code: Key = Field(max_length=32)
    inner_length_mm: Millimetres
    inner_width_mm: Millimetres
    inner_height_mm: Millimetres
    weight_grams: Grams
    max_content_grams: Grams


class DepartureIn(ImportRow):
    """A carrier takes the parcels of a service level at a time of the week; who is packed by
    `cut_off` travels with it.
    """

    warehouse: Key = Field(max_length=WAREHOUSE_CHARACTERS)
    carrier: Key = Field(max_length=64)
    service_level: Annotated[ServiceLevel, PLAIN]
    weekday: Annotated[Weekday, PLAIN]
    hands_over_at: TimeOfDay
    cut_off: TimeOfDay


class StaffIn(ImportRow):
    """Somebody who works here, or no longer does: then they are not `active`. Who has no
    `warehouses` works in all of them.
    """

    name: Key = Field(max_length=100)
    roles: Several
    warehouses: Several = ()
    email: OptionalMail = ""
    active: Flag = True

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, given: tuple[str, ...]) -> tuple[Role, ...]:
        right = tuple(Role)
        if wrong := tuple(name for name in given if name not in right):
            raise WrongValue("not-roles", wrong=wrong, right=right)
        if not given:
            raise WrongValue("no-role", right=right)
        return tuple(role for role in right if role in given)

    def columns(self) -> dict[str, Any]:
        """Without the warehouses, which are rows of their own."""
        return self.model_dump(exclude={"warehouses", "roles"}) | {"roles": list(self.roles)}
