"""Money: what orders cost, and what customers get back."""

from models.process import StepName
from services.audit.invariants.invariant import Invariant

# By the line: what was charged, and what came back.
_CHARGED_LINES = """
    SELECT order_number AS number, sum(charged_minor) AS items,
        sum(order_discount_minor) AS discounts, sum(shipping_minor) AS shipping,
        sum(tax_minor + shipping_tax_minor) AS taxes
    FROM order_line GROUP BY order_number
"""
_REFUNDED = """
    SELECT order_number AS number, currency, sum(items_minor) AS items,
        sum(shipping_minor) AS shipping, sum(fees_minor) AS fees, sum(tax_minor) AS tax,
        sum(amount_minor) AS total
    FROM refund GROUP BY order_number, currency
"""
# Of several shipments that go back, the last one writes the refund.
_UNSETTLED = f"""
    SELECT order_number FROM shipment JOIN step_record ON subject = key
    WHERE step = '{StepName.REFUND_ORDER}'
    GROUP BY order_number HAVING NOT bool_or((result ->> 'last')::boolean)
"""


def _for_pieces(amount: str) -> str:
    """The part of a line's amount that its cancelled pieces have, half up: by whole numbers, which
    may be larger than a BIGINT in between.
    """
    return f"div(2 * {amount}::numeric * cancelled + quantity, 2 * quantity)"


_TAX_FOR_PIECES = f"""
    CASE WHEN prices_include_tax AND charged_minor > 0
        THEN div(2 * tax_minor * {_for_pieces("charged_minor")} + charged_minor, 2 * charged_minor)
        ELSE {_for_pieces("tax_minor")} END
"""


