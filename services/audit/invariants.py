"""What always holds in the database, as queries for the rows that break it.

Each query reads whole tables at once and compares in the database, so that a million orders are
looked at without one of them being fetched. A row that comes back is a problem.

The ledger decides what must be there: a step's effect and its record are written in one
transaction, so at any instant both are there or neither is.
"""

from dataclasses import dataclass

from models.process import COMPENSATION_STEPS, DAY_STEPS, ORDER_STEPS


@dataclass(frozen=True)
class Invariant:
    """Something that always holds, by name.

    `breaking` selects the rows that break it; `problem` is the sentence about one of them, with the
    query's columns in braces.
    """

    name: str
    problem: str
    breaking: str


def _progress(subject: str, steps: tuple[str, ...], counted: str) -> str:
    """How far each subject has come through `steps`, numbered from 1, by the records `counted`."""
    rows = ", ".join(f"({position}, '{step}')" for position, step in enumerate(steps, start=1))
    return f"""
        WITH plan (position, step) AS (VALUES {rows}),
        progress AS (
            SELECT subject, round, count(*) AS steps, max(position) AS furthest
            FROM step_record JOIN plan USING (step)
            WHERE subject LIKE '{subject}:%' AND {counted}
            GROUP BY subject, round
        )
    """


_NOT_TAKEN = """
    NOT EXISTS (
        SELECT FROM step_record AS taken
        WHERE taken.subject = progress.subject AND taken.round = progress.round
          AND taken.step = plan.step
    )
"""


def _gaps(progress: str) -> str:
    """The steps that are missing before the furthest one."""
    return f"""
        {progress}
        SELECT substr(subject, strpos(subject, ':') + 1) AS which, reached.step AS furthest,
            plan.step, round
        FROM progress
        JOIN plan AS reached ON reached.position = furthest
        JOIN plan ON plan.position < furthest
        WHERE steps < furthest AND {_NOT_TAKEN}
    """


# Steps that happen again begin with the first round too. A day's revision is its steps' round.
_ORDER_PROGRESS = _progress("order", ORDER_STEPS, "round = 1")
_TO_BE_CANCELLED = """(
    SELECT key FROM shipment JOIN sales_order AS placed ON placed.number = order_number
    WHERE cancel_requested_at IS NOT NULL
)"""
# Orders that were cancelled before they could go back have nothing but their end.
_COMPENSATION = _progress(
    "order", COMPENSATION_STEPS, f"round = 1 AND subject IN {_TO_BE_CANCELLED}"
)
_DAY_PROGRESS = _progress("day", DAY_STEPS, "true")

_IS_BACK = "(step = 'gate: restock' AND result -> 'answer' ->> 'booked' = 'true')"
"""The record of an answer that restocked the goods of a cancelled order."""

# What an order gave up to a count it has regained as often, or it waits for it. One that was picked
# short holds what was found and wants the rest until somebody has decided; one that was split off
# holds or wants from the beginning. What was restocked is held by nobody.
_HOLDING = f"""
    WITH checked AS (
        SELECT key, bool_or(step = 'Check Inventory Levels' AND result -> 'shortages' = '[]')
            AND count(*) FILTER (WHERE step = 'Release Stock')
                = count(*) FILTER (WHERE step = 'Reallocate Stock') AS holds
        FROM shipment JOIN step_record ON subject = key
        WHERE status NOT IN ('Shipped', 'Cancelled')
        GROUP BY key
        HAVING bool_or(step = 'Check Inventory Levels')
            AND NOT bool_or(step IN ('Update Inventory Stock', 'Return Stock') OR {_IS_BACK})
    ),
    short AS (
        SELECT key FROM shipment JOIN staff_task AS task
            ON task.order_number = shipment.order_number AND task.shipment = shipment.number
        WHERE kind = 'short-pick' AND (
            state IN ('open', 'held') OR state = 'withdrawn' AND key IN {_TO_BE_CANCELLED}
        )
        UNION
        SELECT subject FROM step_record
        WHERE step = 'gate: short-pick' AND result -> 'answer' ->> 'cancels' = 'true'
    ),
    holding AS (
        SELECT key FROM checked
        WHERE holds AND NOT EXISTS (SELECT FROM short WHERE short.key = checked.key)
    ),
    found_short AS (SELECT key FROM checked JOIN short USING (key) WHERE holds),
    split_off AS (
        SELECT key FROM shipment WHERE number > 1 AND status = 'New'
            AND NOT EXISTS (
                SELECT FROM step_record WHERE subject = key AND step = 'Check Inventory Levels'
            )
    ),
    waiting AS (
        SELECT key FROM checked WHERE NOT holds
        UNION SELECT key FROM found_short
        UNION SELECT key FROM split_off
    )
"""

_TRAVELS = """(
    shipment_line AS line JOIN shipment AS travels
        ON travels.order_number = line.order_number AND travels.number = line.shipment
)"""
"""The lines of shipments, each with its shipment."""

_NUMBER = "replace(substr(key, 7), ':', ', shipment ') AS number"
"""What people call a shipment: the number of its order, and its own if it is not the first."""

_NUMBER_OF_SUBJECT = _NUMBER.replace("key", "subject")
_NUMBER_OF_TRAVELLING = _NUMBER.replace("key", "travels.key")

_OF_LINE = "order_line_id = line.order_line_id AND {0}.shipment = line.shipment"

# The rule of domain.tracking, for a million labels at once: the test of both holds them together.
_S10_SUM = " + ".join(
    f"{weight} * substr(tracking_number, {place}, 1)::int"
    for place, weight in enumerate((8, 6, 4, 2, 3, 5, 9, 7), start=3)
)
_VALID_S10 = f"""
    CASE WHEN tracking_number ~ '^[A-Z]{{2}}[0-9]{{9}}[A-Z]{{2}}$'
    THEN substr(tracking_number, 11, 1)::int =
        CASE ({_S10_SUM}) % 11 WHEN 0 THEN 5 WHEN 1 THEN 0 ELSE 11 - ({_S10_SUM}) % 11 END
    ELSE false END
"""

_HELD = "(SELECT * FROM allocation WHERE state IN ('allocated', 'issued')) AS held"
_WANTED = "(SELECT * FROM allocation WHERE state = 'backordered') AS wanted"

_ONCE = (
    ("label", "shipping_label", "key"),
    ("label with tracking number", "shipping_label", "tracking_number"),
    ("shipment with tracking number", "shipment", "tracking_number"),
    ("booking", "carrier_booking", "key"),
    ("booking with reference", "carrier_booking", "reference"),
    ("pickup", "carrier_pickup", "key"),
    ("pickup of shipment", "carrier_pickup", "order_number, shipment"),
    ("refund", "refund", "key"),
    ("mail", "message", "key"),
    ("mail with Message-ID", "message", "message_id"),
    ("held allocation of line", _HELD, "order_line_id, shipment"),
    ("wanted allocation of line", _WANTED, "order_line_id, shipment"),
    ("movement", "stock_movement", "sku, kind, reference, warehouse"),
    ("warehouse with rank", "warehouse", "rank"),
)
"""Things that may be there once, with the table and the column that says which."""

