"""The ledger: steps come in order, and what it says is where orders stand."""

from models.process import StepName
from services.audit.invariants.fragments import (
    DAY_PROGRESS,
    ENDED,
    NUMBER,
    NUMBER_OF_SUBJECT,
    ORDER_PROGRESS,
    PACKING_GATE,
    PARCELS_CLOSED,
    gaps,
    quoted,
)
from services.audit.invariants.invariant import Invariant

STANDING = f"""
    CASE
        WHEN bool_and(status IN {ENDED}) THEN
            CASE WHEN bool_or(status = 'Shipped') THEN 'Shipped' ELSE 'Cancelled' END
        WHEN bool_or(status IN ('Processing', 'Shipped')) THEN 'Processing'
        WHEN bool_or(status = 'Backordered') THEN 'Backordered'
        ELSE 'New'
    END
"""
"""Where an order stands, by the `status` of its shipments. The rule is
`models.tables.orders.derive_order_status`.
"""

_STATUS_STEPS = quoted(
    StepName.CANCEL_ORDER,
    StepName.UPDATE_ORDER_STATUS_TO_SHIPPED,
    StepName.UPDATE_ORDER_STATUS_TO_PROCESSING,
)
_RECORDED = f"""
    CASE
        WHEN bool_or(step = '{StepName.CANCEL_ORDER}') THEN 'Cancelled'
        WHEN bool_or(step = '{StepName.UPDATE_ORDER_STATUS_TO_SHIPPED}') THEN 'Shipped'
        ELSE 'Processing'
    END
"""
"""Where a shipment stands, by those of its steps that move it on."""

