"""What is wrong with something from outside, in sentences for people."""

import re
import reprlib
from typing import NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.errors import PacklineError

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def quoted(value: object) -> str:
    """What was given, in quotation marks, shortened in the middle when it is long."""
    return reprlib.repr(str(value))


def is_printable(text: str) -> bool:
    """Whether a text has no control characters. Nothing that Packline keeps has any."""
    return _UNPRINTABLE.search(text) is None


def printable(value: object) -> object:
    """Refuse what a label, a mail header or a page cannot show. Markup is text like any other."""
    if isinstance(value, str) and not is_printable(value):
        raise ValueError(f"{quoted(value)} holds a line break or another control character")
    return value


class Problem(NamedTuple):
    """Why something is refused; `item` counts an order's lines from 0, None is all of it."""

    item: int | None
    reason: str


class InvalidRow(PacklineError):
    """What somebody gave is not of the form it should have."""


def problems_in(error: ValidationError) -> list[Problem]:
    """What pydantic found, in sentences for people."""
    return [_problem(details) for details in error.errors(include_url=False)]


def _problem(details: ErrorDetails) -> Problem:
    place = details["loc"]
    in_line = len(place) > 1 and place[0] == "lines" and isinstance(place[1], int)
    names = place[2:] if in_line else place
    sentence = " ".join([*map(str, names[:1]), error_text(details)])
    return Problem(int(place[1]) if in_line else None, sentence)


def error_text(details: ErrorDetails) -> str:
    """The sentence without its subject. Complaints of our own come as they are."""
    kind, given, limits = details["type"], details["input"], details.get("ctx", {})
    if kind in _BEYOND:
        limit, beyond = _BEYOND[kind]
        return f"{quoted(given)} {beyond} {limits[limit]:,}"
    if kind in _NOT_OF_ITS_KIND:
        return f"{quoted(given)} is not {_NOT_OF_ITS_KIND[kind]}"
    match kind:
        case "value_error":
            return str(limits["error"])
        case "string_too_long":
            length, longest = len(str(given).strip()), limits["max_length"]
            return f"is {length:,} characters long, where {longest} are allowed"
        case "enum" | "literal_error":
            return f"{quoted(given)} is not {limits['expected']}"
        case "too_long":
            return f"holds more than {limits['max_length']:,} items"
        case _:
            return _PLAIN_ERRORS.get(kind) or f"{quoted(given)} is refused: {details['msg']}"


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
_PLAIN_ERRORS = {
    "missing": "is missing",
    "extra_forbidden": "is not a field that Packline knows",
    "string_type": "must be text, within quotation marks",
    "string_too_short": "is empty",
    "too_short": "is empty",
    "list_type": "must be a list",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}


def phrase(problem: PacklineError) -> str:
    """An error as a part of a sentence."""
    return str(problem).rstrip(".")