STOCK = (
    Invariant(
        name="stock on hand is the sum of its movements",
        problem="{sku} has {on_hand} on hand in {warehouse}, and its movements there add up to"
        " {moved}.",
        breaking="""
            SELECT sku, warehouse, coalesce(on_hand, 0) AS on_hand, coalesce(moved, 0) AS moved
            FROM stock_level FULL JOIN (
                SELECT sku, warehouse, sum(quantity) AS moved
                FROM stock_movement GROUP BY sku, warehouse
            ) AS movements USING (sku, warehouse)
            WHERE coalesce(on_hand, 0) <> coalesce(moved, 0)
        """,
    ),
    Invariant(
        name="allocated stock is the sum of its live allocations",
        problem="{sku} has {allocated} allocated in {warehouse}, and its live allocations there add"
        " up to {held}.",
        breaking="""
            SELECT sku, warehouse, coalesce(allocated, 0) AS allocated, coalesce(held, 0) AS held
            FROM stock_level FULL JOIN (
                SELECT sku, warehouse, sum(quantity) AS held
                FROM allocation WHERE state = 'allocated' GROUP BY sku, warehouse
            ) AS allocations USING (sku, warehouse)
            WHERE coalesce(allocated, 0) <> coalesce(held, 0)
        """,
    ),
    Invariant(
        name="allocated stock is on hand",
        problem="{sku} has {allocated} allocated of {on_hand} on hand in {warehouse}.",
        breaking="""
            SELECT sku, warehouse, allocated, on_hand FROM stock_level
            WHERE allocated < 0 OR allocated > on_hand
        """,
    ),
    Invariant(
        name="a product's stock is the sum of its stock levels",
        problem="Product {sku} has {on_hand} on hand and {allocated} allocated, and its stock"
        " levels add up to {there} and {held}.",
        breaking="""
            SELECT sku, on_hand, allocated, coalesce(there, 0) AS there, coalesce(held, 0) AS held
            FROM product LEFT JOIN (
                SELECT sku, sum(on_hand) AS there, sum(allocated) AS held
                FROM stock_level GROUP BY sku
            ) AS levels USING (sku)
            WHERE (on_hand, allocated) <> (coalesce(there, 0), coalesce(held, 0))
        """,
    ),
    Invariant(
        name="transfers are two movements that add up to zero",
        problem="Transfer {reference} of {sku} has {movements} movements, which add up to {sum}.",
        breaking="""
            SELECT sku, reference, count(*) AS movements, sum(quantity) AS sum
            FROM stock_movement WHERE kind = 'transferred'
            GROUP BY sku, reference HAVING (count(*), sum(quantity)) <> (2, 0)
        """,
    ),
    Invariant(
        name="what is held is in a warehouse, and what is wanted in none yet",
        problem="Allocation {id} of {sku} is {state}, and its warehouse is {where}.",
        breaking="""
            SELECT id, sku, state, coalesce(warehouse, 'not known') AS where FROM allocation
            WHERE state = 'backordered' AND warehouse IS NOT NULL
               OR state IN ('allocated', 'issued') AND warehouse IS NULL
        """,
    ),
    Invariant(
        name="a shipment's stock is in one warehouse",
        problem="Order {number} has stock set aside or booked out in {warehouses}.",
        breaking=f"""
            SELECT {_NUMBER}, string_agg(DISTINCT warehouse, ' and ') AS warehouses
            FROM {_TRAVELS}
            JOIN allocation AS held ON held.{_OF_LINE.format("held")}
            WHERE state IN ('allocated', 'issued')
            GROUP BY key HAVING count(DISTINCT warehouse) > 1
        """,
    ),
    Invariant(
        name="orders that passed the stock check hold each line",
        problem="Order {number} needs {quantity} of {sku} set aside, and its live allocation"
        " holds {held}.",
        breaking=f"""
            {_HOLDING}
            SELECT {_NUMBER}, line.sku, line.quantity, coalesce(held.quantity, 0) AS held
            FROM holding JOIN {_TRAVELS} USING (key)
            LEFT JOIN allocation AS held
                ON held.{_OF_LINE.format("held")}
                    AND held.state = 'allocated' AND held.sku = line.sku
            WHERE line.quantity > 0 AND held.quantity IS DISTINCT FROM line.quantity
        """,
    ),
    Invariant(
        name="no other order holds stock",
        problem="Order {number} is {status} and has {quantity} of {sku} set aside, though it needs"
        " none now.",
        breaking=f"""
            {_HOLDING}
            SELECT {_NUMBER}, status, held.quantity, held.sku
            FROM {_TRAVELS}
            JOIN allocation AS held ON held.{_OF_LINE.format("held")}
            LEFT JOIN (
                SELECT key, false AS only_picked FROM holding
                UNION SELECT key, false FROM found_short
                UNION SELECT key, false FROM split_off
                UNION SELECT key, true FROM checked WHERE NOT holds
            ) AS may USING (key)
            WHERE held.state = 'allocated' AND (
                may.key IS NULL OR line.quantity = 0
                OR only_picked AND held.quantity > coalesce(line.picked, 0)
            )
        """,
    ),
    Invariant(
        name="orders that wait for stock want each line",
        problem="Order {number} waits for stock with {quantity} of {sku}; it wants {wanted} and"
        " holds {held}.",
        breaking=f"""
            {_HOLDING}
            SELECT {_NUMBER}, line.sku, line.quantity, coalesce(wanted.quantity, 0) AS wanted,
                coalesce(held.quantity, 0) AS held
            FROM waiting JOIN {_TRAVELS} USING (key)
            LEFT JOIN allocation AS wanted
                ON wanted.{_OF_LINE.format("wanted")} AND wanted.state = 'backordered'
                AND wanted.sku = line.sku
            LEFT JOIN allocation AS held
                ON held.{_OF_LINE.format("held")}
                    AND held.state = 'allocated' AND held.sku = line.sku
            WHERE line.quantity <> coalesce(wanted.quantity, 0) + coalesce(held.quantity, 0)
        """,
    ),
    Invariant(
        name="no other order wants stock",
        problem="Order {number} is {status} and wants {quantity} of {sku}, though it does not wait"
        " for stock.",
        breaking=f"""
            {_HOLDING}
            SELECT {_NUMBER}, status, wanted.quantity, wanted.sku
            FROM {_TRAVELS}
            JOIN allocation AS wanted ON wanted.{_OF_LINE.format("wanted")}
            LEFT JOIN waiting USING (key)
            WHERE wanted.state = 'backordered' AND (waiting.key IS NULL OR line.quantity = 0)
        """,
    ),
    Invariant(
        name="orders that wait for stock are neither picked in full nor packed",
        problem="Order {number} waits for stock, and '{step}' is recorded for it.",
        breaking=f"""
            {_HOLDING}
            SELECT {_NUMBER}, step FROM waiting JOIN step_record ON subject = key
            WHERE step IN ('Assign Packing Task', 'gate: packing')
        """,
    ),
    Invariant(
        name="what a count found more or less is moved once",
        problem="Count {reference} of {sku} in {warehouse} found {counted} where the books had"
        " {before}, and its movement says {moved}.",
        breaking="""
            SELECT sku, warehouse, reference,
                coalesce(counted::text, 'nothing') AS counted,
                coalesce(before::text, 'nothing') AS before, coalesce(moved, 0) AS moved
            FROM stock_count AS counts
            FULL JOIN (
                SELECT sku, warehouse, substr(reference, 7) AS reference, quantity AS moved
                FROM stock_movement WHERE kind = 'adjusted' AND reference LIKE 'count:%'
            ) AS movements USING (sku, warehouse, reference)
            WHERE coalesce(counted - before, 0) <> coalesce(moved, 0)
        """,
    ),
    Invariant(
        name="what a picker did not find left the stock once, with the answer",
        problem="{reference} moved {moved} of {sku} as {kind}, and the picker's answer says"
        " {lost}.",
        breaking="""
            WITH said AS (
                SELECT concat_ws(':', subject, 'picking', round) AS reference,
                    line ->> 'sku' AS sku,
                    CASE line ->> 'why' WHEN 'damaged' THEN 'damaged' ELSE 'adjusted' END AS kind,
                    (line ->> 'available')::int - (line ->> 'wanted')::int AS lost
                FROM step_record
                CROSS JOIN LATERAL jsonb_array_elements(result -> 'answer' -> 'missing') AS line
                WHERE step = 'gate: picking' AND result ->> 'accepted' = 'true'
                  AND line ->> 'why' <> ''
            ), moved AS (
                SELECT reference, sku, kind, quantity AS moved FROM stock_movement
                WHERE reference LIKE 'order:%:picking:%'
            )
            SELECT reference, sku, kind, coalesce(moved, 0) AS moved, coalesce(lost, 0) AS lost
            FROM said FULL JOIN moved USING (reference, sku, kind)
            WHERE moved IS DISTINCT FROM lost
        """,
    ),
    Invariant(
        name="allocations are consumed when stock is booked out",
        problem="Order {number}, {quantity} of {sku}: its stock is {booked}, and its allocation is"
        " {allocation}.",
        breaking=f"""
            SELECT {_NUMBER}, line.quantity, line.sku,
                CASE WHEN booked.subject IS NULL THEN 'not booked out' ELSE 'booked out' END
                    AS booked,
                coalesce(held.quantity || ' ' || held.sku || ', ' || held.state, 'missing')
                    AS allocation
            FROM {_TRAVELS}
            LEFT JOIN (
                SELECT DISTINCT ON (order_line_id, shipment) * FROM allocation
                ORDER BY order_line_id, shipment, state
            ) AS held ON held.{_OF_LINE.format("held")}
            LEFT JOIN step_record AS booked
                ON booked.subject = travels.key AND booked.step = 'Update Inventory Stock'
            WHERE coalesce(held.state = 'issued', false)
                    <> (booked.subject IS NOT NULL AND line.quantity > 0)
               OR held.state = 'issued'
                AND (held.sku, held.quantity) <> (line.sku, line.quantity)
        """,
    ),
    Invariant(
        name="orders booked out have sold each line",
        problem="Order {number} was booked out with {quantity} of {sku}, and its movement says"
        " {sold}.",
        breaking=f"""
            SELECT {_NUMBER}, line.quantity, line.sku, coalesce(-sold.quantity, 0) AS sold
            FROM {_TRAVELS}
            JOIN step_record AS booked ON booked.subject = travels.key
            LEFT JOIN stock_movement AS sold
                ON sold.reference = booked.subject AND sold.sku = line.sku AND sold.kind = 'sold'
            WHERE booked.step = 'Update Inventory Stock' AND line.quantity > 0
              AND sold.quantity IS DISTINCT FROM -line.quantity
        """,
    ),
    Invariant(
        name="orders are booked out of the warehouse in which they were allocated",
        problem="{reference} sold {sold} of {sku} out of {warehouse}, and they were allocated in"
        " {held}.",
        breaking=f"""
            SELECT sold.reference, -sold.quantity AS sold, sold.sku, sold.warehouse,
                held.warehouse AS held
            FROM stock_movement AS sold
            JOIN {_TRAVELS} ON travels.key = sold.reference AND line.sku = sold.sku
            JOIN allocation AS held
                ON held.{_OF_LINE.format("held")} AND held.state = 'issued'
            WHERE sold.kind = 'sold' AND held.warehouse <> sold.warehouse
        """,
    ),
    Invariant(
        name="nothing else is sold",
        problem="Movement {id} sold {sold} of {sku} for {reference}, which has no such line booked"
        " out.",
        breaking=f"""
            SELECT sold.id, -sold.quantity AS sold, sold.sku, sold.reference
            FROM stock_movement AS sold
            LEFT JOIN step_record AS booked
                ON booked.subject = sold.reference AND booked.step = 'Update Inventory Stock'
            LEFT JOIN {_TRAVELS}
                ON travels.key = booked.subject AND line.sku = sold.sku AND line.quantity > 0
            WHERE sold.kind = 'sold' AND travels.key IS NULL
        """,
    ),
)

