"""The gates of the process: the places where it waits for a person.

A new one is an entry here, and the function that accepts its answers (services/answers/).
"""

import re
from typing import NamedTuple

from domain.errors import PacklineError
from domain.messages import Message
from services.worklist.gate_spec import GateSpec
from services.worklist.specs.decisions import HOLD, SHORT_PICK, SHORTAGE
from services.worklist.specs.packing import PACKING
from services.worklist.specs.picking import PICKING
from services.worklist.specs.pickup import CARRIER_PICKUP
from services.worklist.specs.restock import RESTOCK

GATES: dict[str, GateSpec] = {
    gate.kind: gate
    for gate in (PICKING, PACKING, CARRIER_PICKUP, SHORTAGE, SHORT_PICK, RESTOCK, HOLD)
}

_PAUSE_KEY = re.compile(r"(?P<kind>[a-z-]+?)-(?P<round>\d+)(-again-\d+)?")


class UnknownGate(PacklineError):
    """A task waits at a gate that this version of Packline does not have."""

    message = "No gate knows tasks of the kind {kind!r}: run the version that does."

    def __init__(self, kind: str) -> None:
        super().__init__(kind=kind)


class GateRound(NamedTuple):
    """Where a run waits: at a gate, in one of its rounds."""

    gate: GateSpec
    round: int


def gate_of(kind: str) -> GateSpec:
    """The gate that tasks of that kind belong to. Raises `UnknownGate`."""
    if kind not in GATES:
        raise UnknownGate(kind)
    return GATES[kind]


def title_of(kind: str) -> str:
    """What tasks of that kind are called in lists, whether a gate knows them or not."""
    return GATES[kind].title if kind in GATES else kind


def title_message(kind: str) -> Message:
    """The same, to be said in the reader's language."""
    return Message("gate-title", title_of(kind))


def pause_key(gate: GateSpec, round: int, times_presented: int) -> str:
    """Prefect's key of a pause: `picking-1`, and `picking-1-again-2` when it is shown once more."""
    again = f"-again-{times_presented + 1}" if times_presented else ""
    return f"{gate.kind}-{round}{again}"


def gate_round_of(key: str | None) -> GateRound | None:
    """The gate and round that a pause's key names, if it is one of ours."""
    parts = _PAUSE_KEY.fullmatch(key or "")
    if parts is None or parts["kind"] not in GATES:
        return None
    return GateRound(GATES[parts["kind"]], int(parts["round"]))
