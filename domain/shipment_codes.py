"""The code of a shipment: printed as a barcode on paper, scanned, or typed.

It has letters and digits only that every keyboard layout has in one place.
"""

import re

from domain.allocation import ShipmentId

_PREFIX = "SH"
_CODE = re.compile(r"^(?:SH)?(\d{1,18})(?:[-.](\d{1,9}))?$", re.ASCII | re.IGNORECASE)


def shipment_code(number: int, shipment: int = 1) -> str:
    """`SH1001`; the second shipment of an order that was split is `SH1001.2`."""
    return f"{_PREFIX}{number}" if shipment == 1 else f"{_PREFIX}{number}.{shipment}"


def read_shipment_code(text: str) -> ShipmentId | None:
    """The shipment that a code names; also an order's number alone, or `1001-2` as people write it.

    None: it names none.
    """
    found = _CODE.match(text.strip())
    return (int(found[1]), int(found[2] or 1)) if found else None


def has_prefix(text: str) -> bool:
    """Whether a code can only be a shipment's: a number alone may be anything."""
    return text.strip().upper().startswith(_PREFIX) and read_shipment_code(text) is not None
