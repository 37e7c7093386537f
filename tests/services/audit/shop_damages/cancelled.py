"""Damage to cancelled orders."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import GIVEN_UP, TAKEN_BACK, WAITING

CANCELLED = (
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
)
