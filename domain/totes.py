"""Codes of totes: their labels begin with a prefix of our own, `PLT-`, so that a scanned tote is
never taken for goods, a bin or an order.
"""

import re

from domain.barcodes import without_symbology

TOTE_CHARACTERS = 32
_PREFIX = "PLT-"
_CODE = re.compile(r"PLT-[A-Z0-9][A-Z0-9-]{0,27}", re.ASCII)


def tote_code(number: int) -> str:
    """The code that is printed for the tote of that number: `PLT-0007`."""
    return f"{_PREFIX}{number:04}"


def read_tote_code(text: str) -> str | None:
    """The tote that a code names, however the scanner writes its letters. None: it names none."""
    code = without_symbology(text.strip()).upper()
    return code if _CODE.fullmatch(code) else None
