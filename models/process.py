"""The seventeen steps by name, in the order in which the processes take them."""

ORDER_STEPS = (
    "Retrieve New Order",
    "Check Inventory Levels",
    "Calculate Total Order Value",
    "Update Order Status to Processing",
    "Assign Picking Task",
    "Get Picking Checklist",
    "Assign Packing Task",
    "Update Inventory Stock",
    "Create Shipping Label",
    "Calculate Shipping Cost",
    "Update Order with Tracking Info",
    "Send Shipment Notification",
    "Dispatch Carrier Pickup",
    "Update Order Status to Shipped",
)
"""Steps 1 to 14: one order, from New to Shipped."""

COMPENSATION_STEPS = (
    "Cancel Carrier Pickup",
    "Void Shipping Labels",
    "Refund Order",
    "Send Cancellation Notice",
    "Assign Restock Task",
    "Return Stock",
    "Cancel Order",
)
"""The steps of an order that somebody asked to cancel."""

DAY_STEPS = (
    "Daily Fulfillment Summary",
    "Generate Daily Performance Report",
    "Notify Management of Daily Stats",
)
"""Steps 15 to 17: one day of the shop."""


RETRIEVE_NEW_ORDER = "Retrieve New Order"
DAILY_FULFILLMENT_SUMMARY = "Daily Fulfillment Summary"

RELEASE_STOCK = "Release Stock"
REALLOCATE_STOCK = "Reallocate Stock"

CANCEL_LINES = "Cancel Lines"

CANCEL_ORDER = "Cancel Order"
REFUND_ORDER = "Refund Order"
UPDATE_INVENTORY_STOCK = "Update Inventory Stock"

SPLIT_SHIPMENT = "Split Shipment"
ASSIGN_PACKING_TASK = "Assign Packing Task"


SEND_LINE_NOTICE = "Send Line Cancellation Notice"

CHECK_INVENTORY_LEVELS = "Check Inventory Levels"
CREATE_SHIPPING_LABEL = "Create Shipping Label"
DISPATCH_CARRIER_PICKUP = "Dispatch Carrier Pickup"
NOTIFY_MANAGEMENT_OF_DAILY_STATS = "Notify Management of Daily Stats"
RETURN_STOCK = "Return Stock"
SEND_CANCELLATION_NOTICE = "Send Cancellation Notice"
SEND_SHIPMENT_NOTIFICATION = "Send Shipment Notification"
UPDATE_ORDER_STATUS_TO_PROCESSING = "Update Order Status to Processing"
UPDATE_ORDER_STATUS_TO_SHIPPED = "Update Order Status to Shipped"
VOID_OUTDATED_LABELS = "Void Outdated Labels"
VOID_SHIPPING_LABELS = "Void Shipping Labels"


def step_id(name: str) -> str:
    """A step's name for programs: `Check Inventory Levels` is `check-inventory-levels`."""
    return name.lower().replace(" ", "-")
