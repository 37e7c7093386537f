"""What events that are no step keep: their values, and what is to be said of them.

The event of a step has the values of its result (models/results/). None of these holds a sentence,
or anything by which a customer could be known; what a person typed is a note of its own.
"""

from datetime import datetime
from typing import Any

from domain.messages import NOTHING, Message, Value
from domain.money import amount
from domain.reasons import pieces_by_sku
from models.enums import Channel, EventKind, HoldReason, PrintedPaper
from models.messages import MessageData
from models.results.base import StepResult

_ADDRESS = {
    "address_line1": Message("address-line-1", "first line"),
    "address_line2": Message("address-line-2", "second line"),
    "city": Message("address-city", "city"),
    "region": Message("address-region", "region"),
    "postal_code": Message("address-postal-code", "postal code"),
    "country": Message("address-country", "country"),
}


_LABEL = {
    "recipient": Message("label-recipient", "recipient"),
    "address_lines": Message("label-address", "address"),
    "sender": Message("label-sender", "sender"),
    "carrier": Message("label-carrier", "carrier"),
    "zone": Message("label-zone", "zone"),
}


class Imported(StepResult):
    """An order came in: as what it is known outside, and where in which file it stands."""

    order: str
    file: str = ""
    line: int = 0

    def said(self) -> Message:
        """Which order it is, and where it came from."""
        values: dict[str, Value] = {"order": self.order, "file": self.file, "line": self.line}
        if self.file:
            return Message("order-from-file", "{order}, from {file}, line {line}", values)
        return Message("order-handed-in", "{order}", values)


class OfTask(StepResult):
    """Something about a task, by the gate that it belongs to."""

    gate: str
    task_id: int

    def said(self) -> Message:
        """Which task."""
        return Message("of-task", "task {task}", {"task": self.task_id})


class TaskGivenOut(OfTask):
    """A task was given to somebody."""

    to: str

    def said(self) -> Message:
        """To whom."""
        return Message("task-given-to", "to {name}", {"name": self.to})


class Answered(OfTask):
    """A task is done: what came of its answer, which the gate's result can read, and the way in."""

    through: Channel
    result: dict[str, Any]


class AnswerRefused(OfTask):
    """An answer broke a rule; the task asks again."""

    problem: MessageData

    def said(self) -> Message:
        """Which rule."""
        return self.problem


class LateTaskTold(OfTask):
    """A mail tells of a late task: the staff's names, or nobody's where management gets it."""

    due_at: datetime
    names: tuple[str, ...] = ()

    def said(self) -> Message:
        """When it was due, and who gets a mail."""
        values: dict[str, Value] = {"task": self.task_id, "due": self.due_at, "names": self.names}
        if self.names:
            return Message(
                "late-task-told", "task {task} was due {due}: a mail goes to {names}", values
            )
        return Message(
            "late-task-told-management",
            "task {task} was due {due}: a mail goes to management",
            values,
        )


class StepFailed(StepResult):
    """A step could not be done."""

    step: str
    problem: MessageData

    def said(self) -> Message:
        """Why."""
        return self.problem


class Because(StepResult):
    """Something happened for a reason of Packline's own, or for one that somebody typed."""

    because: MessageData | None = None

    def said(self) -> Message:
        """Packline's reason, if it has one."""
        return self.because or NOTHING


class HoldEvent(StepResult):
    """An order is put on hold."""

    reason: HoldReason | None = None

    def said(self) -> Message:
        """Why it is, or was, on hold."""
        return (
            Message("hold-reason", "{reason}", {"reason": self.reason}) if self.reason else NOTHING
        )


class Released(HoldEvent):
    """An order on hold goes on; what was promised moved by the working hours on hold."""

    ships_by: datetime | None = None

    def said(self) -> Message:
        """Why it was on hold, and by when it ships now."""
        if self.ships_by is None:
            return super().said()
        values: dict[str, Value] = {"reason": self.reason, "ships_by": self.ships_by}
        return Message("released", "{reason}; ships by {ships_by} now", values)


class AddressFields(StepResult):
    """An order goes elsewhere: which columns changed, and nothing of the address."""

    fields: tuple[str, ...]

    def said(self) -> Message:
        """What of the address is another."""
        changed = tuple(_ADDRESS.get(name, name) for name in self.fields)
        return Message("address-changed-in", "changed: {fields}", {"fields": changed})


class LabelIncomplete(StepResult):
    """A label has signs that no font has: in which of its fields, and nothing of the text."""

    fields: tuple[str, ...]

    def said(self) -> Message:
        """Where on the label □ stands for a sign."""
        where = tuple(_LABEL.get(name, name) for name in self.fields)
        return Message(
            "label-incomplete-in", "□ for signs without a font: {fields}", {"fields": where}
        )


