"""People: what they are asked, what they answered, and what they are told."""

from services.audit.invariants.fragments import ENDED, NUMBER, NUMBER_OF_SUBJECT, TRAVELS, of_line
from services.audit.invariants.invariant import Invariant

PEOPLE = (
    Invariant(
        name="ended orders ask nobody for anything",
        problem="Task {id} ({kind}) is {state}, and its order {number} is {status}.",
        breaking=f"""
            SELECT id, kind, state, {NUMBER}, status
            FROM staff_task AS task JOIN shipment AS travels
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            WHERE state IN ('open', 'held') AND status IN {ENDED}
        """,
    ),
    Invariant(
        name="answered tasks and the ledger agree",
        problem="Order {number}, {step}, round {round}: its task is {task}, and its ledger says"
        " {recorded}.",
        breaking=f"""
            SELECT {NUMBER_OF_SUBJECT}, step, round,
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
        twin="services.reminders.late_tasks:remind_and_escalate",
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
        twin="ck_staff_task_escalated_after_reminder",
        problem="Task {id} was due {due}, and {who} told {told}.",
        breaking="""
            SELECT id, due, who, told
            FROM staff_task CROSS JOIN LATERAL (
                VALUES ('those who do it were', due_at, reminded_at),
                    ('the role above was', escalation_due_at, escalated_at)
            ) AS notice (who, due, told)
            WHERE told < due AND (reminded_at IS NOT NULL OR escalated_at IS NOT NULL)
        """,
    ),
    Invariant(
        name="open tasks are where their order's stock is",
        twin="services.worklist.tasks:open_task",
        problem="Task {id} is in {task}, and the stock of its order {number} is in {held}.",
        breaking=f"""
            SELECT DISTINCT task.id, coalesce(task.warehouse, 'no warehouse') AS task, {NUMBER},
                held.warehouse AS held
            FROM staff_task AS task
            JOIN {TRAVELS}
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            JOIN allocation AS held
                ON {of_line("held")} AND held.state IN ('allocated', 'issued')
            WHERE task.state = 'open' AND task.warehouse IS DISTINCT FROM held.warehouse
        """,
    ),
    Invariant(
        name="tasks are listed as their shipments leave",
        problem="Task {id} of order {number} is listed for {listed}, and its shipment leaves at"
        " {leaves}.",
        breaking=f"""
            SELECT task.id, {NUMBER},
                concat_ws(' and ', task.leaves_at, task.promised_at) AS listed,
                concat_ws(' and ', coalesce(departs_at, ordered.promised_at), ordered.promised_at)
                    AS leaves
            FROM staff_task AS task
            JOIN shipment AS travels
                ON travels.order_number = task.order_number AND travels.number = task.shipment
            JOIN sales_order AS ordered ON ordered.number = task.order_number
            WHERE task.state IN ('open', 'held')
              AND (task.leaves_at, task.promised_at)
                  <> (coalesce(departs_at, ordered.promised_at), ordered.promised_at)
        """,
    ),
    Invariant(
        name="orders in work have a run or a person",
        problem="Order {number} is {status}, and neither a flow run nor a person works on it.",
        breaking=f"""
            SELECT {NUMBER}, status FROM shipment AS travels
            WHERE status IN ('Backordered', 'Processing') AND run_id IS NULL
              AND NOT EXISTS (
                  SELECT FROM staff_task
                  WHERE order_number = travels.order_number AND shipment = travels.number
                    AND state IN ('open', 'held')
              )
        """,
    ),
    Invariant(
        name="the dispatcher gets everything done",
        problem="Order {number}, shipment {shipment}: the dispatcher fails to {part} since {since}"
        " ({problem}).",
        breaking="""
            SELECT order_number AS number, shipment, part, since, problem FROM sweep_problem
        """,
    ),
)
