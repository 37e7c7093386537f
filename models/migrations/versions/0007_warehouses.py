"""Stock lies in warehouses. All there is moves into one, MAIN, and products keep the totals"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_CODE = sa.String(length=16)
_MOVED_ONCE = ("sku", "kind", "reference")

# Nobody said where it is: a country of '' is another one than any destination's.
MAIN = "INSERT INTO warehouse VALUES ('MAIN', 'Main warehouse', '', '', 1)"

LEVELS = """
INSERT INTO stock_level (sku, warehouse, bin, on_hand, reserved)
SELECT sku, 'MAIN', bin, on_hand, reserved FROM product
"""

# The product is changed first, always: who changes a stock level has the product's row, so that
# nobody waits for anybody in a circle, and two cannot make the same level.
COUNT_STOCK = """
CREATE FUNCTION count_stock(
    in_warehouse varchar, of_sku varchar, more_on_hand integer, more_reserved integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product SET on_hand = on_hand + more_on_hand, reserved = reserved + more_reserved
    WHERE sku = of_sku;
    UPDATE stock_level SET on_hand = on_hand + more_on_hand, reserved = reserved + more_reserved
    WHERE (sku, warehouse) = (of_sku, in_warehouse);
    IF NOT FOUND THEN
        INSERT INTO stock_level (sku, warehouse, bin, on_hand, reserved)
        VALUES (of_sku, in_warehouse, '', more_on_hand, more_reserved);
    END IF;
END $$;
"""

COUNT_MOVEMENTS = """
CREATE OR REPLACE FUNCTION count_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_stock(NEW.warehouse, NEW.sku, NEW.quantity, 0);
    RETURN NULL;
END $$;
"""

COUNT_MOVEMENTS_BEFORE = """
CREATE OR REPLACE FUNCTION count_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product SET on_hand = on_hand + NEW.quantity WHERE sku = NEW.sku;
    RETURN NULL;
END $$;
"""

# What is wanted has no warehouse yet; it has one once it is held, and keeps it to the end.
COUNT_RESERVATIONS = """
CREATE OR REPLACE FUNCTION count_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.order_line_id, OLD.sku, OLD.quantity)
                IS DISTINCT FROM (NEW.order_line_id, NEW.sku, NEW.quantity)
            OR OLD.warehouse IS DISTINCT FROM NEW.warehouse
                AND OLD.state <> 'wanted' AND NEW.state <> 'wanted'
            OR OLD.state <> NEW.state AND (OLD.state NOT IN ('live', 'wanted')
                OR OLD.state = 'wanted' AND NEW.state = 'consumed') THEN
            RAISE EXCEPTION 'a reservation only changes between live and wanted, and from there to'
                ' released or, held, to consumed';
        END IF;
        IF OLD.state = 'live' AND NEW.state <> 'live' THEN
            PERFORM count_stock(OLD.warehouse, OLD.sku, 0, -OLD.quantity);
        END IF;
    END IF;
    IF NEW.state = 'live' AND (TG_OP = 'INSERT' OR OLD.state <> 'live') THEN
        PERFORM count_stock(NEW.warehouse, NEW.sku, 0, NEW.quantity);
    END IF;
    RETURN NULL;
END $$;
"""

COUNT_RESERVATIONS_BEFORE = """
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

# Looked at when the transaction commits: then both movements of a transfer are there.
TRANSFERS = """
CREATE FUNCTION check_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) <> 2 OR sum(quantity) <> 0 FROM stock_movement
            WHERE kind = 'transferred' AND sku = NEW.sku AND reference = NEW.reference)
    THEN
        RAISE EXCEPTION 'a transfer is two movements that add up to zero: % of %',
            NEW.reference, NEW.sku
            USING ERRCODE = 'check_violation', CONSTRAINT = 'transfers_in_pairs';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER transfers_in_pairs AFTER INSERT ON stock_movement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.kind = 'transferred')
    EXECUTE FUNCTION check_transfer();
"""

NO_TRANSFERS = """
DROP TRIGGER transfers_in_pairs ON stock_movement;
DROP FUNCTION check_transfer();
"""

# The same reference may have been booked in several warehouses: outside the first, it then names
# its warehouse. The counts and their movements are named alike.
ELSEWHERE = "warehouse <> (SELECT code FROM warehouse ORDER BY rank LIMIT 1)"
NAME_THE_WAREHOUSE = (
    "UPDATE stock_movement SET reference = left(reference, 139) || ' ' || warehouse"
    f" WHERE kind <> 'sold' AND {ELSEWHERE}",
    "UPDATE stock_count SET reference = left(reference, 133) || ' ' || warehouse"
    f" WHERE {ELSEWHERE}",
)

