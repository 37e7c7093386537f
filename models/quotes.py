"""The copy of the tables' rows that an order's quote came from, as it is kept with the order."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from models.enums import ServiceLevel


class _Copy(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuotedParcel(_Copy):
    """So many parcels at the price, in minor units, of the band up to so many grams."""

    up_to_grams: int
    price_minor: int
    parcels: int


class QuotedShipping(_Copy):
    """What shipping was quoted by: the weight of the goods, and the bands that hold it."""

    service_level: ServiceLevel
    currency: str
    grams: int
    parcels: tuple[QuotedParcel, ...]


class QuotedTax(_Copy):
    """A row of the tax table; a rate of 0.2 is 20 %."""

    country: str
    region: str
    postal_prefix: str
    tax_class: str
    rate: Decimal
    on_shipping: bool


class QuotedLine(_Copy):
    """What the catalogue said of a line's product: a piece's weight in grams, its tax class."""

    sku: str
    weight_grams: int
    tax_class: str


class Quote(_Copy):
    """All that the tables said of an order on the day on which it was taken.

    Without `shipping` the order brought what it paid for that; without `taxes`, all its tax.
    """

    zone: str
    shipping: QuotedShipping | None
    taxes: tuple[QuotedTax, ...]
    lines: tuple[QuotedLine, ...]
