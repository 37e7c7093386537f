"""The gate *carrier pickup*: the carrier collects the parcels."""

from collections.abc import Iterator

from domain.messages import Message, Plural, Value
from models.enums import Role, TaskKind
from models.forms.pickup import CarrierPickupForm
from models.results.checklists import PickupChecklist
from models.results.work import PickupOutcome
from services.worklist.descriptions import Part, Table
from services.worklist.done_options import DoneOption
from services.worklist.gate_spec import NOBODY, GateSpec

_HAND_OVER = Plural(
    "Hand **{parcels:,} parcel**, **{grams:,} g**, to **{carrier}** (booking {reference}):",
    "Hand **{parcels:,} parcels**, together **{grams:,} g**, to **{carrier}** (booking"
    " {reference}):",
    "parcels",
)


def _describe(checklist: PickupChecklist) -> list[Part]:
    numbers = checklist.tracking_numbers
    values: dict[str, Value] = {
        "parcels": len(numbers),
        "grams": checklist.weight_grams,
        "carrier": checklist.carrier,
        "reference": checklist.reference,
    }
    return [
        *_relabelling(checklist.replaced),
        Message("hand-over-parcels", _HAND_OVER, values),
        Table(("Parcel", "Tracking number"), tuple(enumerate(numbers, 1))),
    ]


def _relabelling(replaced: tuple[str, ...]) -> Iterator[Message]:
    if replaced:
        yield Message(
            "put-on-new-labels",
            "**The address has changed.** Take off the old labels ({numbers}) and put on the new"
            " ones, which `packline labels` gives you.",
            {"numbers": replaced},
        )


CARRIER_PICKUP = GateSpec(
    kind=TaskKind.CARRIER_PICKUP,
    title="Hand over to the carrier",
    role=Role.LOGISTICS_COORDINATOR,
    hours="pickup_hours",
    checklist=PickupChecklist,
    describe=_describe,
    form=CarrierPickupForm,
    answered_by="handed_over_by",
    result=PickupOutcome,
    accept="services.answers.acceptance:accept_carrier_pickup",
    sample={"confirmation_number": NOBODY, "collected_at": "2000-01-01T00:00:00Z"},
    options=(
        DoneOption(
            name="--confirmation",
            field="confirmation_number",
            help="Pickup: the carrier's confirmation number.",
            needed="--confirmation",
            example="NUMBER",
        ),
        DoneOption(
            name="--at",
            field="collected_at",
            help="Pickup: when it was, such as '2026-11-23 16:05'.",
            needed="--at",
            example="YYYY-MM-DD HH:MM",
        ),
    ),
)
