"""What comes in from files, checked before anything touches a table, and what became of it.

Amounts are decimal text in the currency ("12.50"), weights whole grams. Each complaint is one
sentence for the people who keep the file: it names the field, shows what was given, and says what
would be right.
"""

import re
import reprlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import pycountry
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
    validate_email,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from domain.calendars import check_place, check_zone, clock, closes_later, weekdays
from domain.errors import PacklineError
from domain.money import LARGEST_MINOR, exponent, from_minor, to_minor
from models.catalogue import WAREHOUSE_CHARACTERS
from models.enums import Adjustment, HoldReason, Role, ServiceLevel

MAX_QUANTITY = 1_000_000
MAX_LINES = 10_000
MAX_STOCK = 100_000_000
MAX_GRAMS = 1_000_000
MAX_RANK = 10_000
COUNT_PREFIX = "count:"
"""How the references of movements begin that a count has made."""
ORDER_PREFIX = "order:"
"""How those begin that an order has made."""
_NO_HOLIDAYS = "none"
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 2100

_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_ANY_WHOLE_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)
_SHARE = re.compile(r"0|0?\.\d{1,5}", re.ASCII)


def shown(value: object) -> str:
    """What was given, in quotation marks, shortened in the middle when it is long."""
    return reprlib.repr(str(value))


def is_showable(text: str) -> bool:
    """Whether a text has no control characters. Nothing that Packline keeps has any."""
    return _UNSHOWABLE.search(text) is None


def showable(value: object) -> object:
    """Refuse what a label, a mail header or a page cannot show. Markup is text like any other."""
    if isinstance(value, str) and not is_showable(value):
        raise ValueError(f"{shown(value)} holds a line break or another control character")
    return value


def _as_text(value: object) -> object:
    """A JSON number, written as a text: amounts come as either."""
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    return str(value) if is_number else value


def _whole(smallest: int, largest: int) -> BeforeValidator:
    def check(value: object) -> int:
        text = str(_as_text(value)).strip()
        if not _ANY_WHOLE_NUMBER.fullmatch(text):
            raise ValueError(f"{shown(value)} is not a whole number")
        if not _WHOLE_NUMBER.fullmatch(text) or not smallest <= int(text) <= largest:
            raise ValueError(f"{shown(value)} is not between {smallest:,} and {largest:,}")
        return int(text)

    return BeforeValidator(check)


def _share(value: object) -> Decimal:
    if not _SHARE.fullmatch(text := str(_as_text(value)).strip()):
        raise ValueError(f"{shown(value)} is not a share below 1 such as 0.2, which is 20 %")
    return Decimal(text)


def _country(code: str) -> str:
    if len(code) != 2 or pycountry.countries.get(alpha_2=code) is None:
        raise ValueError(f"{shown(code)} is not a country code of ISO 3166 such as GB")
    return code.upper()


def _currency(code: str) -> str:
    try:
        exponent(code.upper())
    except PacklineError as problem:
        raise ValueError(_phrase(problem)) from problem
    return code.upper()


def _mail_address(text: str) -> str:
    if not text:
        return text
    try:
        address = validate_email(text)[1]
    except PydanticCustomError as problem:
        raise ValueError(f"{shown(text)} is not a mail address such as ann@shop.example") from (
            problem
        )
    if "<" in text:
        raise ValueError(f"{shown(text)} must be the mail address alone, without the name")
    return address


def _instant(value: object) -> datetime:
    try:
        instant = datetime.fromisoformat(str(value).strip())
    except ValueError as problem:
        raise ValueError(
            f"{shown(value)} is not a time of ISO 8601 such as 2026-11-23T09:30:00Z"
        ) from problem
    if instant.tzinfo is None:
        raise ValueError(f"{shown(value)} has no time zone: end it with Z or with +01:00")
    if not _EARLIEST_YEAR <= instant.year <= _LATEST_YEAR:
        raise ValueError(f"{shown(value)} is not in the years {_EARLIEST_YEAR} to {_LATEST_YEAR}")
    return instant


