"""Orders, as a channel hands them in."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from domain.errors import PacklineError
from domain.money import LARGEST_MINOR, from_minor, to_minor
from models.enums import ServiceLevel
from models.imports.fields import (
    MAX_LINES,
    Amount,
    Country,
    Currency,
    ImportRow,
    Instant,
    Mail,
    OptionalText,
    Quantity,
    Text,
)
from models.imports.problems import WrongValue
from models.validation import Problem


class OrderLineIn(ImportRow):
    """So many pieces of one product, at a price each, in the order's currency."""

    sku: Text = Field(max_length=64)
    quantity: Quantity
    unit_price: Amount


class OrderIn(ImportRow):
    """An order as a channel hands it in. Without `placed_at` it was placed when it came in."""

    channel: Text = Field(max_length=64)
    external_id: Text = Field(max_length=128)
    placed_at: Instant | None = None
    customer_name: Text = Field(max_length=200)
    email: Mail
    address_line1: Text = Field(max_length=200)
    address_line2: OptionalText = Field("", max_length=200)
    city: Text = Field(max_length=100)
    region: OptionalText = Field("", max_length=100)
    postal_code: OptionalText = Field("", max_length=20)
    country: Country
    currency: Currency
    prices_include_tax: bool
    service_level: ServiceLevel = ServiceLevel.STANDARD
    lines: list[OrderLineIn] = Field(min_length=1, max_length=MAX_LINES)

    def columns(self) -> dict[str, Any]:
        """The order's own columns, without its lines."""
        given = self.model_dump(exclude={"lines"})
        return given if self.placed_at else {k: v for k, v in given.items() if k != "placed_at"}

    def unit_prices_minor(self) -> list[int]:
        """The price of a piece of each line, in minor units, once `problems` found nothing."""
        return [to_minor(line.unit_price, self.currency) for line in self.lines]

    def problems(self) -> Iterator["Problem"]:
        """What is wrong in how the lines go together, and in their prices.

        A price of 0 is right: a gift. A product stands in one line of an order only.
        """
        yield from self._repeated_products()
        unpriced = list(self._bad_prices())
        yield from unpriced
        if not unpriced:
            yield from self._beyond_reason()

    def _repeated_products(self) -> Iterator["Problem"]:
        first: dict[str, int] = {}
        for item, line in enumerate(self.lines):
            if first.setdefault(line.sku, item) != item:
                twice = WrongValue("duplicate-line", field="sku", given=line.sku)
                yield Problem(item, twice.says)

    def _bad_prices(self) -> Iterator["Problem"]:
        for item, line in enumerate(self.lines):
            try:
                price = to_minor(line.unit_price, self.currency)
            except PacklineError as problem:
                yield Problem(item, problem.says.about("unit_price"))
                continue
            if price < 0:
                below = WrongValue("negative", field="unit_price", given=line.unit_price)
                yield Problem(item, below.says)

    def _beyond_reason(self) -> Iterator["Problem"]:
        prices = zip(self.lines, self.unit_prices_minor(), strict=True)
        if sum(line.quantity * price for line, price in prices) > LARGEST_MINOR:
            largest = from_minor(LARGEST_MINOR, self.currency)
            beyond = WrongValue("lines-beyond-reason", largest=largest, currency=self.currency)
            yield Problem(None, beyond.says)
