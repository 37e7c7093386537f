"""An order's labels are found by an index, voided ones too"""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index(
        op.f("ix_shipping_label_order_number"), "shipping_label", ["order_number"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_shipping_label_order_number"), table_name="shipping_label")
