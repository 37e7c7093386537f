"""Totes: a scan binds one to a shipment, which it holds until that is packed."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.allocation import ShipmentId
from models.tables.shipments import Shipment
from models.tables.staff import StaffTask
from models.tables.totes import ToteBinding


class Bound(NamedTuple):
    """Whose goods a tote holds after a scan of it: those of the shipment, if it was free."""

    by: ShipmentId
    is_theirs: bool


def bind_tote(session: Session, tote: str, shipment: ShipmentId, by: str) -> Bound:
    """Have a tote hold a shipment's goods, unless it holds another's; again, it changes nothing."""
    while not (holds := shipment_in(session, tote)):
        _bind_free(session, tote, shipment, by)
    return Bound(holds, holds == shipment)


def hold_shipments(session: Session, tasks: Sequence[StaffTask]) -> None:
    """Have whoever changes these tasks' orders wait: before the tasks are locked, as they do it.

    A binding refers to its shipment, which somebody may have locked who waits for the task.
    """
    wanted = [(task.order_number, task.shipment) for task in tasks]
    of_these = tuple_(col(Shipment.order_number), col(Shipment.number)).in_(wanted)
    in_order = col(Shipment.order_number), col(Shipment.number)
    held = select(Shipment.key).where(of_these).order_by(*in_order)
    session.exec(held.with_for_update(key_share=True)).all()


def shipment_in(session: Session, tote: str) -> ShipmentId | None:
    """The shipment whose goods a tote holds; None: it is empty."""
    live = select(ToteBinding.order_number, ToteBinding.shipment).where(
        ToteBinding.tote == tote, col(ToteBinding.freed_at).is_(None)
    )
    found = session.exec(live).first()
    return (found[0], found[1]) if found else None


def totes_of(session: Session, shipments: Sequence[ShipmentId]) -> Mapping[ShipmentId, list[str]]:
    """The totes that hold the goods of shipments, in the order in which they were filled."""
    of_these = tuple_(col(ToteBinding.order_number), col(ToteBinding.shipment)).in_(shipments)
    live = select(ToteBinding).where(of_these, col(ToteBinding.freed_at).is_(None))
    found: dict[ShipmentId, list[str]] = defaultdict(list)
    for row in session.exec(live.order_by(col(ToteBinding.id))):
        found[row.order_number, row.shipment].append(row.tote)
    return found


def _bind_free(session: Session, tote: str, shipment: ShipmentId, by: str) -> None:
    order, number = shipment
    session.execute(
        insert(ToteBinding)
        .values(tote=tote, order_number=order, shipment=number, bound_by=by)
        .on_conflict_do_nothing(
            index_elements=["tote"], index_where=col(ToteBinding.freed_at).is_(None)
        )
    )
