"""Damage to stock: levels, allocations, movements."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import (
    BACKORDERED,
    CANCELLED,
    GIVEN_UP,
    NEW,
    PUT_SHORT,
    SHIPPED,
    WAITING,
)

STOCK = (
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
        "what waits for its packers is picked in full, and nothing of it is being picked",
        f"UPDATE staff_task SET kind = 'packing' WHERE order_number = {WAITING};"
        "INSERT INTO step_record (subject, step, round, run_id, at)"
        f" VALUES ('order:{WAITING}', 'assign-packing-task', 1, '', now())",
        f"Order {WAITING} waits for its packers: 0 of 3 MUG are picked, and 0 of its tasks are",
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
        "INSERT INTO allocation (order_number, promised_at, warehouse, sku, quantity, state, at)"
        " SELECT order_number, now(), 'MAIN', sku, 1, 'allocated', now() FROM order_line"
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
        "what a picker did not find left the stock once, with the answer",
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        f" VALUES ('MAIN', 'JUG', -1, 'adjusted', 'order:{GIVEN_UP}:picking:7', 'Jo', 'no', now())",
        f"order:{GIVEN_UP}:picking:7 moved -1 of JUG as adjusted, and the picker's answer says 0.",
    ),
    Damage(
        "what a packer lacks left the stock once, with the answer",
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        f" VALUES ('MAIN', 'JUG', -1, 'adjusted', 'order:{GIVEN_UP}:packing:7', 'K', 'no', now())",
        f"order:{GIVEN_UP}:packing:7 moved -1 of JUG as adjusted, and the packer's answer says 0.",
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
        "who waits for stock stands in line as the order was promised",
        "UPDATE allocation SET promised_at = promised_at + interval '1 day'"
        " WHERE state = 'backordered' AND sku = 'PLATE'",
        "and waits for PLATE as one promised by",
    ),
    Damage(
        "who waits for stock lacks something of what it wants",
        "UPDATE allocation SET lacking = false WHERE state = 'backordered' AND sku = 'PLATE'",
        f"Order {BACKORDERED} wants 40 pieces, and lacks none of them",
    ),
    Damage(
        "the barcode of a product itself counts one piece",
        "UPDATE barcode SET pieces = 12 WHERE sku = 'MUG'",
        "Barcode 2000000000015 is that of one piece of MUG, and counts 12.",
    ),
)
