"""Orders that a count puts short: they give their stock up, and the operator decides.

An order keeps its place in the process. Its picking is closed as short in the counter's name, and
the operator has the same task as after any short pick; but it waits, and goes on by itself. With
*try again* the order is reserved anew before somebody picks.
"""

from sqlmodel import Session, col, select

from models.enums import TaskKind, TaskState
from models.results import Picked, ShortLine, StockGivenUp
from models.shipments import Shipment
from models.staff import StaffTask
from tasks.answers import settle
from tasks.decisions import ask_about_pick
from tasks.reservations import give_up
from tasks.worklist import tasks_of


def put_short(session: Session, shipment: Shipment, why: StockGivenUp) -> None:
    """Take a locked shipment's stock away. One that is not yet to be picked is told when it is."""
    give_up(session, shipment, why)
    for line in shipment.goods:
        if line.picked:
            line.picked = 0  # what was found is in the count, and is picked anew
    picking = _open(session, shipment, TaskKind.PICKING)
    if picking and picking.checklist:
        close_picking_as_short(session, shipment, picking, why)
    elif asked := _open(session, shipment, TaskKind.SHORT_PICK):
        asked.checklist = (asked.checklist or {}) | {"waits": True}


def _open(session: Session, shipment: Shipment, kind: TaskKind) -> StaffTask | None:
    asks = col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD))
    of_kind = select(StaffTask).where(StaffTask.kind == kind, asks)
    return session.exec(of_kind.where(*tasks_of(shipment))).first()


def close_picking_as_short(
    session: Session, shipment: Shipment, task: StaffTask, why: StockGivenUp
) -> None:
    """Nobody need walk for what is not there: the operator is asked in place of the picker."""
    for line in shipment.goods:
        line.picked = 0
    missing = ShortLine(sku=why.sku, wanted=why.wanted, available=why.available)
    ask_about_pick(session, shipment, waits=True, missing=[missing])
    nothing = {line.sku: 0 for line in shipment.goods}
    picked = Picked(picked_by=why.counted_by, quantities=nothing, missing=(missing,))
    settle(session, shipment, task, picked)