MONEY = (
    Invariant(
        name="an order's amounts are the sums of its lines",
        problem="Order {number} has {kept} minor units of {part}, and its lines add up to {added}.",
        breaking="""
            SELECT number, part,
                coalesce(kept::text, 'no') AS kept, coalesce(added::text, 'nothing') AS added
            FROM sales_order AS placed
            LEFT JOIN (
                SELECT order_number AS number, sum(items_minor) AS items,
                    sum(shipping_minor) AS shipping, sum(tax_minor) AS tax,
                    sum(total_minor) AS total
                FROM order_line GROUP BY order_number
            ) AS lines USING (number)
            CROSS JOIN LATERAL (
                VALUES ('items', items_minor, items), ('shipping', shipping_minor, shipping),
                    ('tax', tax_minor, tax), ('total', total_minor, total)
            ) AS amount (part, kept, added)
            WHERE kept IS DISTINCT FROM added
        """,
    ),
    Invariant(
        name="an order's value is its total and its refunds",
        problem="Order {number} was worth {value} minor units of {currency} as ordered; it costs"
        " {total}, and its refunds add up to {refunded}.",
        breaking="""
            SELECT number, currency, coalesce(value_minor::text, 'nothing') AS value,
                coalesce(total_minor::text, 'nothing') AS total, coalesce(refunded, 0) AS refunded
            FROM sales_order LEFT JOIN (
                SELECT order_number AS number, currency, sum(amount_minor) AS refunded
                FROM refund GROUP BY order_number, currency
            ) AS refunds USING (number, currency)
            WHERE value_minor IS DISTINCT FROM total_minor + coalesce(refunded, 0)
              AND NOT (status = 'Cancelled' AND value_minor IS NULL AND refunded IS NULL)
        """,
    ),
    Invariant(
        name="refunds are for an order, in its currency",
        problem="Refund {key} gives back {amount_minor} minor units of {currency}, and order"
        " {order_number} is in {ordered_in}.",
        breaking="""
            SELECT key, amount_minor, refund.currency, order_number,
                coalesce(placed.currency, 'no currency: it is missing') AS ordered_in
            FROM refund LEFT JOIN sales_order AS placed ON number = order_number
            WHERE placed.currency IS DISTINCT FROM refund.currency
        """,
    ),
    Invariant(
        name="refunds give something back and add up",
        problem="Refund {key} gives back {amount_minor} minor units, and its parts are"
        " {items_minor} for items, {shipping_minor} for shipping and {tax_minor} of tax.",
        breaking="""
            SELECT key, amount_minor, refund.items_minor, refund.shipping_minor, refund.tax_minor
            FROM refund JOIN sales_order ON number = order_number
            WHERE amount_minor <= 0 OR amount_minor <> refund.items_minor + refund.shipping_minor
                + CASE WHEN prices_include_tax THEN 0 ELSE refund.tax_minor END
        """,
    ),
    Invariant(
        name="refunds are paid by somebody",
        problem="Refund {key} was paid {at} by {who}, with the reference {reference}.",
        breaking="""
            SELECT key, coalesce(paid_at::text, 'at no time') AS at,
                coalesce(paid_by, 'nobody') AS who, coalesce(paid_reference, 'none') AS reference
            FROM refund
            WHERE (paid_at IS NULL) <> (paid_by IS NULL)
               OR paid_at IS NULL AND paid_reference IS NOT NULL
        """,
    ),
    Invariant(
        name="lines cancel no more than was ordered",
        problem="Order {number} has {quantity} of {sku} ordered and {cancelled} cancelled.",
        breaking="""
            SELECT order_number AS number, quantity, sku, cancelled
            FROM order_line WHERE cancelled < 0 OR cancelled > quantity
        """,
    ),
)

