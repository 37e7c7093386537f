"""Damage to the ledger, and to shipped orders."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import CANCELLED, SHIPPED, WAITING

LEDGER = (
    Damage(
        "no step of an order is recorded before those that come first",
        "DELETE FROM step_record"
        f" WHERE subject = 'order:{WAITING}' AND step = 'calculate-total-order-value'",
        f"Order {WAITING} has the record of 'Get Picking Checklist' and lacks that of"
        " 'Calculate Total Order Value'.",
    ),
    Damage(
        "no step of a day is recorded before those that come first",
        "DELETE FROM step_record WHERE step = 'generate-daily-performance-report'",
        "revision 1, has the record of 'Notify Management of Daily Stats' and lacks that of"
        " 'Generate Daily Performance Report'.",
    ),
    Damage(
        "a shipment's status is what its ledger says",
        f"UPDATE shipment SET status = 'New' WHERE order_number = {WAITING}",
        f"Order {WAITING} is New, and by its ledger it is Processing.",
    ),
    Damage(
        "a shipment's status is what its ledger says",
        "DELETE FROM step_record WHERE step = 'cancel-order'",
        f"Order {CANCELLED} is Cancelled, and by its ledger it is New or Backordered.",
    ),
    Damage(
        "an order's status is what its shipments say",
        f"UPDATE sales_order SET status = 'New' WHERE number = {WAITING}",
        f"Order {WAITING} is New, and its shipments make it Processing.",
    ),
    Damage(
        "each piece ordered travels with one shipment or is cancelled",
        f"UPDATE shipment_line SET quantity = 2 WHERE order_number = {WAITING}",
        f"Order {WAITING} has 3 of MUG, 0 of them cancelled, and its shipments have 2.",
    ),
    Damage(
        "each piece ordered travels with one shipment or is cancelled",
        f"UPDATE order_line SET cancelled = 1 WHERE order_number = {WAITING}",
        f"Order {WAITING} has 3 of MUG, 1 of them cancelled, and its shipments have 3.",
    ),
    Damage(
        "a shipment of which nothing is left has no goods, and any other has some",
        f"UPDATE shipment SET nothing_left = true WHERE order_number = {WAITING}",
        f"Order {WAITING} has 3 pieces to ship, and is said to have nothing left.",
    ),
    Damage(
        "further shipments were split off",
        f"INSERT INTO shipment (order_number, number, status) VALUES ({WAITING}, 2, 'New')",
        f"Order {WAITING} has the shipment 2, and no recorded split made it.",
    ),
    Damage(
        "who packs what was picked by mistake is called back, each time",
        "INSERT INTO step_record (subject, step, round, result, run_id, at) VALUES"
        f" ('order:{SHIPPED}', 'undo-picking', 1, '{{}}', '', now())",
        f"Order {SHIPPED}: its picking was undone 1 times, its packers were called back 0 times",
    ),
    Damage(
        "nothing is moved or cancelled once it is with the packers",
        "INSERT INTO step_record (subject, step, round, result, run_id, at) VALUES"
        f" ('order:{SHIPPED}', 'cancel-lines', 1, '{{}}', '', now() + interval '1 minute')",
        f"'Cancel Lines' of order {SHIPPED} was recorded after its parcels were closed.",
    ),
    Damage(
        "shipped orders have gone through all fourteen steps",
        "DELETE FROM step_record"
        f" WHERE subject = 'order:{SHIPPED}' AND step = 'update-order-status-to-shipped'",
        f"Order {SHIPPED} is Shipped and lacks the record of 'Update Order Status to Shipped'.",
    ),
    Damage(
        "shipped orders have gone through all fourteen steps",
        f"DELETE FROM step_record WHERE subject = 'order:{SHIPPED}'",
        f"Order {SHIPPED} is Shipped and lacks the record of 'Retrieve New Order'.",
    ),
    Damage(
        "shipped orders have their cost, carrier and times",
        f"UPDATE shipment SET carrier = NULL WHERE order_number = {SHIPPED}",
        f"Order {SHIPPED} is Shipped and has no carrier.",
    ),
    Damage(
        "shipped orders have their cost, carrier and times",
        "ALTER TABLE sales_order DROP CONSTRAINT ck_sales_order_shipped_is_complete;"
        f"UPDATE sales_order SET collected_at = NULL WHERE number = {SHIPPED}",
        f"Order {SHIPPED} is Shipped and has no time of collection.",
    ),
    Damage(
        "a shipment's tracking number is its first label's",
        f"UPDATE shipment SET tracking_number = 'CP123' WHERE order_number = {SHIPPED}",
        f"Order {SHIPPED} is Shipped with house CP123, and its first label is house CP",
    ),
    Damage(
        "a shipment's tracking number is its first label's",
        "DELETE FROM shipping_label",
        "and its first label is missing.",
    ),
    Damage(
        "shipped orders were collected",
        "UPDATE carrier_pickup SET state = 'booked'",
        f"Order {SHIPPED} is Shipped, and its carrier pickup is booked.",
    ),
    Damage(
        "shipped orders were collected",
        "DELETE FROM carrier_pickup",
        f"Order {SHIPPED} is Shipped, and its carrier pickup is missing.",
    ),
)
