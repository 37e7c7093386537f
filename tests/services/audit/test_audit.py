"""The audit finds nothing in what the processes left, and every row that was damaged by hand."""

import subprocess
import sys
from collections.abc import Iterable, Iterator

import pytest
from sqlmodel import Session

from adapters.database import sessions as db
from adapters.prefect.api import PrefectAway, RunState
from adapters.settings import settings
from domain.shop_days import shop_day
from domain.tracking import is_valid_s10, s10_number
from models.enums import LabelState, ServiceLevel
from models.imports.stock import StockCountIn, TransferIn
from models.tables.orders import SalesOrder
from models.tables.shipping import ShippingLabel
from services.audit.audit import LISTED, LIVE_RUNS, Check, audit, database_checks
from services.audit.invariants import SENT_TWICE
from tests.actors import count, move, request_cancellation_of
from tests.databases import clone, using
from tests.factories import make_order, make_product, make_tariffs, make_warehouse
from tests.mailserver import MailServer
from tests.process import Process, execute
from tests.services.audit.damages.damage import Damage

pytestmark = pytest.mark.lengthy

SHIPPED, CANCELLED, BACKORDERED, WAITING, NEW, PUT_SHORT, TAKEN_BACK = range(1001, 1008)
GIVEN_UP = 1008
"""The orders in the shop, one of each kind; the waiting one is to be picked, and a count has put
another one short; one was cancelled when its pickup was ordered, and the last when it was picked
short.
"""


A_REFUND = (
    "INSERT INTO refund (order_number, key, reason, items_minor, shipping_minor, tax_minor,"
    " amount_minor, currency, at, by, paid_at, paid_by)"
    f" VALUES ({SHIPPED}, 'order:{SHIPPED}:refund:1', 'broken', %s, now(), 'Max', %s)"
)
"""A row with its amounts, currency, and who paid it when, still to be filled in."""

OUTAGE = (
    "INSERT INTO outage (service, problem, since, failures, refused, retry_at, raised_at)"
    " VALUES ('mail', '{}', now() - interval '1 hour', 1, %s);"
)
"""A row with whether it refused us, when it is asked again, and since when it is an alarm."""

