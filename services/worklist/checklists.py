"""What a task shows the person who does it: data first, and Markdown made of it."""

from adapters.language.sentences import sentence
from domain.messages import Message
from models.results.checklists import Checklist
from models.tables.staff import StaffTask
from services.worklist.gate_spec import GateSpec
from services.worklist.markdown import markdown, plain


def checklist_of(gate: GateSpec, task: StaffTask) -> Checklist:
    """What a task of that gate shows; one that has no list yet has an empty one."""
    return gate.checklist.model_validate(task.checklist or {})


def checklist_markdown(gate: GateSpec, shipment: str, task: StaffTask) -> str:
    """The form's description: what to do, for which order, with the list."""
    parts = [f"## {gate.title}: {shipment}"]
    if task.error:
        # Prefect's pages are the operator's: nobody there has said in which language they read.
        why = sentence(Message.from_data(task.error))
        parts.append(f"**Your last answer was not accepted.** {plain(why)}")
    parts.extend(map(markdown, gate.describe(checklist_of(gate, task))))
    return "\n\n".join(parts)
