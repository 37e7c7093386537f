"""Damage to the ledger, and to what follows from it."""

from tests.process import COMPENSATION_STEPS, DAY_STEPS, ORDER_STEPS, step_id
from tests.services.audit.audit_shop import (
    BOTH_CANCELLED,
    BOTH_SHIPPED,
    HALF_CANCELLED,
    HELD,
    IN_EUROS,
    PACKED,
    PICKING_UNDONE,
    REMINDED,
    SPLIT,
    UNTOUCHED,
)
from tests.services.audit.damages.damage import Damage, forgotten, recorded

_TRAVELS = "each piece ordered travels with one shipment or is cancelled"
_LEFT = "a shipment of which nothing is left has no goods, and any other has some"
_SPLIT_OFF = "further shipments were split off"
_NO_SPLIT = f"Order {SPLIT} has the shipment 2, and no recorded split made it."

LEDGER = (
    *(
        Damage(
            "no step of an order is recorded before those that come first",
            forgotten(f"order:{IN_EUROS}", step),
            f"Order {IN_EUROS} has the record of 'Update Order Status to Shipped' and lacks that of"
            f" '{step}'.",
        )
        for step in ORDER_STEPS[:-1]
    ),
    *(
        Damage(
            "shipped orders have gone through all fourteen steps",
            forgotten(f"order:{IN_EUROS}", step),
            f"Order {IN_EUROS} is Shipped and lacks the record of '{step}'.",
        )
        for step in ORDER_STEPS
    ),
    *(
        Damage(
            "no step of the compensation is recorded before those that come first",
            forgotten(f"order:{BOTH_CANCELLED}", step),
            f"Order {BOTH_CANCELLED} has the record of 'Cancel Order' and lacks that of '{step}'.",
        )
        for step in COMPENSATION_STEPS[:-1]
    ),
    *(
        Damage(
            "only orders that are to be cancelled go back",
            recorded(f"order:{UNTOUCHED}", step),
            f"Order {UNTOUCHED} has the record of '{step}', and nobody asked to cancel it.",
        )
        for step in COMPENSATION_STEPS[:-1]
    ),
    *(
        Damage(
            "no step of a day is recorded before those that come first",
            f"DELETE FROM step_record WHERE step = '{step_id(step)}' AND round = 1",
            "revision 1, has the record of 'Notify Management of Daily Stats' and lacks that of"
            f" '{step}'.",
        )
        for step in DAY_STEPS[:-1]
    ),
    Damage(
        "an order's status is what its shipments say",
        f"DELETE FROM shipment WHERE order_number = {UNTOUCHED}",
        f"Order {UNTOUCHED} is New, and its shipments make it an order without any.",
    ),
    Damage(
        "an order's status is what its shipments say",
        f"UPDATE sales_order SET status = 'Processing' WHERE number = {HALF_CANCELLED}",
        f"Order {HALF_CANCELLED} is Processing, and its shipments make it Shipped.",
    ),
    Damage(
        _LEFT,
        f"UPDATE shipment SET nothing_left = true WHERE order_number = {HELD}",
        f"Order {HELD} has 4 pieces to ship, and is said to have nothing left.",
    ),
    Damage(
        _LEFT,
        f"UPDATE shipment_line SET quantity = 0 WHERE order_number = {HELD}",
        f"Order {HELD} has 0 pieces to ship, and is said to have something left.",
    ),
    Damage(
        _TRAVELS,
        f"UPDATE shipment_line SET sku = 'POT' WHERE order_number = {HELD} AND sku = 'RUG'",
        f"Order {HELD} has 0 of POT, 0 of them cancelled, and its shipments have 1.",
        also=f"Order {HELD} has 1 of RUG, 0 of them cancelled, and its shipments have 0.",
    ),
    Damage(
        _TRAVELS,
        f"UPDATE shipment_line SET order_number = 7 WHERE order_number = {HELD} AND sku = 'RUG'",
        "Order 7 has 0 of RUG, 0 of them cancelled, and its shipments have 1.",
        also=f"Order {HELD} has 1 of RUG, 0 of them cancelled, and its shipments have 0.",
    ),
    Damage(
        _TRAVELS,
        f"DELETE FROM shipment_line WHERE order_number = {HELD} AND sku = 'RUG'",
        f"Order {HELD} has 1 of RUG, 0 of them cancelled, and its shipments have 0.",
    ),
    Damage(
        _TRAVELS,
        f"DELETE FROM shipment WHERE order_number = {HELD};"
        f"UPDATE shipment_line SET quantity = 2 WHERE order_number = {HELD} AND sku = 'RUG'",
        f"Order {HELD} has 1 of RUG, 0 of them cancelled, and its shipments have 2.",
    ),
    Damage(
        _TRAVELS,
        f"UPDATE order_line SET cancelled = 2 WHERE order_number = {BOTH_CANCELLED}"
        " AND sku = 'LAMP'",
        f"Order {BOTH_CANCELLED} has 3 of LAMP, 2 of them cancelled, and its shipments have 0.",
    ),
    Damage(_SPLIT_OFF, forgotten(f"order:{SPLIT}", "Split Shipment", 2), _NO_SPLIT),
    Damage(
        _SPLIT_OFF,
        forgotten(f"order:{SPLIT}", "Split Shipment", 2)
        + recorded(f"order:{SPLIT}", "gate: packing", 2),
        _NO_SPLIT,
    ),
    Damage(
        _SPLIT_OFF,
        f"UPDATE step_record SET round = 3 WHERE subject = 'order:{SPLIT}'"
        " AND step = 'split-shipment'",
        _NO_SPLIT,
    ),
    Damage(
        "who packs what was picked by mistake is called back, each time",
        forgotten(f"order:{PICKING_UNDONE}", "Undo Picking"),
        f"Order {PICKING_UNDONE}: its picking was undone 0 times, its packers were called back 1"
        " times, and nobody packs it.",
    ),
    *(
        Damage(
            "who packs what was picked by mistake is called back, each time",
            recorded(f"order:{number}", "Undo Picking"),
            f"Order {number}: its picking was undone 1 times, its packers were called back 0"
            f" times, and {packing}.",
        )
        for number, packing in ((REMINDED, "it is being packed"), (PACKED, "it is packed"))
    ),
    *(
        Damage(
            "nothing is moved or cancelled once it is with the packers",
            recorded(f"order:{PACKED}", step),
            f"'{step}' of order {PACKED} was recorded after its parcels were closed.",
        )
        for step in ("Split Shipment", "Cancel Lines")
    ),
    Damage(
        "a shipment's status is what its ledger says",
        f"UPDATE shipment SET status = 'Backordered' WHERE order_number = {PACKED}",
        f"Order {PACKED} is Backordered, and by its ledger it is Processing.",
    ),
    Damage(
        "a shipment's status is what its ledger says",
        forgotten(f"order:{BOTH_SHIPPED}:2", "Update Order Status to Shipped"),
        f"Order {BOTH_SHIPPED}, shipment 2 is Shipped, and by its ledger it is Processing.",
    ),
    Damage(
        "daily summaries are the latest that the ledger has",
        "DELETE FROM step_record WHERE step = 'daily-fulfillment-summary'",
        "is revision 2, and its ledger says nothing.",
    ),
    Damage(
        "daily summaries say what the orders say",
        f"UPDATE sales_order SET currency = 'USD' WHERE number = {IN_EUROS}",
        '"USD": {"orders": 1, "pieces": 2',
    ),
    Damage(
        "daily summaries say what the orders say",
        f"UPDATE order_line SET cancelled = 1 WHERE order_number = {IN_EUROS}",
        '"EUR": {"orders": 1, "pieces": 1',
    ),
)
