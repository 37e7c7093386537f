"""What is said of events: a title for each kind, and a detail made of its values.

A kind that this version does not know, because another one that works beside it has written it, is
shown as it is, without a detail.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import ValidationError

from domain.messages import NOTHING, Message, Value
from models.enums import EventKind
from models.events import EVENTS, Answered
from models.results.base import StepResult
from models.results.checklists import PickingChecklist
from models.results.notifications import CancellationTold, MailSent
from models.results.orders import (
    ClaimedOrder,
    LinesCancelled,
    OrderRefunded,
    OrderValue,
    ShipmentSplit,
    Shipped,
    StatusChange,
)
from models.results.reports import DaySummed, ReportMade
from models.results.shipping import (
    LabelsBought,
    LabelsVoided,
    PickupBooked,
    PickupCancelled,
    ShippingCost,
    TrackingInfo,
)
from models.results.stock import (
    StockBooked,
    StockCheck,
    StockReallocated,
    StockReleased,
    StockReturned,
)
from models.results.work import PickingUndone, RestockAssigned, TaskOpened
from services.worklist.gates import GATES, title_message


class Titles:
    """The title of each kind of event."""

    messages: ClassVar[Mapping[str, str]] = {
        "retrieve-new-order": "Retrieve New Order",
        "check-inventory-levels": "Check Inventory Levels",
        "calculate-total-order-value": "Calculate Total Order Value",
        "update-order-status-to-processing": "Update Order Status to Processing",
        "assign-picking-task": "Assign Picking Task",
        "get-picking-checklist": "Get Picking Checklist",
        "assign-packing-task": "Assign Packing Task",
        "update-inventory-stock": "Update Inventory Stock",
        "create-shipping-label": "Create Shipping Label",
        "calculate-shipping-cost": "Calculate Shipping Cost",
        "update-order-with-tracking-info": "Update Order with Tracking Info",
        "send-shipment-notification": "Send Shipment Notification",
        "dispatch-carrier-pickup": "Dispatch Carrier Pickup",
        "update-order-status-to-shipped": "Update Order Status to Shipped",
        "daily-fulfillment-summary": "Daily Fulfillment Summary",
        "generate-daily-performance-report": "Generate Daily Performance Report",
        "notify-management-of-daily-stats": "Notify Management of Daily Stats",
        "cancel-carrier-pickup": "Cancel Carrier Pickup",
        "void-shipping-labels": "Void Shipping Labels",
        "void-outdated-labels": "Void Outdated Labels",
        "refund-order": "Refund Order",
        "send-cancellation-notice": "Send Cancellation Notice",
        "send-line-cancellation-notice": "Send Line Cancellation Notice",
        "assign-restock-task": "Assign Restock Task",
        "return-stock": "Return Stock",
        "cancel-order": "Cancel Order",
        "undo-picking": "Undo Picking",
        "cancel-lines": "Cancel Lines",
        "release-stock": "Release Stock",
        "reallocate-stock": "Reallocate Stock",
        "split-shipment": "Split Shipment",
        "imported": "Imported",
        "answered": "{gate}: done",
        "called-back": "{gate}: called back",
        "answer-refused": "{gate}: asked again",
        "task-taken": "{gate}: taken",
        "task-given-back": "{gate}: given back",
        "task-given-out": "{gate}: given out",
        "put-first": "Put first",
        "reminded": "{gate}: reminded",
        "escalated": "{gate}: escalated",
        "step-failed": "{step} failed",
        "cancellation-requested": "Cancellation requested",
        "put-on-hold": "Put on hold",
        "released": "Released",
        "pickup-missed": "Carrier did not come",
        "address-changed": "Address changed",
        "split-off": "Split off",
        "label-incomplete": "Label is incomplete",
        "refund-due": "Refund due",
        "refund-paid": "Refund paid",
        "run-started": "Run started",
        "run-starts-over": "Run starts over",
        "run-gone": "Run is gone",
        "print-requested": "Printing",
        "alarm-retried": "Service is asked again",
        "user-added": "User added",
        "user-disabled": "User disabled",
        "password-reset": "New password given",
        "password-changed": "Password changed",
        "badge-issued": "Badge issued",
        "pin-changed": "PIN changed",
        "session-ended": "Signed out from elsewhere",
        "device-registered": "Device registered",
        "device-revoked": "Device revoked",
    }


STEP_RESULTS: dict[str, type[StepResult]] = {
    "retrieve-new-order": ClaimedOrder,
    "check-inventory-levels": StockCheck,
    "calculate-total-order-value": OrderValue,
    "update-order-status-to-processing": StatusChange,
    "assign-picking-task": TaskOpened,
    "get-picking-checklist": PickingChecklist,
    "assign-packing-task": TaskOpened,
    "update-inventory-stock": StockBooked,
    "create-shipping-label": LabelsBought,
    "calculate-shipping-cost": ShippingCost,
    "update-order-with-tracking-info": TrackingInfo,
    "send-shipment-notification": MailSent,
    "dispatch-carrier-pickup": PickupBooked,
    "update-order-status-to-shipped": Shipped,
    "daily-fulfillment-summary": DaySummed,
    "generate-daily-performance-report": ReportMade,
    "notify-management-of-daily-stats": MailSent,
    "cancel-carrier-pickup": PickupCancelled,
    "void-shipping-labels": LabelsVoided,
    "void-outdated-labels": LabelsVoided,
    "refund-order": OrderRefunded,
    "send-cancellation-notice": CancellationTold,
    "send-line-cancellation-notice": MailSent,
    "assign-restock-task": RestockAssigned,
    "return-stock": StockReturned,
    "cancel-order": StatusChange,
    "undo-picking": PickingUndone,
    "cancel-lines": LinesCancelled,
    "release-stock": StockReleased,
    "reallocate-stock": StockReallocated,
    "split-shipment": ShipmentSplit,
}
"""What the values of each step's event are, by the step's id."""


def title(kind: str, values: Mapping[str, Any]) -> Message:
    """What happened: the name of the step, of the gate with what became of it, or of the event."""
    if kind not in Titles.messages:
        return Message("unknown-event", "{kind}", {"kind": kind})
    parts: dict[str, Any] = {}
    if "gate" in values:
        parts["gate"] = title_message(values["gate"])
    if kind == EventKind.STEP_FAILED and "step" in values:
        parts["step"] = title(values["step"], {})
    return Message(kind, Titles.messages[kind], parts)


def detail(kind: str, values: Mapping[str, Any]) -> Message:
    """What there is to say beside the title; nothing where the values cannot be read."""
    try:
        return _detail(kind, values)
    except (ValidationError, KeyError, TypeError):  # written by another version
        return NOTHING


def _detail(kind: str, values: Mapping[str, Any]) -> Message:
    result = STEP_RESULTS.get(kind) or EVENTS.get(EventKind(kind)) if kind in KINDS else None
    if result is None:
        return NOTHING
    read = result.of_event(values)
    return _of_answer(read) if isinstance(read, Answered) else read.said()


def _of_answer(answered: Answered) -> Message:
    what = GATES[answered.gate].result.of_event(answered.result).said()
    channel: dict[str, Value] = {"what": what, "channel": answered.through}
    return Message("answered-through", "{what} (through {channel})", channel)


KINDS = frozenset(STEP_RESULTS) | frozenset(EVENTS)
"""All kinds of events that this version writes."""
