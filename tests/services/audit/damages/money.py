"""Damage to amounts and refunds."""

from tests.services.audit.audit_shop import (
    ASKED_TO_CANCEL,
    BOTH_CANCELLED,
    HELD,
    IN_EUROS,
    LINE_CANCELLED,
    SPLIT,
)
from tests.services.audit.damages.damage import Damage, without

_PARTS = "an order's value is what was charged for its parts"
_INSIDE = "tax that is inside of prices is inside of each part"
_TOLD = "the value that was told is the order's"
_VALUE = "an order's value is its total and its refunds"
_SHARES = "refunds of a line are its share of what was charged"
_ADDS_UP = "refunds give something back and add up"
_OF_LINES = "refunds are for lines of their order"
_SHIPPING = "no more of shipping and its tax comes back than was charged"

_LAMPS = f"(SELECT id FROM order_line WHERE order_number = {LINE_CANCELLED} AND sku = 'LAMP')"
_WITHOUT_SUMS = "".join(
    without(f"ck_sales_order_{name}", "sales_order")
    for name in ("total_adds_up", "value_covers_total", "nothing_comes_back_twice")
)
_LEFT = f"Order {BOTH_CANCELLED} was charged"
"""How each part of an order begins that gave all of it back."""


def _line(column: str, order: int = HELD) -> str:
    """One unit more in the first line of an order."""
    where = f"WHERE order_number = {order} AND position = 1"
    return f"UPDATE order_line SET {column} = {column} + 1 {where}"


def _order(column: str, order: int = HELD) -> str:
    """One unit more in an order."""
    return f"UPDATE sales_order SET {column} = {column} + 1 WHERE number = {order}"


