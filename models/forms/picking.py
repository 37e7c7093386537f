"""The form of the gate *picking*."""

from typing import Literal

from pydantic import Field

from models.enums import ShortPickReason
from models.forms.base import CancellableForm, Form, Name, Sku, this_form
from models.forms.outcomes import OutcomeChoice

ALL_AS_LISTED = OutcomeChoice.ALL_AS_LISTED
SOMETHING_MISSING = OutcomeChoice.SOMETHING_MISSING
TOO_FEW_OF_THESE = OutcomeChoice.TOO_FEW_OF_THESE

PickingOutcome = Literal[
    OutcomeChoice.ALL_AS_LISTED,
    OutcomeChoice.SOMETHING_MISSING,
    OutcomeChoice.TOO_FEW_OF_THESE,
]


class FoundItem(Form):
    """How many pieces of a product are really there. Fewer than listed need a reason."""

    sku: Sku = Field(title="SKU", description="As in the list above.")
    quantity: int = Field(title="Pieces found", description="0 if there are none.", ge=0)
    why: ShortPickReason | None = Field(
        None, title="Why", description="Only if there are fewer than listed: why."
    )


class PickingForm(CancellableForm):
    """Tell us what you picked."""

    gate: Literal["picking"] = this_form()
    picked_by: Name = Field(title="Picked by", description="Your name.")
    outcome: PickingOutcome | None = Field(
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
