"""How strictly a picking is scanned."""

from enum import StrEnum


class ScanItems(StrEnum):
    """Whether each piece that is picked has to be scanned."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class ScanBins(StrEnum):
    """Whether a bin is scanned before what lies in it."""

    FIRST = "first"
    OPTIONAL = "optional"
