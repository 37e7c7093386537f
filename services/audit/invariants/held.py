"""Orders on hold."""

from services.audit.invariants.fragments import NUMBER_OF_TRAVELLING
from services.audit.invariants.invariant import Invariant

HELD = (
    Invariant(
        name="who puts an order on hold says when and why",
        twin="ck_sales_order_held_by_somebody",
        problem="Order {number} is on hold {at} by {who}, because: {why}.",
        breaking="""
            SELECT number, coalesce(on_hold_since::text, 'at no time') AS at,
                coalesce(held_by, 'nobody') AS who, coalesce(hold_reason, 'nothing') AS why
            FROM sales_order
            WHERE (on_hold_since IS NULL) <> (held_by IS NULL)
               OR (on_hold_since IS NULL) <> (hold_reason IS NULL)
        """,
    ),
    Invariant(
        name="the tasks of orders on hold wait, and no others",
        twin="services.orders.holds:put_on_hold",
        problem="Task {id} ({kind}) is {state}, and its order {number} is {held}.",
        breaking=f"""
            SELECT id, kind, state, {NUMBER_OF_TRAVELLING},
                CASE WHEN on_hold_since IS NULL THEN 'not on hold' ELSE 'on hold' END AS held
            FROM staff_task AS task JOIN shipment AS travels
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            JOIN sales_order AS placed ON placed.number = task.order_number
            WHERE state IN ('open', 'held')
              AND (on_hold_since IS NULL) = (state = 'held' OR kind = 'hold')
        """,
    ),
)
