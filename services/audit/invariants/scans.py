"""Scans: what they have counted, and what was answered from them."""

from services.audit.invariants.invariant import Invariant

SCANS = (
    Invariant(
        name="pieces are counted as they were scanned",
        problem="Task {task_id} has counted {counted} of {sku} in take {take_number}, and the scans"
        " that count are {scanned}.",
        breaking="""
            SELECT task_id, take_number, sku, coalesce(counted, 0) AS counted,
                coalesce(scanned, 0) AS scanned
            FROM scanned_item FULL JOIN (
                SELECT task_id, take_number, sku, sum(pieces) AS scanned FROM scan
                WHERE meaning = 'pieces' AND counts AND NOT EXISTS (
                    SELECT FROM scan AS undo WHERE undo.undoes = scan.key AND undo.counts
                )
                GROUP BY task_id, take_number, sku
            ) AS counting USING (task_id, take_number, sku)
            WHERE coalesce(counted, 0) <> coalesce(scanned, 0)
        """,
    ),
    Invariant(
        name="no more is counted than is asked for",
        twin="ck_scanned_item_counted_within_asked",
        problem="Task {task_id} has counted {counted} of {sku}, and asks for {asked}.",
        breaking="""
            SELECT task_id, sku, counted, asked FROM scanned_item
            WHERE counted < 0 OR counted > asked
        """,
    ),
    Invariant(
        name="a picking that was answered from scans has what they say",
        problem="Task {id} was answered with {answered} of {sku}, and {counted} were scanned.",
        breaking="""
            SELECT id, sku, answered, counted FROM staff_task AS task
            CROSS JOIN LATERAL (
                SELECT sku, counted, coalesce((answer -> 'found' ->> sku)::integer, 0) AS answered
                FROM scanned_item
                WHERE task_id = task.id AND take_number = task.take_number
            ) AS item
            WHERE state = 'done' AND answer @> '{"scanned": true}' AND answered <> counted
        """,
    ),
)
