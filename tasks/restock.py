"""Goods of a cancelled order go back to their bins."""

from typing import cast

from sqlmodel import Session

from models.enums import TaskKind
from models.process import StepName
from models.results.checklists import RestockChecklist
from models.results.work import RestockAssigned, Restocked
from models.tables.shipments import Shipment
from services.execution.runs import OrderRun
from services.orders.packing import pieces_beside
from services.worklist.gates import GATES
from services.worklist.picking_lists import picking_checklist
from services.worklist.tasks import open_task
from tasks.engine.gates import await_answer
from tasks.engine.step import step


@step(StepName.ASSIGN_RESTOCK_TASK)
def assign_restock_task(session: Session, shipment: Shipment) -> RestockAssigned:
    """Put what was picked for a cancelled order on the warehouse staff's list, if anything was; and
    what lies in its tote beside that.
    """
    picked = {line.sku: line.picked for line in shipment.goods if line.picked}
    beside = pieces_beside(session, shipment)
    if not picked and not beside:
        return RestockAssigned()
    listed = picking_checklist(session, shipment)
    items = [
        item.model_copy(update={"quantity": picked[item.sku]})
        for item in listed.items
        if item.sku in picked
    ]
    checklist = RestockChecklist(items=tuple(items), warehouse=listed.warehouse, beside=beside)
    task = open_task(session, shipment, TaskKind.RESTOCK, checklist)
    return RestockAssigned(task_id=task.id, pieces=sum(picked.values()) + sum(beside.values()))


def await_restock(order: OrderRun, assigned: RestockAssigned) -> Restocked:
    """Wait until somebody has restocked the goods; there is no wait where nothing was picked."""
    if not assigned.needed:
        return Restocked()
    return cast(Restocked, await_answer(order, GATES[TaskKind.RESTOCK]))
