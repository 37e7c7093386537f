"""The field's terms as closed lists. Each value is what people read and what the database keeps."""

from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Column, Enum
from sqlalchemy.dialects.postgresql import ARRAY


class OrderStatus(StrEnum):
    """Where an order stands, as the customer would ask for it."""

    NEW = "New"
    BACKORDERED = "Backordered"
    PROCESSING = "Processing"
    SHIPPED = "Shipped"
    CANCELLED = "Cancelled"


ENDED = (OrderStatus.SHIPPED, OrderStatus.CANCELLED)
"""States that no order leaves again."""


class ServiceLevel(StrEnum):
    """How fast the customer wants it."""

    STANDARD = "standard"
    EXPRESS = "express"


class MovementKind(StrEnum):
    """Why a product's stock on hand changed."""

    RECEIVED = "received"
    SOLD = "sold"
    ADJUSTED = "adjusted"
    DAMAGED = "damaged"
    RETURNED = "returned"
    TRANSFERRED = "transferred"


class Adjustment(StrEnum):
    """The kinds of movement that people book by hand; deliveries and sales have their own ways."""

    ADJUSTED = "adjusted"
    DAMAGED = "damaged"
    RETURNED = "returned"


class AllocationState(StrEnum):
    """What became of the stock for an order line: backordered while the order waits for it,
    allocated to it, issued once it is booked out, released if it is not needed any more.
    """

    BACKORDERED = "backordered"
    ALLOCATED = "allocated"
    ISSUED = "issued"
    RELEASED = "released"


class TaskKind(StrEnum):
    """What a person is asked to do at the gates that the process itself names.

    A task is of any kind that has a gate (services/worklist/gates.py), not only of these.
    """

    PICKING = "picking"
    PACKING = "packing"
    CARRIER_PICKUP = "carrier-pickup"
    SHORTAGE = "shortage"
    SHORT_PICK = "short-pick"
    RESTOCK = "restock"
    HOLD = "hold"


class ShortPickReason(StrEnum):
    """Why a picker found fewer pieces than listed."""

    NOT_IN_BIN = "not in bin"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong item"
    OTHER = "other"


class LackingReason(StrEnum):
    """Why a packer lacks a piece that was picked: it is not in the tote, it cannot be sold, or
    another product lies in its place.
    """

    MISSING = "missing"
    DAMAGED = "damaged"
    WRONG = "wrong"


class Role(StrEnum):
    """Who does it; one person may have several."""

    WAREHOUSE_STAFF = "warehouse staff"
    PACKER = "packer"
    LOGISTICS_COORDINATOR = "logistics coordinator"
    OPERATOR = "operator"
    MANAGER = "manager"
    ADMIN = "admin"


class Weekday(StrEnum):
    """A day of the week, the first one first."""

    MONDAY = "mon"
    TUESDAY = "tue"
    WEDNESDAY = "wed"
    THURSDAY = "thu"
    FRIDAY = "fri"
    SATURDAY = "sat"
    SUNDAY = "sun"


class TaskState(StrEnum):
    """A staff task is open, held (its order is on hold), done, refused (its answer broke a rule;
    the next round asks again), or withdrawn (its order was cancelled, or its hold was released).
    """

    OPEN = "open"
    HELD = "held"
    DONE = "done"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class BatchOrderState(StrEnum):
    """What has become of an order of a batch."""

    IN_HAND = "in hand"
    ON_HOLD = "on hold"
    CALLED_OFF = "called off"
    GIVEN_BACK = "given back"
    DONE = "done"


class HoldReason(StrEnum):
    """Why an order is on hold."""

    AWAITING_PAYMENT = "awaiting payment"
    FRAUD_CHECK = "fraud check"
    BAD_ADDRESS = "bad address"
    CUSTOMER_ASKED = "customer asked"
    OTHER = "other"


class LabelState(StrEnum):
    """A label is wanted before it is bought, so that a crash in between is seen."""

    WANTED = "wanted"
    BOUGHT = "bought"
    VOIDED = "voided"


class PickupState(StrEnum):
    """A pickup is wanted, then booked with the carrier, then collected; or it is cancelled."""

    WANTED = "wanted"
    BOOKED = "booked"
    COLLECTED = "collected"
    CANCELLED = "cancelled"


class MessageState(StrEnum):
    """A message is written before it is sent. `refused`: the mail server will never take it."""

    WRITTEN = "written"
    SENT = "sent"
    REFUSED = "refused"


