"""Labels that are replaced, because their order goes elsewhere"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "shipment", sa.Column("label_issue", sa.Integer, server_default="1", nullable=False)
    )
    op.add_column(
        "shipment", sa.Column("address_changed", sa.Boolean, server_default="false", nullable=False)
    )
    op.create_check_constraint(
        "shipped_to_its_address", "shipment", "status <> 'Shipped' OR NOT address_changed"
    )


def downgrade() -> None:
    op.drop_constraint("shipped_to_its_address", "shipment", type_="check")
    op.drop_column("shipment", "address_changed")
    op.drop_column("shipment", "label_issue")
