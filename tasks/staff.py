"""Steps 5, 6 and 7, and the gates where a person picks, packs, and puts back."""

from typing import cast

from sqlmodel import Session

from models.enums import TaskKind
from models.results.decisions import Decision
from models.results.work import (
    Packed,
    Picked,
    PickingChecklist,
    PutBack,
    PutBackAssigned,
    TaskOpened,
)
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.execution.runs import OrderRef
from services.inventory.allocations import given_up
from services.stock_control.shortfalls import close_picking_as_short
from services.worklist.gates import GATES
from services.worklist.picking_lists import goods_weight, picking_checklist
from services.worklist.tasks import open_task, task_of
from tasks.gates import await_answer
from tasks.step import step


def await_decision_on_shortage(order: OrderRef) -> Decision:
    """Wait until the operator says what becomes of an order that stock cannot fill."""
    return cast(Decision, await_answer(order, GATES[TaskKind.SHORTAGE]))


@step("Assign Picking Task")
def assign_picking_task(session: Session, shipment: Shipment) -> TaskOpened:
    """Put the order on the warehouse staff's list."""
    return _opened(open_task(session, shipment, TaskKind.PICKING))


@step("Get Picking Checklist")
def get_picking_checklist(session: Session, shipment: Shipment) -> PickingChecklist:
    """What to fetch, in walking order of the bins; shown with the picking task."""
    checklist = picking_checklist(session, shipment)
    task = task_of(session, shipment, kind=TaskKind.PICKING, round=1)
    task.checklist = checklist.model_dump(mode="json")
    if why := given_up(session, shipment):  # to a count, before anybody could pick
        close_picking_as_short(session, shipment, task, why)
    return checklist


def await_picking(order: OrderRef) -> Picked:
    """Wait until somebody has picked the order, in full or short."""
    return cast(Picked, await_answer(order, GATES[TaskKind.PICKING]))


def await_decision_on_short_pick(order: OrderRef) -> Decision:
    """Wait until the operator says what becomes of an order that was picked short.

    One that is to wait for its stock waits here, until it can go on or somebody decides otherwise.
    """
    while True:
        decision = cast(Decision, await_answer(order, GATES[TaskKind.SHORT_PICK]))
        if not decision.waits:
            return decision


@step("Assign Packing Task")
def assign_packing_task(session: Session, shipment: Shipment) -> TaskOpened:
    """Put the picked order on the packers' list."""
    checklist = picking_checklist(session, shipment).model_dump()
    checklist["goods_grams"] = goods_weight(session, shipment)
    return _opened(open_task(session, shipment, TaskKind.PACKING, checklist))


def await_packing(order: OrderRef) -> Packed:
    """Wait until somebody has packed the order, weighed and measured its parcels."""
    return cast(Packed, await_answer(order, GATES[TaskKind.PACKING]))


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


def await_put_back(order: OrderRef, assigned: PutBackAssigned) -> PutBack:
    """Wait until somebody has put the goods back; there is no wait where nothing was picked."""
    if not assigned.needed:
        return PutBack()
    return cast(PutBack, await_answer(order, GATES[TaskKind.PUT_BACK]))


def _opened(task: StaffTask) -> TaskOpened:
    return TaskOpened(task_id=task.id, role=task.role, due_at=task.due_at)