class EventKind(StrEnum):
    """What has happened to a subject, other than a step: a step's event has the step's id."""

    IMPORTED = "imported"
    ANSWERED = "answered"
    CALLED_BACK = "called-back"
    ANSWER_REFUSED = "answer-refused"
    TASK_TAKEN = "task-taken"
    TASK_GIVEN_BACK = "task-given-back"
    TASK_GIVEN_OUT = "task-given-out"
    PUT_FIRST = "put-first"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    STEP_FAILED = "step-failed"
    CANCELLATION_REQUESTED = "cancellation-requested"
    PUT_ON_HOLD = "put-on-hold"
    RELEASED = "released"
    PICKUP_MISSED = "pickup-missed"
    ADDRESS_CHANGED = "address-changed"
    SPLIT_OFF = "split-off"
    LABEL_INCOMPLETE = "label-incomplete"
    REFUND_DUE = "refund-due"
    REFUND_PAID = "refund-paid"
    RUN_STARTED = "run-started"
    RUN_STARTS_OVER = "run-starts-over"
    RUN_GONE = "run-gone"
    PRINT_REQUESTED = "print-requested"
    ALARM_RETRIED = "alarm-retried"
    USER_ADDED = "user-added"
    USER_DISABLED = "user-disabled"
    PASSWORD_RESET = "password-reset"
    PASSWORD_CHANGED = "password-changed"
    BADGE_ISSUED = "badge-issued"
    PIN_CHANGED = "pin-changed"
    SESSION_ENDED = "session-ended"
    DEVICE_REGISTERED = "device-registered"
    DEVICE_REVOKED = "device-revoked"


class PackingVerdict(StrEnum):
    """What became of a scan at the bench: pieces counted, the last of a line, the last of all, a
    parcel begun or something taken out, or nothing.
    """

    COUNTED = "counted"
    LINE_DONE = "line done"
    ALL_DONE = "all done"
    CHANGED = "changed"
    REFUSED = "refused"


class PrintedPaper(StrEnum):
    """What is printed."""

    SLIP = "packing slip"
    PICK_LIST = "pick list"
    LABEL = "label"


class PrintState(StrEnum):
    """A print job is wanted, then taken by the machine that has the printer; then its command says
    that it was printed, or failed. Taken for too long: nobody knows.
    """

    WANTED = "wanted"
    TAKEN = "taken"
    PRINTED = "printed"
    FAILED = "failed"


class JobState(StrEnum):
    """How a print job stands, as people read it; `unclear`: its machine was not heard of again."""

    WANTED = "wanted"
    TAKEN = "being printed"
    UNCLEAR = "unclear"
    PRINTED = "printed"
    FAILED = "failed"


class BookingKind(StrEnum):
    """What was bought from the house carrier."""

    LABEL = "label"
    PICKUP = "pickup"


class SweepPart(StrEnum):
    """What the dispatcher does for an order in a sweep."""

    FILL = "fill a backorder"
    RESUME = "resume an answered run"
    BRING_BACK = "bring back a deferred run"
    RECOVER = "recover a run"
    START = "start a run"
    REMIND = "remind of a late task"


class Channel(StrEnum):
    """The way in through which somebody acts; what nobody did by hand, Packline did."""

    COMMAND_LINE = "command line"
    PREFECT = "Prefect"
    PACKLINE = "Packline"
    IMPORT = "import"
    API = "API"
    CONSOLE = "console"


def enum_column(
    kind: type[StrEnum], name: str, *, nullable: bool = False, primary_key: bool = False
) -> Column[str]:
    """A text column that the database holds to the values of `kind` by a CHECK named `name`."""
    return Column(_values(kind, name=name), nullable=nullable, primary_key=primary_key)


def enum_list_column(kind: type[StrEnum]) -> Column[list[str]]:
    """An array of values of `kind`. The database holds it to them by `some_of`."""
    return Column(ARRAY(_values(kind, create_constraint=False)), nullable=False)


def some_of(kind: type[StrEnum], name: str) -> CheckConstraint:
    """The CHECK that the array `name` has at least one value, and none but those of `kind`."""
    values = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(
        f"cardinality({name}) > 0 AND {name} <@ CAST(ARRAY[{values}] AS VARCHAR(32)[])", name=name
    )


def _values(kind: type[StrEnum], *, create_constraint: bool = True, **given: Any) -> Enum:
    return Enum(
        kind,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=create_constraint,
        length=32,
        **given,
    )
