"""The gate *carrier pickup*: the carrier collects the parcels."""

from models.enums import Role, TaskKind
from models.forms.pickup import CarrierPickupForm
from models.results.checklists import PickupChecklist
from models.results.work import PickupOutcome
from services.worklist.done_options import DoneOption
from services.worklist.gate_spec import NOBODY, GateSpec
from services.worklist.markdown import counted, plain, table


def _describe(checklist: PickupChecklist) -> list[str]:
    numbers, grams = checklist.tracking_numbers, checklist.weight_grams
    return [
        *_relabelling(checklist.replaced),
        f"Hand **{counted(len(numbers), 'parcel')}**, together **{grams:,} g**, to"
        f" **{plain(checklist.carrier)}** (booking {plain(checklist.reference)}):",
        table(("Parcel", "Tracking number"), enumerate(numbers, 1)),
    ]


def _relabelling(replaced: tuple[str, ...]) -> list[str]:
    if not replaced:
        return []
    numbers = ", ".join(map(plain, replaced))
    return [
        f"**The address has changed.** Take off the old labels ({numbers}) and put on the new ones,"
        " which `packline labels` gives you."
    ]


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
