"""When an order is to leave, and who was told of tasks that are late"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INSTANTS = ("reminded_at", "escalation_due_at", "escalated_at")
_MAILS = ("reminder", "escalation")
_OPEN = "status NOT IN ('Shipped', 'Cancelled')"
_REMINDED = """
    (reminded_at IS NULL) = (reminder IS NULL)
    AND (reminded_at IS NULL) = (escalation_due_at IS NULL)
"""
_ESCALATED = """
    (escalated_at IS NULL) = (escalation IS NULL)
    AND (escalated_at IS NULL OR escalated_at >= escalation_due_at)
"""
# Two working days, or one, with a weekend in between.
_PROMISE = """
    UPDATE sales_order SET promised_at = received_at
        + CASE service_level WHEN 'express' THEN interval '3 days' ELSE interval '4 days' END
"""


def upgrade() -> None:
    op.add_column(
        "sales_order", sa.Column("promised_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(_PROMISE)
    op.alter_column("sales_order", "promised_at", nullable=False)
    op.create_index(
        "ix_sales_order_promised",
        "sales_order",
        ["promised_at"],
        unique=False,
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index(
        "ix_message_to_send",
        "message",
        ["id"],
        unique=False,
        postgresql_where=sa.text("state = 'written'"),
    )
    for name in _INSTANTS:
        op.add_column("staff_task", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in _MAILS:
        op.add_column("staff_task", sa.Column(name, sa.String(length=96), nullable=True))
        op.create_foreign_key(
            op.f(f"fk_staff_task_{name}"), "staff_task", "message", [name], ["key"]
        )
    op.create_index(
        "ix_staff_task_late",
        "staff_task",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open' AND escalated_at IS NULL"),
    )
    op.create_check_constraint(op.f("ck_staff_task_reminded_by_mail"), "staff_task", _REMINDED)
    op.create_check_constraint(
        op.f("ck_staff_task_escalated_after_reminder"), "staff_task", _ESCALATED
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_staff_task_escalated_after_reminder"), "staff_task")
    op.drop_constraint(op.f("ck_staff_task_reminded_by_mail"), "staff_task")
    op.drop_index("ix_staff_task_late", table_name="staff_task")
    for name in (*_MAILS, *_INSTANTS):
        op.drop_column("staff_task", name)
    op.drop_index("ix_message_to_send", table_name="message")
    op.drop_index("ix_sales_order_promised", table_name="sales_order")
    op.drop_column("sales_order", "promised_at")
