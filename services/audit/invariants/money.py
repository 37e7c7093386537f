"""Money: what orders cost, and what customers get back."""

from services.audit.invariants.invariant import Invariant

MONEY = (
    Invariant(
        name="an order's amounts are the sums of its lines",
        twin="domain.pricing:price_order",
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
        twin="services.pricing.refunds:reprice",
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
        twin="services.pricing.refunds:reprice",
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
        twin="ck_refund_paid_by_somebody",
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
        twin="ck_order_line_cancelled_within_ordered",
        problem="Order {number} has {quantity} of {sku} ordered and {cancelled} cancelled.",
        breaking="""
            SELECT order_number AS number, quantity, sku, cancelled
            FROM order_line WHERE cancelled < 0 OR cancelled > quantity
        """,
    ),
)
