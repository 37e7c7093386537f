"""Steps 5, 6 and 7, and the gates where a person picks, packs, and puts back."""

from typing import cast

from sqlmodel import Session, select

from domain.walking import walking_key
from models.catalogue import Product
from models.enums import TaskKind
from models.results import (
    ChecklistItem,
    Decision,
    Packed,
    Picked,
    PickingChecklist,
    PutBack,
    PutBackAssigned,
    TaskOpened,
)
from models.shipments import Shipment, ShipmentLine
from models.staff import StaffTask
from tasks.acceptance import goods_weight
from tasks.answers import GATES
from tasks.gates import await_answer
from tasks.reservations import given_up
from tasks.short_orders import close_picking_as_short
from tasks.step import step
from tasks.subjects import OrderRef
from tasks.worklist import open_task, task_of


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
    checklist = PickingChecklist(items=checklist_items(session, shipment))
    task = task_of(session, shipment, kind=TaskKind.PICKING, round=1)
    task.checklist = checklist.model_dump(mode="json")
    if why := given_up(session, shipment):  # to a count, before anybody could pick
        close_picking_as_short(session, shipment, task, why)
    return checklist


def await_picking(order: OrderRef) -> Picked:
    """Wait until somebody has picked the order, in full or short."""
    return cast(Picked, await_answer(order, GATES[TaskKind.PICKING]))


def await_decision_on_short_pick(order: OrderRef) -> Decision:
    """Wait until the operator says what becomes of an order that was picked short."""
    return cast(Decision, await_answer(order, GATES[TaskKind.SHORT_PICK]))


@step("Assign Packing Task")
def assign_packing_task(session: Session, shipment: Shipment) -> TaskOpened:
    """Put the picked order on the packers' list."""
    items = [item.model_dump() for item in checklist_items(session, shipment)]
    grams = goods_weight(session, shipment)
    task = open_task(session, shipment, TaskKind.PACKING, {"items": items, "goods_grams": grams})
    return _opened(task)


def await_packing(order: OrderRef) -> Packed:
    """Wait until somebody has packed the order, weighed and measured its parcels."""
    return cast(Packed, await_answer(order, GATES[TaskKind.PACKING]))


@step("Assign Put-Back Task")
def assign_put_back_task(session: Session, shipment: Shipment) -> PutBackAssigned:
    """Put what was picked for a cancelled order on the warehouse staff's list, if anything was."""
    picked = {line.sku: line.picked for line in shipment.goods if line.picked}
    if not picked:
        return PutBackAssigned()
    items = [
        item.model_dump() | {"quantity": picked[item.sku]}
        for item in checklist_items(session, shipment)
        if item.sku in picked
    ]
    task = open_task(session, shipment, TaskKind.PUT_BACK, {"items": items})
    return PutBackAssigned(task_id=task.id, pieces=sum(picked.values()))


def await_put_back(order: OrderRef, assigned: PutBackAssigned) -> PutBack:
    """Wait until somebody has put the goods back; there is no wait where nothing was picked."""
    if not assigned.needed:
        return PutBack()
    return cast(PutBack, await_answer(order, GATES[TaskKind.PUT_BACK]))


def checklist_items(session: Session, shipment: Shipment) -> tuple[ChecklistItem, ...]:
    """The shipment's products with their bins, in walking order."""
    found = session.exec(
        select(ShipmentLine, Product).where(
            ShipmentLine.sku == Product.sku,
            ShipmentLine.order_number == shipment.order_number,
            ShipmentLine.shipment == shipment.number,
            ShipmentLine.quantity > 0,
        )
    )
    items = [
        ChecklistItem(
            sku=line.sku,
            name=product.name,
            barcode=product.barcode,
            bin=product.bin,
            quantity=line.quantity,
            weight_grams=product.weight_grams,
        )
        for line, product in found
    ]
    return tuple(sorted(items, key=lambda item: (walking_key(item.bin), item.sku)))


def _opened(task: StaffTask) -> TaskOpened:
    return TaskOpened(task_id=task.id, role=task.role, due_at=task.due_at)
