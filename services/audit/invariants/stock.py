"""Stock: what is counted, what orders hold and want, and what moved."""

from models.imports.fields import COUNT_PREFIX
from models.process import StepName
from services.audit.invariants.fragments import (
    ENDED,
    IS_BACK,
    NUMBER,
    NUMBER_OF_TRAVELLING,
    PACKING_GATE,
    PARCELS_CLOSED,
    PICKING_GATE,
    SHORT_PICK_GATE,
    TO_BE_CANCELLED,
    TRAVELS,
    of_line,
    written_off,
)
from services.audit.invariants.invariant import Invariant

# Who holds stock and who waits for it, by the ledger. `checked` passed the stock check and have not
# been booked out or restocked; what one of them gave up to a count it has regained as often, or it
# waits for it. `short` were picked short: until somebody has decided, they hold what was found and
# want the rest. `split_off` hold or want from the beginning. What
# is to be cancelled waits for nothing more.
_HOLDING = f"""
    WITH checked AS (
        SELECT key, bool_or(step = '{StepName.CHECK_INVENTORY_LEVELS}'
            AND result -> 'shortages' = '[]')
            AND count(*) FILTER (WHERE step = '{StepName.RELEASE_STOCK}')
                = count(*) FILTER (WHERE step = '{StepName.REALLOCATE_STOCK}') AS holds
        FROM shipment JOIN step_record ON subject = key
        WHERE status NOT IN {ENDED}
        GROUP BY key
        HAVING bool_or(step = '{StepName.CHECK_INVENTORY_LEVELS}')
            AND NOT bool_or(step IN ('{StepName.UPDATE_INVENTORY_STOCK}', '{StepName.RETURN_STOCK}')
                OR {IS_BACK})
    ),
    short AS (
        SELECT key FROM shipment JOIN staff_task AS task
            ON task.order_number = shipment.order_number AND task.shipment = shipment.number
        WHERE kind = 'short-pick' AND (
            state IN ('open', 'held') OR state = 'withdrawn' AND key IN {TO_BE_CANCELLED}
        )
        UNION
        SELECT subject FROM step_record
        WHERE step = '{SHORT_PICK_GATE}' AND result -> 'answer' ->> 'cancels' = 'true'
    ),
    holding AS (
        SELECT key FROM checked
        WHERE holds AND NOT EXISTS (SELECT FROM short WHERE short.key = checked.key)
    ),
    found_short AS (SELECT key FROM checked JOIN short USING (key) WHERE holds),
    split_off AS (
        SELECT key FROM shipment WHERE number > 1 AND status = 'New'
            AND NOT EXISTS (
                SELECT FROM step_record WHERE subject = key
                    AND step = '{StepName.CHECK_INVENTORY_LEVELS}'
            )
    ),
    waiting AS (
        SELECT key FROM (
            SELECT key FROM checked WHERE NOT holds
            UNION SELECT key FROM found_short
            UNION SELECT key FROM split_off
        ) AS lacking WHERE key NOT IN {TO_BE_CANCELLED}
    )
"""

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
        name="allocated stock is the sum of its allocations",
        problem="{sku} has {allocated} allocated in {warehouse}, and its allocations there add"
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
        twin="ck_stock_level_allocated_within_on_hand",
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
        twin="ck_allocation_allocated_in_a_warehouse",
        problem="Allocation {id} of {sku} is {state}, and its warehouse is {where}.",
        breaking="""
            SELECT id, sku, state, coalesce(warehouse, 'not known') AS where FROM allocation
            WHERE state = 'backordered' AND warehouse IS NOT NULL
               OR state IN ('allocated', 'issued') AND warehouse IS NULL
        """,
    ),
    Invariant(
        name="a shipment's stock is in one warehouse",
        problem="Order {number} has stock allocated or booked out in {warehouses}.",
        breaking=f"""
            SELECT {NUMBER}, concat(min(warehouse), ' and ', max(warehouse)) AS warehouses
            FROM {TRAVELS}
            JOIN allocation AS held ON {of_line("held")}
            WHERE state IN ('allocated', 'issued')
            GROUP BY key HAVING min(warehouse) <> max(warehouse)
        """,
    ),
    Invariant(
        name="orders that passed the stock check hold each line",
        problem="Order {number} needs {quantity} of {sku} allocated, and its allocation"
        " holds {held}.",
        breaking=f"""
            {_HOLDING}
            SELECT {NUMBER}, line.sku, line.quantity, coalesce(held.quantity, 0) AS held
            FROM holding JOIN {TRAVELS} USING (key)
            LEFT JOIN allocation AS held
                ON {of_line("held")} AND held.state = 'allocated' AND held.sku = line.sku
            WHERE line.quantity > 0 AND held.quantity IS DISTINCT FROM line.quantity
        """,
    ),
    Invariant(
        name="no other order holds stock",
        problem="Order {number} is {status} and has {quantity} of {sku} allocated, though it needs"
        " none now.",
        breaking=f"""
            {_HOLDING}
            SELECT {NUMBER}, status, held.quantity, held.sku
            FROM {TRAVELS}
            JOIN allocation AS held ON {of_line("held")}
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
        twin="services.inventory.allocations:backorder",
        problem="Order {number} waits for stock with {quantity} of {sku}; it wants {wanted} and"
        " holds {held}.",
        breaking=f"""
            {_HOLDING}
            SELECT {NUMBER}, line.sku, line.quantity, coalesce(wanted.quantity, 0) AS wanted,
                coalesce(held.quantity, 0) AS held
            FROM waiting JOIN {TRAVELS} USING (key)
            LEFT JOIN allocation AS wanted
                ON {of_line("wanted")} AND wanted.state = 'backordered'
                AND wanted.sku = line.sku
            LEFT JOIN allocation AS held
                ON {of_line("held")} AND held.state = 'allocated' AND held.sku = line.sku
            WHERE line.quantity <> coalesce(wanted.quantity, 0) + coalesce(held.quantity, 0)
        """,
    ),
    Invariant(
        name="no other order wants stock",
        problem="Order {number} is {status} and wants {quantity} of {sku}, though it does not wait"
        " for stock.",
        breaking=f"""
            {_HOLDING}
            SELECT {NUMBER}, status, wanted.quantity, wanted.sku
            FROM {TRAVELS}
            JOIN allocation AS wanted ON {of_line("wanted")}
            LEFT JOIN waiting USING (key)
            WHERE wanted.state = 'backordered' AND (waiting.key IS NULL OR line.quantity = 0)
        """,
    ),
    Invariant(
        name="who waits for stock stands in line as the order was promised",
        problem="Order {number} is promised by {promised}, and waits for {sku} as one promised by"
        " {place}.",
        breaking="""
            SELECT number, placed.promised_at AS promised, sku, wanted.promised_at AS place
            FROM allocation AS wanted JOIN sales_order AS placed ON number = order_number
            WHERE state = 'backordered' AND wanted.promised_at <> placed.promised_at
        """,
    ),
    Invariant(
        name="who waits for stock lacks something of what it wants",
        problem="Order {number} wants {pieces} pieces, and lacks none of them: nobody looks for"
        " them.",
        breaking=f"""
            SELECT {NUMBER_OF_TRAVELLING}, sum(wanted.quantity) AS pieces
            FROM {TRAVELS}
            JOIN allocation AS wanted ON {of_line("wanted")}
            WHERE wanted.state = 'backordered'
            GROUP BY travels.key HAVING NOT bool_or(lacking)
        """,
    ),
    # Each time that a packer had it, it was given out of hand again.
    Invariant(
        name="orders that wait for stock are neither picked in full nor packed",
        problem="Order {number} waits for stock, and '{step}' is recorded for it.",
        breaking=f"""
            {_HOLDING}
            SELECT {NUMBER}, CASE WHEN bool_or(closed) THEN '{PACKING_GATE}'
                ELSE '{StepName.ASSIGN_PACKING_TASK}' END AS step
            FROM waiting JOIN (
                SELECT subject AS key, step, {PARCELS_CLOSED} AS closed FROM step_record
                WHERE step = '{StepName.ASSIGN_PACKING_TASK}'
                   OR step = '{PACKING_GATE}' AND coalesce(result ->> 'accepted', '') <> 'false'
            ) AS packing USING (key)
            GROUP BY key
            HAVING bool_or(closed) OR 2 * count(*) FILTER (WHERE step <> '{PACKING_GATE}')
                <> count(*)
        """,
    ),
    Invariant(
        name="what waits for its packers is picked in full, and nothing of it is being picked",
        problem="Order {number} waits for its packers: {picked} of {quantity} {sku} are picked, and"
        " {other} of its tasks are open beside.",
        breaking=f"""
            SELECT {NUMBER_OF_TRAVELLING}, coalesce(picked, 0) AS picked, quantity, sku, other
            FROM staff_task AS task
            JOIN {TRAVELS}
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            CROSS JOIN LATERAL (
                SELECT count(*) AS other FROM staff_task AS beside
                WHERE (beside.order_number, beside.shipment) = (task.order_number, task.shipment)
                  AND beside.state IN ('open', 'held') AND beside.kind IN ('picking', 'short-pick')
            ) AS asked
            WHERE task.kind = 'packing' AND task.state IN ('open', 'held')
              AND EXISTS (
                  SELECT FROM step_record
                  WHERE subject = key AND step = '{StepName.ASSIGN_PACKING_TASK}'
              )
              AND (line.quantity <> coalesce(picked, 0) OR other > 0)
        """,
    ),
    Invariant(
        name="what a count found more or less is moved once",
        twin="services.stock_control.counts:count",
        problem="Count {reference} of {sku} in {warehouse} found {counted} where the books had"
        " {before}, and its movement says {moved}.",
        breaking=f"""
            SELECT sku, warehouse, reference,
                coalesce(counted::text, 'nothing') AS counted,
                coalesce(before::text, 'nothing') AS before, coalesce(moved, 0) AS moved
            FROM stock_count AS counts
            FULL JOIN (
                SELECT sku, warehouse, quantity AS moved,
                    substr(reference, {len(COUNT_PREFIX) + 1}) AS reference
                FROM stock_movement WHERE kind = 'adjusted' AND reference LIKE '{COUNT_PREFIX}%'
            ) AS movements USING (sku, warehouse, reference)
            WHERE coalesce(counted - before, 0) <> coalesce(moved, 0)
        """,
    ),
    Invariant(
        name="what a picker did not find left the stock once, with the answer",
        twin="services.answers.write_offs:write_off",
        problem="{reference} moved {moved} of {sku} as {kind}, and the picker's answer says"
        " {lost}.",
        breaking=written_off(
            PICKING_GATE,
            "picking",
            "missing",
            "(line ->> 'available')::int - (line ->> 'wanted')::int",
            only="line ->> 'why' <> ''",
        ),
    ),
    Invariant(
        name="what a packer lacks left the stock once, with the answer",
        twin="services.answers.write_offs:write_off",
        problem="{reference} moved {moved} of {sku} as {kind}, and the packer's answer says"
        " {lost}.",
        breaking=written_off(
            PACKING_GATE,
            "packing",
            "lacking",
            "- (line ->> 'pieces')::int",
            only="line ->> 'why' <> 'wrong'",
        ),
    ),
    Invariant(
        name="allocations are issued when stock is booked out",
        problem="Order {number}, {quantity} of {sku}: its stock is {booked}, and its allocation is"
        " {allocation}.",
        breaking=f"""
            SELECT {NUMBER}, line.quantity, line.sku,
                CASE WHEN booked.subject IS NULL THEN 'not booked out' ELSE 'booked out' END
                    AS booked,
                coalesce(held.quantity || ' ' || held.sku || ', ' || held.state, 'missing')
                    AS allocation
            FROM {TRAVELS}
            LEFT JOIN (
                SELECT DISTINCT ON (order_number, shipment, sku)
                    order_number, shipment, sku, quantity, state
                FROM allocation ORDER BY order_number, shipment, sku, state
            ) AS held ON {of_line("held")}
            LEFT JOIN step_record AS booked
                ON booked.subject = travels.key
                    AND booked.step = '{StepName.UPDATE_INVENTORY_STOCK}'
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
            SELECT {NUMBER}, line.quantity, line.sku, coalesce(-sold.quantity, 0) AS sold
            FROM {TRAVELS}
            JOIN step_record AS booked ON booked.subject = travels.key
            LEFT JOIN stock_movement AS sold
                ON sold.reference = booked.subject AND sold.sku = line.sku AND sold.kind = 'sold'
            WHERE booked.step = '{StepName.UPDATE_INVENTORY_STOCK}' AND line.quantity > 0
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
            JOIN {TRAVELS} ON travels.key = sold.reference AND line.sku = sold.sku
            JOIN allocation AS held
                ON {of_line("held")} AND held.state = 'issued'
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
                ON booked.subject = sold.reference
                    AND booked.step = '{StepName.UPDATE_INVENTORY_STOCK}'
            LEFT JOIN {TRAVELS}
                ON travels.key = booked.subject AND line.sku = sold.sku AND line.quantity > 0
            WHERE sold.kind = 'sold' AND travels.key IS NULL
        """,
    ),
    Invariant(
        name="the barcode of a product itself counts one piece",
        problem="Barcode {barcode} is that of one piece of {sku}, and counts {pieces}.",
        breaking="""
            SELECT barcode, sku, pieces FROM product JOIN barcode USING (barcode, sku)
            WHERE pieces <> 1
        """,
    ),
)
