"""Damage to the days summed up."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import SHIPPED

DAYS = (
    Damage(
        "daily summaries say what the orders say",
        "UPDATE daily_summary SET orders_shipped = 2",
        "says 2 orders, 3 pieces",
    ),
    Damage(
        "daily summaries say what the orders say",
        "UPDATE daily_summary SET pieces_shipped = 4",
        "says 1 orders, 4 pieces",
    ),
    Damage(
        "daily summaries say what the orders say",
        "UPDATE daily_summary SET revenue = jsonb_set(revenue, '{GBP,revenue_minor}', '5')",
        '"revenue_minor": 5}}, and the orders shipped that day say 1 orders, 3 pieces',
    ),
    Damage(
        "daily summaries say what the orders say",
        f"UPDATE sales_order SET shipped_at = shipped_at - interval '2 days'"
        f" WHERE number = {SHIPPED}",
        "and the orders shipped that day say 0 orders, 0 pieces, {}.",
    ),
    Damage(
        "daily summaries are the latest that the ledger has",
        "UPDATE daily_summary SET revision = 2",
        "is revision 2, and its ledger says revision 1.",
    ),
    Damage(
        "daily summaries are the latest that the ledger has",
        "DELETE FROM daily_summary",
        "is missing, and its ledger says revision 1.",
    ),
)
