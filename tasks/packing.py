"""Step 7, and the gate where a person packs."""

from typing import cast

from sqlmodel import Session

from models.enums import TaskKind
from models.process import StepName
from models.results.checklists import PackingChecklist
from models.results.work import Packed, TaskOpened
from models.tables.shipments import Shipment
from services.access.actors import PACKLINE
from services.answers.undo import call_back_packing, is_picked_again
from services.execution.runs import OrderRun
from services.orders.line_cancellation import pieces_to_restock
from services.orders.packing import wrong_pieces
from services.worklist.gates import GATES
from services.worklist.picking_lists import goods_weight, picking_checklist
from services.worklist.tasks import open_task, opened
from tasks.engine.gates import await_answer
from tasks.engine.step import step


@step(StepName.ASSIGN_PACKING_TASK)
def assign_packing_task(session: Session, shipment: Shipment) -> TaskOpened:
    """Put the picked order on the packers' list; once more, after they lacked something."""
    goods = picking_checklist(session, shipment)
    checklist = PackingChecklist(
        **dict(goods),
        goods_grams=goods_weight(session, shipment),
        to_restock=pieces_to_restock(session, shipment),
        wrong=wrong_pieces(session, shipment),
    )
    task = open_task(session, shipment, TaskKind.PACKING, checklist)
    if is_picked_again(session, shipment):  # undone, before anybody could pack
        call_back_packing(session, shipment, PACKLINE.name)
    return opened(task)


def await_packing(order: OrderRun) -> Packed:
    """Wait until somebody has packed the order, weighed and measured its parcels; or lacks
    something of it.
    """
    return cast(Packed, await_answer(order, GATES[TaskKind.PACKING]))
