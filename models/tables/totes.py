"""Totes, and whose goods they hold."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from domain.totes import TOTE_CHARACTERS
from models.base import identity, instant
from models.tables.shipments import of_shipment, shipment_number

_LIVE = text("freed_at IS NULL")


class ToteBinding(SQLModel, table=True):
    """A tote holds the goods of one shipment, from its scan until it is packed; a shipment may have
    several. The database frees it: when the parcels are closed, when the shipment has ended, and
    when the take of its picking ends (docs/decisions/0042).
    """

    __tablename__ = "tote_binding"
    __table_args__ = (
        of_shipment(),
        CheckConstraint("tote ~ '^PLT-[A-Z0-9][A-Z0-9-]*$'", name="code_of_a_tote"),
        Index("ix_tote_binding_holds_one", "tote", unique=True, postgresql_where=_LIVE),
        Index("ix_tote_binding_live", "order_number", "shipment", postgresql_where=_LIVE),
    )

    id: int = identity()
    tote: str = Field(max_length=TOTE_CHARACTERS)
    order_number: int = Field(sa_type=BigInteger, nullable=False)
    shipment: int = shipment_number()
    bound_by: str = Field(max_length=100)
    bound_at: datetime = instant()
    freed_at: datetime | None = instant(None)
