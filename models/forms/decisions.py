"""The forms of the operator's gates: a shortage, a short pick, a hold."""

from typing import Literal

from pydantic import Field

from models.forms.base import CancellableForm, Form, Name, Note, this_form

TRY_AGAIN = "try again"
PICK_ELSEWHERE = "pick elsewhere"
SPLIT = "split"
WAIT = "wait"
CANCEL_LINE = "cancel line"
CANCEL_ORDER_CHOICE = "cancel order"
RELEASE = "release"


class ShortageForm(CancellableForm):
    """Decide about an order that stock cannot fill."""

    gate: Literal["shortage"] = this_form("shortage")
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: Literal["try again", "split", "cancel line", "cancel order"] | None = Field(
        None,
        title="Decision",
        description="Try again now; split: ship what is there now, the rest later; cancel line:"
        " ship what is there now, nothing later; or cancel the order. Left alone, it goes on by"
        " itself once stock is there.",
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")


class ShortPickForm(CancellableForm):
    """Decide about an order that could not be picked in full."""

    gate: Literal["short-pick"] = this_form("short-pick")
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: (
        Literal["try again", "pick elsewhere", "split", "wait", "cancel line", "cancel order"]
        | None
    ) = Field(
        None,
        title="Decision",
        description="Try again: pick the rest again, in this warehouse; pick elsewhere: in any;"
        " split: ship what was found, the rest later; wait: until all of it is there; cancel line:"
        " ship what was found, nothing later; or cancel the order.",
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")


class HoldForm(Form):
    """Decide about an order that is on hold."""

    gate: Literal["hold"] = this_form("hold")
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: Literal["release", "cancel order"] = Field(
        title="Decision", description="Let the order go on where it stopped, or cancel it."
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")