LEDGER = (
    Invariant(
        name="no step of an order is recorded before those that come first",
        twin="flows.order_fulfillment:fulfil",
        problem="Order {which} has the record of '{furthest}' and lacks that of '{step}'.",
        breaking=gaps(ORDER_PROGRESS),
    ),
    Invariant(
        name="no step of a day is recorded before those that come first",
        twin="flows.daily_summary:daily_summary",
        problem="Day {which}, revision {round}, has the record of '{furthest}' and lacks that of"
        " '{step}'.",
        breaking=gaps(DAY_PROGRESS),
    ),
    Invariant(
        name="a shipment's status is what its ledger says",
        twin="services.execution.status:set_status",
        problem="Order {number} is {status}, and by its ledger it is {recorded}.",
        breaking=f"""
            SELECT {NUMBER}, status, coalesce(recorded, 'New or Backordered') AS recorded
            FROM shipment LEFT JOIN (
                SELECT subject, {_RECORDED} AS recorded
                FROM step_record WHERE step IN ({_STATUS_STEPS}) GROUP BY subject
            ) AS ledger ON subject = key
            WHERE status <> recorded
               OR recorded IS NULL AND status NOT IN ('New', 'Backordered')
        """,
    ),
    Invariant(
        name="an order's status is what its shipments say",
        twin="models.tables.orders:derive_order_status",
        problem="Order {number} is {status}, and its shipments make it {standing}.",
        breaking=f"""
            SELECT number, placed.status, coalesce(standing, 'an order without any') AS standing
            FROM sales_order AS placed LEFT JOIN (
                SELECT order_number, {STANDING} AS standing FROM shipment GROUP BY order_number
            ) AS shipments ON order_number = number
            WHERE placed.status IS DISTINCT FROM standing
        """,
    ),
    # What goes back with a whole shipment stays in its lines, and is cancelled in the order's.
    Invariant(
        name="each piece ordered travels with one shipment or is cancelled",
        twin="domain.splits:stays",
        problem="Order {number} has {ordered} of {sku}, {cancelled} of them cancelled, and its"
        " shipments have {travelling}.",
        breaking=f"""
            SELECT order_number AS number, sku, coalesce(line.quantity, 0) AS ordered,
                coalesce(line.cancelled, 0) AS cancelled,
                coalesce(travelling.quantity, 0) AS travelling
            FROM (
                SELECT order_number, sku, sum(quantity) AS quantity, sum(cancelled) AS cancelled
                FROM order_line GROUP BY order_number, sku
            ) AS line
            FULL JOIN (
                SELECT part.order_number, part.sku,
                    sum(part.quantity) FILTER (WHERE refunded.subject IS NULL) AS quantity
                FROM shipment_line AS part
                LEFT JOIN shipment AS travels
                    ON travels.order_number = part.order_number AND travels.number = part.shipment
                LEFT JOIN step_record AS refunded
                    ON refunded.subject = travels.key AND refunded.step = '{StepName.REFUND_ORDER}'
                GROUP BY part.order_number, part.sku
            ) AS travelling USING (order_number, sku)
            WHERE coalesce(line.quantity, 0)
                <> coalesce(line.cancelled, 0) + coalesce(travelling.quantity, 0)
        """,
    ),
    Invariant(
        name="a shipment of which nothing is left has no goods, and any other has some",
        problem="Order {number} has {pieces} pieces to ship, and is said to have {left} left.",
        breaking=f"""
            SELECT {NUMBER}, coalesce(pieces, 0) AS pieces,
                CASE WHEN nothing_left THEN 'nothing' ELSE 'something' END AS left
            FROM shipment LEFT JOIN (
                SELECT order_number, shipment AS number, sum(quantity) AS pieces
                FROM shipment_line GROUP BY order_number, shipment
            ) AS goods USING (order_number, number)
            WHERE nothing_left <> (coalesce(pieces, 0) = 0)
        """,
    ),
    Invariant(
        name="further shipments were split off",
        problem="Order {number} has the shipment {shipment}, and no recorded split made it.",
        breaking=f"""
            SELECT order_number AS number, number AS shipment
            FROM shipment WHERE number > 1 AND NOT EXISTS (
                SELECT FROM step_record JOIN shipment AS first ON first.key = subject
                WHERE step = '{StepName.SPLIT_SHIPMENT}'
                    AND first.order_number = shipment.order_number
                    AND round = shipment.number
            )
        """,
    ),
    # Once a packer has it in hand, each is called back that was before.
    Invariant(
        name="who packs what was picked by mistake is called back, each time",
        twin="services.answers.undo:is_picked_again",
        problem="Order {number}: its picking was undone {undone} times, its packers were called"
        " back {called_back} times, and {packing}.",
        breaking=f"""
            WITH undone AS (
                SELECT subject, count(*) FILTER (WHERE step = '{StepName.UNDO_PICKING}') AS undone,
                    count(*) FILTER (WHERE result -> 'answer' ->> 'picking_undone' = 'true'
                        AND result ->> 'accepted' = 'true') AS called_back,
                    bool_or({PARCELS_CLOSED}) AS closed
                FROM step_record WHERE step IN ('{StepName.UNDO_PICKING}', '{PACKING_GATE}')
                GROUP BY subject
            )
            SELECT {NUMBER}, undone, called_back, CASE WHEN closed THEN 'it is packed'
                WHEN task.id IS NOT NULL THEN 'it is being packed'
                ELSE 'nobody packs it' END AS packing
            FROM undone JOIN shipment ON key = subject
            LEFT JOIN staff_task AS task
                ON task.order_number = shipment.order_number AND task.shipment = shipment.number
                AND task.kind = 'packing' AND task.state IN ('open', 'held')
            WHERE called_back > undone
               OR called_back < undone AND (closed OR task.id IS NOT NULL)
        """,
    ),
    Invariant(
        name="nothing is moved or cancelled once it is with the packers",
        twin="services.orders.splits:split",
        problem="'{step}' of order {number} was recorded after its parcels were closed.",
        breaking=f"""
            SELECT changed.step, {NUMBER_OF_SUBJECT}
            FROM step_record AS changed JOIN (
                SELECT subject, at FROM step_record WHERE {PARCELS_CLOSED}
            ) AS packing USING (subject)
            WHERE changed.step IN ('{StepName.SPLIT_SHIPMENT}', '{StepName.CANCEL_LINES}')
              AND changed.at > packing.at
        """,
    ),
)
