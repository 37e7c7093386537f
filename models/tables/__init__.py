"""Every table, so that one import fills the metadata that migrations are checked against."""

import models.base  # noqa: F401  (the names of constraints)
from models.tables.access import Badge, Device, Installation, SignInAttempt, UserAccount, WebSession
from models.tables.batches import Batch, BatchTask
from models.tables.catalogue import Barcode, Product, Warehouse
from models.tables.handovers import LoadedParcel, MissedPickup
from models.tables.ledger import AuditEvent, Note, StepRecord
from models.tables.messages import Message
from models.tables.orders import OrderLine, SalesOrder
from models.tables.outages import Outage
from models.tables.packing import PackingLine, PackingParcel, PackingScan, ParcelItem
from models.tables.printing import Printer, PrintJob
from models.tables.refunds import Refund, RefundLine
from models.tables.reports import DailySummary
from models.tables.restocking import RestockedItem
from models.tables.runs import RunHeartbeat, SupersededRun, SweepProblem
from models.tables.scanning import Scan, ScannedItem
from models.tables.shipments import Shipment, ShipmentLine
from models.tables.shipping import (
    Box,
    CarrierBooking,
    CarrierPickup,
    Departure,
    ShippingLabel,
    ShippingRate,
    ShippingZone,
)
from models.tables.staff import Staff, StaffTask, StaffWarehouse
from models.tables.stock import Allocation, StockCount, StockLevel, StockMovement
from models.tables.taxes import TaxRate
from models.tables.totes import ToteBinding

__all__ = [
    "Allocation",
    "AuditEvent",
    "Badge",
    "Barcode",
    "Batch",
    "BatchTask",
    "Box",
    "CarrierBooking",
    "CarrierPickup",
    "DailySummary",
    "Departure",
    "Device",
    "Installation",
    "LoadedParcel",
    "Message",
    "MissedPickup",
    "Note",
    "OrderLine",
    "Outage",
    "PackingLine",
    "PackingParcel",
    "PackingScan",
    "ParcelItem",
    "PrintJob",
    "Printer",
    "Product",
    "Refund",
    "RefundLine",
    "RestockedItem",
    "RunHeartbeat",
    "SalesOrder",
    "Scan",
    "ScannedItem",
    "Shipment",
    "ShipmentLine",
    "ShippingLabel",
    "ShippingRate",
    "ShippingZone",
    "SignInAttempt",
    "Staff",
    "StaffTask",
    "StaffWarehouse",
    "StepRecord",
    "StockCount",
    "StockLevel",
    "StockMovement",
    "SupersededRun",
    "SweepProblem",
    "TaxRate",
    "ToteBinding",
    "UserAccount",
    "Warehouse",
    "WebSession",
]
