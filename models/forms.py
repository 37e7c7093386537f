"""The forms that people fill in: at the command line, and in Prefect's UI.

Each form names its gate in a field without a default, so that neither an empty answer nor a form
left open from another gate passes. Rules that need the order are in tasks/acceptance.py.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    StringConstraints,
    ValidationError,
)

from models.intake import complaint, showable, shown


def _without_blanks(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


_LINE = (BeforeValidator(showable), BeforeValidator(_without_blanks))
"""A text of one line, by the rule for files; a line break at its end is a slip of the finger."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100), *_LINE]
Note = Annotated[str, StringConstraints(max_length=500), *_LINE]
Sku = Annotated[str, StringConstraints(min_length=1, max_length=64), *_LINE]
Confirmation = Annotated[str, StringConstraints(min_length=1, max_length=64), *_LINE]

ALL_AS_LISTED = "all as listed"
SOMETHING_MISSING = "something is missing"
TOO_FEW_OF_THESE = "too few of these, the rest as listed"
TRY_AGAIN = "try again"
PICK_ELSEWHERE = "pick elsewhere"
SPLIT = "split"
WAIT = "wait"
CANCEL_LINE = "cancel line"
CANCEL_THE_ORDER = "cancel the order"
RELEASE = "release"
DAMAGED_OR_MISSING = "something is damaged or missing"


def _this_form(gate: str) -> Any:
    """The field that names the gate, as a list with one choice: a constant would be a text box."""

    def with_one_choice(schema: dict[str, Any]) -> None:
        schema.pop("const", None)
        schema["enum"] = [gate]

    return Field(
        title="Task",
        description=f"Choose “{gate}”, the only entry.",
        json_schema_extra=with_one_choice,
    )


def _as_text(schema: dict[str, Any]) -> None:
    """Prefect's calendar has steps of five minutes, and means UTC."""
    schema.pop("format", None)


def _without_nulls(schema: dict[str, Any]) -> dict[str, Any]:
    """What may be left out is not asked for as "text or nothing": the forms show that badly."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    kept = {key: schema[key] for key in schema if key not in ("anyOf", "default")}
    return kinds[0] | kept


ClockTime = Annotated[datetime, BeforeValidator(_without_blanks), Field(json_schema_extra=_as_text)]
"""Typed in, like 2026-11-23 16:05."""


def _filled_in(schema: Any, parts: dict[str, Any]) -> Any:
    """The schema with its references replaced by what they name."""
    if isinstance(schema, list):
        return [_filled_in(item, parts) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        schema = parts[schema["$ref"].rpartition("/")[2]]
    return {key: _filled_in(value, parts) for key, value in _without_nulls(schema).items()}


class Form(BaseModel):
    """The base of all forms: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The form for Prefect's UIs: the old one shows nothing where a schema has a `$ref`."""
        schema = super().model_json_schema(*args, **kwargs)
        parts = schema.pop("$defs", {})
        return _filled_in(schema, parts)


def complaints(form: type[Form], error: ValidationError) -> list[str]:
    """What is wrong with how a form was filled in, each in a sentence that names the field as the
    form does, such as `Parcels, item 2, Length (mm)`.
    """
    return [
        f"{_place(form, details['loc'])} {complaint(details)}"
        for details in error.errors(include_url=False)
    ]


def _place(form: type[Form], parts: tuple[int | str, ...]) -> str:
    schema, names = form.model_json_schema(), []
    for part in parts:
        if isinstance(part, int):
            schema = schema.get("items", {})
            names.append(f"item {part + 1}")
        else:
            schema = schema.get("properties", {}).get(part, {})
            names.append(schema.get("title") or shown(part))
    return ", ".join(names) or "The answer"