LEDGER = (
    Invariant(
        name="no step of an order is recorded before those that come first",
        problem="Order {which} has the record of '{furthest}' and lacks that of '{step}'.",
        breaking=_gaps(_ORDER_PROGRESS),
    ),
    Invariant(
        name="no step of a day is recorded before those that come first",
        problem="Day {which}, revision {round}, has the record of '{furthest}' and lacks that of"
        " '{step}'.",
        breaking=_gaps(_DAY_PROGRESS),
    ),
    Invariant(
        name="a shipment's status is what its ledger says",
        problem="Order {number} is {status}, and by its ledger it is {recorded}.",
        breaking=f"""
            SELECT {_NUMBER}, status, coalesce(recorded, 'New or Backordered') AS recorded
            FROM shipment LEFT JOIN (
                SELECT subject, CASE
                    WHEN bool_or(step = 'Cancel Order') THEN 'Cancelled'
                    WHEN bool_or(step = 'Update Order Status to Shipped') THEN 'Shipped'
                    ELSE 'Processing' END AS recorded
                FROM step_record
                WHERE step IN ('Cancel Order', 'Update Order Status to Shipped',
                    'Update Order Status to Processing')
                GROUP BY subject
            ) AS ledger ON subject = key
            WHERE status <> recorded
               OR recorded IS NULL AND status NOT IN ('New', 'Backordered')
        """,
    ),
    Invariant(
        name="an order's status is what its shipments say",
        problem="Order {number} is {status}, and its shipments make it {standing}.",
        breaking="""
            SELECT number, placed.status, coalesce(standing, 'an order without any') AS standing
            FROM sales_order AS placed LEFT JOIN (
                SELECT order_number, CASE
                    WHEN bool_and(status IN ('Shipped', 'Cancelled')) THEN
                        CASE WHEN bool_or(status = 'Shipped') THEN 'Shipped' ELSE 'Cancelled' END
                    WHEN bool_or(status IN ('Processing', 'Shipped')) THEN 'Processing'
                    WHEN bool_or(status = 'Backordered') THEN 'Backordered'
                    ELSE 'New' END AS standing
                FROM shipment GROUP BY order_number
            ) AS shipments ON order_number = number
            WHERE placed.status IS DISTINCT FROM standing
        """,
    ),
    # What goes back with a whole shipment stays in its lines, and is cancelled in the order's.
    Invariant(
        name="each piece ordered travels with one shipment or is cancelled",
        problem="Order {number} has {ordered} of {sku}, {cancelled} of them cancelled, and its"
        " shipments have {travelling}.",
        breaking="""
            SELECT line.order_number AS number, line.sku, line.quantity AS ordered, line.cancelled,
                coalesce(sum(part.quantity) FILTER (WHERE refunded.subject IS NULL), 0)
                    AS travelling
            FROM order_line AS line
            LEFT JOIN shipment_line AS part ON part.order_line_id = line.id
            LEFT JOIN shipment AS travels
                ON travels.order_number = part.order_number AND travels.number = part.shipment
            LEFT JOIN step_record AS refunded
                ON refunded.subject = travels.key AND refunded.step = 'Refund Order'
            GROUP BY line.id
            HAVING line.quantity <> line.cancelled
                    + coalesce(sum(part.quantity) FILTER (WHERE refunded.subject IS NULL), 0)
                OR bool_or((part.order_number, part.sku) <> (line.order_number, line.sku))
        """,
    ),
    Invariant(
        name="further shipments were split off",
        problem="Order {number} has the shipment {shipment}, and no recorded split made it.",
        breaking="""
            SELECT order_number AS number, number AS shipment
            FROM shipment WHERE number > 1 AND NOT EXISTS (
                SELECT FROM step_record JOIN shipment AS first ON first.key = subject
                WHERE step = 'Split Shipment' AND first.order_number = shipment.order_number
                    AND round = shipment.number
            )
        """,
    ),
    Invariant(
        name="nothing is moved or cancelled once it is with the packers",
        problem="'{step}' of order {number} was recorded after its packing task.",
        breaking=f"""
            SELECT changed.step, {_NUMBER_OF_SUBJECT}
            FROM step_record AS changed JOIN step_record AS packing USING (subject)
            WHERE changed.step IN ('Split Shipment', 'Cancel Lines')
              AND packing.step = 'Assign Packing Task' AND changed.at > packing.at
        """,
    ),
)

