"""Tasks that wait at no gate: the database takes any kind, and the gates say which there are."""

from services.audit.invariants import Invariant
from services.worklist.gates import GATES

GATELESS_TASKS = Invariant(
    name="every task is of a kind that a gate knows",
    problem="Task {id} is of the kind '{kind}', which no gate knows.",
    breaking="SELECT id, kind FROM staff_task WHERE kind <> ALL (:kinds)",
)


def gate_kinds() -> dict[str, list[str]]:
    """What the query compares with."""
    return {"kinds": [str(kind) for kind in GATES]}
