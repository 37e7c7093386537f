"""Orders are cancelled at any stage and put on hold: who asked for it, and goods that are put back"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_KIND = "ck_staff_task_kind"
_KINDS_BEFORE = ("picking", "packing", "carrier-pickup", "shortage", "short-pick")
_STATE = "ck_staff_task_state"
_STATES_BEFORE = ("open", "done", "refused", "withdrawn")
_HOLD_REASON = "ck_sales_order_hold_reason"
_HELD_BY = "ck_sales_order_held_by_somebody"
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
    _add_holds()
    _allow("staff_task", _KIND, "kind", *_KINDS_BEFORE, "put-back", "hold")
    _allow("staff_task", _STATE, "state", *_STATES_BEFORE, "held")


def downgrade() -> None:
    # Before, an order that was being cancelled or on hold went on, and nobody put anything back.
    op.execute("DELETE FROM step_record WHERE step IN ('gate: put-back', 'gate: hold')")
    op.execute("DELETE FROM staff_task WHERE kind IN ('put-back', 'hold')")
    op.execute("UPDATE staff_task SET state = 'open' WHERE state = 'held'")
    _allow("staff_task", _STATE, "state", *_STATES_BEFORE)
    for name in (_HELD_BY, _HOLD_REASON):
        op.drop_constraint(op.f(name), "sales_order")
    for column in ("released_at", "held_by", "held_at", "hold_note", "hold_reason"):
        op.drop_column("sales_order", column)
    _allow("staff_task", _KIND, "kind", *_KINDS_BEFORE)
    op.drop_constraint(op.f(_ASKED), "sales_order")
    op.drop_column("sales_order", "cancel_requested_by")
    op.drop_column("sales_order", "cancel_requested_at")


def _add_holds() -> None:
    for column in (
        sa.Column("hold_reason", sa.String(length=32), nullable=True),
        sa.Column("hold_note", sa.String(length=500), server_default="", nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held_by", sa.String(length=100), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("sales_order", column)
    op.create_check_constraint(
        op.f(_HOLD_REASON),
        "sales_order",
        "hold_reason IN ('awaiting payment', 'fraud check', 'bad address', 'customer asked',"
        " 'other')",
    )
    op.create_check_constraint(
        op.f(_HELD_BY),
        "sales_order",
        "(held_at IS NULL) = (held_by IS NULL) AND (held_at IS NULL) = (hold_reason IS NULL)"
        " AND (held_at IS NOT NULL OR hold_note = '')",
    )


def _allow(table: str, name: str, column: str, *values: str) -> None:
    """Let the column hold these values, in place of those that it could hold so far."""
    op.drop_constraint(op.f(name), table)
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({listed})")
