"""What Packline keeps about flow runs, beside what Prefect does."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.base import instant
from models.enums import SweepPart, enum_column


class RunHeartbeat(SQLModel, table=True):
    """A flow run that a worker has in hand; a worker that is gone writes no more of these."""

    __tablename__ = "run_heartbeat"

    run_id: str = Field(primary_key=True, max_length=36)
    worker: str = Field(max_length=200)
    seen_at: datetime = instant()


class SupersededRun(SQLModel, table=True):
    """A flow run whose order another run has taken over, until it is ended in Prefect too."""

    __tablename__ = "superseded_run"

    run_id: str = Field(primary_key=True, max_length=36)
    order_number: int = Field(foreign_key="sales_order.number", sa_type=BigInteger)
    at: datetime = instant()


class SweepProblem(SQLModel, table=True):
    """What the dispatcher fails to do for a shipment, from sweep to sweep, and since when.

    `problem` is the data of a message. It goes when the dispatcher gets it done, or when there is
    nothing left to do. It refers to no row, which somebody may have locked.
    """

    __tablename__ = "sweep_problem"

    order_number: int = Field(primary_key=True, sa_type=BigInteger)
    shipment: int = Field(primary_key=True)
    part: SweepPart = Field(sa_column=enum_column(SweepPart, "part", primary_key=True))
    problem: dict[str, Any] = Field(sa_type=JSONB, nullable=False)
    since: datetime = instant()
