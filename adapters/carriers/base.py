"""Carriers: who takes parcels to the customer.

Every call carries a key that all attempts share. Asked twice with one key, a carrier sells once and
gives the same answer. A key that was voided buys nothing any more, also if nothing had been bought
under it: an attempt that was taken for lost may still be under way. A call that takes longer than
PACKLINE_CARRIER_TIMEOUT_SECONDS is taken for lost.

What is wrong with one parcel (an address that the carrier does not serve) is an error of its own.
What httpx raises by itself may be passed on: what it means follows from the status.
"""

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from domain.errors import PacklineError, ServiceAway, ServiceRefuses
from models.enums import ServiceLevel

HOUSE = "house"


class CarrierAway(ServiceAway):
    """The carrier does not answer."""

    message = "The carrier does not answer: Packline tries again."


class CarrierRefuses(ServiceRefuses):
    """The carrier does nothing for us: the account is closed, or our key is wrong."""

    message = "The carrier refuses what Packline asks ({problem}): correct what it knows us by."

    def __init__(self, problem: object) -> None:
        super().__init__(problem=str(problem))


class Voided(PacklineError):
    """Something is wanted under a key that was voided."""

    message = (
        "The carrier has voided {key!r} and books nothing under it: want it under another key,"
        " or leave it, if the order does not ship."
    )

    def __init__(self, key: str) -> None:
        super().__init__(key=key)


class LabelRequest(BaseModel):
    """A parcel that wants a label. `key` is the same in every attempt."""

    model_config = ConfigDict(frozen=True)

    key: str
    weight_grams: int
    country: str
    postal_code: str
    service_level: ServiceLevel


class Measured(Protocol):
    """Something with a weight and sizes: grams and millimetres."""

    @property
    def weight_grams(self) -> int:
        """On the scale."""

    @property
    def length_mm(self) -> int:
        """The longest side."""

    @property
    def width_mm(self) -> int:
        """The next one."""

    @property
    def height_mm(self) -> int:
        """The shortest."""


class Carrier(Protocol):
    """What Packline needs of a carrier."""

    name: str

    @property
    def title(self) -> str:
        """What people call it."""

    def buy_label(self, request: LabelRequest) -> str:
        """Buy a label and return its tracking number. Raises `CarrierAway`, `Voided`."""

    def void_label(self, key: str) -> None:
        """Give a label back, or see to it that none is bought. Raises `CarrierAway`."""

    def book_pickup(self, key: str, parcels: int, weight_grams: int) -> str:
        """Order a collection and return its reference. Raises `CarrierAway`, `Voided`."""

    def cancel_pickup(self, key: str) -> None:
        """Call a collection off, or see to it that none is booked. Raises `CarrierAway`."""