BINS = """
UPDATE product SET bin = coalesce((
    SELECT bin FROM stock_level JOIN warehouse ON code = warehouse
    WHERE stock_level.sku = product.sku ORDER BY bin = '', rank LIMIT 1
), '')
"""


def upgrade() -> None:
    _create_warehouses()
    op.execute(MAIN)
    _create_levels()
    op.execute(LEVELS)
    op.drop_column("product", "bin")
    _add_warehouse("stock_movement")
    _move_once([*_MOVED_ONCE], [*_MOVED_ONCE, "warehouse"])
    _add_warehouse("stock_count")
    _count_once("sku", "warehouse", "reference")
    _add_warehouse("reservation", optional=True)
    op.execute("UPDATE reservation SET warehouse = NULL WHERE state = 'wanted'")
    _hold_in_warehouses()
    _add_warehouse("staff_task", optional=True)
    op.execute("UPDATE staff_task SET warehouse = NULL WHERE kind = 'shortage'")
    for statement in (COUNT_STOCK, COUNT_MOVEMENTS, COUNT_RESERVATIONS, TRANSFERS):
        op.execute(statement)


def downgrade() -> None:
    for statement in (NO_TRANSFERS, COUNT_RESERVATIONS_BEFORE, COUNT_MOVEMENTS_BEFORE):
        op.execute(statement)
    op.execute("DROP FUNCTION count_stock(varchar, varchar, integer, integer)")
    op.drop_column("staff_task", "warehouse")
    op.drop_constraint(op.f("ck_reservation_held_in_a_warehouse"), "reservation")
    op.drop_column("reservation", "warehouse")
    for statement in NAME_THE_WAREHOUSE:
        op.execute(statement)
    _count_once("sku", "reference")
    op.drop_column("stock_count", "warehouse")
    _move_once([*_MOVED_ONCE, "warehouse"], [*_MOVED_ONCE])
    op.drop_column("stock_movement", "warehouse")
    op.add_column(
        "product", sa.Column("bin", sa.String(length=32), nullable=False, server_default="")
    )
    op.alter_column("product", "bin", server_default=None)
    op.execute(BINS)
    op.drop_table("stock_level")
    op.drop_table("warehouse")


def _create_warehouses() -> None:
    op.create_table(
        "warehouse",
        sa.Column("code", _CODE, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.CheckConstraint("rank > 0", name=op.f("ck_warehouse_rank_positive")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_warehouse")),
        sa.UniqueConstraint(
            "rank", deferrable=True, initially="DEFERRED", name=op.f("uq_warehouse_rank")
        ),
    )


def _create_levels() -> None:
    op.create_table(
        "stock_level",
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("warehouse", _CODE, nullable=False),
        sa.Column("bin", sa.String(length=32), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= reserved AND reserved <= on_hand",
            name=op.f("ck_stock_level_reserved_within_on_hand"),
        ),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_stock_level_sku")),
        sa.ForeignKeyConstraint(
            ["warehouse"], ["warehouse.code"], name=op.f("fk_stock_level_warehouse")
        ),
        sa.PrimaryKeyConstraint("sku", "warehouse", name=op.f("pk_stock_level")),
    )


def _add_warehouse(table: str, *, optional: bool = False) -> None:
    """All that is there belongs to MAIN."""
    column = sa.Column("warehouse", _CODE, nullable=optional, server_default="MAIN")
    op.add_column(table, column)
    op.alter_column(table, "warehouse", server_default=None)
    op.create_foreign_key(
        op.f(f"fk_{table}_warehouse"), table, "warehouse", ["warehouse"], ["code"]
    )


def _move_once(before: list[str], now: list[str]) -> None:
    """What a movement is booked once by."""
    op.drop_constraint(op.f(f"uq_stock_movement_{'_'.join(before)}"), "stock_movement")
    name = op.f(f"uq_stock_movement_{'_'.join(now)}")
    op.create_unique_constraint(name, "stock_movement", now)


def _count_once(*columns: str) -> None:
    op.drop_constraint(op.f("pk_stock_count"), "stock_count")
    op.create_primary_key(op.f("pk_stock_count"), "stock_count", list(columns))


def _hold_in_warehouses() -> None:
    op.create_check_constraint(
        op.f("ck_reservation_held_in_a_warehouse"),
        "reservation",
        sa.text(
            "CASE WHEN state = 'wanted' THEN warehouse IS NULL"
            " WHEN state IN ('live', 'consumed') THEN warehouse IS NOT NULL ELSE true END"
        ),
    )
