"""Every table, so that one import fills the metadata that migrations are checked against."""

from models.catalogue import (
    Product,
    Reservation,
    StockCount,
    StockLevel,
    StockMovement,
    Warehouse,
)
from models.ledger import AuditEvent, StepRecord
from models.messages import Message
from models.orders import OrderLine, SalesOrder
from models.refunds import Refund
from models.reports import DailySummary
from models.runs import OvertakenRun, RunHeartbeat
from models.shipments import Shipment, ShipmentLine
from models.shipping import (
    CarrierBooking,
    CarrierPickup,
    ShippingLabel,
    ShippingRate,
    ShippingZone,
)
from models.staff import Staff, StaffTask
from models.taxes import TaxRate

__all__ = [
    "AuditEvent",
    "CarrierBooking",
    "CarrierPickup",
    "DailySummary",
    "Message",
    "OrderLine",
    "OvertakenRun",
    "Product",
    "Refund",
    "Reservation",
    "RunHeartbeat",
    "SalesOrder",
    "Shipment",
    "ShipmentLine",
    "ShippingLabel",
    "ShippingRate",
    "ShippingZone",
    "Staff",
    "StaffTask",
    "StepRecord",
    "StockCount",
    "StockLevel",
    "StockMovement",
    "TaxRate",
    "Warehouse",
]
