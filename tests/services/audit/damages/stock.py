"""Damage to stock: levels, allocations, movements."""

from tests.services.audit.audit_shop import (
    GAVE_UP_REST,
    HELD,
    LACKED,
    LACKING,
    PICKED_ELSEWHERE,
    REGAINED,
    REMINDED,
    SPLIT,
    WAITS_FOR_REST,
    WAITS_FOR_STOCK,
)
from tests.services.audit.damages.damage import Damage, allocated, recorded

STOCK = (
    Damage(
        "a product's stock is the sum of its stock levels",
        "DELETE FROM stock_level WHERE sku = 'POT'",
        "Product POT has 6 on hand and 4 allocated, and its stock levels add up to 0 and 0.",
    ),
    Damage(
        "orders that passed the stock check hold each line",
        f"UPDATE allocation SET sku = 'POT' WHERE {allocated(HELD, 'RUG')}",
        f"Order {HELD} needs 1 of RUG allocated, and its allocation holds 0.",
    ),
    Damage(
        "orders that passed the stock check hold each line",
        f"DELETE FROM allocation WHERE {allocated(REGAINED, 'POT')}",
        f"Order {REGAINED} needs 4 of POT allocated, and its allocation holds 0.",
    ),
    Damage(
        "no other order holds stock",
        f"UPDATE shipment_line SET quantity = 0 WHERE order_number = {HELD} AND sku = 'RUG'",
        f"Order {HELD} is Processing and has 1 of RUG allocated, though it needs none now.",
    ),
    Damage(
        "no other order holds stock",
        f"UPDATE allocation SET quantity = 3 WHERE {allocated(GAVE_UP_REST, 'CORK')}",
        f"Order {GAVE_UP_REST} is Processing and has 3 of CORK allocated",
    ),
    Damage(
        "no other order wants stock",
        "UPDATE shipment_line SET quantity = 0"
        f" WHERE order_number = {WAITS_FOR_STOCK} AND sku = 'RUG'",
        f"Order {WAITS_FOR_STOCK} is Backordered and wants 2 of RUG, though it does not wait",
    ),
    Damage(
        "orders that wait for stock want each line",
        "UPDATE allocation SET sku = 'JAR'"
        f" WHERE {allocated(WAITS_FOR_STOCK, 'POT', 'backordered')}",
        f"Order {WAITS_FOR_STOCK} waits for stock with 50 of POT; it wants 0 and holds 0.",
    ),
    Damage(
        "orders that wait for stock want each line",
        f"UPDATE allocation SET sku = 'JAR' WHERE {allocated(WAITS_FOR_REST, 'PIPE')}",
        f"Order {WAITS_FOR_REST} waits for stock with 3 of PIPE; it wants 1 and holds 0.",
    ),
    Damage(
        "orders that wait for stock are neither picked in full nor packed",
        recorded(f"order:{WAITS_FOR_STOCK}", "gate: packing"),
        f"Order {WAITS_FOR_STOCK} waits for stock, and 'gate: packing' is recorded for it.",
    ),
    Damage(
        "orders that wait for stock are neither picked in full nor packed",
        recorded(f"order:{LACKING}", "Assign Packing Task", 2),
        f"Order {LACKING} waits for stock, and 'Assign Packing Task' is recorded for it.",
    ),
    Damage(
        "orders that wait for stock are neither picked in full nor packed",
        recorded(f"order:{LACKING}", "Assign Packing Task", 2)
        + recorded(f"order:{LACKING}", "gate: packing", 2),
        f"Order {LACKING} waits for stock, and 'gate: packing' is recorded for it.",
    ),
    Damage(
        "what waits for its packers is picked in full, and nothing of it is being picked",
        f"UPDATE shipment_line SET picked = 2 WHERE order_number = {REMINDED} AND sku = 'LAMP'",
        f"Order {REMINDED} waits for its packers: 2 of 3 LAMP are picked, and 0 of its tasks are",
    ),
    Damage(
        "what waits for its packers is picked in full, and nothing of it is being picked",
        "UPDATE staff_task SET state = 'open', answered_at = NULL"
        f" WHERE order_number = {REMINDED} AND kind = 'picking'",
        f"Order {REMINDED} waits for its packers: 3 of 3 LAMP are picked, and 1 of its tasks are",
        also=f"Order {REMINDED} waits for its packers: 1 of 1 RUG are picked",
    ),
    Damage(
        "what a packer lacks left the stock once, with the answer",
        f"UPDATE stock_movement SET kind = 'adjusted' WHERE reference = 'order:{LACKED}:packing:1'",
        f"order:{LACKED}:packing:1 moved 0 of LAMP as damaged, and the packer's answer says -1.",
        also=f"order:{LACKED}:packing:1 moved -1 of LAMP as adjusted",
    ),
    Damage(
        "what a packer lacks left the stock once, with the answer",
        "UPDATE step_record SET result = replace(result::text, 'wrong', 'missing')::jsonb"
        f" WHERE subject = 'order:{LACKING}' AND step = 'gate: packing'",
        f"order:{LACKING}:packing:1 moved 0 of LAMP as adjusted, and the packer's answer says -1.",
    ),
    Damage(
        "what a count found more or less is moved once",
        "DELETE FROM stock_movement WHERE reference = 'count:C-1'",
        "Count C-1 of POT in MAIN found 1 where the books had 6, and its movement says 0.",
    ),
    Damage(
        "what a count found more or less is moved once",
        "UPDATE stock_count SET counted = 5 WHERE reference = 'C-3'",
        "Count C-3 of JAR in YORK found 5 where the books had 4, and its movement says 0.",
    ),
    Damage(
        "transfers are two movements that add up to zero",
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        " SELECT there, sku, quantity, kind, reference, actor, reason, at FROM stock_movement"
        " JOIN (VALUES ('MAIN', 'A'), ('YORK', 'B')) AS moved (warehouse, there) USING (warehouse)"
        " WHERE kind = 'transferred'",
        "Transfer T-1 of RUG has 4 movements, which add up to 0.",
    ),
    Damage(
        "allocations are issued when stock is booked out",
        f"UPDATE allocation SET sku = 'POT' WHERE {allocated(SPLIT, 'RUG', 'issued')}",
        f"Order {SPLIT}, 1 of RUG: its stock is booked out, and its allocation is missing.",
    ),
    Damage(
        "allocations are issued when stock is booked out",
        f"UPDATE allocation SET state = 'issued', warehouse = 'MAIN' WHERE sku = 'LAMP'"
        f" AND order_number = {SPLIT} AND shipment = 1",
        f"Order {SPLIT}, 0 of LAMP: its stock is booked out, and its allocation is 1 LAMP, issued",
    ),
    Damage(
        "orders are booked out of the warehouse in which they were allocated",
        "UPDATE stock_movement SET warehouse = 'MAIN'"
        f" WHERE kind = 'sold' AND reference = 'order:{PICKED_ELSEWHERE}:2'",
        f"order:{PICKED_ELSEWHERE}:2 sold 1 of DISH out of MAIN, and they were allocated in YORK.",
    ),
    Damage(
        "orders are booked out of the warehouse in which they were allocated",
        f"UPDATE allocation SET warehouse = 'YORK' WHERE {allocated(SPLIT + 1, 'RUG', 'issued')}",
        f"order:{SPLIT + 1} sold 1 of RUG out of MAIN, and they were allocated in YORK.",
    ),
    Damage(
        "nothing else is sold",
        "UPDATE stock_movement SET sku = 'LAMP'"
        f" WHERE kind = 'sold' AND reference = 'order:{SPLIT}' AND sku = 'RUG'",
        f"sold 1 of LAMP for order:{SPLIT}, which has no such line booked out.",
    ),
    Damage(
        "a shipment's stock is in one warehouse",
        f"UPDATE allocation SET warehouse = 'YORK' WHERE {allocated(HELD, 'RUG')}",
        f"Order {HELD} has stock allocated or booked out in MAIN and YORK.",
    ),
    Damage(
        "the barcode of a product itself counts one piece",
        "UPDATE barcode SET pieces = 12 WHERE sku = 'POT'",
        "is that of one piece of POT, and counts 12.",
    ),
)
