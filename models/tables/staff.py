"""Staff, and the tasks that wait for them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, Relationship, SQLModel

from models.base import document, identity, instant, written_instant
from models.enums import Channel, Role, TaskState, enum_column, enum_list_column, some_of
from models.tables.catalogue import WAREHOUSE_CHARACTERS
from models.tables.messages import KEY_CHARACTERS
from models.tables.shipments import of_shipment, shipment_number

_REMINDED = (
    "(reminded_at IS NULL) = (reminder IS NULL)"
    " AND (reminded_at IS NULL) = (escalation_due_at IS NULL)"
)
# The audit says the same: *nobody is told of a task before it is late*.
_ESCALATED = (
    "(escalated_at IS NULL) = (escalation IS NULL)"
    " AND (escalated_at IS NULL OR escalated_at >= escalation_due_at)"
)


_TAKEN = (
    "(taken_by IS NULL) = (taken_at IS NULL) AND (taken_by IS NULL) = (taken_until IS NULL)"
    " AND (taken_by IS NULL OR take_number > 0)"
)


def _key_of_mail() -> Any:
    return Field(default=None, max_length=KEY_CHARACTERS, foreign_key="message.key")


class Staff(SQLModel, table=True):
    """Somebody who works here, and in which roles; or, if not `active`, has worked here."""

    __table_args__ = (some_of(Role, "roles"),)

    name: str = Field(primary_key=True, max_length=100)
    roles: list[Role] = Field(sa_column=enum_list_column(Role))
    email: str = Field(default="", max_length=320)
    active: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})

    places: list["StaffWarehouse"] = Relationship(
        sa_relationship_kwargs={"cascade": "all, delete-orphan", "lazy": "selectin"}
    )

    @property
    def warehouses(self) -> frozenset[str]:
        """The codes of those where they work; none: in all of them."""
        return frozenset(place.warehouse for place in self.places)


class StaffWarehouse(SQLModel, table=True):
    """Somebody works in this warehouse. Who has no such row works in all of them."""

    __tablename__ = "staff_warehouse"

    name: str = Field(primary_key=True, foreign_key="staff.name", max_length=100)
    warehouse: str = Field(
        primary_key=True, foreign_key="warehouse.code", max_length=WAREHOUSE_CHARACTERS
    )


class StaffTask(SQLModel, table=True):
    """One thing that one person is asked to do for a shipment, and the answer.

    `kind` names its gate; the audit says which no gate knows, so that a new one needs no migration.
    `warehouse` is where the order's stock is; None: no warehouse had been chosen.

    Tasks are listed by `leaves_at`, the departure of their shipment, and by `promised_at`, their
    order's, which also stands in where nothing departs: the database writes both.

    A refused answer closes its round; the task of the next round has the error, as the data of a
    message. `times_presented` counts how often its form was put up in Prefect. `reminder` and
    `escalation` are the keys of the mails that told of it when it was late; from
    `escalation_due_at` on, the role above is told.

    Whoever is at it has taken it, until `taken_until` if nothing more is heard of them;
    `take_number` counts the takes, so that what comes late from an earlier one is known. The
    takes of a task that has ended are kept as they were. `first_scan_at` is when the first piece of
    it was scanned.
    """

    __tablename__ = "staff_task"
    __table_args__ = (
        of_shipment(),
        UniqueConstraint("order_number", "shipment", "kind", "round"),
        Index(
            "ix_staff_task_one_open",
            "order_number",
            "shipment",
            "kind",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_staff_task_to_do",
            "leaves_at",
            "promised_at",
            "due_at",
            "id",
            "role",
            "warehouse",
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_staff_task_taken",
            "taken_by",
            postgresql_where=text("state = 'open' AND taken_by IS NOT NULL"),
        ),
        Index(
            "ix_staff_task_late",
            "due_at",
            postgresql_where=text("state = 'open' AND escalated_at IS NULL"),
        ),
        CheckConstraint("kind ~ '^[a-z][a-z-]{0,31}$'", name="kind_of_a_gate"),
        CheckConstraint(_REMINDED, name="reminded_by_mail"),
        CheckConstraint(_ESCALATED, name="escalated_after_reminder"),
        CheckConstraint(_TAKEN, name="taken_by_somebody"),
        CheckConstraint(
            "(state IN ('done', 'refused')) = (answered_at IS NOT NULL)",
            name="answered_when_closed",
        ),
    )

    id: int = identity()
    order_number: int = Field(sa_type=BigInteger, nullable=False)
    shipment: int = shipment_number()
    warehouse: str | None = Field(
        default=None, foreign_key="warehouse.code", max_length=WAREHOUSE_CHARACTERS
    )
    kind: str = Field(max_length=32)
    round: int = 1
    role: Role = Field(sa_column=enum_column(Role, "role"))
    state: TaskState = Field(default=TaskState.OPEN, sa_column=enum_column(TaskState, "state"))
    opened_at: datetime = instant()
    leaves_at: datetime = written_instant()
    promised_at: datetime = written_instant()
    due_at: datetime = instant()
    reminded_at: datetime | None = instant(None)
    reminder: str | None = _key_of_mail()
    escalation_due_at: datetime | None = instant(None)
    escalated_at: datetime | None = instant(None)
    escalation: str | None = _key_of_mail()
    checklist: dict[str, Any] | None = document()
    times_presented: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: dict[str, Any] | None = document()
    taken_by: str | None = Field(default=None, max_length=100)
    take_number: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    taken_at: datetime | None = instant(None)
    taken_until: datetime | None = instant(None)
    first_scan_at: datetime | None = instant(None)
    answer: dict[str, Any] | None = document()
    answered_by: str | None = Field(default=None, max_length=100)
    answered_at: datetime | None = instant(None)
    answered_through: Channel | None = Field(
        default=None, sa_column=enum_column(Channel, "answered_through", nullable=True)
    )
