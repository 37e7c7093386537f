"""A warehouse may have working hours of its own"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# None of them set: as the shop's settings have it.
_COLUMNS = {
    "time_zone": 64,
    "working_days": 64,
    "opens_at": 5,
    "closes_at": 5,
    "holiday_country": 64,
    "holiday_subdivision": 64,
}
_CHECKS = {
    "opens_and_closes": "(opens_at IS NULL) = (closes_at IS NULL)",
    "closes_after_opening": "closes_at IN ('00:00', '24:00') OR closes_at > opens_at",
    "subdivision_of_a_country": (
        "holiday_subdivision IS NULL OR coalesce(holiday_country, '') <> ''"
    ),
}


def upgrade() -> None:
    for column, length in _COLUMNS.items():
        op.add_column("warehouse", sa.Column(column, sa.String(length=length), nullable=True))
    for name, condition in _CHECKS.items():
        op.create_check_constraint(op.f(f"ck_warehouse_{name}"), "warehouse", sa.text(condition))


def downgrade() -> None:
    for name in _CHECKS:
        op.drop_constraint(op.f(f"ck_warehouse_{name}"), "warehouse")
    for column in _COLUMNS:
        op.drop_column("warehouse", column)
