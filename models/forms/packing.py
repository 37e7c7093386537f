"""The form of the gate *packing*."""

from typing import Any, Literal

from pydantic import Field, PositiveInt, field_validator
from pydantic.json_schema import SkipJsonSchema

from models.enums import LackingReason
from models.forms.base import CancellableForm, Form, Name, Sku, this_form


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
    box: Name | None = Field(
        None,
        title="Box",
        description="Only if it is one of the shop's boxes: its code.",
        max_length=32,
    )
    items: SkipJsonSchema[dict[Sku, PositiveInt]] = Field(default_factory=dict, max_length=1000)
    """The pieces by SKU that lie in it: scanned or sent, not asked for in a form."""

    @field_validator("box", mode="before")
    @classmethod
    def _left_empty(cls, box: Any) -> Any:
        """A field that was typed into and emptied again says nothing."""
        return None if isinstance(box, str) and not box.strip() else box


class LackingItem(Form):
    """Pieces of a product that are on the list and cannot be packed."""

    sku: Sku = Field(title="SKU", description="As in the list above.")
    quantity: PositiveInt = Field(title="Pieces lacking", description="How many.")
    why: LackingReason = Field(
        title="Why", description="Missing, damaged, or wrong: another product lies in its place."
    )
    instead: Sku | None = Field(
        None,
        title="What lies there instead",
        description="Only if it is wrong: the SKU of what lies there, if you know it.",
    )

    @field_validator("instead", mode="before")
    @classmethod
    def _left_empty(cls, instead: Any) -> Any:
        """A field that was typed into and emptied again says nothing."""
        return None if isinstance(instead, str) and not instead.strip() else instead


class PackingForm(CancellableForm):
    """Tell us what you packed, or what you lack."""

    gate: Literal["packing"] = this_form()
    packed_by: Name = Field(title="Packed by", description="Your name.")
    parcels: list[ParcelForm] = Field(
        default_factory=list,
        title="Parcels",
        description="Add an item for each parcel of this order.",
        max_length=99,
    )
    weight_confirmed: bool = Field(
        False,
        title="The weight is right",
        description="Only if you were asked to weigh again: you have, and the scale says the same.",
    )
    lacking: list[LackingItem] = Field(
        default_factory=list,
        title="Missing, damaged or wrong",
        description="Only if you cannot pack all of it: add an item for each product that you lack,"
        " and leave the parcels out. All else stays in the tote.",
        max_length=100,
    )
