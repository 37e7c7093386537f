"""What a label shows."""

from pydantic import Field

from models.enums import ServiceLevel
from models.views.base import OneLine, View


class LabelView(View):
    """What the label of one parcel shows: parcel `parcel` of `parcels`, counted from 1.

    `shipment` is which of the order's, where it was split.

    The tracking number is what Code 128 can carry: printable ASCII.
    """

    sender: tuple[OneLine, ...]
    recipient: OneLine
    address_lines: tuple[OneLine, ...]
    country: str = Field(pattern=r"^[A-Z]{2}$")
    carrier: OneLine
    service_level: ServiceLevel
    zone: OneLine
    weight_grams: int = Field(gt=0)
    order_number: int
    shipment: int = Field(1, ge=1)
    parcel: int = Field(ge=1)
    parcels: int = Field(ge=1)
    tracking_number: str = Field(pattern=r"^[\x21-\x7e]{1,64}$")

    @property
    def order(self) -> str:
        """The order's number, and that of the shipment where it is not the first: `1001-2`."""
        return (
            f"{self.order_number}-{self.shipment}" if self.shipment > 1 else f"{self.order_number}"
        )
