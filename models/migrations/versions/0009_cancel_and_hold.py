"""Orders are cancelled at any stage: who asked for it, and goods that are put back"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_KIND = "ck_staff_task_kind"
_KINDS_BEFORE = ("picking", "packing", "carrier-pickup", "shortage", "short-pick")
_ASKED = "ck_sales_order_cancellation_is_asked_for"

# A decision to cancel that no run has acted on yet was not written to the order before.
ASK_FOR_WHAT_WAS_DECIDED = """
UPDATE sales_order SET cancel_requested_at = decided.at, cancel_reason = 'cannot be filled',
    cancel_requested_by = left(coalesce(decided.result -> 'answer' ->> 'decided_by', ''), 100)
FROM shipment JOIN step_record AS decided ON subject = key
WHERE order_number = sales_order.number AND shipment.status NOT IN ('Shipped', 'Cancelled')
    AND step IN ('gate: shortage', 'gate: short-pick')
    AND result -> 'answer' ->> 'cancels' = 'true'
"""


def upgrade() -> None:
    op.add_column(
        "sales_order",
        sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.add_column(
        "sales_order", sa.Column("cancel_requested_by", sa.String(length=100), nullable=True)
    )
    op.execute(ASK_FOR_WHAT_WAS_DECIDED)
    op.create_check_constraint(
        op.f(_ASKED),
        "sales_order",
        "(cancel_requested_at IS NULL) = (cancel_requested_by IS NULL)"
        " AND (cancel_requested_at IS NULL OR cancel_reason <> '')",
    )
    _allow("staff_task", _KIND, "kind", *_KINDS_BEFORE, "put-back")


def downgrade() -> None:
    # Before, an order that was being cancelled went on, and nobody put anything back.
    op.execute("DELETE FROM step_record WHERE step = 'gate: put-back'")
    op.execute("DELETE FROM staff_task WHERE kind = 'put-back'")
    _allow("staff_task", _KIND, "kind", *_KINDS_BEFORE)
    op.drop_constraint(op.f(_ASKED), "sales_order")
    op.drop_column("sales_order", "cancel_requested_by")
    op.drop_column("sales_order", "cancel_requested_at")


def _allow(table: str, name: str, column: str, *values: str) -> None:
    """Let the column hold these values, in place of those that it could hold so far."""
    op.drop_constraint(op.f(name), table)
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({listed})")
