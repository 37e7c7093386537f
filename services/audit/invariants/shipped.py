"""Shipped orders have all that a shipped order has."""

from models.process import ORDER_STEPS
from services.audit.invariants.fragments import (
    NOT_TAKEN,
    NUMBER,
    NUMBER_OF_TRAVELLING,
    ORDER_PROGRESS,
)
from services.audit.invariants.invariant import Invariant

SHIPPED = (
    Invariant(
        name="shipped orders have gone through all fourteen steps",
        problem="Order {number} is Shipped and lacks the record of '{step}'.",
        breaking=f"""
            {ORDER_PROGRESS}
            SELECT {NUMBER}, plan.step
            FROM shipment LEFT JOIN progress ON progress.subject = key
            CROSS JOIN plan
            WHERE status = 'Shipped' AND coalesce(steps, 0) < {len(ORDER_STEPS)} AND {NOT_TAKEN}
        """,
    ),
    Invariant(
        name="shipped orders have their cost, carrier and times",
        problem="Order {number} is Shipped and has no {field}.",
        breaking="""
            SELECT placed.number, field
            FROM sales_order AS placed JOIN shipment ON order_number = placed.number
            CROSS JOIN LATERAL (
                VALUES ('shipping cost', shipping_cost_minor IS NULL), ('carrier', carrier IS NULL),
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
        twin="tasks.orders:update_order_with_tracking_info",
        problem="Order {number} is Shipped with {kept}, and its first label is {label}.",
        breaking=f"""
            SELECT {NUMBER}, concat_ws(' ', travels.carrier, travels.tracking_number) AS kept,
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
            SELECT {NUMBER_OF_TRAVELLING}, coalesce(pickup.state, 'missing') AS state
            FROM shipment AS travels LEFT JOIN carrier_pickup AS pickup
                ON pickup.order_number = travels.order_number AND pickup.shipment = travels.number
            WHERE status = 'Shipped' AND pickup.state IS DISTINCT FROM 'collected'
        """,
    ),
)
