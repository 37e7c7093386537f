"""What people ask for about an order: cancel, hold, release, another address, a refund paid."""

from typing import Any

from pydantic import Field

from domain.reasons import Reason
from models.enums import HoldReason
from models.imports.fields import Country, ImportRow, Key, OptionalKey, OptionalText, Text


class RefundPaidIn(ImportRow):
    """The money of a refund has gone back: who says so, and how to find that payment."""

    by: Key = Field(max_length=100)
    reference: OptionalKey = Field("", max_length=150)


class CancellationIn(ImportRow):
    """Somebody wants an order cancelled."""

    reason: Text = Field(max_length=500)
    by: Key = Field(max_length=100)


class LineCancellationIn(ImportRow):
    """Somebody wants pieces of an order cancelled: by SKU, None for all that are left of it.

    `off_lines` name the lines off which they come first, where several are of one product.
    """

    pieces: dict[Key, int | None] = Field(min_length=1)
    off_lines: tuple[Key, ...] = ()
    refund_shipping: bool = False
    reason: Text = Field(max_length=500)
    by: Key = Field(max_length=100)

    @property
    def because(self) -> Reason:
        """Why, in their own words."""
        return Reason(note=self.reason)


class PutFirstIn(ImportRow):
    """An operator wants an order before all others."""

    reason: Text = Field(max_length=500)


class HoldIn(ImportRow):
    """Somebody puts an order on hold."""

    reason: HoldReason
    note: OptionalText = Field("", max_length=500)
    by: Key = Field(max_length=100)


class ReleaseIn(ImportRow):
    """Somebody lets it go on."""

    by: Key = Field(max_length=100)


class UndoIn(ImportRow):
    """Somebody has said by mistake that a task is done: why, and who undoes that."""

    reason: Text = Field(max_length=500)
    by: Text = Field(max_length=100)


class RetryIn(ImportRow):
    """Somebody has mended what an alarm was about."""

    by: Key = Field(max_length=100)


class AddressIn(ImportRow):
    """Where an order is to go instead, as an import would give it."""

    address_line1: Text = Field(max_length=200)
    address_line2: OptionalText = Field("", max_length=200)
    city: Text = Field(max_length=100)
    region: OptionalKey = Field("", max_length=100)
    postal_code: OptionalKey = Field("", max_length=20)
    country: Country
    by: Key = Field(max_length=100)

    def columns(self) -> dict[str, Any]:
        """The address, by the columns of an order."""
        return self.model_dump(exclude={"by"})