MONEY = (
    Invariant(
        name="an order's value is what was charged for its parts",
        twin="tasks.pricing:calculate_total_order_value",
        problem="Order {number} has {kept} of {part}, and its parts add up to {added}.",
        amounts=("kept", "added"),
        breaking=f"""
            SELECT number, part, kept, added, currency
            FROM sales_order LEFT JOIN ({_CHARGED_LINES}) AS line USING (number)
            CROSS JOIN LATERAL (
                VALUES ('discount', discount_minor, discounts),
                    ('shipping', shipping_charged_minor, shipping),
                    ('tax', tax_charged_minor, taxes + fees_tax_minor),
                    ('value', value_minor, items + shipping_charged_minor + fees_charged_minor
                        + CASE WHEN prices_include_tax THEN 0 ELSE tax_charged_minor END)
            ) AS amount (part, kept, added)
            WHERE kept IS DISTINCT FROM added
        """,
    ),
    Invariant(
        name="tax that is inside of prices is inside of each part",
        twin="domain.charges:charge",
        problem="Order {number} was charged {charged} ({part}), and {tax} of tax is to be inside.",
        amounts=("charged", "tax"),
        breaking="""
            SELECT number, currency, part, charged, tax
            FROM sales_order JOIN order_line ON order_number = number
            CROSS JOIN LATERAL (
                VALUES ('line ' || position, charged_minor, order_line.tax_minor),
                    ('shipping of line ' || position, order_line.shipping_minor, shipping_tax_minor)
            ) AS amount (part, charged, tax)
            WHERE prices_include_tax AND tax > charged
            UNION ALL
            SELECT number, currency, 'fees', fees_charged_minor, fees_tax_minor
            FROM sales_order WHERE prices_include_tax AND fees_tax_minor > fees_charged_minor
        """,
    ),
    Invariant(
        name="the value that was told is the order's",
        problem="Order {number} is worth {value_minor}, and its step says {told}.",
        amounts=("value_minor", "told"),
        breaking=f"""
            SELECT number, value_minor, (result ->> 'total_minor')::bigint AS told, currency
            FROM sales_order JOIN (
                SELECT order_number AS number, result
                FROM shipment JOIN step_record ON subject = key
                WHERE step = '{StepName.CALCULATE_TOTAL_ORDER_VALUE}'
            ) AS step USING (number)
            WHERE result ->> 'total_minor' IS DISTINCT FROM value_minor::text
        """,
    ),
    Invariant(
        name="an order's value is its total and its refunds",
        twin="services.pricing.settlement:refund_cancelled",
        problem="Order {number} was charged {charged} ({part}); {left} of it is left, and"
        " {refunded} came back.",
        amounts=("charged", "left", "refunded"),
        breaking=f"""
            SELECT number, placed.currency, part, charged, remains AS left,
                coalesce(returned, 0) AS refunded
            FROM sales_order AS placed
            LEFT JOIN ({_CHARGED_LINES}) AS line USING (number)
            LEFT JOIN ({_REFUNDED}) AS back USING (number, currency)
            CROSS JOIN LATERAL (
                VALUES ('items', line.items, items_minor, back.items),
                    ('shipping', shipping_charged_minor, shipping_minor, back.shipping),
                    ('fees', fees_charged_minor, fees_minor, back.fees),
                    ('tax', tax_charged_minor, tax_minor, back.tax),
                    ('total', value_minor, total_minor, back.total)
            ) AS amount (part, charged, remains, returned)
            WHERE charged IS DISTINCT FROM remains + coalesce(returned, 0)
        """,
    ),
    Invariant(
        name="a cancelled order costs nothing",
        twin="ck_sales_order_cancelled_costs_nothing",
        problem="Order {number} is Cancelled, and {total} of it has not come back.",
        amounts=("total",),
        breaking="""
            SELECT number, total_minor AS total, currency FROM sales_order
            WHERE status = 'Cancelled' AND total_minor <> 0
        """,
    ),
    Invariant(
        name="refunds of a line are its share of what was charged",
        twin="domain.refunds:tax_for_pieces",
        problem="Order {number} has {cancelled} of {quantity} {sku} in line {position} cancelled,"
        " charged {charged} ({part}), and {refunded} came back for them.",
        amounts=("charged", "refunded"),
        breaking=f"""
            SELECT order_number AS number, cancelled, quantity, sku, position, part, charged,
                coalesce(returned, 0) AS refunded, placed.currency
            FROM order_line AS line LEFT JOIN (
                SELECT order_line_id AS id, sum(items_minor) AS items, sum(tax_minor) AS tax
                FROM refund_line GROUP BY order_line_id
            ) AS back USING (id)
            LEFT JOIN (SELECT number, currency, prices_include_tax FROM sales_order) AS placed
                ON placed.number = order_number
            CROSS JOIN LATERAL (
                VALUES ('items', charged_minor, {_for_pieces("charged_minor")}, back.items),
                    ('tax', tax_minor, {_TAX_FOR_PIECES}, back.tax)
            ) AS amount (part, charged, due, returned)
            WHERE (cancelled > 0 OR back.id IS NOT NULL) AND due <> coalesce(returned, 0)
              AND order_number NOT IN ({_UNSETTLED})
        """,
    ),
    Invariant(
        name="no more of shipping and its tax comes back than was charged",
        twin="services.pricing.settlement:refund_cancelled",
        problem="Order {number} was charged {charged} ({part}); {refunded} came back, {of_lines} of"
        " it for lines.",
        amounts=("charged", "refunded", "of_lines"),
        breaking="""
            SELECT number, currency, part, charged, refunded, of_lines
            FROM (
                SELECT order_number AS number, currency, sum(refund.shipping_minor) AS shipping,
                    sum(refund.shipping_tax_minor) AS tax
                FROM refund GROUP BY order_number, currency
            ) AS back
            JOIN (
                SELECT line.order_number AS number, sum(line.shipping_minor) AS shipping,
                    sum(line.shipping_tax_minor) AS tax, sum(part.shipping) AS shipping_of_lines,
                    sum(part.tax) AS tax_of_lines
                FROM order_line AS line LEFT JOIN (
                    SELECT order_line_id AS id, sum(shipping_minor) AS shipping,
                        sum(shipping_tax_minor) AS tax
                    FROM refund_line GROUP BY order_line_id
                ) AS part USING (id)
                GROUP BY line.order_number
            ) AS line USING (number)
            CROSS JOIN LATERAL (
                VALUES ('shipping', line.shipping, back.shipping, coalesce(shipping_of_lines, 0)),
                    ('tax on shipping', line.tax, back.tax, coalesce(tax_of_lines, 0))
            ) AS amount (part, charged, refunded, of_lines)
            WHERE refunded > charged OR of_lines > refunded
        """,
    ),
    Invariant(
        name="refunds are for an order, in its currency",
        problem="Refund {key} gives back {amount_minor}, and order {order_number} is in"
        " {ordered_in}.",
        amounts=("amount_minor",),
        breaking="""
            SELECT key, amount_minor, refund.currency, order_number,
                coalesce(placed.currency, 'no currency: it is missing') AS ordered_in
            FROM refund LEFT JOIN sales_order AS placed ON number = order_number
            WHERE placed.currency IS DISTINCT FROM refund.currency
        """,
    ),
    Invariant(
        name="refunds give something back and add up",
        twin="services.pricing.settlement:refund_cancelled",
        problem="Refund {key} gives back {amount_minor}, and its parts are {items_minor} for items,"
        " {shipping_minor} for shipping, {fees_minor} for fees and {tax_minor} of tax.",
        amounts=("amount_minor", "items_minor", "shipping_minor", "fees_minor", "tax_minor"),
        breaking="""
            SELECT key, amount_minor, refund.items_minor, refund.shipping_minor, refund.fees_minor,
                refund.tax_minor, refund.currency
            FROM refund JOIN sales_order ON number = order_number
            WHERE amount_minor <= 0
               OR least(refund.items_minor, refund.shipping_minor, refund.fees_minor,
                    refund.tax_minor) < 0
               OR amount_minor <> refund.items_minor + refund.shipping_minor + refund.fees_minor
                + CASE WHEN prices_include_tax THEN 0 ELSE refund.tax_minor END
        """,
    ),
    Invariant(
        name="refunds are for lines of their order",
        twin="services.pricing.settlement:refund_cancelled",
        problem="Refund {key} gives back {items_minor} for items, and its lines add up to {added}.",
        amounts=("items_minor", "added"),
        breaking="""
            SELECT key, refund.items_minor, coalesce(sum(part.items_minor), 0) AS added,
                refund.currency
            FROM refund LEFT JOIN refund_line AS part ON part.refund_id = refund.id
            LEFT JOIN order_line AS line ON line.id = part.order_line_id
            GROUP BY refund.id
            HAVING refund.items_minor <> coalesce(sum(part.items_minor), 0)
                OR bool_or(line.order_number <> refund.order_number)
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