DAMAGES = [
    Damage(
        "deferred orders stand still and have a run that comes back",
        OUTAGE % "false, now(), now()"
        + f"UPDATE shipment SET awaits = 'mail' WHERE order_number = {WAITING}",
        f"Order {WAITING} waits for mail, and a person is asked: picking-1",
    ),
    Damage(
        "deferred orders come back when they are due",
        "UPDATE shipment SET retry_at = now() - interval '11 minutes', pause_key = NULL"
        f" WHERE order_number = {WAITING}",
        f"Order {WAITING} was to come back (due",
    ),
    Damage(
        "what refuses us is an alarm",
        "ALTER TABLE outage DROP CONSTRAINT ck_outage_refused_waits_for_a_person;"
        + OUTAGE % "true, NULL, NULL",
        "and no alarm says so.",
    ),
    Damage(
        "outages that last are alarms",
        OUTAGE % "false, now(), NULL",
        "mail is out since",
    ),
    Damage(
        "every task is of a kind that a gate knows",
        "UPDATE staff_task SET kind = 'gift-wrap' WHERE kind = 'packing'"
        f" AND order_number = {SHIPPED}",
        "is of the kind 'gift-wrap', which no gate knows.",
    ),
    Damage(
        "stock on hand is the sum of its movements",
        "UPDATE stock_level SET on_hand = 9 WHERE sku = 'MUG'",
        "MUG has 9 on hand in MAIN, and its movements there add up to 8.",
    ),
    Damage(
        "stock on hand is the sum of its movements",
        "DELETE FROM stock_movement WHERE sku = 'PLATE'",
        "PLATE has 3 on hand in MAIN, and its movements there add up to 0.",
    ),
    Damage(
        "stock on hand is the sum of its movements",
        "DELETE FROM stock_level WHERE warehouse = 'YORK'",
        "CUP has 0 on hand in YORK, and its movements there add up to 1.",
    ),
    Damage(
        "allocated stock is the sum of its allocations",
        "UPDATE stock_level SET allocated = 1 WHERE sku = 'PLATE'",
        "PLATE has 1 allocated in MAIN, and its allocations there add up to 0.",
    ),
    Damage(
        "allocated stock is the sum of its allocations",
        "UPDATE allocation SET warehouse = 'YORK' WHERE state = 'allocated'",
        "MUG has 0 allocated in YORK, and its allocations there add up to 3.",
    ),
    Damage(
        "allocated stock is on hand",
        "ALTER TABLE stock_level DROP CONSTRAINT ck_stock_level_allocated_within_on_hand;"
        "UPDATE stock_level SET allocated = 99 WHERE sku = 'MUG'",
        "MUG has 99 allocated of 8 on hand in MAIN.",
    ),
    Damage(
        "allocated stock is on hand",
        "ALTER TABLE stock_level DROP CONSTRAINT ck_stock_level_allocated_within_on_hand;"
        "UPDATE stock_level SET allocated = -1 WHERE sku = 'MUG'",
        "MUG has -1 allocated",
    ),
    Damage(
        "a product's stock is the sum of its stock levels",
        "UPDATE product SET on_hand = 9 WHERE sku = 'MUG'",
        "Product MUG has 9 on hand and 3 allocated, and its stock levels add up to 8 and 3.",
    ),
    Damage(
        "a product's stock is the sum of its stock levels",
        "UPDATE product SET allocated = 1 WHERE sku = 'PLATE'",
        "Product PLATE has 3 on hand and 1 allocated, and its stock levels add up to 3 and 0.",
    ),
    Damage(
        "a product's stock is the sum of its stock levels",
        "DELETE FROM stock_level WHERE sku = 'CUP' AND warehouse = 'YORK'",
        "Product CUP has 2 on hand and 0 allocated, and its stock levels add up to 1 and 0.",
    ),
    Damage(
        "transfers are two movements that add up to zero",
        "DELETE FROM stock_movement WHERE kind = 'transferred' AND quantity < 0",
        "Transfer T-1 of CUP has 1 movements, which add up to 1.",
    ),
    Damage(
        "transfers are two movements that add up to zero",
        "UPDATE stock_movement SET quantity = 2 WHERE kind = 'transferred' AND quantity > 0",
        "Transfer T-1 of CUP has 2 movements, which add up to 1.",
    ),
    Damage(
        "what is held is in a warehouse, and what is wanted in none yet",
        "ALTER TABLE allocation DROP CONSTRAINT ck_allocation_allocated_in_a_warehouse;"
        "UPDATE allocation SET warehouse = NULL WHERE state = 'allocated'",
        "of MUG is allocated, and its warehouse is not known.",
    ),
    Damage(
        "what is held is in a warehouse, and what is wanted in none yet",
        "ALTER TABLE allocation DROP CONSTRAINT ck_allocation_allocated_in_a_warehouse;"
        "UPDATE allocation SET warehouse = 'YORK' WHERE sku = 'BOWL'",
        "of BOWL is backordered, and its warehouse is YORK.",
    ),
    Damage(
        "a shipment's stock is in one warehouse",
        "UPDATE allocation SET warehouse = 'YORK' WHERE state = 'issued' AND sku = 'PLATE'",
        f"Order {SHIPPED} has stock allocated or booked out in MAIN and YORK.",
    ),
    Damage(
        "orders are booked out of the warehouse in which they were allocated",
        "UPDATE allocation SET warehouse = 'YORK' WHERE state = 'issued' AND sku = 'PLATE'",
        f"order:{SHIPPED} sold 1 of PLATE out of MAIN, and they were allocated in YORK.",
    ),
    Damage(
        "open tasks are where their order's stock is",
        f"UPDATE staff_task SET warehouse = 'YORK' WHERE order_number = {WAITING}",
        f"is in YORK, and the stock of its order {WAITING} is in MAIN.",
    ),
    Damage(
        "orders that passed the stock check hold each line",
        "DELETE FROM allocation WHERE state = 'allocated'",
        f"Order {WAITING} needs 3 of MUG allocated, and its allocation holds 0.",
    ),
    Damage(
        "orders that passed the stock check hold each line",
        "UPDATE allocation SET quantity = 2 WHERE state = 'allocated'",
        f"Order {WAITING} needs 3 of MUG allocated, and its allocation holds 2.",
    ),
    Damage(
        "orders that passed the stock check hold each line",
        f"DELETE FROM step_record WHERE subject = 'order:{PUT_SHORT}' AND step = 'release-stock';"
        "UPDATE staff_task SET state = 'withdrawn' WHERE kind = 'short-pick'",
        f"Order {PUT_SHORT} needs 2 of BOWL allocated, and its allocation holds 0.",
    ),
    Damage(
        "orders that wait for stock want each line",
        "DELETE FROM allocation WHERE sku = 'BOWL'",
        f"Order {PUT_SHORT} waits for stock with 2 of BOWL; it wants 0 and holds 0.",
    ),
    Damage(
        "orders that wait for stock want each line",
        "UPDATE allocation SET quantity = 1 WHERE state = 'backordered' AND sku = 'PLATE'",
        f"Order {BACKORDERED} waits for stock with 40 of PLATE; it wants 1 and holds 0.",
    ),
    Damage(
        "no other order wants stock",
        "UPDATE allocation SET state = 'backordered', warehouse = NULL WHERE state = 'allocated'",
        f"Order {WAITING} is Processing and wants 3 of MUG, though it does not wait for stock.",
    ),
    Damage(
        "no other order wants stock",
        "UPDATE allocation SET state = 'backordered' WHERE state = 'released' AND sku = 'PLATE'",
        f"Order {CANCELLED} is Cancelled and wants 50 of PLATE",
    ),
    Damage(
        "orders that wait for stock are neither picked in full nor packed",
        "INSERT INTO step_record (subject, step, round, run_id, at)"
        f" VALUES ('order:{PUT_SHORT}', 'assign-packing-task', 1, '', now())",
        f"Order {PUT_SHORT} waits for stock, and 'Assign Packing Task' is recorded for it.",
    ),
    Damage(
        "what a count found more or less is moved once",
        "UPDATE stock_movement SET quantity = -1 WHERE reference = 'count:C-1'",
        "Count C-1 of BOWL in MAIN found 1 where the books had 3, and its movement says -1.",
    ),
    Damage(
        "what a count found more or less is moved once",
        "DELETE FROM stock_count",
        "Count C-1 of BOWL in MAIN found nothing where the books had nothing, and its movement"
        " says -2.",
    ),
    Damage(
        "no other order holds stock",
        "UPDATE allocation SET state = 'allocated', warehouse = 'MAIN' WHERE sku = 'BOWL'",
        f"Order {PUT_SHORT} is Processing and has 2 of BOWL allocated",
    ),
    Damage(
        "no other order holds stock",
        "UPDATE allocation SET state = 'allocated', warehouse = 'MAIN'"
        f" WHERE order_number = {CANCELLED}",
        f"Order {CANCELLED} is Cancelled and has 50 of PLATE allocated",
    ),
    Damage(
        "no other order holds stock",
        "UPDATE allocation SET state = 'allocated', warehouse = 'MAIN'"
        f" WHERE order_number = {BACKORDERED}",
        f"Order {BACKORDERED} is Backordered and has 40 of PLATE allocated",
    ),
    Damage(
        "no other order holds stock",
        "INSERT INTO allocation (order_number, warehouse, sku, quantity, state, at)"
        " SELECT order_number, 'MAIN', sku, 1, 'allocated', now() FROM order_line"
        f" WHERE order_number = {NEW}",
        f"Order {NEW} is New and has 1 of MUG allocated",
    ),
    Damage(
        "no other order holds stock",
        "UPDATE allocation SET state = 'allocated' WHERE state = 'issued' AND sku = 'PLATE'",
        f"Order {SHIPPED} is Shipped and has 1 of PLATE allocated",
    ),
    Damage(
        "allocations are issued when stock is booked out",
        "DELETE FROM allocation WHERE sku = 'PLATE'",
        f"Order {SHIPPED}, 1 of PLATE: its stock is booked out, and its allocation is missing.",
    ),
    Damage(
        "allocations are issued when stock is booked out",
        "UPDATE allocation SET quantity = 7 WHERE sku = 'PLATE'",
        f"Order {SHIPPED}, 1 of PLATE: its stock is booked out, and its allocation is 7 PLATE",
    ),
    Damage(
        "allocations are issued when stock is booked out",
        "UPDATE allocation SET state = 'issued' WHERE state = 'allocated'",
        f"Order {WAITING}, 3 of MUG: its stock is not booked out, and its allocation is 3 MUG,"
        " issued.",
    ),
    Damage(
        "orders booked out have sold each line",
        "DELETE FROM stock_movement WHERE sku = 'PLATE' AND kind = 'sold'",
        f"Order {SHIPPED} was booked out with 1 of PLATE, and its movement says 0.",
    ),
    Damage(
        "orders booked out have sold each line",
        "UPDATE stock_movement SET quantity = -3 WHERE sku = 'MUG' AND kind = 'sold'",
        f"Order {SHIPPED} was booked out with 2 of MUG, and its movement says 3.",
    ),
    Damage(
        "nothing else is sold",
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        f" VALUES ('MAIN', 'MUG', -1, 'sold', 'order:{CANCELLED}', 'me', '', now())",
        f"sold 1 of MUG for order:{CANCELLED}",
    ),
    Damage(
        "nothing else is sold",
        f"UPDATE stock_movement SET reference = 'order {SHIPPED}' WHERE kind = 'sold'",
        f"sold 2 of MUG for order {SHIPPED}",
    ),
    Damage(
        "an order's value is what was charged for its parts",
        f"UPDATE order_line SET tax_minor = tax_minor + 1 WHERE order_number = {WAITING}",
        "minor units of tax, and its parts add up to",
    ),
    Damage(
        "an order's value is its total and its refunds",
        "ALTER TABLE sales_order DROP CONSTRAINT ck_sales_order_total_adds_up;"
        f"UPDATE sales_order SET total_minor = 7 WHERE number = {SHIPPED}",
        f"Order {SHIPPED} was charged 4345 minor units of GBP (total); 7 of them are left, and 0"
        " came back.",
    ),
    Damage(
        "an order's value is what was charged for its parts",
        f"DELETE FROM order_line WHERE order_number = {SHIPPED}",
        "minor units of value, and its parts add up to nothing.",
    ),
    Damage(
        "an order's value is its total and its refunds",
        f"UPDATE sales_order SET value_minor = value_minor + 1 WHERE number = {WAITING}",
        f"Order {WAITING} was charged 4146 minor units of GBP (total); 4145 of them are left, and 0"
        " came back.",
    ),
    Damage(
        "an order's value is its total and its refunds",
        A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, NULL"),
        f"Order {SHIPPED} was charged 4345 minor units of GBP (total); 4345 of them are left, and 5"
        " came back.",
    ),
    Damage(
        "the value that was told is the order's",
        "UPDATE step_record SET result = result || jsonb_build_object('total_minor', 5)"
        f" WHERE subject = 'order:{WAITING}' AND step = 'calculate-total-order-value'",
        f"Order {WAITING} is worth 4145 minor units, and its step says 5.",
    ),
    Damage(
        "refunds of a line are its share of what was charged",
        f"UPDATE order_line SET cancelled = 1 WHERE order_number = {WAITING}",
        f"Order {WAITING} has 1 of 3 MUG in line 1 cancelled, charged 3750 minor units (items), and"
        " 0 came back for them.",
    ),
    Damage(
        "refunds are for lines of their order",
        A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, NULL"),
        f"Refund order:{SHIPPED}:refund:1 gives back 5 minor units for items, and its lines add up"
        " to 0.",
    ),
    Damage(
        "refunds are for an order, in its currency",
        A_REFUND % ("5, 0, 1, 5, 'EUR'", "NULL, NULL"),
        f"Refund order:{SHIPPED}:refund:1 gives back 5 minor units of EUR, and order {SHIPPED} is"
        " in GBP.",
    ),
    Damage(
        "refunds are for an order, in its currency",
        A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, NULL")
        + ";UPDATE refund SET order_number = 7, currency = 'GBP'",
        "and order 7 is in no currency: it is missing.",
    ),
    Damage(
        "refunds give something back and add up",
        A_REFUND % ("5, 3, 1, 9, 'GBP'", "NULL, NULL"),
        "gives back 9 minor units, and its parts are 5 for items, 3 for shipping, 0 for fees and 1"
        " of tax.",
    ),
    Damage(
        "refunds give something back and add up",
        "ALTER TABLE refund DROP CONSTRAINT ck_refund_gives_something_back;"
        + A_REFUND % ("0, 0, 0, 0, 'GBP'", "NULL, NULL"),
        f"Refund order:{SHIPPED}:refund:1 gives back 0 minor units",
    ),
    Damage(
        "refunds are paid by somebody",
        "ALTER TABLE refund DROP CONSTRAINT ck_refund_paid_by_somebody;"
        + A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, 'Kim'"),
        f"Refund order:{SHIPPED}:refund:1 was paid at no time by Kim, with the reference none.",
    ),
    Damage(
        "lines cancel no more than was ordered",
        "ALTER TABLE order_line DROP CONSTRAINT ck_order_line_cancelled_within_ordered;"
        f"UPDATE order_line SET cancelled = 4 WHERE order_number = {WAITING}",
        f"Order {WAITING} has 3 of MUG ordered and 4 cancelled.",
    ),
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
        "further shipments were split off",
        f"INSERT INTO shipment (order_number, number, status) VALUES ({WAITING}, 2, 'New')",
        f"Order {WAITING} has the shipment 2, and no recorded split made it.",
    ),
    Damage(
        "nothing is moved or cancelled once it is with the packers",
        "INSERT INTO step_record (subject, step, round, result, run_id, at) VALUES"
        f" ('order:{SHIPPED}', 'cancel-lines', 1, '{{}}', '', now() + interval '1 minute')",
        f"'Cancel Lines' of order {SHIPPED} was recorded after its packing task.",
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
        "shipped orders have their amounts, carrier and times",
        f"UPDATE shipment SET carrier = NULL WHERE order_number = {SHIPPED}",
        f"Order {SHIPPED} is Shipped and has no carrier.",
    ),
    Damage(
        "shipped orders have their amounts, carrier and times",
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
    Damage(
        "labelled orders have a printed label per parcel packed",
        "DELETE FROM shipping_label WHERE parcel = 2",
        f"Order {SHIPPED} was packed into 2 parcels, and has 1 labels bought and printed.",
    ),
    Damage(
        "labelled orders have a printed label per parcel packed",
        "UPDATE shipping_label SET pdf = '' WHERE parcel = 2",
        f"Order {SHIPPED} was packed into 2 parcels, and has 1 labels bought and printed.",
    ),
    Damage(
        "labelled orders have a printed label per parcel packed",
        "DELETE FROM step_record WHERE step = 'gate: packing'",
        f"Order {SHIPPED} was packed into 0 parcels, and has 2 labels bought and printed.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"UPDATE message SET state = 'written' WHERE key = 'order:{SHIPPED}:shipment'",
        f"the mail order:{SHIPPED}:shipment is written.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"DELETE FROM message WHERE key = 'order:{SHIPPED}:shipment'",
        f"the mail order:{SHIPPED}:shipment is missing.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        "DELETE FROM message WHERE starts_with(key, 'day:')",
        ":report:1 is missing.",
    ),
    Damage(
        "lines that are cancelled are told to the customer once",
        "INSERT INTO step_record (subject, step, round, result, run_id, at)"
        f" VALUES ('order:{TAKEN_BACK}', 'cancel-lines', 1,"
        """ '{"cancelled": {"VASE": 1}, "refund": null}', '', now())""",
        f"Order {TAKEN_BACK} has cancelled lines (order:{TAKEN_BACK}:cancelled:1), and its mails"
        " tell of them 0 times.",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'create-shipping-label'",
        f"Label order:{SHIPPED}:label:1 is bought, and the ledger lacks 'Create Shipping Label'",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'dispatch-carrier-pickup'",
        f"Pickup order:{SHIPPED}:pickup is collected, and the ledger lacks",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'send-shipment-notification'",
        f"Mail order:{SHIPPED}:shipment is sent, and the ledger lacks",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'notify-management-of-daily-stats'",
        "and the ledger lacks 'Notify Management of Daily Stats' of day:",
    ),
    Damage(
        "what the house carrier booked was wanted",
        "INSERT INTO carrier_booking (key, kind, reference, at)"
        " VALUES ('order:7:label:1', 'label', 'CP1', now())",
        "booked the label CP1 under the key order:7:label:1",
    ),
    Damage(
        "what was bought stands in the house carrier's book",
        "DELETE FROM carrier_booking WHERE kind = 'pickup'",
        f"The pickup order:{SHIPPED}:pickup has the reference PU",
    ),
    Damage(
        "what was bought stands in the house carrier's book",
        f"UPDATE carrier_booking SET reference = 'CP1' WHERE key = 'order:{SHIPPED}:label:2'",
        "and the house carrier's book has CP1.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        "UPDATE shipping_label SET state = 'voided' WHERE parcel = 2",
        f"The label order:{SHIPPED}:label:2 of order {SHIPPED} is voided, and the house carrier's"
        " book has it live.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        "UPDATE carrier_pickup SET state = 'cancelled'; DELETE FROM carrier_booking",
        f"The pickup order:{SHIPPED}:pickup of order {SHIPPED} is cancelled, and the house"
        " carrier's book has it not at all.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        "UPDATE carrier_booking SET voided_at = now() WHERE kind = 'pickup'",
        f"The pickup order:{SHIPPED}:pickup of order {SHIPPED} is collected, and the house"
        " carrier's book has it voided.",
    ),
    Damage(
        "a key in the house carrier's book was bought or voided",
        "ALTER TABLE carrier_booking DROP CONSTRAINT ck_carrier_booking_booked_or_voided;"
        "UPDATE carrier_booking SET reference = NULL WHERE kind = 'pickup'",
        f"has the key order:{SHIPPED}:pickup, under which nothing was bought or voided.",
    ),
    Damage(
        "labels are replaced as often as their parcels were called back",
        f"UPDATE shipment SET label_version = 2 WHERE order_number = {SHIPPED}",
        f"Order {SHIPPED} has the issue 2 of its labels; 'Void Outdated Labels' is recorded 0"
        " times, and its parcels were called back 0 times.",
    ),
    Damage(
        "nothing goes to an address that has changed",
        "ALTER TABLE shipment DROP CONSTRAINT ck_shipment_shipped_to_its_address;"
        f"UPDATE shipment SET address_changed = true WHERE order_number = {SHIPPED}",
        f"Order {SHIPPED} has another address since its labels were made; it is Shipped",
    ),
    Damage(
        "a parcel has one live label",
        "DROP INDEX ix_shipping_label_one_live; UPDATE shipping_label SET parcel = 1",
        f"Parcel 1 of order {SHIPPED}, shipment 1, has 2 live labels.",
    ),
    Damage(
        "the house carrier's tracking numbers are valid",
        "UPDATE shipping_label SET tracking_number = 'CP000000010GB' WHERE parcel = 2",
        f"Label order:{SHIPPED}:label:2 has the tracking number CP000000010GB",
    ),
    Damage(
        "the house carrier's tracking numbers are valid",
        "UPDATE shipping_label SET tracking_number = 'lost' WHERE parcel = 2",
        f"Label order:{SHIPPED}:label:2 has the tracking number lost",
    ),
    Damage(
        "nothing happens twice under one key",
        "ALTER TABLE message DROP CONSTRAINT uq_message_key CASCADE;"
        "INSERT INTO message (key, message_id, recipients, subject, text, html, state, problem,"
        " written_at, sent_at) SELECT key, 'another', recipients, subject, text, html, state,"
        f" problem, written_at, sent_at FROM message WHERE key = 'order:{SHIPPED}:shipment'",
        f"The mail order:{SHIPPED}:shipment is there 2 times",
    ),
    Damage(
        "nothing happens twice under one key",
        "ALTER TABLE shipping_label DROP CONSTRAINT uq_shipping_label_tracking_number;"
        f"UPDATE shipping_label SET tracking_number = 'CP1' WHERE order_number = {SHIPPED}",
        "The label with tracking number CP1 is there 2 times",
    ),
    Damage(
        "nothing happens twice under one key",
        "ALTER TABLE stock_movement DROP CONSTRAINT uq_stock_movement_sku_kind_reference_warehouse;"
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        " SELECT warehouse, sku, quantity, kind, reference, actor, reason, at FROM stock_movement"
        " WHERE sku = 'MUG' AND kind = 'sold'",
        f"The movement (MUG,sold,order:{SHIPPED},MAIN) is there 2 times",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"DELETE FROM message WHERE key = 'order:{TAKEN_BACK}:cancellation'",
        f"the mail order:{TAKEN_BACK}:cancellation is missing.",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'send-cancellation-notice'",
        f"Mail order:{TAKEN_BACK}:cancellation is sent, and the ledger lacks",
    ),
    Damage(
        "who asks to cancel an order says when and why",
        "ALTER TABLE sales_order DROP CONSTRAINT ck_sales_order_cancellation_is_asked_for;"
        f"UPDATE sales_order SET cancel_requested_by = NULL WHERE number = {TAKEN_BACK}",
        "by nobody, because: changed their mind.",
    ),
    Damage(
        "only orders that are to be cancelled go back",
        "INSERT INTO step_record (subject, step, round, run_id, at)"
        f" VALUES ('order:{WAITING}', 'refund-order', 1, '', now())",
        f"Order {WAITING} has the record of 'Refund Order', and nobody asked to cancel it.",
    ),
    Damage(
        "no step of the compensation is recorded before those that come first",
        "DELETE FROM step_record WHERE step = 'void-shipping-labels'",
        f"Order {TAKEN_BACK} has the record of 'Cancel Order' and lacks that of"
        " 'Void Shipping Labels'.",
    ),
    Damage(
        "nothing of a cancelled order is left with a carrier",
        f"UPDATE shipping_label SET state = 'bought' WHERE order_number = {TAKEN_BACK}",
        f"Order {TAKEN_BACK} is Cancelled, and its label order:{TAKEN_BACK}:label:1 is bought.",
    ),
    Damage(
        "nothing of a cancelled order is left with a carrier",
        f"UPDATE carrier_pickup SET state = 'wanted' WHERE order_number = {TAKEN_BACK}",
        f"its pickup order:{TAKEN_BACK}:pickup is wanted.",
    ),
    Damage(
        "goods that were picked for a cancelled order were restocked",
        "DELETE FROM step_record WHERE step = 'gate: restock'",
        f"Order {TAKEN_BACK} was picked and its stock returned, and nobody says that its VASE",
    ),
    Damage(
        "what came back of a cancelled order is booked in once",
        "UPDATE stock_movement SET quantity = 1 WHERE kind = 'returned'",
        f"order:{TAKEN_BACK} returned 2 of VASE as returned, and its movement says 1.",
    ),
    Damage(
        "what came back of a cancelled order is booked in once",
        "DELETE FROM step_record WHERE step IN ('gate: restock', 'return-stock')",
        f"order:{TAKEN_BACK} returned 0 of VASE as damaged, and its movement says -1.",
    ),
    Damage(
        "what came back of a cancelled order is booked in once",
        "UPDATE stock_movement SET quantity = -2"
        f" WHERE reference = 'order:{GIVEN_UP}' AND kind = 'adjusted'",
        f"order:{GIVEN_UP} returned -1 of JUG as adjusted, and its movement says -2.",
    ),
    Damage(
        "what came back of a cancelled order is booked in once",
        f"DELETE FROM stock_movement WHERE reference = 'order:{GIVEN_UP}'",
        f"order:{GIVEN_UP} returned -1 of JUG as adjusted, and its movement says 0.",
    ),
    Damage(
        "what came back of a cancelled order is booked in once",
        f"UPDATE step_record SET result = jsonb_set(result, '{{missing,JUG}}', '2')"
        f" WHERE subject = 'order:{GIVEN_UP}' AND step = 'return-stock'",
        f"order:{GIVEN_UP} returned -2 of JUG as adjusted, and its movement says -1.",
    ),
    Damage(
        "what a picker did not find left the stock once, with the answer",
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        f" VALUES ('MAIN', 'JUG', -1, 'adjusted', 'order:{GIVEN_UP}:picking:7', 'Jo', 'no', now())",
        f"order:{GIVEN_UP}:picking:7 moved -1 of JUG as adjusted, and the picker's answer says 0.",
    ),
    Damage(
        "what a picker did not find left the stock once, with the answer",
        "UPDATE stock_movement SET kind = 'adjusted'"
        f" WHERE reference = 'order:{GIVEN_UP}:picking:1'",
        f"order:{GIVEN_UP}:picking:1 moved 0 of JUG as damaged, and the picker's answer says -1.",
    ),
    Damage(
        "no other order holds stock",
        f"DELETE FROM step_record WHERE subject = 'order:{GIVEN_UP}' AND step = 'return-stock';"
        "UPDATE shipment SET status = 'Processing', cancelled_at = NULL"
        f" WHERE order_number = {GIVEN_UP};"
        "UPDATE allocation SET state = 'allocated', warehouse = 'MAIN'"
        " WHERE sku = 'JUG' AND quantity = 2",
        f"Order {GIVEN_UP} is Processing and has 2 of JUG allocated",
    ),
    Damage(
        "what goes back is cancelled in the order's lines",
        f"UPDATE order_line SET cancelled = 1 WHERE order_number = {TAKEN_BACK}",
        f"Order {TAKEN_BACK} has 1 of VASE cancelled, and 2 go back.",
    ),
    Damage(
        "orders that are to be cancelled only want their goods restocked",
        "UPDATE sales_order SET cancel_requested_at = now(), cancel_requested_by = 'Max',"
        f" cancel_reason = 'a mistake' WHERE number = {WAITING}",
        f"(picking) is open, and its order {WAITING} is to be cancelled.",
    ),
    Damage(
        "who puts an order on hold says when and why",
        "ALTER TABLE sales_order DROP CONSTRAINT ck_sales_order_held_by_somebody;"
        f"UPDATE sales_order SET on_hold_since = now() WHERE number = {WAITING}",
        "by nobody, because: nothing.",
    ),
    Damage(
        "the tasks of orders on hold wait, and no others",
        f"UPDATE staff_task SET state = 'held' WHERE order_number = {WAITING}",
        f"(picking) is held, and its order {WAITING} is not on hold.",
    ),
    Damage(
        "the tasks of orders on hold wait, and no others",
        "UPDATE sales_order SET on_hold_since = now(), held_by = 'Max', hold_reason = 'other'"
        f" WHERE number = {WAITING}",
        f"(picking) is open, and its order {WAITING} is on hold.",
    ),
    Damage(
        "ended orders ask nobody for anything",
        f"UPDATE staff_task SET state = 'open', answered_at = NULL"
        f" WHERE order_number = {CANCELLED} AND kind = 'shortage'",
        f"(shortage) is open, and its order {CANCELLED} is Cancelled.",
    ),
    Damage(
        "answered tasks and the ledger agree",
        f"DELETE FROM step_record WHERE subject = 'order:{CANCELLED}' AND step = 'gate: shortage'",
        f"Order {CANCELLED}, gate: shortage, round 1: its task is done, and its ledger says"
        " nothing.",
    ),
    Damage(
        "answered tasks and the ledger agree",
        f"DELETE FROM staff_task WHERE order_number = {SHIPPED} AND kind = 'packing'",
        f"Order {SHIPPED}, gate: packing, round 1: its task is not answered, and its ledger says"
        " done.",
    ),
    Damage(
        "answered tasks and the ledger agree",
        "UPDATE staff_task SET state = 'done' WHERE state = 'refused'",
        f"Order {SHIPPED}, gate: picking, round 1: its task is done, and its ledger says refused.",
    ),
    Damage(
        "late tasks and the mails that tell of them agree",
        "UPDATE staff_task SET reminded_at = due_at, escalation_due_at = due_at,"
        f" reminder = 'reminder:9' WHERE order_number = {WAITING}",
        "was told of in the mail reminder:9, and there is no such mail.",
    ),
    Damage(
        "late tasks and the mails that tell of them agree",
        "INSERT INTO message (key, message_id, recipients, subject, text, html, state, problem,"
        " written_at, sent_at) SELECT 'escalation:9', 'another', recipients, subject, text, html,"
        f" state, problem, written_at, sent_at FROM message WHERE key = 'order:{SHIPPED}:shipment'",
        "Task 9 was told of in the mail escalation:9, and does not say so.",
    ),
    Damage(
        "nobody is told of a task before it is late",
        "UPDATE staff_task SET reminded_at = due_at - interval '1 s', escalation_due_at = due_at,"
        f" reminder = 'reminder:9' WHERE order_number = {WAITING}",
        "and those who do it were told",
    ),
    Damage(
        "nobody is told of a task before it is late",
        "ALTER TABLE staff_task DROP CONSTRAINT ck_staff_task_escalated_after_reminder;"
        "UPDATE staff_task SET reminded_at = due_at, escalation_due_at = due_at + interval '2 s',"
        " escalated_at = due_at, reminder = 'reminder:9', escalation = 'escalation:9'"
        f" WHERE order_number = {WAITING}",
        "and the role above was told",
    ),
    Damage(
        "orders in work have a run or a person",
        f"UPDATE shipment SET run_id = NULL WHERE order_number = {WAITING};"
        f"UPDATE staff_task SET state = 'withdrawn' WHERE order_number = {WAITING}",
        f"Order {WAITING} is Processing, and neither a flow run nor a person works on it.",
    ),
    Damage(
        "daily summaries say what the orders say",
        "UPDATE daily_summary SET orders_shipped = 2",
        "says 2 orders, 3 pieces",
    ),
    Damage(
        "daily summaries say what the orders say",
        "UPDATE daily_summary SET pieces_shipped = 4",
        "says 1 orders, 4 pieces",
    ),
    Damage(
        "daily summaries say what the orders say",
        "UPDATE daily_summary SET revenue = jsonb_set(revenue, '{GBP,revenue_minor}', '5')",
        '"revenue_minor": 5}}, and the orders shipped that day say 1 orders, 3 pieces',
    ),
    Damage(
        "daily summaries say what the orders say",
        f"UPDATE sales_order SET shipped_at = shipped_at - interval '2 days'"
        f" WHERE number = {SHIPPED}",
        "and the orders shipped that day say 0 orders, 0 pieces, {}.",
    ),
    Damage(
        "daily summaries are the latest that the ledger has",
        "UPDATE daily_summary SET revision = 2",
        "is revision 2, and its ledger says revision 1.",
    ),
    Damage(
        "daily summaries are the latest that the ledger has",
        "DELETE FROM daily_summary",
        "is missing, and its ledger says revision 1.",
    ),
]


