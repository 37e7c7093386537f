"""What is with the packers, and what lies in their tote beside the goods. No Prefect here."""

from collections import Counter
from collections.abc import Iterable

from sqlmodel import Session, col, select

from models.enums import LackingReason, TaskKind, TaskState
from models.results.work import Packed
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from services.orders.line_cancellation import pieces_to_restock
from services.worklist.tasks import tasks_of

_ASKS = (TaskState.OPEN, TaskState.HELD)


def is_with_packers(session: Session, shipment: Shipment) -> bool:
    """Whether somebody packs it now, or has closed its parcels: nothing of it is moved or cancelled
    meanwhile. A packer who lacks something gives it out of hand, and so does a picking undone.
    """
    return is_packed(session, shipment) or any(
        task.state in _ASKS for task in _packing_tasks(session, shipment)
    )


def is_packed(session: Session, shipment: Shipment) -> bool:
    """Whether its parcels are closed."""
    return any(packed.complete for packed in _answers(session, shipment))


def times_called_back(session: Session, shipment: Shipment) -> int:
    """How often its packers were called back, since it was to be picked first."""
    return sum(packed.picking_undone for packed in _answers(session, shipment))


def wrong_pieces(session: Session, shipment: Shipment) -> dict[str, int]:
    """The pieces by SKU that packers found in the tote in place of others; '' for those that nobody
    knew.
    """
    pieces: Counter[str] = Counter()
    for packed in _answers(session, shipment):
        for item in packed.lacking:
            if item.why == LackingReason.WRONG:
                pieces[item.instead] += item.pieces
    return dict(pieces)


def pieces_beside(session: Session, shipment: Shipment) -> dict[str, int]:
    """The pieces by SKU that lie in the tote and are not to be packed; once its parcels are closed,
    the packer has restocked them.
    """
    if is_packed(session, shipment):
        return {}
    cancelled = Counter(pieces_to_restock(session, shipment))
    return dict(cancelled + Counter(wrong_pieces(session, shipment)))


def _answers(session: Session, shipment: Shipment) -> Iterable[Packed]:
    """What its packers have said, and what was accepted of that."""
    for task in _packing_tasks(session, shipment):
        if task.state == TaskState.DONE:
            yield Packed.model_validate(task.answer)


def _packing_tasks(session: Session, shipment: Shipment) -> list[StaffTask]:
    of_kind = select(StaffTask).where(*tasks_of(shipment), StaffTask.kind == TaskKind.PACKING)
    return list(session.exec(of_kind.order_by(col(StaffTask.round))))
