"""Which totes hold goods, and whose."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from console.queries.listed import Listed, listed
from domain.messages import Message
from models.tables.shipments import shipment_message
from models.tables.totes import ToteBinding

SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class HeldTote:
    """A tote with the shipment that it holds, and who bound it when."""

    tote: str
    shipment: Message
    bound_by: str
    bound_at: datetime


def held_totes(session: Session) -> Listed[HeldTote]:
    """The totes that are not empty, those first that hold their goods the longest."""
    live = select(ToteBinding).where(col(ToteBinding.freed_at).is_(None))
    return listed(session, live.order_by(col(ToteBinding.id)), SHOWN).each(_held)


def _held(row: ToteBinding) -> HeldTote:
    return HeldTote(
        tote=row.tote,
        shipment=shipment_message(row.order_number, row.shipment),
        bound_by=row.bound_by,
        bound_at=row.bound_at,
    )
