"""Goods of a cancelled order go back to their bins."""

from typing import cast

from sqlmodel import Session

from models.enums import TaskKind
from models.results.work import PutBack, PutBackAssigned
from models.tables.shipments import Shipment
from services.execution.runs import OrderRun
from services.worklist.gates import GATES
from services.worklist.picking_lists import picking_checklist
from services.worklist.tasks import open_task
from tasks.engine.gates import await_answer
from tasks.engine.step import step


@step("Assign Put-Back Task")
def assign_put_back_task(session: Session, shipment: Shipment) -> PutBackAssigned:
    """Put what was picked for a cancelled order on the warehouse staff's list, if anything was."""
    picked = {line.sku: line.picked for line in shipment.goods if line.picked}
    if not picked:
        return PutBackAssigned()
    listed = picking_checklist(session, shipment)
    items = [
        item.model_copy(update={"quantity": picked[item.sku]})
        for item in listed.items
        if item.sku in picked
    ]
    checklist = listed.model_copy(update={"items": tuple(items)}).model_dump()
    task = open_task(session, shipment, TaskKind.PUT_BACK, checklist)
    return PutBackAssigned(task_id=task.id, pieces=sum(picked.values()))


def await_put_back(order: OrderRun, assigned: PutBackAssigned) -> PutBack:
    """Wait until somebody has put the goods back; there is no wait where nothing was picked."""
    if not assigned.needed:
        return PutBack()
    return cast(PutBack, await_answer(order, GATES[TaskKind.PUT_BACK]))
