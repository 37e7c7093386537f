"""Steps 5 and 6, and the gates of picking and of a short pick."""

from typing import cast

from sqlmodel import Session

from models.enums import TaskKind
from models.process import StepName
from models.results.checklists import PickingChecklist
from models.results.decisions import Decision
from models.results.work import Picked, TaskOpened
from models.tables.shipments import Shipment
from services.execution.runs import OrderRun
from services.inventory.allocations import released_stock
from services.stock_control.shortfalls import close_picking_as_short
from services.worklist.gates import GATES
from services.worklist.picking_lists import picking_checklist
from services.worklist.tasks import open_task, opened, task_of
from tasks.engine.gates import await_answer
from tasks.engine.step import step


@step(StepName.ASSIGN_PICKING_TASK)
def assign_picking_task(session: Session, shipment: Shipment) -> TaskOpened:
    """Put the order on the warehouse staff's list."""
    return opened(open_task(session, shipment, TaskKind.PICKING))


@step(StepName.GET_PICKING_CHECKLIST)
def get_picking_checklist(session: Session, shipment: Shipment) -> PickingChecklist:
    """What to fetch, in walking order of the bins; shown with the picking task."""
    checklist = picking_checklist(session, shipment)
    task = task_of(session, shipment, kind=TaskKind.PICKING, round=1)
    task.checklist = checklist.model_dump(mode="json")
    if why := released_stock(session, shipment):  # to a count, before anybody could pick
        close_picking_as_short(session, shipment, task, why)
    return checklist


def await_picking(order: OrderRun) -> Picked:
    """Wait until somebody has picked the order, in full or short."""
    return cast(Picked, await_answer(order, GATES[TaskKind.PICKING]))


def await_decision_on_short_pick(order: OrderRun) -> Decision:
    """Wait until the operator says what becomes of an order that was picked short.

    One that is to wait for its stock waits here, until it can go on or somebody decides otherwise.
    """
    while True:
        decision = cast(Decision, await_answer(order, GATES[TaskKind.SHORT_PICK]))
        if not decision.waits:
            return decision