def _held_to(check: Callable[[str], object], text: str) -> str:
    """The text as it is, if it passes a check that is also made of a setting."""
    try:
        check(text)
    except ValueError as problem:
        raise ValueError(f"{shown(text)} {problem}") from problem
    return text


def _as_in_settings(check: Callable[[str], object]) -> AfterValidator:
    return AfterValidator(partial(_held_to, check))


def _holiday_country(text: str) -> str:
    country = "" if text == _NO_HOLIDAYS else text
    return _held_to(partial(check_place, subdivision=""), country)


_TEXT = (StringConstraints(strip_whitespace=True, min_length=1), BeforeValidator(showable))
_OPTIONAL_TEXT = (StringConstraints(strip_whitespace=True), BeforeValidator(showable))
_SHORT = StringConstraints(max_length=64)

Text = Annotated[str, *_TEXT]
OptionalText = Annotated[str, *_OPTIONAL_TEXT]
Amount = Annotated[str, *_TEXT, BeforeValidator(_as_text)]
Country = Annotated[str, *_TEXT, AfterValidator(_country)]
Currency = Annotated[str, *_TEXT, AfterValidator(_currency)]
Mail = Annotated[str, *_TEXT, AfterValidator(_mail_address)]
OptionalMail = Annotated[str, *_OPTIONAL_TEXT, AfterValidator(_mail_address)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Share = Annotated[Decimal, BeforeValidator(_share)]
Grams = Annotated[int, _whole(1, MAX_GRAMS)]
Stock = Annotated[int, _whole(0, MAX_STOCK)]
Quantity = Annotated[int, _whole(1, MAX_QUANTITY)]
Delivered = Annotated[int, _whole(1, MAX_STOCK)]
Rank = Annotated[int, _whole(1, MAX_RANK)]
WarehouseCode = Annotated[Text | None, Field(max_length=WAREHOUSE_CHARACTERS)]
"""None: the first warehouse."""
TimeZone = Annotated[str, *_TEXT, _as_in_settings(check_zone)]
WorkingDays = Annotated[str, _SHORT, *_TEXT, _as_in_settings(weekdays)]
Clock = Annotated[str, *_TEXT, _as_in_settings(clock)]
HolidayCountry = Annotated[str, *_TEXT, AfterValidator(_holiday_country)]
"""'': no holidays."""
Subdivision = Annotated[str, _SHORT, *_TEXT]
Change = Annotated[int, _whole(-MAX_STOCK, MAX_STOCK)]


class Incoming(BaseModel):
    """The base of all of them: nothing may come that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def columns(self) -> dict[str, Any]:
        """The values by the columns of the table that they are kept in."""
        return self.model_dump()


class WarehouseIn(Incoming):
    """A place from which orders are sent; that with the lowest rank is tried first.

    Working hours that are not given are the shop's. What says something only together comes
    together: opening and closing, and a part of a country with that country.
    """

    code: Text = Field(max_length=WAREHOUSE_CHARACTERS)
    name: Text = Field(max_length=100)
    country: Country
    postal_code: OptionalText = Field("", max_length=20)
    rank: Rank
    time_zone: TimeZone | None = None
    working_days: WorkingDays | None = None
    opens_at: Clock | None = None
    closes_at: Clock | None = None
    holiday_country: HolidayCountry | None = None
    holiday_subdivision: Subdivision | None = None

    @field_validator("closes_at")
    @classmethod
    def _closes_after_opening(cls, value: str | None, info: ValidationInfo) -> str | None:
        opens_at = info.data.get("opens_at")
        if value and opens_at and not closes_later(opens_at, value):
            raise ValueError(f"{shown(value)} is not later than opens_at {shown(opens_at)}")
        return value

    @field_validator("holiday_subdivision")
    @classmethod
    def _is_part_of_the_country(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or "holiday_country" not in info.data:
            return value
        country = info.data["holiday_country"]
        if not country:
            raise ValueError(f"{shown(value)} needs a holiday_country")
        return _held_to(partial(check_place, country), value)

    @model_validator(mode="after")
    def _opens_and_closes(self) -> "WarehouseIn":
        if (self.opens_at is None) != (self.closes_at is None):
            raise ValueError("opens_at and closes_at go together: give both or none")
        return self


class ProductIn(Incoming):
    """A product, and where it lies in one warehouse.

    `on_hand` counts only when the product is new there: it is its opening stock.
    """

    sku: Text = Field(max_length=64)
    name: Text = Field(max_length=200)
    barcode: Text = Field(max_length=64)
    bin: Text = Field(max_length=32)
    weight_grams: Grams
    tax_class: Text = Field("standard", max_length=32)
    on_hand: Stock = 0
    warehouse: WarehouseCode = None

    def columns(self) -> dict[str, Any]:
        """The product itself, without what belongs to its warehouse."""
        return self.model_dump(exclude={"on_hand", "bin", "warehouse"})


class DeliveryIn(Incoming):
    """So many pieces of a product came in. `reference` names the delivery, `by` who took it."""

    sku: Text = Field(max_length=64)
    quantity: Delivered
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)
    warehouse: WarehouseCode = None


class RefundPaidIn(Incoming):
    """The money of a refund has gone back: who says so, and how to find that payment."""

    by: Text = Field(max_length=100)
    reference: OptionalText = Field("", max_length=150)


class AdjustmentIn(Incoming):
    """Pieces that are damaged (less than 0), returned (more), or wrong in the books (either)."""

    sku: Text = Field(max_length=64)
    quantity: Change
    kind: Adjustment = Adjustment.ADJUSTED
    reason: Text = Field(max_length=500)
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)
    warehouse: WarehouseCode = None

    @model_validator(mode="after")
    def _sign_fits(self) -> "AdjustmentIn":
        if self.quantity == 0:
            raise ValueError("quantity '0' changes nothing: leave it out")
        if self.kind == Adjustment.DAMAGED and self.quantity > 0:
            raise ValueError("damaged pieces leave the stock: write the quantity with a minus")
        if self.kind == Adjustment.RETURNED and self.quantity < 0:
            raise ValueError("returned pieces come back: write the quantity without a minus")
        if self.reference.startswith(COUNT_PREFIX):
            raise ValueError(f"reference {shown(self.reference)} looks like a count: book a count")
        if self.reference.startswith(ORDER_PREFIX):
            raise ValueError(
                f"reference {shown(self.reference)} looks like Packline's own: give your slip's"
            )
        return self


class TransferIn(Incoming):
    """Pieces that go from one warehouse to another."""

    sku: Text = Field(max_length=64)
    quantity: Delivered
    from_warehouse: Text = Field(max_length=WAREHOUSE_CHARACTERS)
    to_warehouse: Text = Field(max_length=WAREHOUSE_CHARACTERS)
    reason: Text = Field(max_length=500)
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)

    @model_validator(mode="after")
    def _goes_elsewhere(self) -> "TransferIn":
        if self.from_warehouse == self.to_warehouse:
            raise ValueError(f"to_warehouse {shown(self.to_warehouse)} is where the pieces are")
        return self


class CancellationIn(Incoming):
    """Somebody wants an order cancelled."""

    reason: Text = Field(max_length=500)
    by: Text = Field(max_length=100)


class HoldIn(Incoming):
    """Somebody puts an order on hold."""

    reason: HoldReason
    note: OptionalText = Field("", max_length=500)
    by: Text = Field(max_length=100)


class ReleaseIn(Incoming):
    """Somebody lets it go on."""

    by: Text = Field(max_length=100)


class AddressIn(Incoming):
    """Where an order is to go instead, as an import would give it."""

    address_line1: Text = Field(max_length=200)
    address_line2: OptionalText = Field("", max_length=200)
    city: Text = Field(max_length=100)
    region: OptionalText = Field("", max_length=100)
    postal_code: OptionalText = Field("", max_length=20)
    country: Country
    by: Text = Field(max_length=100)

    def columns(self) -> dict[str, Any]:
        """The address, by the columns of an order."""
        return self.model_dump(exclude={"by"})


class StockCountIn(Incoming):
    """All pieces of a product that are in a warehouse and not booked out, as somebody counted them.

    Those in totes and parcels of open orders are among them.
    """

    sku: Text = Field(max_length=64)
    counted: Stock
    reference: Text = Field(max_length=150)
    by: Text = Field(max_length=100)
    warehouse: WarehouseCode = None


class OrderLineIn(Incoming):
    """So many pieces of one product, at a price each, in the order's currency."""

    sku: Text = Field(max_length=64)
    quantity: Quantity
    unit_price: Amount


class OrderIn(Incoming):
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
                reason = f"sku {shown(line.sku)} is a duplicate line of this order: add them up"
                yield Problem(item, reason)

    def _bad_prices(self) -> Iterator["Problem"]:
        for item, line in enumerate(self.lines):
            try:
                price = to_minor(line.unit_price, self.currency)
            except PacklineError as problem:
                yield Problem(item, f"unit_price {_phrase(problem)}")
                continue
            if price < 0:
                yield Problem(item, f"unit_price {shown(line.unit_price)} is negative")

    def _beyond_reason(self) -> Iterator["Problem"]:
        prices = zip(self.lines, self.unit_prices_minor(), strict=True)
        if sum(line.quantity * price for line, price in prices) > LARGEST_MINOR:
            largest = from_minor(LARGEST_MINOR, self.currency)
            yield Problem(None, f"lines add up to more than {largest:,} {self.currency}")


class TaxRateIn(Incoming):
    """The tax rate for a tax class at a destination."""

    country: Country
    region: OptionalText = Field("", max_length=100)
    postal_prefix: OptionalText = Field("", max_length=20)
    tax_class: Text = Field("standard", max_length=32)
    rate: Share
    on_shipping: bool = True


class ShippingZoneIn(Incoming):
    """Which of a carrier's zones a destination lies in."""

    carrier: Text = Field(max_length=64)
    country: Country
    postal_prefix: OptionalText = Field("", max_length=20)
    zone: Text = Field(max_length=16)


class ShippingRateIn(Incoming):
    """What a carrier takes for a parcel of up to so many grams into a zone."""

    carrier: Text = Field(max_length=64)
    service_level: ServiceLevel
    zone: Text = Field(max_length=16)
    currency: Currency
    up_to_grams: Grams
    price: Amount

    @model_validator(mode="after")
    def _priced(self) -> "ShippingRateIn":
        try:
            price = to_minor(self.price, self.currency)
        except PacklineError as problem:
            raise ValueError(f"price {_phrase(problem)}") from problem
        if price < 0:
            raise ValueError(f"price {shown(self.price)} is negative")
        return self

    def columns(self) -> dict[str, Any]:
        """With the price in minor units."""
        price_minor = to_minor(self.price, self.currency)
        return self.model_dump(exclude={"price"}) | {"price_minor": price_minor}


class StaffIn(Incoming):
    """Somebody who works here."""

    name: Text = Field(max_length=100)
    role: Role
    email: OptionalMail = ""


class Kind(StrEnum):
    """What a file can hold: one kind in each file."""

    PRODUCTS = "products"
    ORDERS = "orders"
    TAX_RATES = "tax_rates"
    SHIPPING_ZONES = "shipping_zones"
    SHIPPING_RATES = "shipping_rates"
    STAFF = "staff"
    WAREHOUSES = "warehouses"
    DELIVERIES = "deliveries"
    ADJUSTMENTS = "adjustments"
    STOCK_COUNTS = "stock_counts"
    TRANSFERS = "transfers"

    def __str__(self) -> str:
        return self.value.replace("_", " ")


FORMS: dict[Kind, type[Incoming]] = {
    Kind.PRODUCTS: ProductIn,
    Kind.ORDERS: OrderIn,
    Kind.TAX_RATES: TaxRateIn,
    Kind.SHIPPING_ZONES: ShippingZoneIn,
    Kind.SHIPPING_RATES: ShippingRateIn,
    Kind.STAFF: StaffIn,
    Kind.WAREHOUSES: WarehouseIn,
    Kind.DELIVERIES: DeliveryIn,
    Kind.ADJUSTMENTS: AdjustmentIn,
    Kind.STOCK_COUNTS: StockCountIn,
    Kind.TRANSFERS: TransferIn,
}


class Problem(NamedTuple):
    """Why something is refused; `item` counts an order's lines from 0, None is all of it."""

    item: int | None
    reason: str


class Malformed(PacklineError):
    """What somebody gave is not of the form it should have."""


Given = TypeVar("Given", bound=Incoming)


def checked(form: type[Given], values: Mapping[str, object]) -> Given:
    """The values as a form takes them. Raises `Malformed` with what is wrong."""
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise Malformed("; ".join(problem.reason for problem in problems_in(error))) from error


def problems_in(error: ValidationError) -> list[Problem]:
    """What pydantic found, in sentences for people."""
    return [_problem(details) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails) -> Problem:
    place = details["loc"]
    in_line = len(place) > 1 and place[0] == "lines" and isinstance(place[1], int)
    names = place[2:] if in_line else place
    sentence = " ".join([*map(str, names[:1]), complaint(details)])
    return Problem(int(place[1]) if in_line else None, sentence)


def complaint(details: ErrorDetails) -> str:
    """The sentence without its subject. Complaints of our own come as they are."""
    kind, given, limits = details["type"], details["input"], details.get("ctx", {})
    if kind in _BEYOND:
        limit, beyond = _BEYOND[kind]
        return f"{shown(given)} {beyond} {limits[limit]:,}"
    if kind in _NOT_OF_ITS_KIND:
        return f"{shown(given)} is not {_NOT_OF_ITS_KIND[kind]}"
    match kind:
        case "value_error":
            return str(limits["error"])
        case "string_too_long":
            length, longest = len(str(given).strip()), limits["max_length"]
            return f"is {length:,} characters long, where {longest} are allowed"
        case "enum" | "literal_error":
            return f"{shown(given)} is not {limits['expected']}"
        case "too_long":
            return f"holds more than {limits['max_length']:,} items"
        case _:
            return _PLAIN_COMPLAINTS.get(kind) or f"{shown(given)} is refused: {details['msg']}"


_BEYOND = {
    "greater_than": ("gt", "is not more than"),
    "greater_than_equal": ("ge", "is less than"),
    "less_than_equal": ("le", "is more than"),
}
_WHOLE = "a whole number"
_TIME = "a time such as 2026-11-23 16:05"
_NOT_OF_ITS_KIND = {
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
}
_PLAIN_COMPLAINTS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field that Packline knows",
    "string_type": "must be text, within quotation marks",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "list_type": "must be a list",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}


def _phrase(problem: PacklineError) -> str:
    return str(problem).rstrip(".")


class Reject(BaseModel):
    """A line of a file that was not taken in. `subject` is its order, product or other key."""

    model_config = ConfigDict(frozen=True)

    line: int
    subject: str
    reason: str

    def __str__(self) -> str:
        subject = f" ({self.subject})" if self.subject else ""
        return f"line {self.line}{subject}: {self.reason}"


class ImportReport(BaseModel):
    """What became of a file, counted in orders, or in rows of the other kinds.

    `rejects` are the first of the rejected lines; `rejects_file` has all of them. `notes` are the
    counts that put orders short.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects: tuple[Reject, ...] = ()
    rejects_file: Path | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.unchanged and not (self.accepted or self.updated or self.rejected):
            return f"Nothing changed: all {self.unchanged:,} {self.kind} were known already."
        counts = f"{self.accepted:,} new, {self.updated:,} updated, {self.unchanged:,} unchanged"
        end = f": see {self.rejects_file}." if self.rejects_file else "."
        return f"{str(self.kind).capitalize()}: {counts}, {self.rejected:,} rejected{end}"
