"""The form of the gate *carrier pickup*."""

from typing import Literal

from pydantic import Field

from models.forms.base import CancellableForm, ClockTime, Confirmation, Name, this_form


class CarrierPickupForm(CancellableForm):
    """Tell us that the carrier has collected."""

    gate: Literal["carrier-pickup"] = this_form()
    handed_over_by: Name = Field(title="Handed over by", description="Your name.")
    confirmation_number: Confirmation | None = Field(
        None,
        title="Confirmation number",
        description="The number that the carrier gave you.",
    )
    collected_at: ClockTime | None = Field(
        None,
        title="Collected at",
        description="When, by the shop's clock, like 2026-11-23 16:05.",
    )
