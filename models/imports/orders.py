"""Orders, as a channel hands them in."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any

from pydantic import Field

from domain.charges import Brought, BroughtLine
from domain.errors import PacklineError
from domain.money import to_minor
from models.enums import ServiceLevel
from models.imports.fields import (
    MAX_LINES,
    MAX_PIECES,
    PLAIN,
    Country,
    Currency,
    Flag,
    ImportRow,
    Instant,
    Key,
    Mail,
    OptionalAmount,
    OptionalKey,
    OptionalText,
    Quantity,
    Text,
)
from models.imports.order_amounts import AmountCheck
from models.imports.problems import WrongValue
from models.validation import Problem

LINE_AMOUNTS = ("unit_price", "line_price", "line_discount", "line_tax")
ORDER_AMOUNTS = (
    "shipping_charged",
    "fees_charged",
    "discount",
    "tax_charged",
    "total_charged",
)


class OrderLineIn(ImportRow):
    """So many pieces of one product, in the order's currency: at a price each, or for one price.

    `line_id` is the shop's own name for the line. `line_price`, `line_discount` and `line_tax` are
    of all its pieces; the tax is that of its goods, after discounts.
    """

    sku: Key = Field(max_length=64)
    quantity: Quantity
    line_id: OptionalKey = Field("", max_length=128)
    unit_price: OptionalAmount = None
    line_price: OptionalAmount = None
    line_discount: OptionalAmount = None
    line_tax: OptionalAmount = None


class OrderIn(ImportRow):
    """An order as a channel hands it in. Without `placed_at` it was placed when it came in.

    Amounts are gross where `prices_include_tax` is true, net where it is false. Those that are not
    given are quoted when the order is taken; without a discount or fees there are none.
    """

    channel: Key = Field(max_length=64)
    external_id: Key = Field(max_length=128)
    placed_at: Instant | None = None
    customer_name: Text = Field(max_length=200)
    email: Mail
    address_line1: Text = Field(max_length=200)
    address_line2: OptionalText = Field("", max_length=200)
    city: Text = Field(max_length=100)
    region: OptionalKey = Field("", max_length=100)
    postal_code: OptionalKey = Field("", max_length=20)
    country: Country
    currency: Currency
    prices_include_tax: Flag
    service_level: Annotated[ServiceLevel, PLAIN] = ServiceLevel.STANDARD
    shipping_charged: OptionalAmount = None
    fees_charged: OptionalAmount = None
    discount: OptionalAmount = None
    tax_charged: OptionalAmount = None
    total_charged: OptionalAmount = None
    lines: list[OrderLineIn] = Field(min_length=1, max_length=MAX_LINES)

    def columns(self) -> dict[str, Any]:
        """The order's own columns, without its lines and amounts."""
        given = self.model_dump(exclude={"lines", *ORDER_AMOUNTS})
        return given if self.placed_at else {k: v for k, v in given.items() if k != "placed_at"}

    def amount(self, name: str) -> int | None:
        """One of the order's amounts in minor units, once `problems` found nothing; None: not
        given.
        """
        return self._minor(getattr(self, name))

    @cached_property
    def brought(self) -> Brought:
        """What the order says that was charged, once `problems` found nothing."""
        return Brought(
            lines=tuple(map(self._brought_line, self.lines)),
            prices_include_tax=self.prices_include_tax,
            currency=self.currency,
            discount_minor=self.amount("discount") or 0,
            shipping_minor=self.amount("shipping_charged"),
            fees_minor=self.amount("fees_charged") or 0,
            tax_minor=self.amount("tax_charged"),
        )

    def unit_prices_minor(self) -> list[int | None]:
        """The price of a piece of each line, in minor units; None where the line has one price."""
        return [self._minor(line.unit_price) for line in self.lines]

    @cached_property
    def unreadable_amounts(self) -> tuple[Problem, ...]:
        """Why `brought` cannot be made of the amounts; mostly nothing."""
        return (*self._bad_amounts(), *self._bad_prices())

    def problems(self) -> Iterator[Problem]:
        """What is wrong in how the lines go together, and in the amounts.

        A price of 0 is right: a gift. Two lines of one product are right: one may be free.
        """
        yield from self.repeated_ids()
        yield from self._too_many_pieces()
        yield from self.unreadable_amounts
        if not self.unreadable_amounts:
            yield from AmountCheck(self.brought, self.currency).problems()

    def repeated_ids(self) -> Iterator[Problem]:
        """Lines that say the same of who they are."""
        times = Counter(line.line_id for line in self.lines if line.line_id)
        for item, line in enumerate(self.lines):
            if times[line.line_id] > 1:
                twice = WrongValue("line-id-twice", field="line_id", given=line.line_id)
                yield Problem(item, twice.says)

    def _minor(self, given: str | None) -> int | None:
        return None if given is None else to_minor(given, self.currency)

    def _brought_line(self, line: OrderLineIn) -> BroughtLine:
        unit, whole = self._minor(line.unit_price), self._minor(line.line_price)
        return BroughtLine(
            quantity=line.quantity,
            price_minor=line.quantity * unit if unit is not None else whole or 0,
            discount_minor=self._minor(line.line_discount) or 0,
            tax_minor=self._minor(line.line_tax),
        )

    def _too_many_pieces(self) -> Iterator[Problem]:
        pieces = sum(line.quantity for line in self.lines)
        if pieces > MAX_PIECES:
            many = WrongValue("order-too-large", field="lines", pieces=pieces, most=MAX_PIECES)
            yield Problem(None, many.says)

    def _bad_amounts(self) -> Iterator[Problem]:
        for name in ORDER_AMOUNTS:
            yield from self._bad_amount(None, name, getattr(self, name))
        for item, line in enumerate(self.lines):
            for name in LINE_AMOUNTS:
                yield from self._bad_amount(item, name, getattr(line, name))

    def _bad_amount(self, item: int | None, name: str, given: str | None) -> Iterator[Problem]:
        try:
            minor = self._minor(given)
        except PacklineError as problem:
            yield Problem(item, problem.says.about(name))
            return
        if minor is not None and minor < 0:
            below = WrongValue("negative", field=name, given=given)
            yield Problem(item, below.says)

    def _bad_prices(self) -> Iterator[Problem]:
        for item, line in enumerate(self.lines):
            if line.unit_price is None and line.line_price is None:
                yield Problem(item, WrongValue("no-price", field="unit_price").says)
            if line.unit_price is not None and line.line_price is not None:
                yield Problem(item, WrongValue("two-prices", field="unit_price").says)
