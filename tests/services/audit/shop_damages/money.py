"""Damage to amounts and refunds."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import CANCELLED, SHIPPED, WAITING

A_REFUND = (
    "INSERT INTO refund (order_number, key, reason, items_minor, shipping_minor, tax_minor,"
    " amount_minor, currency, at, by, paid_at, paid_by)"
    f" VALUES ({SHIPPED}, 'order:{SHIPPED}:refund:1', 'broken', %s, now(), 'Max', %s)"
)
"""A row with its amounts, currency, and who paid it when, still to be filled in."""

MONEY = (
    Damage(
        "an order's value is what was charged for its parts",
        f"UPDATE order_line SET tax_minor = tax_minor + 1 WHERE order_number = {WAITING}",
        "of tax, and its parts add up to",
    ),
    Damage(
        "tax that is inside of prices is inside of each part",
        f"UPDATE order_line SET tax_minor = charged_minor + 1 WHERE order_number = {WAITING}",
        f"Order {WAITING} was charged £37.50 (line 1), and £37.51 of tax is to be inside.",
    ),
    Damage(
        "an order's value is its total and its refunds",
        "ALTER TABLE sales_order DROP CONSTRAINT ck_sales_order_total_adds_up;"
        f"UPDATE sales_order SET total_minor = 7 WHERE number = {SHIPPED}",
        f"Order {SHIPPED} was charged £43.45 (total); £0.07 of it is left, and £0.00 came back.",
    ),
    Damage(
        "an order's value is what was charged for its parts",
        f"DELETE FROM order_line WHERE order_number = {SHIPPED}",
        "of value, and its parts add up to nothing.",
    ),
    Damage(
        "an order's value is its total and its refunds",
        f"UPDATE sales_order SET value_minor = value_minor + 1 WHERE number = {WAITING}",
        f"Order {WAITING} was charged £41.46 (total); £41.45 of it is left, and £0.00 came back.",
    ),
    Damage(
        "an order's value is its total and its refunds",
        A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, NULL"),
        f"Order {SHIPPED} was charged £43.45 (total); £43.45 of it is left, and £0.05 came back.",
    ),
    Damage(
        "the value that was told is the order's",
        "UPDATE step_record SET result = result || jsonb_build_object('total_minor', 5)"
        f" WHERE subject = 'order:{WAITING}' AND step = 'calculate-total-order-value'",
        f"Order {WAITING} is worth £41.45, and its step says £0.05.",
    ),
    Damage(
        "refunds of a line are its share of what was charged",
        f"UPDATE order_line SET cancelled = 1 WHERE order_number = {WAITING}",
        f"Order {WAITING} has 1 of 3 MUG in line 1 cancelled, charged £37.50 (items), and"
        " £0.00 came back for them.",
    ),
    Damage(
        "refunds are for lines of their order",
        A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, NULL"),
        f"Refund order:{SHIPPED}:refund:1 gives back £0.05 for items, and its lines add up"
        " to £0.00.",
    ),
    Damage(
        "no more of shipping and its tax comes back than was charged",
        A_REFUND % ("0, 700, 0, 700, 'GBP'", "NULL, NULL"),
        f"Order {SHIPPED} was charged £5.95 (shipping); £7.00 came back, £0.00 of it for lines.",
    ),
    Damage(
        "refunds are for an order, in its currency",
        A_REFUND % ("5, 0, 1, 5, 'EUR'", "NULL, NULL"),
        f"Refund order:{SHIPPED}:refund:1 gives back €0.05, and order {SHIPPED} is in GBP.",
    ),
    Damage(
        "refunds are for an order, in its currency",
        A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, NULL")
        + ";UPDATE refund SET order_number = 7, currency = 'GBP'",
        "and order 7 is in no currency: it is missing.",
    ),
    Damage(
        "refunds give something back and add up",
        A_REFUND % ("5, 3, 1, 9, 'GBP'", "NULL, NULL"),
        "gives back £0.09, and its parts are £0.05 for items, £0.03 for shipping, £0.00 for"
        " fees and £0.01 of tax.",
    ),
    Damage(
        "refunds give something back and add up",
        "ALTER TABLE refund DROP CONSTRAINT ck_refund_gives_something_back;"
        + A_REFUND % ("0, 0, 0, 0, 'GBP'", "NULL, NULL"),
        f"Refund order:{SHIPPED}:refund:1 gives back £0.00",
    ),
    Damage(
        "refunds are paid by somebody",
        "ALTER TABLE refund DROP CONSTRAINT ck_refund_paid_by_somebody;"
        + A_REFUND % ("5, 0, 1, 5, 'GBP'", "NULL, 'Kim'"),
        f"Refund order:{SHIPPED}:refund:1 was paid at no time by Kim, with the reference none.",
    ),
    Damage(
        "a cancelled order costs nothing",
        "ALTER TABLE sales_order DROP CONSTRAINT ck_sales_order_cancelled_costs_nothing;"
        "UPDATE sales_order SET total_minor = total_minor + 1, items_minor = items_minor + 1"
        f" WHERE number = {CANCELLED}",
        f"Order {CANCELLED} is Cancelled, and £0.01 of it has not come back.",
    ),
    Damage(
        "lines cancel no more than was ordered",
        "ALTER TABLE order_line DROP CONSTRAINT ck_order_line_cancelled_within_ordered;"
        f"UPDATE order_line SET cancelled = 4 WHERE order_number = {WAITING}",
        f"Order {WAITING} has 3 of MUG ordered and 4 cancelled.",
    ),
)