SHIPPED = (
    Invariant(
        name="shipped orders have gone through all fourteen steps",
        problem="Order {number} is Shipped and lacks the record of '{step}'.",
        breaking=f"""
            {_ORDER_PROGRESS}
            SELECT {_NUMBER}, plan.step
            FROM shipment LEFT JOIN progress ON progress.subject = key
            CROSS JOIN plan
            WHERE status = 'Shipped' AND coalesce(steps, 0) < {len(ORDER_STEPS)} AND {_NOT_TAKEN}
        """,
    ),
    Invariant(
        name="shipped orders have their amounts, carrier and times",
        problem="Order {number} is Shipped and has no {field}.",
        breaking="""
            SELECT placed.number, field
            FROM sales_order AS placed JOIN shipment ON order_number = placed.number
            CROSS JOIN LATERAL (
                VALUES ('items amount', items_minor IS NULL),
                    ('shipping amount', shipping_minor IS NULL),
                    ('tax amount', tax_minor IS NULL), ('total', total_minor IS NULL),
                    ('shipping cost', shipping_cost_minor IS NULL), ('carrier', carrier IS NULL),
                    ('tracking number', tracking_number IS NULL),
                    ('time of collection',
                        placed.collected_at IS NULL OR shipment.collected_at IS NULL),
                    ('time of shipping', placed.shipped_at IS NULL OR shipment.shipped_at IS NULL)
            ) AS wanted (field, missing)
            WHERE placed.status = 'Shipped' AND shipment.status = 'Shipped' AND missing
        """,
    ),
    Invariant(
        name="a shipment's tracking number is its first label's",
        problem="Order {number} is Shipped with {kept}, and its first label is {label}.",
        breaking=f"""
            SELECT {_NUMBER}, concat_ws(' ', travels.carrier, travels.tracking_number) AS kept,
                coalesce(label.carrier || ' ' || label.tracking_number, 'missing') AS label
            FROM shipment AS travels
            LEFT JOIN (
                SELECT DISTINCT ON (order_number, shipment)
                    order_number, shipment AS number, carrier, tracking_number
                FROM shipping_label WHERE state = 'bought' ORDER BY order_number, shipment, parcel
            ) AS label USING (order_number, number)
            WHERE status = 'Shipped' AND (travels.carrier, travels.tracking_number)
                IS DISTINCT FROM (label.carrier, label.tracking_number)
        """,
    ),
    Invariant(
        name="shipped orders were collected",
        problem="Order {number} is Shipped, and its carrier pickup is {state}.",
        breaking=f"""
            SELECT {_NUMBER_OF_TRAVELLING}, coalesce(pickup.state, 'missing') AS state
            FROM shipment AS travels LEFT JOIN carrier_pickup AS pickup
                ON pickup.order_number = travels.order_number AND pickup.shipment = travels.number
            WHERE status = 'Shipped' AND pickup.state IS DISTINCT FROM 'collected'
        """,
    ),
)

