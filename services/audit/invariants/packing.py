"""Packing: what lies in which parcel."""

from services.audit.invariants.invariant import Invariant

PACKING = (
    Invariant(
        name="parcels hold what their shipment sends",
        twin="services.answers.parcel_contents:check_contents",
        problem="Order {number}, shipment {shipment}: {held} of {sku} lie in its parcels, and"
        " {sent} are sent.",
        breaking="""
            WITH held AS (
                SELECT order_number, shipment, sku, sum(pieces)::int AS pieces
                FROM shipping_label AS label JOIN parcel_item AS item ON item.label = label.id
                WHERE state <> 'voided' GROUP BY order_number, shipment, sku
            ), sent AS (
                SELECT order_number, shipment, sku, quantity AS pieces FROM shipment_line
                WHERE quantity > 0
                  AND (order_number, shipment) IN (SELECT order_number, shipment FROM held)
            )
            SELECT order_number AS number, shipment, sku, coalesce(held.pieces, 0) AS held,
                coalesce(sent.pieces, 0) AS sent
            FROM held FULL JOIN sent USING (order_number, shipment, sku)
            WHERE held.pieces IS DISTINCT FROM sent.pieces
        """,
    ),
    Invariant(
        name="what was scanned at the bench adds up",
        problem="Task {task}: {counted} of {sku} are packed, and its scans say {scanned}.",
        breaking="""
            SELECT line.task_id AS task, line.sku AS sku, counted,
                coalesce(sum(pieces), 0) AS scanned
            FROM packing_line AS line
            LEFT JOIN packing_scan AS scan ON scan.task_id = line.task_id AND scan.sku = line.sku
            GROUP BY line.task_id, line.sku, counted HAVING counted <> coalesce(sum(pieces), 0)
        """,
    ),
)
