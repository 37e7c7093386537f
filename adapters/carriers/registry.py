"""Which carriers there are."""

from adapters.carriers.base import HOUSE, Carrier
from adapters.carriers.house import HouseCarrier


def carrier_named(name: str) -> Carrier:
    """The carrier of that name."""
    return CARRIERS[name]


CARRIERS: dict[str, Carrier] = {HOUSE: HouseCarrier()}
