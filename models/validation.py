"""What is wrong with something from outside, as data of which people get sentences."""

import re
import reprlib
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.errors import FieldError, PacklineError, reason
from domain.messages import Message, Value, without_middle
from domain.texts import as_key, composed

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def quoted(value: object) -> str:
    """What was given, in quotation marks, shortened in the middle when it is long."""
    return reprlib.repr(str(value))


def is_printable(text: str) -> bool:
    """Whether a text has no control characters. Nothing that Packline keeps has any."""
    if text.isascii():
        return text.isprintable()
    return _UNPRINTABLE.search(text) is None


def printable(value: object) -> object:
    """A text as Packline keeps it, composed; '' where nothing is to be seen.

    Refuses what a label, a mail header or a page cannot show. Markup is text like any other.
    """
    return composed(_checked(value)) if isinstance(value, str) else value


def printable_key(value: object) -> object:
    """The same of what something is known by, in which nothing counts that nobody sees."""
    return as_key(_checked(value)) if isinstance(value, str) else value


def _checked(text: str) -> str:
    if not is_printable(text):
        raise InvalidValue("control-character", given=text)
    return text


class InvalidValue(FieldError):
    """A value that is not of its kind, as pydantic finds it."""

    messages = {
        "control-character": "{given!q} holds a line break or another control character",
        "not-more-than": "{given!q} is not more than {limit:,}",
        "less-than": "{given!q} is less than {limit:,}",
        "more-than": "{given!q} is more than {limit:,}",
        "not-true-or-false": "{given!q} is not true or false",
        "not-a-whole-number": "{given!q} is not a whole number",
        "not-a-time": "{given!q} is not a time such as 2026-11-23 16:05",
        "too-long": "is {length:,} characters long, where {longest} are allowed",
        "not-one-of": "{given!q} is not {expected}",
        "too-many-items": "holds more than {most:,} items",
        "missing": "is missing",
        "unknown-field": "is not a field that Packline knows",
        "not-text": "must be text, within quotation marks",
        "empty": "is empty",
        "not-a-list": "must be a list",
        "not-an-object": "must be a JSON object",
        "invalid": "{given!q} is refused: {problem}",
    }


_CODES = {
    "greater_than": "not-more-than",
    "greater_than_equal": "less-than",
    "less_than_equal": "more-than",
    "bool_parsing": "not-true-or-false",
    "bool_type": "not-true-or-false",
    "int_type": "not-a-whole-number",
    "int_parsing": "not-a-whole-number",
    "int_parsing_size": "not-a-whole-number",
    "int_from_float": "not-a-whole-number",
    "datetime_type": "not-a-time",
    "datetime_parsing": "not-a-time",
    "datetime_from_date_parsing": "not-a-time",
    "string_too_long": "too-long",
    "enum": "not-one-of",
    "literal_error": "not-one-of",
    "too_long": "too-many-items",
    "missing": "missing",
    "extra_forbidden": "unknown-field",
    "string_type": "not-text",
    "string_too_short": "empty",
    "too_short": "empty",
    "list_type": "not-a-list",
    "model_type": "not-an-object",
    "model_attributes_type": "not-an-object",
}
"""What we call pydantic's kinds of errors."""
_LIMITS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than_equal": "le"}


class Problem(NamedTuple):
    """Why something is refused; `item` counts an order's lines from 0, None is all of it."""

    item: int | None
    what: Message

    @property
    def message(self) -> Message:
        """What is wrong, with the field that it is about."""
        name = self.what.field
        if name is None:
            return self.what
        about: dict[str, Value] = {"name": name, "problem": self.what}
        return Message(self.what.code, "{name} {problem}", about, name)

    @property
    def reason(self) -> str:
        """The same as an English sentence."""
        return str(self.message)


class InvalidRow(PacklineError):
    """What somebody gave is not of the form it should have: here is all that is wrong with it."""

    message = "{problems:; }"

    def __init__(self, *problems: Message) -> None:
        super().__init__(problems=problems)
        self.problems = problems
        if len(problems) == 1:
            self.says = problems[0]


def problems_in(error: ValidationError) -> list[Problem]:
    """What pydantic found, and we did for it."""
    return [_problem(details) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails) -> Problem:
    place = details["loc"]
    in_line = len(place) > 1 and place[0] == "lines" and isinstance(place[1], int)
    names = place[2:] if in_line else place
    what = error_text(details)
    return Problem(int(place[1]) if in_line else None, what.about(str(names[0])) if names else what)


def error_text(details: ErrorDetails) -> Message:
    """The rest of a sentence that begins with the field. Complaints of our own come as they are."""
    kind, limits = details["type"], details.get("ctx", {})
    if kind == "value_error":
        return reason(limits["error"])
    given = str(details["input"])
    values: dict[str, Value] = {"given": without_middle(given)}
    match code := _CODES.get(kind, "invalid"):
        case "not-more-than" | "less-than" | "more-than":
            values["limit"] = limits[_LIMITS[kind]]
        case "too-long":
            values |= {"length": len(given.strip()), "longest": limits["max_length"]}
        case "not-one-of":
            values["expected"] = limits["expected"]
        case "too-many-items":
            values["most"] = limits["max_length"]
        case "invalid":
            values["problem"] = details["msg"]
    return Message(code, InvalidValue.messages[code], values)
