"""The gates of the process: the places where it waits for a person, one entry for each."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any, NamedTuple

from sqlmodel import Session

from models.enums import TaskKind
from models.forms.base import Form
from models.forms.decisions import RELEASE, TRY_AGAIN, HoldForm, ShortageForm, ShortPickForm
from models.forms.packing import PackingForm
from models.forms.picking import ALL_AS_LISTED, PickingForm
from models.forms.pickup import CarrierPickupForm
from models.forms.restock import RestockForm
from models.results.base import StepResult
from models.results.decisions import Decision, HoldEnded
from models.results.work import Packed, Picked, PickupOutcome, Restocked
from models.tables.shipments import Shipment

NOBODY = "(nobody: the answer is in Packline)"
"""The name in the examples that open Prefect's gates."""

_PAUSE_KEY = re.compile(r"(?P<kind>[a-z-]+?)-(?P<round>\d+)(-again-\d+)?")

Accept = Callable[[Session, Shipment, Any], StepResult]


@dataclass(frozen=True)
class Gate:
    """A place where the process waits for a person.

    `accept` names the function that checks an answer against the shipment, saves what it says, and
    returns it; it raises `AnswerRefused`. `example` is an answer of the form's shape: it opens
    Prefect's gate once the real answer is in Postgres. It is nobody's answer, and is refused where
    it meets an open task.
    """

    kind: TaskKind
    title: str
    form: type[Form]
    result: type[StepResult]
    accept: str
    example: dict[str, Any]

    @property
    def acceptance(self) -> Accept:
        """The function that `accept` names; it stands above this module."""
        accept: Accept = resolve_name(self.accept)
        return accept

    @property
    def name(self) -> str:
        """The gate's name in the ledger."""
        return f"gate: {self.kind}"


class GateRound(NamedTuple):
    """Where a run waits: at a gate, in one of its rounds."""

    gate: Gate
    round: int


def pause_key(gate: Gate, round: int, times_presented: int) -> str:
    """Prefect's key of a pause: `picking-1`, and `picking-1-again-2` when it is shown once more."""
    again = f"-again-{times_presented + 1}" if times_presented else ""
    return f"{gate.kind}-{round}{again}"


def gate_round_of(key: str | None) -> GateRound | None:
    """The gate and round that a pause's key names, if it is one of ours."""
    parts = _PAUSE_KEY.fullmatch(key or "")
    if parts is None or parts["kind"] not in list(TaskKind):
        return None
    return GateRound(GATES[TaskKind(parts["kind"])], int(parts["round"]))


GATES: dict[TaskKind, Gate] = {
    gate.kind: gate
    for gate in (
        Gate(
            kind=TaskKind.PICKING,
            title="Pick",
            form=PickingForm,
            result=Picked,
            accept="services.answers.acceptance:accept_picking",
            example={"gate": "picking", "picked_by": NOBODY, "outcome": ALL_AS_LISTED},
        ),
        Gate(
            kind=TaskKind.PACKING,
            title="Pack",
            form=PackingForm,
            result=Packed,
            accept="services.answers.acceptance:accept_packing",
            example={
                "gate": "packing",
                "packed_by": NOBODY,
                "parcels": [
                    {"weight_grams": 1, "length_mm": 1, "width_mm": 1, "height_mm": 1},
                ],
            },
        ),
        Gate(
            kind=TaskKind.CARRIER_PICKUP,
            title="Hand over to the carrier",
            form=CarrierPickupForm,
            result=PickupOutcome,
            accept="services.answers.acceptance:accept_carrier_pickup",
            example={
                "gate": "carrier-pickup",
                "handed_over_by": NOBODY,
                "confirmation_number": NOBODY,
                "collected_at": "2000-01-01T00:00:00Z",
            },
        ),
        Gate(
            kind=TaskKind.SHORTAGE,
            title="Decide about a shortage",
            form=ShortageForm,
            result=Decision,
            accept="services.answers.decisions:accept_shortage",
            example={"gate": "shortage", "decided_by": NOBODY, "decision": TRY_AGAIN},
        ),
        Gate(
            kind=TaskKind.SHORT_PICK,
            title="Decide about a short pick",
            form=ShortPickForm,
            result=Decision,
            accept="services.answers.decisions:accept_short_pick",
            example={"gate": "short-pick", "decided_by": NOBODY, "decision": TRY_AGAIN},
        ),
        Gate(
            kind=TaskKind.RESTOCK,
            title="Restock",
            form=RestockForm,
            result=Restocked,
            accept="services.answers.acceptance:accept_restock",
            example={"gate": "restock", "restocked_by": NOBODY, "outcome": ALL_AS_LISTED},
        ),
        Gate(
            kind=TaskKind.HOLD,
            title="Decide about a hold",
            form=HoldForm,
            result=HoldEnded,
            accept="services.answers.acceptance:accept_hold",
            example={"gate": "hold", "decided_by": NOBODY, "decision": RELEASE},
        ),
    )
}