EFFECTS = (
    Invariant(
        name="labelled orders have a printed label per parcel packed",
        problem="Order {number} was packed into {parcels} parcels, and has {labels} labels"
        " bought and printed.",
        breaking=f"""
            WITH packed AS (
                SELECT DISTINCT ON (subject) subject,
                    jsonb_array_length(jsonb_path_query_array(result, '$.answer.parcels[*]'))
                        AS parcels
                FROM step_record
                WHERE step = 'gate: packing' AND result ->> 'accepted' = 'true'
                ORDER BY subject, round DESC
            ), printed AS (
                SELECT travels.key AS subject, count(*) AS labels
                FROM shipping_label AS label JOIN shipment AS travels
                    ON travels.order_number = label.order_number AND travels.number = label.shipment
                WHERE state = 'bought' AND octet_length(pdf) > 0
                GROUP BY travels.key
            )
            SELECT {_NUMBER_OF_SUBJECT}, coalesce(parcels, 0) AS parcels,
                coalesce(labels, 0) AS labels
            FROM step_record AS labelled
            LEFT JOIN packed USING (subject)
            LEFT JOIN printed USING (subject)
            WHERE labelled.step = 'Create Shipping Label'
              AND (labels IS DISTINCT FROM parcels OR labels IS NULL)
              AND NOT EXISTS (
                  SELECT FROM step_record AS voided
                  WHERE voided.subject = labelled.subject AND (
                      voided.step = 'Void Shipping Labels'
                      OR voided.step = 'Void Outdated Labels' AND voided.round >= labelled.round
                  )
              )
        """,
    ),
    Invariant(
        name="mails of recorded steps are sent or refused",
        problem="'{step}' is recorded for {subject}, and the mail {key} is {state}.",
        breaking="""
            SELECT recorded.subject, step, key, coalesce(state, 'missing') AS state
            FROM (
                SELECT subject, step,
                    concat_ws(':', subject, 'shipment', nullif(round, 1)) AS key
                FROM step_record WHERE step = 'Send Shipment Notification'
                UNION ALL
                SELECT subject, step,
                    concat_ws(':', 'order', split_part(subject, ':', 2), 'cancellation')
                FROM step_record
                WHERE step = 'Send Cancellation Notice' AND result ->> 'message_id' <> ''
                UNION ALL
                SELECT subject, step, concat_ws(':', subject, 'cancelled', round)
                FROM step_record WHERE step = 'Send Line Cancellation Notice'
                UNION ALL
                SELECT subject, step, concat_ws(':', subject, 'report', round)
                FROM step_record WHERE step = 'Notify Management of Daily Stats'
            ) AS recorded LEFT JOIN message USING (key)
            WHERE state IS NULL OR state = 'written'
        """,
    ),
    Invariant(
        name="lines that are cancelled are told to the customer once",
        problem="Order {number} has cancelled lines ({key}), and its mails tell of them {times}"
        " times.",
        breaking=f"""
            WITH told (key) AS (
                SELECT concat_ws(':', subject, 'cancelled', round) FROM step_record
                WHERE step = 'Send Line Cancellation Notice'
                UNION ALL
                SELECT jsonb_array_elements_text(result -> 'tells') FROM step_record
                WHERE step = 'Send Cancellation Notice'
            ), cancelled AS (
                SELECT subject, concat_ws(':', subject, 'cancelled', round) AS key
                FROM step_record WHERE step = 'Cancel Lines'
            )
            SELECT {_NUMBER_OF_SUBJECT}, cancelled.key, count(told.key) AS times
            FROM cancelled LEFT JOIN told USING (key)
            JOIN shipment ON shipment.key = subject
            JOIN sales_order AS placed ON placed.number = order_number
            GROUP BY subject, cancelled.key, placed.status
            HAVING count(told.key) > 1
                OR count(told.key) = 0 AND placed.status IN ('Shipped', 'Cancelled')
        """,
    ),
    Invariant(
        name="effects have the record of their step",
        problem="{effect} is {state}, and the ledger lacks '{step}' of {subject}.",
        breaking="""
            WITH mail AS (
                SELECT key, message_id, state, name[1] AS subject, name[2] AS kind, name[4] AS round
                FROM message, regexp_match(key, '^(.*):([a-z]+)(:([0-9]+))?$') AS name
                WHERE state <> 'written'
            ), effects (effect, state, step, subject, round) AS (
                SELECT 'Label ' || label.key, state, 'Create Shipping Label', travels.key,
                    label_version::text
                FROM shipping_label AS label JOIN shipment AS travels
                    ON travels.order_number = label.order_number AND travels.number = label.shipment
                WHERE state = 'bought'
                UNION ALL
                SELECT 'Pickup ' || pickup.key, state, 'Dispatch Carrier Pickup', travels.key, '1'
                FROM carrier_pickup AS pickup JOIN shipment AS travels
                    ON travels.order_number = pickup.order_number
                    AND travels.number = pickup.shipment
                WHERE state IN ('booked', 'collected')
                UNION ALL
                SELECT 'Mail ' || key, state, 'Send Shipment Notification', subject,
                    coalesce(round, '1')
                FROM mail WHERE kind = 'shipment'
                UNION ALL
                SELECT 'Mail ' || key, state, 'Send Line Cancellation Notice', subject, round
                FROM mail WHERE kind = 'cancelled'
                UNION ALL
                SELECT 'Mail ' || key, state, 'Notify Management of Daily Stats', subject, round
                FROM mail WHERE kind = 'report'
                UNION ALL
                SELECT 'Mail ' || key, state, 'Send Cancellation Notice',
                    coalesce(sender.subject, mail.subject), '1'
                FROM mail LEFT JOIN step_record AS sender
                    ON sender.step = 'Send Cancellation Notice'
                    AND sender.result ->> 'message_id' = message_id
                WHERE kind = 'cancellation' AND mail.round IS NULL
            )
            SELECT effect, state, effects.step, effects.subject
            FROM effects LEFT JOIN step_record AS recorded
                ON recorded.subject = effects.subject AND recorded.step = effects.step
                AND recorded.round::text = effects.round
            WHERE recorded.subject IS NULL
        """,
    ),
    Invariant(
        name="what the house carrier booked was wanted",
        problem="The house carrier booked the {kind} {reference} under the key {key}, for which"
        " there is none.",
        breaking="""
            SELECT key, kind, reference
            FROM carrier_booking LEFT JOIN (
                SELECT key, 'label' AS kind, carrier FROM shipping_label
                UNION ALL SELECT key, 'pickup', carrier FROM carrier_pickup
            ) AS wanted USING (key, kind)
            WHERE reference IS NOT NULL AND carrier IS DISTINCT FROM 'house'
        """,
    ),
    Invariant(
        name="what was bought stands in the house carrier's book",
        problem="The {kind} {key} has the reference {reference}, and the house carrier's book has"
        " {booked}.",
        breaking="""
            SELECT key, kind, coalesce(bought.reference, 'none') AS reference,
                coalesce(book.reference, 'none') AS booked
            FROM (
                SELECT key, 'label' AS kind, carrier, state, tracking_number AS reference
                FROM shipping_label WHERE state = 'bought'
                UNION ALL
                SELECT key, 'pickup', carrier, state, reference
                FROM carrier_pickup WHERE state IN ('booked', 'collected')
            ) AS bought LEFT JOIN carrier_booking AS book USING (key, kind)
            WHERE carrier = 'house'
              AND (bought.reference IS DISTINCT FROM book.reference OR book.reference IS NULL)
        """,
    ),
    # While it is being undone, the carrier knows first.
    Invariant(
        name="what was undone is voided with the house carrier, and what left is not",
        problem="The {kind} {key} of order {order_number} is {state}, and the house carrier's book"
        " has it {booked}.",
        breaking="""
            SELECT kind, key, order_number, state, CASE
                WHEN book.key IS NULL THEN 'not at all'
                WHEN voided_at IS NULL THEN 'live' ELSE 'voided' END AS booked
            FROM (
                SELECT key, 'label' AS kind, order_number, carrier, state FROM shipping_label
                WHERE state = 'voided' OR state = 'bought' AND EXISTS (
                    SELECT FROM sales_order WHERE number = order_number AND status = 'Shipped'
                )
                UNION ALL
                SELECT key, 'pickup', order_number, carrier, state FROM carrier_pickup
                WHERE state IN ('cancelled', 'collected')
            ) AS settled LEFT JOIN carrier_booking AS book USING (key, kind)
            WHERE carrier = 'house'
              AND (state IN ('voided', 'cancelled')) <> (voided_at IS NOT NULL)
        """,
    ),
    Invariant(
        name="a key in the house carrier's book was bought or voided",
        problem="The house carrier's book has the key {key}, under which nothing was bought or"
        " voided.",
        breaking="SELECT key FROM carrier_booking WHERE reference IS NULL AND voided_at IS NULL",
    ),
    Invariant(
        name="labels are replaced as often as their parcels were called back",
        problem="Order {number} has the issue {label_version} of its labels; '{step}' is recorded"
        " {voided} times, and its parcels were called back {called_back} times.",
        breaking=f"""
            WITH replaced AS (
                SELECT subject AS key,
                    count(*) FILTER (WHERE step = 'Void Outdated Labels') AS voided,
                    count(*) FILTER (
                        WHERE step = 'gate: carrier-pickup' AND result ->> 'accepted' = 'true'
                          AND result -> 'answer' ->> 'collected_at' IS NULL
                    ) AS called_back
                FROM step_record WHERE step IN ('Void Outdated Labels', 'gate: carrier-pickup')
                GROUP BY subject
            )
            SELECT {_NUMBER}, label_version, 'Void Outdated Labels' AS step,
                coalesce(voided, 0) AS voided, coalesce(called_back, 0) AS called_back
            FROM shipment LEFT JOIN replaced USING (key)
            WHERE label_version <> coalesce(voided, 0) + 1
               OR coalesce(called_back, 0) - coalesce(voided, 0) NOT BETWEEN 0 AND 1
        """,
    ),
    Invariant(
        name="nothing goes to an address that has changed",
        problem="Order {number} has another address since its labels were made; it is {status}, and"
        " task {task} to hand it over is open.",
        breaking=f"""
            SELECT {_NUMBER}, travels.status, coalesce(task.id::text, 'no') AS task
            FROM shipment AS travels LEFT JOIN staff_task AS task
                ON task.order_number = travels.order_number AND task.shipment = travels.number
                AND task.kind = 'carrier-pickup' AND task.state IN ('open', 'held')
            WHERE address_changed AND (travels.status = 'Shipped' OR task.id IS NOT NULL)
        """,
    ),
    Invariant(
        name="a parcel has one live label",
        problem="Parcel {parcel} of order {number}, shipment {shipment}, has {labels} live labels.",
        breaking="""
            SELECT order_number AS number, shipment, parcel, count(*) AS labels
            FROM shipping_label WHERE state <> 'voided'
            GROUP BY order_number, shipment, parcel HAVING count(*) > 1
        """,
    ),
    Invariant(
        name="the house carrier's tracking numbers are valid",
        problem="Label {key} has the tracking number {tracking_number}, which UPU S10 does not"
        " allow.",
        breaking=f"""
            SELECT key, tracking_number FROM shipping_label
            WHERE carrier = 'house' AND tracking_number IS NOT NULL AND NOT {_VALID_S10}
        """,
    ),
    Invariant(
        name="nothing happens twice under one key",
        problem="The {thing} {key} is there {times} times, and may be there once.",
        breaking=" UNION ALL ".join(
            f"""
            SELECT '{thing}' AS thing, ({key})::text AS key, count(*) AS times
            FROM {table} WHERE ({key}) IS NOT NULL
            GROUP BY {key} HAVING count(*) > 1
            """
            for thing, table, key in _ONCE
        ),
    ),
)