class FakePrefect:
    """Prefect with one state for every run; `meanwhile` happens elsewhere while it is asked."""

    def __init__(self, state: RunState | None, away: bool = False, meanwhile: str = "") -> None:
        self.state = state
        self.away = away
        self.meanwhile = meanwhile

    def states(self, run_ids: Iterable[str]) -> dict[str, RunState]:
        if self.away:
            raise PrefectAway("http://prefect.example/api", "connection refused")
        asked = list(run_ids)
        if self.meanwhile:
            with db.transaction() as session:
                damage(session, self.meanwhile)
        return dict.fromkeys(asked, self.state) if self.state else {}


@pytest.fixture(scope="module")
def lived_in(postgres_url: str) -> Iterator[str]:
    """A shop where an order of each kind has come as far as it can, and the day is summed up."""
    mail_server = MailServer()
    mail_server.start()
    smtp = {"PACKLINE_SMTP_HOST": "127.0.0.1", "PACKLINE_SMTP_PORT": str(mail_server.port)}
    with clone(postgres_url, lasts=True) as url:
        with using(url, **smtp), pytest.MonkeyPatch.context() as monkeypatch:
            live_a_day(Process(monkeypatch))
        yield url
    mail_server.stop()


@pytest.fixture
def shop(lived_in: str) -> Iterator[None]:
    """That shop, to be looked at."""
    with using(lived_in):
        yield


