"""The steps of the process, and the order in which they happen."""

from collections.abc import Iterable
from enum import StrEnum


class StepName(StrEnum):
    """A step, by its id: the key in the ledger, which never changes. `display_name` is what people
    see, and the name of its Prefect task; that may change.
    """

    display_name: str

    def __new__(cls, id: str, display_name: str) -> "StepName":
        """The member of an id."""
        step = str.__new__(cls, id)
        step._value_, step.display_name = id, display_name
        return step

    RETRIEVE_NEW_ORDER = "retrieve-new-order", "Retrieve New Order"
    CHECK_INVENTORY_LEVELS = "check-inventory-levels", "Check Inventory Levels"
    CALCULATE_TOTAL_ORDER_VALUE = "calculate-total-order-value", "Calculate Total Order Value"
    UPDATE_ORDER_STATUS_TO_PROCESSING = (
        "update-order-status-to-processing",
        "Update Order Status to Processing",
    )
    ASSIGN_PICKING_TASK = "assign-picking-task", "Assign Picking Task"
    GET_PICKING_CHECKLIST = "get-picking-checklist", "Get Picking Checklist"
    ASSIGN_PACKING_TASK = "assign-packing-task", "Assign Packing Task"
    UPDATE_INVENTORY_STOCK = "update-inventory-stock", "Update Inventory Stock"
    CREATE_SHIPPING_LABEL = "create-shipping-label", "Create Shipping Label"
    CALCULATE_SHIPPING_COST = "calculate-shipping-cost", "Calculate Shipping Cost"
    UPDATE_ORDER_WITH_TRACKING_INFO = (
        "update-order-with-tracking-info",
        "Update Order with Tracking Info",
    )
    SEND_SHIPMENT_NOTIFICATION = "send-shipment-notification", "Send Shipment Notification"
    DISPATCH_CARRIER_PICKUP = "dispatch-carrier-pickup", "Dispatch Carrier Pickup"
    UPDATE_ORDER_STATUS_TO_SHIPPED = (
        "update-order-status-to-shipped",
        "Update Order Status to Shipped",
    )

    DAILY_FULFILLMENT_SUMMARY = "daily-fulfillment-summary", "Daily Fulfillment Summary"
    GENERATE_DAILY_PERFORMANCE_REPORT = (
        "generate-daily-performance-report",
        "Generate Daily Performance Report",
    )
    NOTIFY_MANAGEMENT_OF_DAILY_STATS = (
        "notify-management-of-daily-stats",
        "Notify Management of Daily Stats",
    )

    CANCEL_CARRIER_PICKUP = "cancel-carrier-pickup", "Cancel Carrier Pickup"
    VOID_SHIPPING_LABELS = "void-shipping-labels", "Void Shipping Labels"
    REFUND_ORDER = "refund-order", "Refund Order"
    SEND_CANCELLATION_NOTICE = "send-cancellation-notice", "Send Cancellation Notice"
    ASSIGN_RESTOCK_TASK = "assign-restock-task", "Assign Restock Task"
    RETURN_STOCK = "return-stock", "Return Stock"
    CANCEL_ORDER = "cancel-order", "Cancel Order"

    VOID_OUTDATED_LABELS = "void-outdated-labels", "Void Outdated Labels"
    SEND_LINE_NOTICE = "send-line-cancellation-notice", "Send Line Cancellation Notice"
    UNDO_PICKING = "undo-picking", "Undo Picking"
    CANCEL_LINES = "cancel-lines", "Cancel Lines"
    SPLIT_SHIPMENT = "split-shipment", "Split Shipment"
    RELEASE_STOCK = "release-stock", "Release Stock"
    REALLOCATE_STOCK = "reallocate-stock", "Reallocate Stock"


ORDER_STEPS = (
    StepName.RETRIEVE_NEW_ORDER,
    StepName.CHECK_INVENTORY_LEVELS,
    StepName.CALCULATE_TOTAL_ORDER_VALUE,
    StepName.UPDATE_ORDER_STATUS_TO_PROCESSING,
    StepName.ASSIGN_PICKING_TASK,
    StepName.GET_PICKING_CHECKLIST,
    StepName.ASSIGN_PACKING_TASK,
    StepName.UPDATE_INVENTORY_STOCK,
    StepName.CREATE_SHIPPING_LABEL,
    StepName.CALCULATE_SHIPPING_COST,
    StepName.UPDATE_ORDER_WITH_TRACKING_INFO,
    StepName.SEND_SHIPMENT_NOTIFICATION,
    StepName.DISPATCH_CARRIER_PICKUP,
    StepName.UPDATE_ORDER_STATUS_TO_SHIPPED,
)
"""Steps 1 to 14: one order, from New to Shipped."""

DAY_STEPS = (
    StepName.DAILY_FULFILLMENT_SUMMARY,
    StepName.GENERATE_DAILY_PERFORMANCE_REPORT,
    StepName.NOTIFY_MANAGEMENT_OF_DAILY_STATS,
)
"""Steps 15 to 17: one day of the shop."""

COMPENSATION_STEPS = (
    StepName.CANCEL_CARRIER_PICKUP,
    StepName.VOID_SHIPPING_LABELS,
    StepName.REFUND_ORDER,
    StepName.SEND_CANCELLATION_NOTICE,
    StepName.ASSIGN_RESTOCK_TASK,
    StepName.RETURN_STOCK,
    StepName.CANCEL_ORDER,
)
"""What undoes an order that somebody asked to cancel; the flow is `compensate`."""


def display_names(steps: Iterable[StepName]) -> list[str]:
    """What people call these steps."""
    return [step.display_name for step in steps]
