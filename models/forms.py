"""The forms that people fill in: at the command line, and in Prefect's UI.

Each form names its gate in a field without a default, so that neither an empty answer nor a form
left open from another gate passes. Rules that need the order are in tasks/acceptance.py.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, StringConstraints

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]*$"
    ),
]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=500, pattern=r"^[^\x00]*$")
]

ALL_AS_LISTED = "all as listed"
SOMETHING_MISSING = "something is missing"
TRY_AGAIN = "try again"
CANCEL_THE_ORDER = "cancel the order"


def _this_form(gate: str) -> Any:
    """The field that names the gate, as a list with one choice: a constant would be a text box."""

    def with_one_choice(schema: dict[str, Any]) -> None:
        schema.pop("const", None)
        schema["enum"] = [gate]

    return Field(
        title="Task",
        description="Choose the only value there is",
        json_schema_extra=with_one_choice,
    )


class Form(BaseModel):
    """The base of all forms: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class FoundItem(Form):
    """How many pieces of a product are really there."""

    sku: str = Field(title="SKU", max_length=64)
    quantity: int = Field(title="Pieces found", ge=0)


class PickingForm(Form):
    """Tell us what you picked."""

    gate: Literal["picking"] = _this_form("picking")
    picked_by: Name = Field(title="Picked by", description="Your name")
    outcome: Literal["all as listed", "something is missing"] = Field(
        title="Outcome", description="Is every piece on the list in the tote?"
    )
    found: list[FoundItem] = Field(
        default_factory=list,
        title="Found instead",
        description="Only if something is missing: each product that you found too few of.",
    )


class ParcelForm(Form):
    """One closed parcel, on the scale and under the tape measure."""

    weight_grams: PositiveInt = Field(title="Weight (g)")
    length_mm: PositiveInt = Field(title="Length (mm)", le=5000)
    width_mm: PositiveInt = Field(title="Width (mm)", le=5000)
    height_mm: PositiveInt = Field(title="Height (mm)", le=5000)


class PackingForm(Form):
    """Tell us what you packed."""

    gate: Literal["packing"] = _this_form("packing")
    packed_by: Name = Field(title="Packed by", description="Your name")
    parcels: list[ParcelForm] = Field(
        title="Parcels", description="Every parcel of this order", min_length=1, max_length=99
    )


class CarrierPickupForm(Form):
    """Tell us that the carrier has collected."""

    gate: Literal["carrier-pickup"] = _this_form("carrier-pickup")
    handed_over_by: Name = Field(title="Handed over by", description="Your name")
    confirmation_number: Annotated[Name, StringConstraints(max_length=64)] = Field(
        title="Confirmation number", description="As the carrier gave it"
    )
    collected_at: datetime = Field(
        title="Collected at", description="When the carrier took the parcels"
    )


class ShortageForm(Form):
    """Decide about an order that stock cannot fill."""

    gate: Literal["shortage"] = _this_form("shortage")
    decided_by: Name = Field(title="Decided by", description="Your name")
    decision: Literal["try again", "cancel the order"] = Field(
        title="Decision", description="Try again once stock has come in, or cancel"
    )
    note: Note = Field("", title="Note", description="Why, for the order's timeline")


class ShortPickForm(Form):
    """Decide about an order that could not be picked in full."""

    gate: Literal["short-pick"] = _this_form("short-pick")
    decided_by: Name = Field(title="Decided by", description="Your name")
    decision: Literal["try again", "cancel the order"] = Field(
        title="Decision", description="Send somebody to pick again, or cancel"
    )
    note: Note = Field("", title="Note", description="Why, for the order's timeline")