@pytest.fixture
def shop_session(shop: None) -> Iterator[Session]:
    """A session in that shop, whose work is undone."""
    with db.engine().connect() as connection, Session(connection) as session:
        yield session
        session.rollback()


@pytest.fixture
def shop_copy(lived_in: str) -> Iterator[None]:
    """A copy of that shop, to be damaged for good."""
    with clone(lived_in) as url, using(url):
        yield


def live_a_day(process: Process) -> None:
    """The picker of the first order answers wrongly once, and the packer makes two parcels."""
    with db.transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG", stock=10)
        make_product(session, "PLATE", stock=4, weight_grams=500)
        make_product(session, "BOWL", stock=3)
        make_product(session, "CUP", stock=2)
        make_warehouse(session, "YORK", 2)
        make_product(session, "VASE", stock=3)
        make_product(session, "JUG", stock=4)
        orders = ({"PLATE": 1, "MUG": 2}, {"PLATE": 50}, {"PLATE": 40}, {"MUG": 3}, {"MUG": 1})
        orders += ({"BOWL": 2}, {"VASE": 2}, {"JUG": 3})
        numbers = [make_order(session, lines) for lines in orders]
    assert numbers == [
        SHIPPED,
        CANCELLED,
        BACKORDERED,
        WAITING,
        NEW,
        PUT_SHORT,
        TAKEN_BACK,
        GIVEN_UP,
    ]

    assert process.run(SHIPPED) == "picking-1"
    process.answers["picking-1"] = {"gate": "picking"}
    assert process.run(SHIPPED) == "picking-2"
    process.answer("picking")
    assert process.run(SHIPPED) == "packing-1"
    parcel = {"weight_grams": 900, "length_mm": 200, "width_mm": 150, "height_mm": 100}
    process.answer("packing", parcels=[parcel, parcel])
    assert process.ship(SHIPPED) == f"Order {SHIPPED} is Shipped."

    another = process.another()
    assert another.run(CANCELLED) == "shortage-1"
    another.answer("shortage", decision="cancel order")
    assert another.run(CANCELLED).startswith(f"Order {CANCELLED} is Cancelled")
    assert process.another().run(BACKORDERED) == "shortage-1"
    assert process.another().run(WAITING) == "picking-1"
    assert process.another().run(PUT_SHORT) == "picking-1"
    count(StockCountIn(sku="BOWL", counted=1, reference="C-1", by="Kim"))
    move(
        TransferIn(
            sku="CUP",
            quantity=1,
            from_warehouse="MAIN",
            to_warehouse="YORK",
            reason="nearer",
            reference="T-1",
            by="Jo",
        )
    )
    unmark_ready(process.another())
    release_all(process.another())
    with db.transaction() as session:
        shipped_at = session.get_one(SalesOrder, SHIPPED).shipped_at
    process.another().sum_up(shop_day(shipped_at, settings().zone_info))


