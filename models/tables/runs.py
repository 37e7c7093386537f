"""What Packline keeps about flow runs, beside what Prefect does."""

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from models.base import instant


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
