"""Tracking numbers as UPU standard S10 forms them.

Thirteen characters: a service indicator of two letters, a serial number of eight digits, a check
digit, and the ISO 3166 code of the country, as in RB123456785GB.
"""

import re

from domain.errors import PacklineError

LARGEST_SERIAL = 99_999_999

_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_PARTS = re.compile(r"[A-Z]{2}(?P<serial>[0-9]{8})(?P<check>[0-9])[A-Z]{2}")


class SerialExhausted(PacklineError):
    """The serial number has outgrown its eight digits."""

    message = (
        "Serial {serial} is beyond the eight digits that tracking numbers {service}…{country}"
        " have: go on with another service indicator."
    )

    def __init__(self, serial: int, service: str, country: str) -> None:
        super().__init__(serial=serial, service=service, country=country)
        self.serial = serial
        self.service = service


def s10_check_digit(serial: str) -> int:
    """The check digit of a serial number of eight digits: weighted sum, modulo 11 (UPU S10)."""
    weighted = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, serial, strict=True))
    check = 11 - weighted % 11
    return {10: 0, 11: 5}.get(check, check)


def s10_number(serial: int, country: str, service: str = "CP") -> str:
    """The tracking number of a serial: `s10_number(12345678, "GB", "RB")` is RB123456785GB.

    `service` is the indicator; those that begin with C are parcels.

    Raises `SerialExhausted`; `ValueError` for a negative serial or codes that are not two capitals.
    """
    if serial > LARGEST_SERIAL:
        raise SerialExhausted(serial, service, country)
    digits = f"{serial:08d}"
    number = f"{service}{digits}{s10_check_digit(digits)}{country}" if serial >= 0 else ""
    if not _PARTS.fullmatch(number):
        raise ValueError(f"no tracking number from {service!r}, {serial} and {country!r}")
    return number


def is_valid_s10(number: str) -> bool:
    """Whether a number has the form of S10 and the right check digit.

    Of the country only the form is checked: two capitals.

    The audit says the same: *the house carrier's tracking numbers are valid*.
    """
    parts = _PARTS.fullmatch(number)
    return parts is not None and int(parts["check"]) == s10_check_digit(parts["serial"])