def unmark_ready(process: Process) -> None:
    """The last order is cancelled once its parcels are labelled; a vase broke on the way."""
    for kind in ("picking", "packing", "carrier-pickup"):
        assert process.run(TAKEN_BACK) == f"{kind}-1"
        if kind != "carrier-pickup":
            process.answer(kind, TAKEN_BACK)
    request_cancellation_of(TAKEN_BACK, "changed their mind", "Max")
    assert process.run(TAKEN_BACK) == "restock-1"
    lost = [{"sku": "VASE", "damaged": 1}]
    process.answer("restock", outcome="something is damaged or missing", lost=lost)
    assert process.run(TAKEN_BACK).startswith(f"Order {TAKEN_BACK} is Cancelled")


def release_all(process: Process) -> None:
    """The last order is cancelled once it is picked short: a jug was broken, another gets lost."""
    process.run(GIVEN_UP)
    found = [{"sku": "JUG", "quantity": 2, "why": "damaged"}]
    process.answer("picking", GIVEN_UP, outcome="something is missing", found=found)
    request_cancellation_of(GIVEN_UP, "changed their mind", "Max")
    assert process.run(GIVEN_UP) == "restock-1"
    lost = [{"sku": "JUG", "missing": 1}]
    process.answer("restock", outcome="something is damaged or missing", lost=lost)
    assert process.run(GIVEN_UP).startswith(f"Order {GIVEN_UP} is Cancelled")