CANCELLED = (
    Invariant(
        name="who asks to cancel an order says when and why",
        problem="Order {number} was to be cancelled {at} by {who}, because: {why}.",
        breaking="""
            SELECT number, coalesce(cancel_requested_at::text, 'at no time') AS at,
                coalesce(cancel_requested_by, 'nobody') AS who,
                coalesce(nullif(cancel_reason, ''), 'nothing') AS why
            FROM sales_order
            WHERE (cancel_requested_at IS NULL) <> (cancel_requested_by IS NULL)
               OR cancel_requested_at IS NOT NULL AND cancel_reason = ''
        """,
    ),
    Invariant(
        name="only orders that are to be cancelled go back",
        problem="Order {number} has the record of '{step}', and nobody asked to cancel it.",
        breaking=f"""
            SELECT {_NUMBER_OF_SUBJECT}, step FROM step_record
            WHERE step IN {COMPENSATION_STEPS[:-1]} AND subject NOT IN {_TO_BE_CANCELLED}
        """,
    ),
    Invariant(
        name="no step of the compensation is recorded before those that come first",
        problem="Order {which} has the record of '{furthest}' and lacks that of '{step}'.",
        breaking=_gaps(_COMPENSATION),
    ),
    Invariant(
        name="nothing of a cancelled order is left with a carrier",
        problem="Order {number} is Cancelled, and its {kind} {live_key} is {state}.",
        breaking=f"""
            SELECT {_NUMBER_OF_TRAVELLING}, kind, live_key, state
            FROM shipment AS travels JOIN (
                SELECT order_number, shipment AS number, 'label' AS kind, key AS live_key, state
                FROM shipping_label WHERE state <> 'voided'
                UNION ALL
                SELECT order_number, shipment, 'pickup', key, state
                FROM carrier_pickup WHERE state <> 'cancelled'
            ) AS live USING (order_number, number)
            WHERE status = 'Cancelled'
        """,
    ),
    Invariant(
        name="goods that were picked for a cancelled order were restocked",
        problem="Order {number} was picked and its stock returned, and nobody says that its {sku}"
        " is back.",
        breaking=f"""
            SELECT {_NUMBER_OF_TRAVELLING}, line.sku
            FROM {_TRAVELS} JOIN step_record AS returned
                ON returned.subject = travels.key AND returned.step = 'Return Stock'
            WHERE line.picked > 0 AND line.quantity > 0 AND NOT EXISTS (
                SELECT FROM step_record AS back
                WHERE back.subject = travels.key AND back.step = 'gate: restock'
                  AND back.result ->> 'accepted' = 'true'
            )
        """,
    ),
    Invariant(
        name="what came back of a cancelled order is booked in once",
        problem="{subject} returned {recorded} of {sku} as {kind}, and its movement says {moved}.",
        breaking=f"""
            WITH told AS (
                SELECT subject, result AS back FROM step_record WHERE step = 'Return Stock'
                UNION ALL
                SELECT subject, result -> 'answer' FROM step_record WHERE {_IS_BACK}
            ), recorded AS (
                SELECT DISTINCT subject, kind, sku, pieces::int * sign AS pieces
                FROM told CROSS JOIN LATERAL (
                    VALUES ('returned', 'returned', 1), ('damaged', 'damaged', -1),
                        ('missing', 'adjusted', -1)
                ) AS part (said, kind, sign)
                CROSS JOIN LATERAL jsonb_each_text(back -> said) AS entry (sku, pieces)
                WHERE said <> 'missing' OR NOT EXISTS (
                    SELECT FROM step_record AS sold
                    WHERE sold.subject = told.subject AND step = 'Update Inventory Stock'
                )
            ), moved AS (
                SELECT reference AS subject, kind, sku, quantity AS pieces
                FROM stock_movement
                WHERE kind IN ('returned', 'damaged', 'adjusted')
                  AND reference IN {_TO_BE_CANCELLED}
            )
            SELECT subject, kind, sku, coalesce(recorded.pieces, 0) AS recorded,
                coalesce(moved.pieces, 0) AS moved
            FROM recorded FULL JOIN moved USING (subject, kind, sku)
            WHERE recorded.pieces IS DISTINCT FROM moved.pieces
        """,
    ),
    Invariant(
        name="what goes back is cancelled in the order's lines",
        problem="Order {number} has {cancelled} of {sku} cancelled, and {going_back} go back.",
        breaking="""
            SELECT placed.order_number AS number, placed.cancelled, placed.sku,
                sum(line.quantity) AS going_back
            FROM order_line AS placed
            JOIN shipment_line AS line ON order_line_id = placed.id
            JOIN shipment AS travels
                ON travels.order_number = line.order_number AND travels.number = line.shipment
            JOIN step_record AS refunded ON subject = key AND step = 'Refund Order'
            GROUP BY placed.id HAVING placed.cancelled < sum(line.quantity)
        """,
    ),
    Invariant(
        name="orders that are to be cancelled only want their goods restocked",
        problem="Task {id} ({kind}) is open, and its order {number} is {wanted}.",
        breaking=f"""
            SELECT id, kind, {_NUMBER_OF_TRAVELLING},
                CASE WHEN kind = 'restock' THEN 'not to be cancelled' ELSE 'to be cancelled' END
                    AS wanted
            FROM staff_task AS task JOIN shipment AS travels
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            WHERE state = 'open'
              AND (kind = 'restock') <> (travels.key IN {_TO_BE_CANCELLED})
        """,
    ),
)

HELD = (
    Invariant(
        name="who puts an order on hold says when and why",
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
        problem="Task {id} ({kind}) is {state}, and its order {number} is {held}.",
        breaking=f"""
            SELECT id, kind, state, {_NUMBER_OF_TRAVELLING},
                CASE WHEN on_hold_since IS NULL THEN 'not on hold' ELSE 'on hold' END AS held
            FROM staff_task AS task JOIN shipment AS travels
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            JOIN sales_order AS placed ON placed.number = task.order_number
            WHERE state IN ('open', 'held')
              AND (on_hold_since IS NULL) = (state = 'held' OR kind = 'hold')
        """,
    ),
)

