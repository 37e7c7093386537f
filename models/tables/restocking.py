"""Goods of a cancelled order that return to their bins."""

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel


class RestockedItem(SQLModel, table=True):
    """What became of a product's pieces in a restock task: in somebody's hand, stored in their bin,
    damaged, or missing. The rest of what is `asked` lies where it was.

    It stays when the task is given back: what is stored is stored. `last_key` is that of the last
    scan or press that changed it, which is counted once.
    """

    __tablename__ = "restocked_item"
    __table_args__ = (
        CheckConstraint(
            "in_hand >= 0 AND stored >= 0 AND damaged >= 0 AND missing >= 0", name="not_negative"
        ),
        CheckConstraint("in_hand + stored + damaged + missing <= asked", name="within_asked"),
    )

    task_id: int = Field(primary_key=True, sa_type=BigInteger, foreign_key="staff_task.id")
    sku: str = Field(primary_key=True, max_length=64, foreign_key="product.sku")
    asked: int
    in_hand: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    stored: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    damaged: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    missing: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    last_key: UUID | None = None

    @property
    def settled(self) -> int:
        """The pieces of which is known where they are."""
        return self.stored + self.damaged + self.missing

    @property
    def left(self) -> int:
        """The pieces that are to be fetched still."""
        return self.asked - self.settled - self.in_hand

    @property
    def is_open(self) -> bool:
        """Whether pieces of it are neither stored nor lost."""
        return self.settled < self.asked
