"""Days that were summed up, and mails that may have gone out twice."""

from models.process import StepName
from services.audit.invariants.invariant import Invariant

# Days begin and end where the shop's clocks say so: the caller gives the bounds of each.
SUMMARY_FIGURES = Invariant(
    name="daily summaries say what the orders say",
    twin="services.reporting.figures:revenue_by_currency",
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
    twin="tasks.daily_report:daily_fulfillment_summary",
    problem="The summary of {day} is {revision}, and its ledger says {recorded}.",
    breaking=f"""
        SELECT coalesce(kept.subject, ledger.subject) AS subject,
            split_part(coalesce(kept.subject, ledger.subject), ':', 2) AS day,
            coalesce('revision ' || revision, 'missing') AS revision,
            coalesce('revision ' || latest, 'nothing') AS recorded
        FROM (
            SELECT 'day:' || to_char(day, 'YYYY-MM-DD') AS subject, revision FROM daily_summary
        ) AS kept
        FULL JOIN (
            SELECT subject, max(round) AS latest
            FROM step_record WHERE step = '{StepName.DAILY_FULFILLMENT_SUMMARY}' GROUP BY subject
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
