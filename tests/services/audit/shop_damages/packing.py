"""Damage to what lies in which parcel."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import SHIPPED

PACKING = (
    Damage(
        "parcels hold what their shipment sends",
        "UPDATE parcel_item SET pieces = 1 WHERE sku = 'MUG'",
        f"Order {SHIPPED}, shipment 1: 1 of MUG lie in its parcels, and 2 are sent.",
    ),
    Damage(
        "what was scanned at the bench adds up",
        f"INSERT INTO packing_line SELECT id, 'MUG', 2, 1 FROM staff_task"
        f" WHERE order_number = {SHIPPED} AND kind = 'packing'",
        "1 of MUG are packed, and its scans say 0.",
    ),
)