def damage(session: Session, sql: str) -> None:
    """Change the database behind the back of its triggers and foreign keys."""
    session.connection().exec_driver_sql("SET LOCAL session_replication_role = replica")
    session.connection().exec_driver_sql(sql)


def check_named(checks: Iterable[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_what_the_processes_left_passes_every_check(shop):
    report = audit(FakePrefect(RunState("PAUSED", "Suspended")))
    assert report.ok
    assert [check for check in report.checks if not check.ok or check.skipped] == []


@pytest.mark.parametrize("done", DAMAGES, ids=lambda done: done.names[:60])
def test_damage_by_hand_is_found_and_named(shop_session, done):
    damage(shop_session, done.sql)
    check = check_named(database_checks(shop_session), done.check)
    assert not check.ok
    assert any(done.names in problem for problem in check.problems), check.problems


def test_every_check_has_its_damage(shop):
    checked = {check.name for check in audit(None).checks}
    assert checked == {done.check for done in DAMAGES} | {LIVE_RUNS, SENT_TWICE.name}


def test_one_broken_check_breaks_the_report(shop_copy):
    with db.transaction() as session:
        damage(session, f"UPDATE shipment SET carrier = NULL WHERE order_number = {SHIPPED}")
    report = audit(None)
    assert not report.ok
    assert [check.name for check in report.checks if not check.ok] == [
        "shipped orders have their amounts, carrier and times",
        "a shipment's tracking number is its first label's",
    ]


def test_of_many_problems_some_are_named_and_the_rest_is_counted(shop_session):
    damage(
        shop_session,
        "INSERT INTO stock_level (sku, warehouse, bin, on_hand, allocated)"
        " SELECT 'LOST-' || n, 'MAIN', '', 1, 0"
        f" FROM generate_series(1, {LISTED + 5}) AS n",
    )
    name = "stock on hand is the sum of its movements"
    problems = check_named(database_checks(shop_session), name).problems
    assert len(problems) == LISTED + 1
    assert problems[-1] == "and 5 more"


def test_the_check_digit_is_the_same_in_the_database_as_in_the_rules(shop_session):
    right = [s10_number(serial, "GB") for serial in range(0, 10_000_000, 99_991)]
    wrong = [f"{number[:10]}{(int(number[10]) + 1) % 10}GB" for number in right]
    shop_session.add_all(a_label(number) for number in right + wrong)
    shop_session.flush()
    name = "the house carrier's tracking numbers are valid"
    check = check_named(database_checks(shop_session), name)
    assert all(is_valid_s10(number) == (number in right) for number in right + wrong)
    assert check.problems[-1] == f"and {len(wrong) - LISTED} more"
    assert not any(number in problem for number in right for problem in check.problems)


def test_open_orders_whose_run_failed_are_named_with_the_way_out(shop_copy):
    execute("UPDATE shipment SET problem = 'Get Picking Checklist: no bin'")
    report = audit(FakePrefect(RunState("FAILED", "Failed")))
    problems = check_named(report.checks, LIVE_RUNS).problems
    assert not report.ok
    assert problems == (
        f"Order {BACKORDERED} is Backordered, and its run failed (Get Picking Checklist: no bin):"
        " mend that and press Retry in Prefect's UI.",
        f"Order {WAITING} is Processing, and its run failed (Get Picking Checklist: no bin):"
        " mend that and press Retry in Prefect's UI.",
        f"Order {PUT_SHORT} is Processing, and its run failed (Get Picking Checklist: no bin):"
        " mend that and press Retry in Prefect's UI.",
    )


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (None, "is Deleted"),
        (RunState("CANCELLED", "Cancelled"), "is Cancelled"),
        (RunState("COMPLETED", "Completed"), "is Completed"),
    ],
)
def test_open_orders_whose_run_is_over_or_gone_are_named(shop, state, name):
    check = check_named(audit(FakePrefect(state)).checks, LIVE_RUNS)
    assert not check.ok
    assert len(check.problems) == 3
    assert name in check.problems[0]


