"""Runs that are lost, mails that may have gone out twice, and why an order's run stopped"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "sales_order", sa.Column("runs", sa.Integer(), server_default="0", nullable=False)
    )
    op.add_column(
        "sales_order",
        sa.Column("problem", sa.String(length=1000), server_default="", nullable=False),
    )
    op.add_column("sales_order", sa.Column("waits_at", sa.String(length=64), nullable=True))
    op.add_column("sales_order", sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_sales_order_ready",
        "sales_order",
        ["ready_at"],
        unique=False,
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )
    op.add_column(
        "staff_task", sa.Column("shown", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute("UPDATE staff_task SET shown = 1")
    op.execute("UPDATE sales_order SET runs = 1 WHERE run_id IS NOT NULL")
    op.add_column("message", sa.Column("sending_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("unclear", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "run_heartbeat",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("worker", sa.String(length=200), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_heartbeat")),
    )
    op.create_table(
        "overtaken_run",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_number"], ["sales_order.number"], name=op.f("fk_overtaken_run_order_number")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_overtaken_run")),
    )


def downgrade() -> None:
    op.drop_table("overtaken_run")
    op.drop_table("run_heartbeat")
    op.drop_column("staff_task", "shown")
    op.drop_index(
        "ix_sales_order_ready",
        table_name="sales_order",
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )
    op.drop_column("sales_order", "ready_at")
    op.drop_column("sales_order", "waits_at")
    op.drop_column("message", "unclear")
    op.drop_column("message", "sending_since")
    op.drop_column("sales_order", "problem")
    op.drop_column("sales_order", "runs")
