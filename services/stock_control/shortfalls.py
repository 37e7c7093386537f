"""Orders that a count puts short: they give up what is not picked yet, and the operator decides.

An order keeps its place in the process, and what lies in its tote. Its picking is closed as short
in the counter's name, and the operator has the same task as after any short pick; but it waits, and
goes on by itself. An operator who is being asked already is still asked, with more on the list.
Once the order is allocated anew, somebody picks the rest.
"""

from sqlmodel import Session, col, select

from models.enums import TaskKind, TaskState
from models.results.checklists import ShortPickChecklist
from models.results.stock import ShortLine, StockReleased
from models.results.work import Picked
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.access.actors import Actor
from services.answers.decisions import ask_about_pick
from services.inventory.allocations import release_all
from services.worklist.closing import complete_task
from services.worklist.tasks import tasks_of


def record_shortfall(
    session: Session, shipment: Shipment, why: StockReleased, actor: Actor
) -> None:
    """Take a locked shipment's stock away, but for what is picked.

    One that is not yet to be picked is told when it is; one that is to be cancelled asks nobody.
    """
    release_all(session, shipment, why, actor)
    picking = _open(session, shipment, TaskKind.PICKING)
    if picking and picking.checklist:
        close_picking_as_short(session, shipment, picking, why)
    elif asked := _open(session, shipment, TaskKind.SHORT_PICK):
        _ask_about_more(asked, _short_line(shipment, why))


def _open(session: Session, shipment: Shipment, kind: TaskKind) -> StaffTask | None:
    asks = col(StaffTask.state).in_((TaskState.OPEN, TaskState.HELD))
    of_kind = select(StaffTask).where(StaffTask.kind == kind, asks)
    return session.exec(of_kind.where(*tasks_of(shipment))).first()


def close_picking_as_short(
    session: Session, shipment: Shipment, task: StaffTask, why: StockReleased
) -> None:
    """Nobody need walk for what is not there: the operator is asked in place of the picker."""
    missing = _short_line(shipment, why)
    ask_about_pick(session, shipment, waits=True, missing=[missing])
    quantities = {line.sku: line.picked or 0 for line in shipment.goods}
    picked = Picked(picked_by=why.counted_by, quantities=quantities, missing=(missing,))
    complete_task(session, shipment, task, picked)


def _short_line(shipment: Shipment, why: StockReleased) -> ShortLine:
    """What the count left of the product for the shipment, beside what is picked."""
    line = next(line for line in shipment.goods if line.sku == why.sku)
    found = (line.picked or 0) + why.available
    return ShortLine(sku=line.sku, wanted=line.quantity, available=found)


def _ask_about_more(asked: StaffTask, missing: ShortLine) -> None:
    """The product is added to what an open question lists."""
    checklist = ShortPickChecklist.model_validate(asked.checklist or {})
    others = [line for line in checklist.shortages if line.sku != missing.sku]
    more = checklist.model_copy(update={"shortages": (*others, missing)})
    asked.checklist = more.model_dump(mode="json")