def test_an_order_that_ends_while_prefect_is_asked_is_not_blamed(shop_copy):
    ends = (
        "UPDATE shipment SET status = 'Cancelled', cancelled_at = now()"
        f" WHERE order_number IN ({BACKORDERED}, {WAITING}, {PUT_SHORT})"
    )
    report = audit(FakePrefect(RunState("COMPLETED", "Completed"), meanwhile=ends))
    assert check_named(report.checks, LIVE_RUNS).ok


def test_without_prefect_the_runs_are_skipped_and_the_rest_counts(shop):
    report = audit(None)
    assert report.ok
    assert "Prefect was not asked" in check_named(report.checks, LIVE_RUNS).skipped


def test_while_prefect_is_away_the_runs_are_skipped_with_its_reason(shop):
    report = audit(FakePrefect(None, away=True))
    assert report.ok
    assert (
        "http://prefect.example/api does not answer"
        in check_named(report.checks, LIVE_RUNS).skipped
    )


def test_the_report_says_first_whether_all_is_well(shop):
    assert audit(None).model_dump_json().startswith('{"ok":true,')


def test_the_audit_does_without_the_prefect_library():
    program = "import sys, services.audit.audit; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def a_label(tracking_number: str) -> ShippingLabel:
    return ShippingLabel(
        order_number=NEW,
        parcel=1,
        key=f"order:{NEW}:{tracking_number}",
        state=LabelState.VOIDED,
        carrier="house",
        service_level=ServiceLevel.STANDARD,
        zone="1",
        weight_grams=1,
        length_mm=1,
        width_mm=1,
        height_mm=1,
        tracking_number=tracking_number,
    )