class CancellableForm(Form):
    """The base of the gates' forms that can cancel the order; `…_by` is who answers."""

    cancel: Note = Field(
        "",
        title="Cancel the order instead",
        description="Only to cancel the order: say why, and leave out what you cannot say.",
    )

    @property
    def person(self) -> str:
        """Who answers."""
        return str(next(value for name, value in self if name.endswith("_by")))

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The form with the way out at its end."""
        schema = super().model_json_schema(*args, **kwargs)
        schema["properties"]["cancel"] = schema["properties"].pop("cancel")
        return schema


class FoundItem(Form):
    """How many pieces of a product are really there. Fewer than listed need a reason."""

    sku: Sku = Field(title="SKU", description="As in the list above.")
    quantity: int = Field(title="Pieces found", description="0 if there are none.", ge=0)
    why: Literal["not in bin", "damaged", "wrong item", "other"] | None = Field(
        None, title="Why", description="Only if there are fewer than listed: why."
    )


class PickingForm(CancellableForm):
    """Tell us what you picked."""

    gate: Literal["picking"] = _this_form("picking")
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


class ParcelForm(Form):
    """One closed parcel, on the scale and under the tape measure."""

    weight_grams: PositiveInt = Field(
        title="Weight (g)", description="Of the closed parcel, in grams: 1.2 kg is 1200."
    )
    length_mm: PositiveInt = Field(
        title="Length (mm)", description="In millimetres: 30 cm is 300.", le=5000
    )
    width_mm: PositiveInt = Field(title="Width (mm)", description="In millimetres.", le=5000)
    height_mm: PositiveInt = Field(title="Height (mm)", description="In millimetres.", le=5000)


class PackingForm(CancellableForm):
    """Tell us what you packed."""

    gate: Literal["packing"] = _this_form("packing")
    packed_by: Name = Field(title="Packed by", description="Your name.")
    parcels: list[ParcelForm] = Field(
        default_factory=list,
        title="Parcels",
        description="Add an item for each parcel of this order.",
        max_length=99,
    )


class CarrierPickupForm(CancellableForm):
    """Tell us that the carrier has collected."""

    gate: Literal["carrier-pickup"] = _this_form("carrier-pickup")
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


class ShortageForm(CancellableForm):
    """Decide about an order that stock cannot fill."""

    gate: Literal["shortage"] = _this_form("shortage")
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: Literal["try again", "split", "cancel line", "cancel the order"] | None = Field(
        None,
        title="Decision",
        description="Try again now; split: ship what is there now, the rest later; cancel line:"
        " ship what is there now, nothing later; or cancel the order. Left alone, it goes on by"
        " itself once stock is there.",
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")


class ShortPickForm(CancellableForm):
    """Decide about an order that could not be picked in full."""

    gate: Literal["short-pick"] = _this_form("short-pick")
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: (
        Literal["try again", "pick elsewhere", "split", "wait", "cancel line", "cancel the order"]
        | None
    ) = Field(
        None,
        title="Decision",
        description="Try again: pick the rest again, in this warehouse; pick elsewhere: in any;"
        " split: ship what was found, the rest later; wait: until all of it is there; cancel line:"
        " ship what was found, nothing later; or cancel the order.",
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")


class LostItem(Form):
    """How many pieces of a product did not come back whole."""

    sku: Sku = Field(title="SKU", description="As in the list above.")
    damaged: int = Field(0, title="Damaged", description="Pieces that cannot be sold.", ge=0)
    missing: int = Field(0, title="Missing", description="Pieces that are not there.", ge=0)


class PutBackForm(Form):
    """Tell us that the goods of a cancelled order are back in their bins."""

    gate: Literal["put-back"] = _this_form("put-back")
    put_back_by: Name = Field(title="Put back by", description="Your name.")
    outcome: Literal["all as listed", "something is damaged or missing"] = Field(
        title="Outcome", description="Is every piece of the list back in its bin, and whole?"
    )
    lost: list[LostItem] = Field(
        default_factory=list,
        title="Damaged or missing",
        description="Only then: add an item for each such product. All other pieces count as back.",
    )


class HoldForm(Form):
    """Decide about an order that is on hold."""

    gate: Literal["hold"] = _this_form("hold")
    decided_by: Name = Field(title="Decided by", description="Your name.")
    decision: Literal["release", "cancel the order"] = Field(
        title="Decision", description="Let the order go on where it stopped, or cancel it."
    )
    note: Note = Field("", title="Note", description="Why: it stands in the order's timeline.")