MONEY = (
    Damage(_PARTS, _order("discount_minor"), "has £0.01 of discount, and its parts"),
    Damage(_PARTS, _line("shipping_minor"), "£5.95 of shipping, and its parts"),
    Damage(_PARTS, _line("tax_minor"), "of tax, and its parts add up to"),
    Damage(_PARTS, _order("fees_tax_minor"), "of tax, and its parts add up to"),
    Damage(_PARTS, _order("fees_charged_minor"), "£55.95 of value, and its parts"),
    Damage(
        _PARTS,
        _order("tax_charged_minor", IN_EUROS),
        f"Order {IN_EUROS} has €34.74 of value, and its parts add up to €34.75.",
        f"Order {IN_EUROS} has €5.80 of tax, and its parts add up to €5.79.",
    ),
    *(
        Damage(_INSIDE, change + f" WHERE {which} = {HELD}", f"Order {HELD} was charged", says)
        for change, which, says in (
            (
                "UPDATE order_line SET tax_minor = charged_minor + 1",
                "position = 1 AND order_number",
                "(line 1), and",
            ),
            (
                "UPDATE order_line SET shipping_tax_minor = shipping_minor + 1",
                "position = 1 AND order_number",
                "(shipping of line 1), and",
            ),
            ("UPDATE sales_order SET fees_tax_minor = 1", "number", "£0.00 (fees), and £0.01 of"),
        )
    ),
    Damage(
        _PARTS,
        f"DELETE FROM order_line WHERE order_number = {HELD}",
        "of value, and its parts add up to nothing.",
        f"Order {HELD} has",
    ),
    *(
        Damage(
            _TOLD,
            f"UPDATE step_record SET result = result {change} WHERE subject = 'order:{HELD}'"
            f" AND step = 'calculate-total-order-value'",
            f"Order {HELD} is worth £55.95, and its step says {told}.",
        )
        for change, told in (
            ("|| jsonb_build_object('total_minor', 5594)", "£55.94"),
            ("- 'total_minor'", "nothing"),
        )
    ),
    *(
        Damage(
            _VALUE,
            _WITHOUT_SUMS + _order(f"{part}_minor"),
            f"({part});",
        )
        for part in ("items", "shipping", "fees", "tax", "total")
    ),
    Damage(
        _VALUE,
        f"DELETE FROM refund WHERE order_number = {BOTH_CANCELLED}",
        f"{_LEFT} £55.95 (total); £0.00 of it is left, and £0.00 came back.",
        _LEFT,
    ),
    Damage(
        _VALUE,
        f"UPDATE refund SET currency = 'EUR' WHERE order_number = {BOTH_CANCELLED}",
        f"{_LEFT} £55.95 (total); £0.00 of it is left, and £0.00 came back.",
        _LEFT,
    ),
    *(
        Damage(
            _SHARES,
            f"UPDATE refund_line SET {part}_minor = {part}_minor + 1"
            f" WHERE order_line_id = {_LAMPS}",
            f"Order {LINE_CANCELLED} has 1 of 3 LAMP in line 1 cancelled, charged {charged}"
            f" ({part}), and {back} came back for them.",
        )
        for part, charged, back in (("items", "£37.50", "£12.51"), ("tax", "£6.25", "£2.09"))
    ),
    Damage(
        _SHARES,
        f"DELETE FROM refund_line WHERE order_line_id = {_LAMPS}",
        "charged £37.50 (items), and £0.00 came back for them.",
        f"Order {LINE_CANCELLED} has 1 of 3 LAMP in line 1 cancelled",
    ),
    Damage(
        _SHARES,
        f"UPDATE order_line SET cancelled = 0 WHERE id = {_LAMPS}",
        "charged £37.50 (items), and £12.50 came back for them.",
        f"Order {LINE_CANCELLED} has 0 of 3 LAMP in line 1 cancelled",
    ),
    Damage(
        _SHARES,
        _line("cancelled"),
        "charged £37.50 (items), and £0.00 came back for them.",
        f"Order {HELD} has 1 of 3 LAMP in line 1 cancelled",
    ),
    *(
        Damage(
            _ADDS_UP,
            without("ck_refund_parts_not_negative", "refund")
            + f"UPDATE refund SET {part}_minor = -1, items_minor = items_minor + {part}_minor + 1"
            " WHERE id = 1",
            f"-£0.01 {says}",
        )
        for part, says in (("shipping", "for shipping"), ("fees", "for fees"))
    ),
    Damage(
        _ADDS_UP,
        without("ck_refund_parts_not_negative", "refund")
        + "UPDATE refund SET tax_minor = -1, shipping_tax_minor = -1 WHERE id = 1",
        "and -£0.01 of tax.",
    ),
    Damage(
        _ADDS_UP,
        "UPDATE refund SET amount_minor = amount_minor + tax_minor WHERE id = 1",
        "gives back £14.58, and its parts are £12.50 for items",
    ),
    Damage(
        _OF_LINES,
        "UPDATE refund SET items_minor = items_minor + 1, amount_minor = amount_minor + 1"
        " WHERE id = 1",
        "gives back £12.51 for items, and its lines add up to £12.50.",
    ),
    Damage(
        _OF_LINES,
        "DELETE FROM refund_line WHERE refund_id = 1",
        "gives back £12.50 for items, and its lines add up to £0.00.",
    ),
    Damage(
        _OF_LINES,
        "UPDATE refund_line SET order_line_id ="
        f" (SELECT min(id) FROM order_line WHERE order_number = {HELD}) WHERE refund_id = 1",
        "gives back £12.50 for items, and its lines add up to £12.50.",
    ),
    Damage(
        "a cancelled order costs nothing",
        without("ck_sales_order_cancelled_costs_nothing", "sales_order")
        + "UPDATE sales_order SET total_minor = total_minor + 1, items_minor = items_minor + 1"
        f" WHERE number = {BOTH_CANCELLED}",
        f"Order {BOTH_CANCELLED} is Cancelled, and £0.01 of it has not come back.",
    ),
    Damage(
        _SHIPPING,
        "UPDATE refund SET shipping_tax_minor = shipping_tax_minor + 1"
        f" WHERE order_number = {BOTH_CANCELLED}",
        f"Order {BOTH_CANCELLED} was charged £0.99 (tax on shipping); £1.00 came back, £0.00 of it"
        " for lines.",
    ),
    Damage(
        _SHIPPING,
        f"UPDATE refund_line SET shipping_minor = 1 WHERE order_line_id = {_LAMPS}",
        f"Order {LINE_CANCELLED} was charged £5.95 (shipping); £0.00 came back, £0.01 of it for"
        " lines.",
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