PEOPLE = (
    Invariant(
        name="ended orders ask nobody for anything",
        problem="Task {id} ({kind}) is {state}, and its order {number} is {status}.",
        breaking=f"""
            SELECT id, kind, state, {_NUMBER}, status
            FROM staff_task AS task JOIN shipment AS travels
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            WHERE state IN ('open', 'held') AND status IN ('Shipped', 'Cancelled')
        """,
    ),
    Invariant(
        name="answered tasks and the ledger agree",
        problem="Order {number}, {step}, round {round}: its task is {task}, and its ledger says"
        " {recorded}.",
        breaking=f"""
            SELECT {_NUMBER_OF_SUBJECT}, step, round,
                coalesce(task.state, 'not answered') AS task,
                coalesce(ledger.state, 'nothing') AS recorded
            FROM (
                SELECT key AS subject, 'gate: ' || kind AS step, round, state
                FROM staff_task AS task JOIN shipment AS travels
                    ON travels.order_number = task.order_number AND travels.number = task.shipment
                WHERE state IN ('done', 'refused')
            ) AS task
            FULL JOIN (
                SELECT subject, step, round,
                    CASE result ->> 'accepted' WHEN 'true' THEN 'done' ELSE 'refused' END AS state
                FROM step_record WHERE step LIKE 'gate: %'
            ) AS ledger USING (subject, step, round)
            WHERE task.state IS DISTINCT FROM ledger.state
        """,
    ),
    Invariant(
        name="late tasks and the mails that tell of them agree",
        problem="Task {id} was told of in the mail {key}, and {lacks}.",
        breaking="""
            WITH told AS (
                SELECT id, reminder AS key FROM staff_task WHERE reminder IS NOT NULL
                UNION ALL
                SELECT id, escalation FROM staff_task WHERE escalation IS NOT NULL
            ), mail AS (
                SELECT key, split_part(key, ':', 2) AS first FROM message
                WHERE key LIKE 'reminder:%' OR key LIKE 'escalation:%'
            )
            SELECT id::text AS id, key, 'there is no such mail' AS lacks
            FROM told LEFT JOIN mail USING (key) WHERE mail.key IS NULL
            UNION ALL
            SELECT first, mail.key, 'does not say so'
            FROM mail LEFT JOIN told ON told.key = mail.key AND told.id::text = first
            WHERE told.key IS NULL
        """,
    ),
    Invariant(
        name="nobody is told of a task before it is late",
        problem="Task {id} was due {due}, and {who} told {told}.",
        breaking="""
            SELECT id, due, who, told
            FROM staff_task CROSS JOIN LATERAL (
                VALUES ('those who do it were', due_at, reminded_at),
                    ('the role above was', escalation_due_at, escalated_at)
            ) AS notice (who, due, told)
            WHERE told < due
        """,
    ),
    Invariant(
        name="open tasks are where their order's stock is",
        problem="Task {id} is in {task}, and the stock of its order {number} is in {held}.",
        breaking=f"""
            SELECT DISTINCT task.id, coalesce(task.warehouse, 'no warehouse') AS task, {_NUMBER},
                held.warehouse AS held
            FROM staff_task AS task
            JOIN {_TRAVELS}
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            JOIN allocation AS held
                ON held.{_OF_LINE.format("held")} AND held.state IN ('allocated', 'issued')
            WHERE task.state = 'open' AND task.warehouse IS DISTINCT FROM held.warehouse
        """,
    ),
    Invariant(
        name="orders in work have a run or a person",
        problem="Order {number} is {status}, and neither a flow run nor a person works on it.",
        breaking=f"""
            SELECT {_NUMBER}, status FROM shipment AS travels
            WHERE status IN ('Backordered', 'Processing') AND run_id IS NULL
              AND NOT EXISTS (
                  SELECT FROM staff_task
                  WHERE order_number = travels.order_number AND shipment = travels.number
                    AND state IN ('open', 'held')
              )
        """,
    ),
)

# Days begin and end where the shop's clocks say so: the caller gives the bounds of each.
SUMMARY_FIGURES = Invariant(
    name="daily summaries say what the orders say",
    problem="The summary of {day} says {kept}, and the orders shipped that day say {counted}.",
    breaking="""
        WITH pieces AS (
            SELECT order_number AS number, sum(quantity - cancelled) AS pieces
            FROM order_line GROUP BY order_number
        ), sold AS (
            SELECT day, currency, count(*) AS orders, sum(pieces) AS pieces,
                sum(total_minor) AS revenue_minor
            FROM daily_summary
            JOIN unnest(
                CAST(:days AS date[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[])
            ) AS bounds (day, begins, ends) USING (day)
            JOIN sales_order
                ON shipped_at >= begins AND shipped_at < ends AND shipped_at <= computed_at
            JOIN pieces USING (number)
            GROUP BY day, currency
        ), counted AS (
            SELECT day, sum(orders) AS orders, sum(pieces) AS pieces, jsonb_object_agg(
                currency, jsonb_build_object(
                    'orders', orders, 'pieces', pieces, 'revenue_minor', revenue_minor
                )
            ) AS revenue
            FROM sold GROUP BY day
        )
        SELECT day,
            concat(orders_shipped, ' orders, ', pieces_shipped, ' pieces, ', kept.revenue) AS kept,
            concat(coalesce(orders, 0), ' orders, ', coalesce(pieces, 0), ' pieces, ',
                coalesce(counted.revenue, '{}')) AS counted
        FROM daily_summary AS kept LEFT JOIN counted USING (day)
        WHERE (orders_shipped, pieces_shipped, kept.revenue) IS DISTINCT FROM
            (coalesce(orders, 0), coalesce(pieces, 0), coalesce(counted.revenue, '{}'))
    """,
)

SUMMARY_REVISIONS = Invariant(
    name="daily summaries are the latest that the ledger has",
    problem="The summary of {day} is {revision}, and its ledger says {recorded}.",
    breaking="""
        SELECT coalesce(kept.subject, ledger.subject) AS subject,
            split_part(coalesce(kept.subject, ledger.subject), ':', 2) AS day,
            coalesce('revision ' || revision, 'missing') AS revision,
            coalesce('revision ' || latest, 'nothing') AS recorded
        FROM (
            SELECT 'day:' || to_char(day, 'YYYY-MM-DD') AS subject, revision FROM daily_summary
        ) AS kept
        FULL JOIN (
            SELECT subject, max(round) AS latest
            FROM step_record WHERE step = 'Daily Fulfillment Summary' GROUP BY subject
        ) AS ledger USING (subject)
        WHERE revision IS DISTINCT FROM latest
    """,
)

# Nothing is broken then: the mail server cannot be asked what became of a mail.
SENT_TWICE = Invariant(
    name="mails go out once",
    problem="The mail {key} may have gone out {times} times under the Message-ID {message_id}: a"
    " process or its connection broke off while it was being sent.",
    breaking="""
        SELECT key, message_id, unclear + (state <> 'refused')::int AS times
        FROM message WHERE unclear > 0
    """,
)

INVARIANTS = (
    *STOCK,
    *MONEY,
    *LEDGER,
    *SHIPPED,
    *EFFECTS,
    *CANCELLED,
    *HELD,
    *PEOPLE,
    SUMMARY_REVISIONS,
)
"""Those that need nothing but the database."""
