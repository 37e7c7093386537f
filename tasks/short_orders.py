"""Orders that a count puts short: they give their stock up, and the operator decides.

An order keeps its place in the process. Its picking is closed as short in the counter's name, and
the operator has the same task as after any short pick. With *try again* the order is reserved anew
before somebody picks.
"""

from sqlmodel import Session, col, select

from models.enums import TaskKind, TaskState
from models.results import Picked, ShortLine, StockGivenUp
from models.shipments import Shipment
from models.staff import StaffTask
from tasks.answers import settle
from tasks.reservations import give_up
from tasks.worklist import open_task, tasks_of


def put_short(session: Session, shipment: Shipment, why: StockGivenUp) -> None:
    """Take a locked shipment's stock away. One that is not yet to be picked is told when it is."""
    give_up(session, shipment, why)
    to_pick = select(StaffTask).where(
        *tasks_of(shipment),
        StaffTask.kind == TaskKind.PICKING,
        col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD)),
    )
    task = session.exec(to_pick).first()
    if task and task.checklist:
        close_picking_as_short(session, shipment, task, why)


def close_picking_as_short(
    session: Session, shipment: Shipment, task: StaffTask, why: StockGivenUp
) -> None:
    """Nobody need walk for what is not there: the operator is asked in place of the picker."""
    for line in shipment.goods:
        line.picked = 0
    missing = ShortLine(sku=why.sku, wanted=why.wanted, available=why.available)
    open_task(session, shipment, TaskKind.SHORT_PICK, {"shortages": [missing.model_dump()]})
    nothing = {line.sku: 0 for line in shipment.goods}
    picked = Picked(picked_by=why.counted_by, quantities=nothing, missing=(missing,))
    settle(session, shipment, task, picked)
