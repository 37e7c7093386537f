"""The form of the gate *picking*."""

from typing import Literal

from pydantic import Field

from models.forms.base import CancellableForm, Form, Name, Sku, this_form

ALL_AS_LISTED = "all as listed"
SOMETHING_MISSING = "something is missing"
TOO_FEW_OF_THESE = "too few of these, the rest as listed"


class FoundItem(Form):
    """How many pieces of a product are really there. Fewer than listed need a reason."""

    sku: Sku = Field(title="SKU", description="As in the list above.")
    quantity: int = Field(title="Pieces found", description="0 if there are none.", ge=0)
    why: Literal["not in bin", "damaged", "wrong item", "other"] | None = Field(
        None, title="Why", description="Only if there are fewer than listed: why."
    )


class PickingForm(CancellableForm):
    """Tell us what you picked."""

    gate: Literal["picking"] = this_form("picking")
    picked_by: Name = Field(title="Picked by", description="Your name.")
    outcome: (
        Literal["all as listed", "something is missing", "too few of these, the rest as listed"]
        | None
    ) = Field(
        None,
        title="Outcome",
        description="Is every piece of the list in the tote? Something is missing: add an item for"
        " each product of the list. Too few of these: add one only for those with too few pieces;"
        " all others are there.",
    )
    found: list[FoundItem] = Field(
        default_factory=list,
        title="Found instead",
        description="Leave it empty if all is as listed.",
    )
