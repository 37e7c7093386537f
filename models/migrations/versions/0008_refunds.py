"""Undoing an order: its value as ordered, lines cancelled, refunds, and what the carrier voids"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_PICKUP_STATE = "ck_carrier_pickup_state"
_BOOKED_OR_VOIDED = "ck_carrier_booking_booked_or_voided"

# What customers got back for orders that were cancelled so far, nobody has written down: those have
# no value, and nothing is asked for them.
VALUES = """
UPDATE sales_order SET value_minor = total_minor
WHERE total_minor IS NOT NULL AND status <> 'Cancelled'
"""


def upgrade() -> None:
    op.add_column("sales_order", sa.Column("value_minor", sa.BigInteger(), nullable=True))
    op.execute(VALUES)
    op.create_check_constraint(
        op.f("ck_sales_order_priced_with_its_value"),
        "sales_order",
        "status = 'Cancelled' OR (value_minor IS NULL) = (total_minor IS NULL)",
    )
    op.create_check_constraint(
        op.f("ck_sales_order_value_covers_total"),
        "sales_order",
        "value_minor IS NULL OR total_minor IS NOT NULL AND value_minor >= total_minor",
    )
    op.add_column(
        "order_line", sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False)
    )
    op.create_check_constraint(
        op.f("ck_order_line_cancelled_within_ordered"),
        "order_line",
        "0 <= cancelled AND cancelled <= quantity",
    )
    _create_refund()
    op.alter_column("carrier_booking", "reference", nullable=True)
    op.add_column(
        "carrier_booking", sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_check_constraint(
        op.f(_BOOKED_OR_VOIDED),
        "carrier_booking",
        "reference IS NOT NULL OR voided_at IS NOT NULL",
    )
    _hold_pickups_to("wanted", "booked", "collected", "cancelled")


def downgrade() -> None:
    # Before, a row of either table was something that the carrier does.
    op.execute("DELETE FROM carrier_pickup WHERE state = 'cancelled'")
    _hold_pickups_to("wanted", "booked", "collected")
    op.drop_constraint(op.f(_BOOKED_OR_VOIDED), "carrier_booking")
    op.execute("DELETE FROM carrier_booking WHERE voided_at IS NOT NULL")
    op.drop_column("carrier_booking", "voided_at")
    op.alter_column("carrier_booking", "reference", nullable=False)
    op.drop_table("refund")
    op.drop_constraint(op.f("ck_order_line_cancelled_within_ordered"), "order_line")
    op.drop_column("order_line", "cancelled")
    op.drop_constraint(op.f("ck_sales_order_value_covers_total"), "sales_order")
    op.drop_constraint(op.f("ck_sales_order_priced_with_its_value"), "sales_order")
    op.drop_column("sales_order", "value_minor")


def _create_refund() -> None:
    op.create_table(
        "refund",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=1), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("items_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=100), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_by", sa.String(length=100), nullable=True),
        sa.Column("paid_reference", sa.String(length=150), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_gives_something_back")),
        sa.CheckConstraint(
            "amount_minor IN (items_minor + shipping_minor,"
            " items_minor + shipping_minor + tax_minor)",
            name=op.f("ck_refund_adds_up"),
        ),
        sa.CheckConstraint(
            "(paid_at IS NULL) = (paid_by IS NULL)"
            " AND (paid_reference IS NULL OR paid_at IS NOT NULL)",
            name=op.f("ck_refund_paid_by_somebody"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["sales_order.number"], name=op.f("fk_refund_order_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sa.UniqueConstraint("key", name=op.f("uq_refund_key")),
    )
    op.create_index(op.f("ix_refund_order_number"), "refund", ["order_number"], unique=False)
    op.create_index(
        "ix_refund_open",
        "refund",
        ["id"],
        unique=False,
        postgresql_where=sa.text("paid_at IS NULL"),
    )


def _hold_pickups_to(*states: str) -> None:
    op.drop_constraint(op.f(_PICKUP_STATE), "carrier_pickup")
    listed = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint(op.f(_PICKUP_STATE), "carrier_pickup", f"state IN ({listed})")
