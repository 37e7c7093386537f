"""Pieces of SQL that several invariants are made of.

Steps are named by the constants of `models.process`, gates by their kinds, and values that are kept
by the enums of `models.enums`, so that none is spelt twice.
"""

from models.enums import ENDED as ENDED_STATES
from models.enums import TaskKind
from models.process import COMPENSATION_STEPS, DAY_STEPS, ORDER_STEPS
from services.worklist.gates import GATES


def quoted(*values: str) -> str:
    """Values as SQL lists them: `'Shipped', 'Cancelled'`."""
    return ", ".join(f"'{value}'" for value in values)


def union(*parts: str) -> str:
    """All rows of some queries of the same columns."""
    return "\nUNION ALL\n".join(parts)


def of_line(allocation: str) -> str:
    """The condition that an allocation, by its name in the query, is for the shipment's `line`."""
    return (
        f"({allocation}.order_number, {allocation}.shipment, {allocation}.sku)"
        " = (line.order_number, line.shipment, line.sku)"
    )


def gaps(progress: str) -> str:
    """The steps that are missing before the furthest one."""
    return f"""
        {progress}
        SELECT substr(subject, strpos(subject, ':') + 1) AS which, reached.step AS furthest,
            plan.step, round
        FROM progress
        JOIN plan AS reached ON reached.position = furthest
        JOIN plan ON plan.position < furthest
        WHERE steps < furthest AND {NOT_TAKEN}
    """


def written_off(gate: str, kind: str, listed: str, lost: str, *, only: str) -> str:
    """Where what the answers of a gate say is lost is not what left the stock under the references
    of its rounds. `lost` are the pieces of a `line` of the answer's list, below 0.
    """
    return f"""
        WITH said AS (
            SELECT concat_ws(':', subject, '{kind}', round) AS reference, line ->> 'sku' AS sku,
                CASE line ->> 'why' WHEN 'damaged' THEN 'damaged' ELSE 'adjusted' END AS kind,
                {lost} AS lost
            FROM step_record
            CROSS JOIN LATERAL jsonb_path_query(result, '$.answer.{listed}[*]') AS line
            WHERE step = '{gate}' AND result ->> 'accepted' = 'true' AND {only}
        ), moved AS (
            SELECT reference, sku, kind, quantity AS moved FROM stock_movement
            WHERE reference LIKE 'order:%:{kind}:%'
        )
        SELECT reference, sku, kind, coalesce(moved, 0) AS moved, coalesce(lost, 0) AS lost
        FROM said FULL JOIN moved USING (reference, sku, kind)
        WHERE moved IS DISTINCT FROM lost
    """


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


PICKING_GATE = GATES[TaskKind.PICKING].name
PACKING_GATE = GATES[TaskKind.PACKING].name
CARRIER_PICKUP_GATE = GATES[TaskKind.CARRIER_PICKUP].name
SHORT_PICK_GATE = GATES[TaskKind.SHORT_PICK].name
RESTOCK_GATE = GATES[TaskKind.RESTOCK].name

PARCELS_CLOSED = f"""(
    step = '{PACKING_GATE}' AND coalesce(result ->> 'accepted', '') <> 'false'
        AND coalesce(result -> 'answer' -> 'parcels', 'null') <> '[]'
)"""
"""The record of the answer that closed a shipment's parcels; others say what a packer lacks, or
that it was picked by mistake.
"""

ENDED = f"({quoted(*ENDED_STATES)})"

NOT_TAKEN = """
    NOT EXISTS (
        SELECT FROM step_record AS taken
        WHERE taken.subject = progress.subject AND taken.round = progress.round
          AND taken.step = plan.step
    )
"""

_OF_ORDERS_TO_BE_CANCELLED = """
    SELECT key FROM shipment JOIN sales_order AS placed ON placed.number = order_number
    WHERE cancel_requested_at IS NOT NULL
"""
TO_BE_CANCELLED = f"({_OF_ORDERS_TO_BE_CANCELLED})"
"""The shipments of orders that somebody asked to cancel."""

# Steps that happen again begin with the first round too. A day's revision is its steps' round.
ORDER_PROGRESS = _progress("order", ORDER_STEPS, "round = 1")
DAY_PROGRESS = _progress("day", DAY_STEPS, "true")

# Orders that were cancelled before they could go back have nothing but their end, and so have
# shipments of which nothing is left.
_GOES_BACK = f"subject IN ({_OF_ORDERS_TO_BE_CANCELLED} AND NOT nothing_left)"
COMPENSATION_PROGRESS = _progress("order", COMPENSATION_STEPS, f"round = 1 AND {_GOES_BACK}")

IS_BACK = f"(step = '{RESTOCK_GATE}' AND result -> 'answer' ->> 'booked' = 'true')"
"""The record of an answer that restocked the goods of a cancelled order."""

TRAVELS = """(
    shipment_line AS line JOIN shipment AS travels
        ON travels.order_number = line.order_number AND travels.number = line.shipment
)"""
"""The lines of shipments, each with its shipment."""


NUMBER = "replace(substr(key, 7), ':', ', shipment ') AS number"
"""What people call a shipment: the number of its order, and its own if it is not the first. The
rule is `models.tables.shipments.shipment_name`.
"""

NUMBER_OF_SUBJECT = NUMBER.replace("key", "subject")
NUMBER_OF_TRAVELLING = NUMBER.replace("key", "travels.key")
