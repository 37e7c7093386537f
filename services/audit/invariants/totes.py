"""Totes: they hold what is picked, or being picked, and not packed."""

from services.audit.invariants.fragments import ENDED, NUMBER
from services.audit.invariants.invariant import Invariant

_PACKED = "kind = 'packing' AND state = 'done' AND jsonb_array_length(answer -> 'parcels') > 0"
_IN_NOBODYS_HANDS = "kind = 'picking' AND round = 1 AND state = 'open' AND taken_by IS NULL"

TOTES = (
    Invariant(
        name="totes hold what is still to be packed",
        problem="Tote {tote} holds order {number}, and {why}.",
        breaking=f"""
            SELECT tote, {NUMBER}, CASE
                    WHEN status IN {ENDED} THEN 'that has ended'
                    WHEN task.kind = 'packing' THEN 'that is packed'
                    ELSE 'nobody picks it'
                END AS why
            FROM tote_binding AS held
            JOIN shipment AS travels
                ON travels.order_number = held.order_number AND travels.number = held.shipment
            LEFT JOIN staff_task AS task
                ON task.order_number = held.order_number AND task.shipment = held.shipment
                AND ({_PACKED} OR {_IN_NOBODYS_HANDS})
            WHERE freed_at IS NULL AND (status IN {ENDED} OR task.id IS NOT NULL)
        """,
    ),
)
