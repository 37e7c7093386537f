"""The forms of the operator's gates: a shortage, a short pick, a hold."""

from typing import Annotated, Literal

from pydantic import Field

from models.forms.base import CancellableForm, Choice, Form, LineName, Name, Note, this_form


class DecisionChoice(Choice):
    """What the operator can decide, at one gate or another."""

    TRY_AGAIN = "try again"
    PICK_ELSEWHERE = "pick elsewhere"
    SPLIT = "split"
    WAIT = "wait"
    CANCEL_LINE = "cancel line"
    CANCEL_ORDER_CHOICE = "cancel order"
    RELEASE = "release"


TRY_AGAIN = DecisionChoice.TRY_AGAIN
PICK_ELSEWHERE = DecisionChoice.PICK_ELSEWHERE
SPLIT = DecisionChoice.SPLIT
WAIT = DecisionChoice.WAIT
CANCEL_LINE = DecisionChoice.CANCEL_LINE
CANCEL_ORDER_CHOICE = DecisionChoice.CANCEL_ORDER_CHOICE
RELEASE = DecisionChoice.RELEASE

ShortageDecision = Literal[
    DecisionChoice.TRY_AGAIN,
    DecisionChoice.SPLIT,
    DecisionChoice.CANCEL_LINE,
    DecisionChoice.CANCEL_ORDER_CHOICE,
]
ShortPickDecision = Literal[
    DecisionChoice.TRY_AGAIN,
    DecisionChoice.PICK_ELSEWHERE,
    DecisionChoice.SPLIT,
    DecisionChoice.WAIT,
    DecisionChoice.CANCEL_LINE,
    DecisionChoice.CANCEL_ORDER_CHOICE,
]
HoldDecision = Literal[DecisionChoice.RELEASE, DecisionChoice.CANCEL_ORDER_CHOICE]


OffLines = Annotated[
    list[LineName],
    Field(
        max_length=100,
        title="Off these lines first",
        description="Only to cancel a line where the order has several of the product: the line's"
        " number from 1, or the shop's id (id:ID where that is a number). Else pieces come off the"
        " dearest.",
    ),
]
RefundShipping = Annotated[
    bool,
    Field(
        title="Give the shipping back too",
        description="Only to cancel a line: what is left of the shipping comes back with it.",
    ),
]


class ShortageForm(CancellableForm):
    """Decide about an order that stock cannot fill."""

    gate: Literal["shortage"] = this_form()
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: ShortageDecision | None = Field(
        None,
        title="Decision",
        description="Try again now; split: ship what is there now, the rest later; cancel line:"
        " ship what is there now, nothing later; or cancel the order. Left alone, it goes on by"
        " itself once stock is there.",
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")
    off_lines: OffLines = []
    refund_shipping: RefundShipping = False


class ShortPickForm(CancellableForm):
    """Decide about an order that could not be picked in full."""

    gate: Literal["short-pick"] = this_form()
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: ShortPickDecision | None = Field(
        None,
        title="Decision",
        description="Try again: pick the rest again, in this warehouse; pick elsewhere: in any;"
        " split: ship what was found, the rest later; wait: until all of it is there; cancel line:"
        " ship what was found, nothing later; or cancel the order.",
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")
    off_lines: OffLines = []
    refund_shipping: RefundShipping = False


class HoldForm(Form):
    """Decide about an order that is on hold."""

    gate: Literal["hold"] = this_form()
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: HoldDecision = Field(
        title="Decision", description="Let the order go on where it stopped, or cancel it."
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")
