"""Barcodes as scanners send them: GTINs of all lengths, and GS1 element strings."""

import re
from collections.abc import Iterator, Mapping

GTIN_DIGITS = 14
_GTIN = re.compile(r"\d{8}|\d{12,14}", re.ASCII)
_BY_A_SPREADSHEET = re.compile(r"\d([.,]\d+)?E\+\d+", re.ASCII | re.IGNORECASE)

_SYMBOLOGIES = ("]C1", "]e0", "]d2", "]Q3")
"""What scanners put before a GS1-128, a GS1 DataBar, a GS1 DataMatrix and a GS1 QR code."""
_SEPARATOR = "\x1d"
_SYMBOLOGY = re.compile(r"\][A-Za-z]\d")
"""What a scanner may put before any other code, to say of which kind it is: `]E0`, an EAN-13."""
_SSCC, _GTIN_OF_ITEM, _GTIN_OF_CONTENT, _COUNT_OF_CONTENT = "00", "01", "02", "37"
_WITH_CHECK_DIGIT = frozenset({_SSCC, _GTIN_OF_ITEM, _GTIN_OF_CONTENT})
_DATES = ("11", "12", "13", "14", "15", "16", "17", "18", "19")
_MEASURES = ("31", "32", "33", "34", "35", "36")
_FIXED: Mapping[str, int] = {
    _SSCC: 18, _GTIN_OF_ITEM: 14, _GTIN_OF_CONTENT: 14, "03": 14, "04": 16, "20": 2, "41": 14,
    **dict.fromkeys(_DATES, 6), **dict.fromkeys(_MEASURES, 8),
}  # fmt: skip
"""How many characters follow these first two of an application identifier, always. Behind any
other, the value ends with a separator or with the code.
"""
_LONGEST_VALUE = 90
_MOST_COUNT_DIGITS = 8


def scan_key(barcode: str) -> str:
    """The barcode as it is compared: a GTIN with zeros before it up to 14 digits, so that a UPC-A
    is the EAN-13 with a zero before it; anything else as it is.

    The database writes the same for `barcode.scan_key`.
    """
    return barcode.zfill(GTIN_DIGITS) if _GTIN.fullmatch(barcode) else barcode


def has_check_digit(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it, by GS1's rule."""
    weighted = (int(digit) * (1, 3)[place % 2] for place, digit in enumerate(reversed(digits)))
    return sum(weighted) % 10 == 0


def is_in_scientific_notation(barcode: str) -> bool:
    """Whether a spreadsheet has made a number of it and lost its last digits: 4.00638E+12."""
    return _BY_A_SPREADSHEET.fullmatch(barcode) is not None


class ElementString:
    """A GS1 element string, such as `]C1010400638133393137` + `12`: values by application
    identifier. What is longer than two digits is kept under its first two.
    """

    def __init__(self, elements: Mapping[str, str]) -> None:
        self.elements = elements

    @property
    def gtin(self) -> str | None:
        """The GTIN of the scanned item, or else of what it contains: 14 digits."""
        return self.elements.get(_GTIN_OF_ITEM) or self.elements.get(_GTIN_OF_CONTENT)

    @property
    def count(self) -> int:
        """How many of the GTIN it stands for: 1, unless it says how many it contains."""
        if _GTIN_OF_ITEM in self.elements or _GTIN_OF_CONTENT not in self.elements:
            return 1
        return int(self.elements.get(_COUNT_OF_CONTENT, "1"))


def without_symbology(scanned: str) -> str:
    """The code without the sign of its kind; an element string keeps it, which makes it one."""
    found = _SYMBOLOGY.match(scanned)
    return scanned[3:] if found and found[0] not in _SYMBOLOGIES else scanned


def element_string(scanned: str) -> ElementString | None:
    """What a code says that is a GS1 element string; None: it is none.

    The symbology before it may be missing, if it names a GTIN or an SSCC: otherwise it may be
    anything. The separator (GS, ASCII 29) may not, where a value of any length ends.
    """
    is_marked = scanned.startswith(_SYMBOLOGIES)
    text = scanned[3:] if is_marked else scanned
    elements: dict[str, str] = {}
    for identifier, value in _elements(text.removeprefix(_SEPARATOR)):
        if identifier in elements or not _is_sound(identifier, value):
            return None
        elements[identifier] = value
    is_one = elements if is_marked else _WITH_CHECK_DIGIT & elements.keys()
    return ElementString(elements) if is_one else None


def _elements(text: str) -> Iterator[tuple[str, str]]:
    while text:
        identifier, rest = text[:2], text[2:]
        if length := _FIXED.get(identifier):
            value, text = rest[:length], rest[length:].removeprefix(_SEPARATOR)
        else:
            value, _, text = rest.partition(_SEPARATOR)
        yield identifier, value


def _is_sound(identifier: str, value: str) -> bool:
    if not (identifier.isascii() and identifier.isdigit() and len(identifier) == 2):
        return False
    if length := _FIXED.get(identifier):
        right = len(value) == length and value.isascii() and value.isdigit()
        return right and (identifier not in _WITH_CHECK_DIGIT or has_check_digit(value))
    if identifier == _COUNT_OF_CONTENT:
        return value.isascii() and value.isdigit() and len(value) <= _MOST_COUNT_DIGITS
    return 0 < len(value) <= _LONGEST_VALUE
