"""The form of the gate where goods of a cancelled order come back."""

from typing import Literal

from pydantic import Field

from models.forms.base import Form, Name, Sku, this_form
from models.forms.outcomes import OutcomeChoice

DAMAGED_OR_MISSING = OutcomeChoice.DAMAGED_OR_MISSING

RestockOutcome = Literal[OutcomeChoice.ALL_AS_LISTED, OutcomeChoice.DAMAGED_OR_MISSING]


class LostItem(Form):
    """How many pieces of a product did not come back whole."""

    sku: Sku = Field(title="SKU", description="As in the list above.")
    damaged: int = Field(0, title="Damaged", description="Pieces that cannot be sold.", ge=0)
    missing: int = Field(0, title="Missing", description="Pieces that are not there.", ge=0)


class RestockForm(Form):
    """Tell us that the goods of a cancelled order are back in their bins."""

    gate: Literal["restock"] = this_form()
    restocked_by: Name = Field(title="Restocked by", description="Your name.")
    outcome: RestockOutcome = Field(
        title="Outcome", description="Is every piece of the list back in its bin, and whole?"
    )
    lost: list[LostItem] = Field(
        default_factory=list,
        title="Damaged or missing",
        description="Only then: add an item for each such product. All other pieces count as back.",
    )
