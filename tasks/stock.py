"""Steps 2 and 8: stock, from allocated to booked out, and what gives it back.

A step writes an allocation or a movement; the database counts, and refuses what is not there.
"""

from typing import cast

from sqlmodel import Session

from domain.messages import Message
from domain.sourcing import Plan
from models.enums import AllocationState, MovementKind, OrderStatus, TaskKind
from models.process import StepName
from models.results.checklists import ShortageChecklist
from models.results.decisions import Decision
from models.results.stock import ShortLine, StockBooked, StockCheck, StockReturned
from models.results.work import Restocked
from models.tables.shipments import Shipment
from services.access.actors import PACKLINE
from services.answers.restock import book_restock
from services.execution.runs import OrderRun
from services.execution.status import set_status
from services.inventory.allocations import (
    allocate,
    allocated_warehouse,
    backorder,
    close_allocations,
    issued,
    lock_goods,
    sourcing_plan,
)
from services.inventory.movements import stock_movement
from services.orders.splits import split_by_warehouse
from services.worklist.gates import GATES
from services.worklist.tasks import open_task
from tasks.engine.gates import await_answer
from tasks.engine.step import step


@step(StepName.CHECK_INVENTORY_LEVELS)
def check_inventory_levels(session: Session, shipment: Shipment) -> StockCheck:
    """Allocate every line, or none: then the order is Backordered and the operator is asked.

    One warehouse gives it all; where an order may be split, each further one gives a shipment. What
    others wait for is not there for this one. An order that waits goes on by itself once all of its
    stock is there. A shipment that was split off with its stock finds it held.
    """
    plan = sourcing_plan(session, shipment)
    if plan.missing:
        return _backorder(session, shipment, plan)
    if at := allocated_warehouse(session, shipment):
        why = Message("set-aside-by-split", "{at}: set aside when the order was split", {"at": at})
        return StockCheck(warehouse=at, reasons=(why,))
    allocate(session, shipment, split_by_warehouse(session, shipment, plan))
    for line in shipment.goods:
        line.available_when_short = None
    return StockCheck(warehouse=plan.warehouses[0], reasons=plan.reasons)


@step(StepName.UPDATE_INVENTORY_STOCK)
def update_inventory_stock(session: Session, shipment: Shipment) -> StockBooked:
    """Turn the allocation into a decrement of its warehouse, with a movement per product."""
    lock_goods(session, shipment)
    close_allocations(session, shipment, AllocationState.ISSUED)
    for part in issued(session, shipment):
        session.add(
            stock_movement(
                MovementKind.SOLD,
                part.warehouse,
                part.sku,
                -part.quantity,
                reference=shipment.key,
                actor=PACKLINE.name,
                reason="shipped",
            )
        )
    return StockBooked(quantities={line.sku: line.quantity for line in shipment.goods})


@step(StepName.RETURN_STOCK)
def return_stock(session: Session, shipment: Shipment, restocked: Restocked) -> StockReturned:
    """Set free what the order holds. Goods that somebody restocked are booked with the answer; only
    answers from before that rule have left it to this step.
    """
    back = restocked if restocked.booked else book_restock(session, shipment, restocked)
    return StockReturned(returned=back.returned, damaged=back.damaged, missing=back.missing)


def _backorder(session: Session, shipment: Shipment, plan: Plan) -> StockCheck:
    set_status(shipment, OrderStatus.BACKORDERED)
    backorder(session, shipment, plan.missing)
    short = {shortage.sku: shortage.available for shortage in plan.missing}
    for line in shipment.goods:
        line.available_when_short = short.get(line.sku)
    lines = tuple(
        ShortLine(sku=found.sku, wanted=found.wanted, available=found.available)
        for found in plan.missing
    )
    open_task(session, shipment, TaskKind.SHORTAGE, ShortageChecklist(shortages=lines))
    return StockCheck(shortages=lines, reasons=plan.reasons)


def await_decision_on_shortage(order: OrderRun) -> Decision:
    """Wait until the operator says what becomes of an order that stock cannot fill."""
    return cast(Decision, await_answer(order, GATES[TaskKind.SHORTAGE]))
