"""Why stock changes, and who waits for it: kinds of movements with a reason, stock that is wanted"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_KIND = "ck_stock_movement_kind"
_SIGN = "ck_stock_movement_sign_fits_kind"
_REASON = "ck_stock_movement_says_why"
_STATE = "ck_reservation_state"
_THROUGH = "ck_staff_task_answered_through"

# A line that waits for stock wants it and holds none; what is wanted may be held, and given up.
COUNT_RESERVATIONS = """
CREATE OR REPLACE FUNCTION count_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    change integer := CASE WHEN NEW.state = 'live' THEN NEW.quantity ELSE 0 END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.order_line_id, OLD.sku, OLD.quantity)
                IS DISTINCT FROM (NEW.order_line_id, NEW.sku, NEW.quantity)
            OR OLD.state <> NEW.state AND (OLD.state NOT IN ('live', 'wanted')
                OR OLD.state = 'wanted' AND NEW.state = 'consumed') THEN
            RAISE EXCEPTION 'a reservation only changes between live and wanted, and from there to'
                ' released or, held, to consumed';
        END IF;
        change := change - CASE WHEN OLD.state = 'live' THEN OLD.quantity ELSE 0 END;
    END IF;
    IF change <> 0 THEN
        UPDATE product SET reserved = reserved + change WHERE sku = NEW.sku;
    END IF;
    RETURN NULL;
END $$;
"""

COUNT_RESERVATIONS_BEFORE = """
CREATE OR REPLACE FUNCTION count_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' AND NEW.state = 'live' THEN
        UPDATE product SET reserved = reserved + NEW.quantity WHERE sku = NEW.sku;
    ELSIF TG_OP = 'UPDATE' AND OLD.state = 'live' AND NEW.state <> 'live' THEN
        UPDATE product SET reserved = reserved - OLD.quantity WHERE sku = OLD.sku;
    ELSIF TG_OP = 'UPDATE' AND (OLD.state, OLD.quantity, OLD.sku)
            IS DISTINCT FROM (NEW.state, NEW.quantity, NEW.sku) THEN
        RAISE EXCEPTION 'a reservation only changes from live to consumed or released';
    END IF;
    RETURN NULL;
END $$;
"""

# Orders that were Backordered before wait for stock like those to come.
WANTED = """
INSERT INTO reservation (order_line_id, sku, quantity, state, at)
SELECT line.id, line.sku, line.quantity, 'wanted', now()
FROM order_line AS line JOIN sales_order ON number = order_number
WHERE status = 'Backordered'
ON CONFLICT (order_line_id) DO NOTHING
"""


def upgrade() -> None:
    _hold_to("stock_movement", _KIND, "kind", _KINDS_BEFORE, "damaged", "returned", "transferred")
    op.create_check_constraint(
        op.f(_SIGN),
        "stock_movement",
        sa.text(
            "CASE WHEN kind IN ('sold', 'damaged') THEN quantity < 0"
            " WHEN kind IN ('received', 'returned') THEN quantity > 0 ELSE true END"
        ),
    )
    op.execute(
        "UPDATE stock_movement SET reason = 'not given'"
        " WHERE reason = '' AND kind NOT IN ('received', 'sold')"
    )
    op.create_check_constraint(
        op.f(_REASON), "stock_movement", "kind IN ('received', 'sold') OR reason <> ''"
    )
    op.create_table(
        "stock_count",
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("reference", sa.String(length=150), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("before", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "counted >= 0 AND before >= 0", name=op.f("ck_stock_count_counts_pieces")
        ),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_stock_count_sku")),
        sa.PrimaryKeyConstraint("sku", "reference", name=op.f("pk_stock_count")),
    )
    _hold_to("reservation", _STATE, "state", _STATES_BEFORE, "wanted")
    op.execute(COUNT_RESERVATIONS)
    op.execute(WANTED)
    op.create_index(
        "ix_reservation_undecided",
        "reservation",
        ["state", "sku"],
        unique=False,
        postgresql_where=sa.text("state IN ('live', 'wanted')"),
    )
    _hold_to("staff_task", _THROUGH, "answered_through", _WAYS_BEFORE, "Packline")


def downgrade() -> None:
    op.execute(
        "UPDATE staff_task SET answered_through = 'console' WHERE answered_through = 'Packline'"
    )
    _hold_to("staff_task", _THROUGH, "answered_through", _WAYS_BEFORE)
    op.drop_index("ix_reservation_undecided", table_name="reservation")
    op.execute("DELETE FROM reservation WHERE state = 'wanted'")
    op.execute(COUNT_RESERVATIONS_BEFORE)
    _hold_to("reservation", _STATE, "state", _STATES_BEFORE)
    op.drop_table("stock_count")
    op.drop_constraint(op.f(_REASON), "stock_movement")
    op.drop_constraint(op.f(_SIGN), "stock_movement")
    op.drop_constraint(op.f(_KIND), "stock_movement")
    op.execute(
        "UPDATE stock_movement SET kind = 'adjusted',"
        " reference = left(kind || ' ' || reference, 200)"
        " WHERE kind NOT IN ('received', 'sold', 'adjusted')"
    )
    _allow("stock_movement", _KIND, "kind", _KINDS_BEFORE)


_KINDS_BEFORE = ("received", "sold", "adjusted")
_STATES_BEFORE = ("live", "consumed", "released")
_WAYS_BEFORE = ("console", "Prefect")


def _hold_to(table: str, name: str, column: str, known: tuple[str, ...], *more: str) -> None:
    """Let the column hold these values, in place of those that it could hold so far."""
    op.drop_constraint(op.f(name), table)
    _allow(table, name, column, (*known, *more))


def _allow(table: str, name: str, column: str, values: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{value}'" for value in values)
    op.create_check_constraint(op.f(name), table, f"{column} IN ({listed})")
