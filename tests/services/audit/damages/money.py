"""Damage to amounts and refunds."""

from tests.services.audit.audit_shop import ASKED_TO_CANCEL, BOTH_CANCELLED, HELD, SPLIT
from tests.services.audit.damages.damage import Damage, without

_VALUE = "an order's value is its total and its refunds"

MONEY = (
    *(
        Damage(
            "an order's amounts are the sums of its lines",
            f"UPDATE order_line SET {part}_minor = {part}_minor + 1"
            f" WHERE order_number = {HELD} AND position = 1",
            f"minor units of {part}, and its lines add up to",
        )
        for part in ("items", "shipping", "tax", "total")
    ),
    Damage(
        _VALUE,
        f"UPDATE sales_order SET value_minor = NULL WHERE number = {BOTH_CANCELLED}",
        f"Order {BOTH_CANCELLED} was worth nothing minor units of GBP as ordered; it costs 0, and"
        " its refunds add up to 5595.",
    ),
    Damage(
        _VALUE,
        f"DELETE FROM refund WHERE order_number = {BOTH_CANCELLED}",
        f"Order {BOTH_CANCELLED} was worth 5595 minor units of GBP as ordered; it costs 0, and its"
        " refunds add up to 0.",
    ),
    Damage(
        _VALUE,
        f"UPDATE refund SET currency = 'EUR' WHERE order_number = {BOTH_CANCELLED}",
        f"Order {BOTH_CANCELLED} was worth 5595 minor units of GBP as ordered; it costs 0, and its"
        " refunds add up to 0.",
    ),
    Damage(
        "lines cancel no more than was ordered",
        without("ck_order_line_cancelled_within_ordered", "order_line")
        + f"UPDATE order_line SET cancelled = -1 WHERE order_number = {SPLIT} AND sku = 'RUG'",
        f"Order {SPLIT} has 1 of RUG ordered and -1 cancelled.",
    ),
    Damage(
        "refunds are paid by somebody",
        without("ck_refund_paid_by_somebody", "refund")
        + "UPDATE refund SET paid_reference = 'PSP-78' WHERE id = 2",
        "was paid at no time by nobody, with the reference PSP-78.",
    ),
    Damage(
        "refunds are paid by somebody",
        without("ck_refund_paid_by_somebody", "refund")
        + "UPDATE refund SET paid_by = NULL WHERE id = 1",
        "by nobody, with the reference PSP-77.",
    ),
    Damage(
        "who asks to cancel an order says when and why",
        without("ck_sales_order_cancellation_is_asked_for", "sales_order")
        + f"UPDATE sales_order SET cancel_reason = '' WHERE number = {ASKED_TO_CANCEL}",
        "by Max, because: nothing.",
    ),
    Damage(
        "who asks to cancel an order says when and why",
        without("ck_sales_order_cancellation_is_asked_for", "sales_order")
        + f"UPDATE sales_order SET cancel_requested_by = 'Max' WHERE number = {SPLIT}",
        f"Order {SPLIT} was to be cancelled at no time by Max, because: nothing.",
    ),
    *(
        Damage(
            "who puts an order on hold says when and why",
            without("ck_sales_order_held_by_somebody", "sales_order")
            + f"UPDATE sales_order SET {column} = NULL WHERE number = {HELD}",
            says,
        )
        for column, says in (
            ("on_hold_since", f"Order {HELD} is on hold at no time by Max, because: fraud check."),
            ("held_by", "by nobody, because: fraud check."),
            ("hold_reason", "by Max, because: nothing."),
        )
    ),
)
