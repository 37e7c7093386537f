"""Cancelled orders: nothing of them is left, and all of it came back."""

from models.process import COMPENSATION_STEPS, StepName
from services.audit.invariants.fragments import (
    COMPENSATION_PROGRESS,
    IS_BACK,
    NUMBER_OF_SUBJECT,
    NUMBER_OF_TRAVELLING,
    RESTOCK_GATE,
    TO_BE_CANCELLED,
    TRAVELS,
    gaps,
    quoted,
)
from services.audit.invariants.invariant import Invariant

CANCELLED = (
    Invariant(
        name="who asks to cancel an order says when and why",
        twin="ck_sales_order_cancellation_is_asked_for",
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
            SELECT {NUMBER_OF_SUBJECT}, step FROM step_record
            WHERE step IN ({quoted(*COMPENSATION_STEPS[:-1])}) AND subject NOT IN {TO_BE_CANCELLED}
        """,
    ),
    Invariant(
        name="no step of the compensation is recorded before those that come first",
        twin="flows.order_fulfillment:compensate",
        problem="Order {which} has the record of '{furthest}' and lacks that of '{step}'.",
        breaking=gaps(COMPENSATION_PROGRESS),
    ),
    Invariant(
        name="nothing of a cancelled order is left with a carrier",
        problem="Order {number} is Cancelled, and its {kind} {live_key} is {state}.",
        breaking=f"""
            SELECT {NUMBER_OF_TRAVELLING}, kind, live_key, state
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
            SELECT {NUMBER_OF_TRAVELLING}, line.sku
            FROM {TRAVELS} JOIN step_record AS returned
                ON returned.subject = travels.key AND returned.step = '{StepName.RETURN_STOCK}'
            WHERE line.picked > 0 AND line.quantity > 0 AND NOT EXISTS (
                SELECT FROM step_record AS back
                WHERE back.subject = travels.key AND back.step = '{RESTOCK_GATE}'
                  AND back.result ->> 'accepted' = 'true'
            )
        """,
    ),
    Invariant(
        name="what came back of a cancelled order is booked in once",
        twin="services.answers.restock:book_restock",
        problem="{subject} returned {recorded} of {sku} as {kind}, and its movement says {moved}.",
        breaking=f"""
            WITH told AS (
                SELECT subject, result AS back FROM step_record
                    WHERE step = '{StepName.RETURN_STOCK}'
                UNION ALL
                SELECT subject, result -> 'answer' FROM step_record WHERE {IS_BACK}
            ), recorded AS (
                SELECT DISTINCT subject, kind, sku, pieces::int * sign AS pieces
                FROM told CROSS JOIN LATERAL (
                    VALUES ('returned', 'returned', 1), ('damaged', 'damaged', -1),
                        ('missing', 'adjusted', -1)
                ) AS part (said, kind, sign)
                CROSS JOIN LATERAL jsonb_each_text(back -> said) AS entry (sku, pieces)
                WHERE said <> 'missing' OR NOT EXISTS (
                    SELECT FROM step_record AS sold
                    WHERE sold.subject = told.subject AND step = '{StepName.UPDATE_INVENTORY_STOCK}'
                )
            ), moved AS (
                SELECT reference AS subject, kind, sku, quantity AS pieces
                FROM stock_movement
                WHERE kind IN ('returned', 'damaged', 'adjusted')
                  AND reference IN {TO_BE_CANCELLED}
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
        breaking=f"""
            SELECT order_number AS number, placed.cancelled, sku, going_back
            FROM (
                SELECT order_number, sku, sum(cancelled) AS cancelled
                FROM order_line GROUP BY order_number, sku
            ) AS placed JOIN (
                SELECT line.order_number, line.sku, sum(line.quantity) AS going_back
                FROM {TRAVELS}
                JOIN step_record ON subject = key AND step = '{StepName.REFUND_ORDER}'
                GROUP BY line.order_number, line.sku
            ) AS returned USING (order_number, sku)
            WHERE placed.cancelled < going_back
        """,
    ),
    Invariant(
        name="orders that are to be cancelled only want their goods restocked",
        problem="Task {id} ({kind}) is open, and its order {number} is {wanted}.",
        breaking=f"""
            SELECT id, kind, {NUMBER_OF_TRAVELLING},
                CASE WHEN kind = 'restock' THEN 'not to be cancelled' ELSE 'to be cancelled' END
                    AS wanted
            FROM staff_task AS task JOIN shipment AS travels
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            WHERE state = 'open'
              AND (kind = 'restock') <> (travels.key IN {TO_BE_CANCELLED})
        """,
    ),
)
