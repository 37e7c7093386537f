"""What comes in from files, checked before anything touches a table, and what became of it.

Amounts are decimal text in the currency ("12.50"), weights whole grams. Each error is for the
people who keep the file: it names the field, shows what was given, and says what would be right.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, TypeVar

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
    validate_email,
)
from pydantic_core import PydanticCustomError

from domain.barcodes import is_in_scientific_notation
from domain.calendars import check_place, check_zone, clock, weekdays
from domain.errors import FieldError, PacklineError
from domain.money import NotAnAmount, exponent
from domain.places import checked_prefix
from domain.texts import as_key
from models.imports.problems import WrongValue
from models.tables.catalogue import WAREHOUSE_CHARACTERS
from models.validation import InvalidRow, InvalidValue, printable, printable_key, problems_in

MAX_QUANTITY = 1_000_000
MAX_LINES = 10_000
MAX_PIECES = 100_000_000
"""Of an order, in all its lines: so its sums stay within an INTEGER."""
MAX_STOCK = 100_000_000
MAX_GRAMS = 1_000_000
MAX_MILLIMETRES = 10_000
MAX_RANK = 10_000
COUNT_PREFIX = "count:"
"""How the references of movements begin that a count has made."""
ORDER_PREFIX = "order:"
"""How those begin that an order has made."""
_NO_HOLIDAYS = "none"
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 2100

_BESIDE_ISO = frozenset({"XK", "AC", "TA"})
"""Codes that shops and carriers use beside those of ISO 3166-1: Kosovo's, of its user-assigned
range, and Ascension Island's and Tristan da Cunha's, which it keeps free for the post
(docs/decisions/0033).
"""
_WRITTEN_OTHERWISE = {
    "UK": "GB", "XI": "GB", "EL": "GR", "IC": "ES", "EA": "ES", "KV": "XK", "DG": "IO", "CP": "FR",
    "FX": "FR",
}  # fmt: skip
"""Codes that mean a country which has another, and that one."""

_LONGEST_NUMBER = 30
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_ANY_WHOLE_NUMBER = re.compile(r"[+-]?\d+", re.ASCII)
_SHARE = re.compile(r"0|0?\.\d{1,5}", re.ASCII)


def _as_text(value: object) -> object:
    """A JSON number, written as a text: amounts come as either."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return _written_out(Decimal(value))
    return value


def _written_out(number: Decimal) -> str:
    """JSON may write 150 as 1.5e2; what is longer than any amount stays as it is."""
    return f"{number:f}" if abs(number.adjusted()) < _LONGEST_NUMBER else str(number)


def _as_amount(value: object) -> object:
    text = _as_text(value)
    if not isinstance(text, str):
        given = json.dumps(value, default=str, ensure_ascii=False)
        raise FieldError(NotAnAmount(given).says)
    return text


def _several(value: object) -> object:
    """The parts of a text between semicolons, each once, in the order of the alphabet.

    JSON may have a list of them.
    """
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise InvalidValue("not-text")
    return tuple(sorted({key for part in parts if (key := as_key(part))}))


def _none_if_blank(value: object) -> object:
    """An empty text says as much as none: a CSV has no other way to leave something out."""
    return None if isinstance(value, str) and not as_key(value) else value


def _whole(smallest: int, largest: int) -> BeforeValidator:
    def check(value: object) -> int:
        text = as_key(str(_as_text(value)))
        if not _ANY_WHOLE_NUMBER.fullmatch(text):
            raise InvalidValue("not-a-whole-number", given=str(value))
        if not _WHOLE_NUMBER.fullmatch(text) or not smallest <= int(text) <= largest:
            given = str(value)
            raise WrongValue("out-of-range", given=given, smallest=smallest, largest=largest)
        return int(text)

    return BeforeValidator(check)


def _share(value: object) -> Decimal:
    if not _SHARE.fullmatch(text := as_key(str(_as_text(value)))):
        raise WrongValue("not-a-share", given=str(value))
    return Decimal(text)


def _country(given: str) -> str:
    code = given.upper()
    if code in _WRITTEN_OTHERWISE:
        raise WrongValue("country-written-otherwise", given=given, right=_WRITTEN_OTHERWISE[code])
    is_known = len(code) == 2 and pycountry.countries.get(alpha_2=code) is not None
    if not is_known and code not in _BESIDE_ISO:
        raise WrongValue("not-a-country", given=given)
    return code


def _postal_prefix(text: str, info: ValidationInfo) -> str:
    """Stands after the field `country`. Raises `NoPostalPart`."""
    return checked_prefix(info.data.get("country", ""), text)


def _currency(code: str) -> str:
    try:
        exponent(code.upper())
    except PacklineError as problem:
        raise FieldError(problem.says) from problem
    return code.upper()


def _mail_address(text: str) -> str:
    if not text:
        return text
    try:
        address = validate_email(text)[1]
    except PydanticCustomError as problem:
        raise WrongValue("not-a-mail-address", given=text) from problem
    if "<" in text:
        raise WrongValue("mail-address-with-name", given=text)
    return address