class SplitOff(StepResult):
    """A shipment was made of pieces of another one."""

    order: int
    shipment: int
    moved: dict[str, int]
    why: MessageData

    def said(self) -> Message:
        """What came from where, and why."""
        values: dict[str, Value] = {
            "pieces": pieces_by_sku(self.moved),
            "order": self.order,
            "number": self.shipment,
            "why": self.why,
        }
        if self.shipment == 1:
            return Message("split-off-order", "{pieces} from order {order}: {why}", values)
        return Message(
            "split-off-shipment", "{pieces} from order {order}, shipment {number}: {why}", values
        )


class RefundEvent(Because):
    """Money comes back, or has gone back."""

    refund: str
    amount_minor: int
    currency: str

    def said(self) -> Message:
        """How much, and for what or under which key."""
        money = amount(self.amount_minor, self.currency)
        if self.because:
            values: dict[str, Value] = {"amount": money, "why": self.because}
            return Message("refund-because", "{amount}: {why}", values)
        return Message("refund-of", "{amount}, {refund}", {"amount": money, "refund": self.refund})


class PrintRequested(StepResult):
    """Somebody wants a paper printed: for the first time, or again."""

    paper: PrintedPaper
    printer: str
    request: int

    def said(self) -> Message:
        """What, where, and for which time."""
        values: dict[str, Value] = {
            "paper": self.paper,
            "printer": self.printer,
            "request": self.request,
        }
        if self.request == 1:
            return Message("print-requested-of", "{paper} on {printer}", values)
        return Message("print-requested-again", "{paper} on {printer}, request {request}", values)


class OfRun(Because):
    """Something about a flow run."""

    run_id: str

    def said(self) -> Message:
        """Which run, and why."""
        values = {"run": self.run_id, "why": self.because}
        if self.because:
            return Message("run-because", "{run}: {why}", values)
        return Message("flow-run", "{run}", values)


class OfService(StepResult):
    """Something about a service outside."""

    service: str

    def said(self) -> Message:
        """Which one."""
        return Message("of-service", "{service}", {"service": self.service})


class OfUser(StepResult):
    """Something about somebody who may sign in."""

    login: str

    def said(self) -> Message:
        """Who, by the name that they sign in with."""
        return Message("of-user", "{login}", {"login": self.login})


class OfDevice(StepResult):
    """Something about a shared device."""

    device: str

    def said(self) -> Message:
        """Which one."""
        return Message("of-device", "{device}", {"device": self.device})


EVENTS: dict[EventKind, type[StepResult]] = {
    EventKind.IMPORTED: Imported,
    EventKind.ANSWERED: Answered,
    EventKind.CALLED_BACK: Answered,
    EventKind.ANSWER_REFUSED: AnswerRefused,
    EventKind.TASK_TAKEN: OfTask,
    EventKind.TASK_GIVEN_BACK: OfTask,
    EventKind.TASK_GIVEN_OUT: TaskGivenOut,
    EventKind.PUT_FIRST: Because,
    EventKind.REMINDED: LateTaskTold,
    EventKind.ESCALATED: LateTaskTold,
    EventKind.STEP_FAILED: StepFailed,
    EventKind.CANCELLATION_REQUESTED: Because,
    EventKind.PUT_ON_HOLD: HoldEvent,
    EventKind.RELEASED: Released,
    EventKind.PICKUP_MISSED: OfTask,
    EventKind.ADDRESS_CHANGED: AddressFields,
    EventKind.SPLIT_OFF: SplitOff,
    EventKind.LABEL_INCOMPLETE: LabelIncomplete,
    EventKind.REFUND_DUE: RefundEvent,
    EventKind.REFUND_PAID: RefundEvent,
    EventKind.RUN_STARTED: OfRun,
    EventKind.RUN_STARTS_OVER: OfRun,
    EventKind.RUN_GONE: OfRun,
    EventKind.PRINT_REQUESTED: PrintRequested,
    EventKind.ALARM_RETRIED: OfService,
    EventKind.USER_ADDED: OfUser,
    EventKind.USER_DISABLED: OfUser,
    EventKind.PASSWORD_RESET: OfUser,
    EventKind.PASSWORD_CHANGED: OfUser,
    EventKind.BADGE_ISSUED: OfUser,
    EventKind.PIN_CHANGED: OfUser,
    EventKind.SESSION_ENDED: OfUser,
    EventKind.DEVICE_REGISTERED: OfDevice,
    EventKind.DEVICE_REVOKED: OfDevice,
}
"""What the values of each kind of event are."""