def _barcode(text: str) -> str:
    if is_in_scientific_notation(text):
        raise WrongValue("barcode-as-a-number", given=text)
    return text


def _time_of_day(text: str) -> str:
    """24:00 is none: it may be the end of the day or its beginning."""
    try:
        clock(text)
    except FieldError as problem:
        raise WrongValue("not-a-time-of-day", given=text) from problem
    if text == "24:00":
        raise WrongValue("not-a-time-of-day", given=text)
    return text


def _instant(value: object) -> datetime:
    given = str(value)
    try:
        instant = datetime.fromisoformat(as_key(given))
    except ValueError as problem:
        raise WrongValue("not-an-instant", given=given) from problem
    if instant.tzinfo is None:
        raise WrongValue("no-time-zone", given=given)
    if not _EARLIEST_YEAR <= instant.year <= _LATEST_YEAR:
        raise WrongValue("beyond-years", given=given, earliest=_EARLIEST_YEAR, latest=_LATEST_YEAR)
    return instant


def _held_to(check: Callable[[str], object], text: str) -> str:
    """The text as it is, if it passes a check that is also made of a setting."""
    try:
        check(text)
    except FieldError as problem:
        raise WrongValue("not-as-in-settings", given=text, problem=problem.says) from problem
    return text


def _as_in_settings(check: Callable[[str], object]) -> AfterValidator:
    return AfterValidator(partial(_held_to, check))


def _holiday_country(text: str) -> str:
    country = "" if text == _NO_HOLIDAYS else text
    return _held_to(partial(check_place, subdivision=""), country)


PLAIN = BeforeValidator(printable_key)
"""Before what has its own words to choose from: nothing counts that nobody sees."""
_GIVEN = StringConstraints(strip_whitespace=True, min_length=1)
_OPTIONAL = StringConstraints(strip_whitespace=True)
_TEXT = (_GIVEN, BeforeValidator(printable))
_OPTIONAL_TEXT = (_OPTIONAL, BeforeValidator(printable))
_KEY = (_GIVEN, PLAIN)
_SHORT = StringConstraints(max_length=64)

Text = Annotated[str, *_TEXT]
OptionalText = Annotated[str, *_OPTIONAL_TEXT]
Key = Annotated[str, *_KEY]
"""What something is known by, or found by: a SKU, a person's name, a region, a postal code."""
OptionalKey = Annotated[str, _OPTIONAL, PLAIN]
PostalPrefix = Annotated[OptionalKey, AfterValidator(_postal_prefix)]
Amount = Annotated[str, *_KEY, BeforeValidator(_as_amount)]
OptionalAmount = Annotated[Amount | None, BeforeValidator(_none_if_blank)]
Country = Annotated[str, *_KEY, AfterValidator(_country)]
Currency = Annotated[str, *_KEY, AfterValidator(_currency)]
Mail = Annotated[str, *_TEXT, AfterValidator(_mail_address)]
OptionalMail = Annotated[str, *_OPTIONAL_TEXT, AfterValidator(_mail_address)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Flag = Annotated[bool, PLAIN]
Share = Annotated[Decimal, BeforeValidator(_share)]
Grams = Annotated[int, _whole(1, MAX_GRAMS)]
Millimetres = Annotated[int, _whole(1, MAX_MILLIMETRES)]
Stock = Annotated[int, _whole(0, MAX_STOCK)]
Quantity = Annotated[int, _whole(1, MAX_QUANTITY)]
Delivered = Annotated[int, _whole(1, MAX_STOCK)]
Rank = Annotated[int, _whole(1, MAX_RANK)]
WarehouseCode = Annotated[Key | None, Field(max_length=WAREHOUSE_CHARACTERS)]
"""None: the first warehouse."""
TimeZone = Annotated[str, *_KEY, _as_in_settings(check_zone)]
WorkingDays = Annotated[str, _SHORT, *_KEY, _as_in_settings(weekdays)]
Barcode = Annotated[str, *_KEY, Field(max_length=64), AfterValidator(_barcode)]
TimeOfDay = Annotated[str, *_KEY, AfterValidator(_time_of_day)]
Clock = Annotated[str, *_KEY, _as_in_settings(clock)]
HolidayCountry = Annotated[str, *_KEY, AfterValidator(_holiday_country)]
"""'': no holidays."""
Subdivision = Annotated[str, _SHORT, *_KEY]
Several = Annotated[tuple[Key, ...], BeforeValidator(_several)]
Change = Annotated[int, _whole(-MAX_STOCK, MAX_STOCK)]


class ImportRow(BaseModel):
    """The base of all of them: nothing may come that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def columns(self) -> dict[str, Any]:
        """The values by the columns of the table that they are kept in."""
        return self.model_dump()


Given = TypeVar("Given", bound=ImportRow)


def checked(form: type[Given], values: Mapping[str, object]) -> Given:
    """The values as a form takes them. Raises `InvalidRow` with what is wrong."""
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise InvalidRow(*(problem.message for problem in problems_in(error))) from error
