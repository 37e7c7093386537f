"""An order has shipments: what runs, waits and travels is a shipment, and the first is always there"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_STATUSES = ("New", "Backordered", "Processing", "Shipped", "Cancelled")
_OPEN = "status NOT IN ('Shipped', 'Cancelled')"
_KEY = "'order:' || order_number::text || CASE WHEN number > 1 THEN ':' || number::text ELSE '' END"
_COMPLETE = "ck_sales_order_shipped_is_complete"
_TIMES = "shipped_at IS NOT NULL AND collected_at IS NOT NULL"

# What a shipment has that an order had before.
_MOVED = (
    "carrier, tracking_number, shipping_cost_minor, run_id, runs, fence, problem, waits_at,"
    " ready_at, claimed_at"
)
_KEPT = "status, collected_at, shipped_at, cancelled_at"

MAKE_FIRST_SHIPMENTS = """
CREATE FUNCTION make_first_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipment (order_number, number, status) SELECT number, 1, 'New' FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER make_first_shipment AFTER INSERT ON sales_order
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION make_first_shipment();

CREATE FUNCTION fill_first_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipment_line (order_line_id, shipment, order_number, sku, quantity)
        SELECT id, 1, order_number, sku, quantity FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER fill_first_shipment AFTER INSERT ON order_line
    REFERENCING NEW TABLE AS made FOR EACH STATEMENT EXECUTE FUNCTION fill_first_shipment();
"""


def upgrade() -> None:
    _make_tables()
    op.execute(
        f"INSERT INTO shipment (order_number, number, {_KEPT}, {_MOVED})"
        f" SELECT number, 1, {_KEPT}, {_MOVED} FROM sales_order"
    )
    op.execute(
        "INSERT INTO shipment_line"
        " (order_line_id, shipment, order_number, sku, quantity, picked, available_when_short)"
        " SELECT id, 1, order_number, sku, quantity, picked, available_when_short FROM order_line"
    )
    op.execute(MAKE_FIRST_SHIPMENTS)
    _strip_orders()
    for table in ("staff_task", "shipping_label", "carrier_pickup"):
        _belongs_to_shipment(table)
    op.drop_constraint("uq_staff_task_order_number_kind_round", "staff_task")
    op.create_unique_constraint(
        "uq_staff_task_order_number_shipment_kind_round",
        "staff_task",
        ["order_number", "shipment", "kind", "round"],
    )
    op.drop_constraint("uq_carrier_pickup_order_number", "carrier_pickup")
    op.create_unique_constraint(
        "uq_carrier_pickup_order_number_shipment", "carrier_pickup", ["order_number", "shipment"]
    )
    _one_open_task("order_number", "shipment", "kind")
    _one_live_label("order_number", "shipment", "parcel")
    op.add_column(
        "reservation", sa.Column("shipment", sa.Integer(), server_default="1", nullable=False)
    )
    op.drop_constraint("fk_reservation_order_line_id", "reservation")
    op.create_foreign_key(
        "fk_reservation_order_line_id_shipment",
        "reservation",
        "shipment_line",
        ["order_line_id", "shipment"],
        ["order_line_id", "shipment"],
    )
    op.drop_constraint("uq_reservation_order_line_id", "reservation")
    op.create_unique_constraint(
        "uq_reservation_order_line_id_shipment", "reservation", ["order_line_id", "shipment"]
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER make_first_shipment ON sales_order")
    op.execute("DROP TRIGGER fill_first_shipment ON order_line")
    op.execute("DROP FUNCTION make_first_shipment")
    op.execute("DROP FUNCTION fill_first_shipment")
    _only_first_shipments()
    op.drop_constraint("uq_reservation_order_line_id_shipment", "reservation")
    op.create_unique_constraint("uq_reservation_order_line_id", "reservation", ["order_line_id"])
    op.drop_constraint("fk_reservation_order_line_id_shipment", "reservation")
    op.create_foreign_key(
        "fk_reservation_order_line_id", "reservation", "order_line", ["order_line_id"], ["id"]
    )
    op.drop_column("reservation", "shipment")
    op.drop_constraint("uq_carrier_pickup_order_number_shipment", "carrier_pickup")
    op.create_unique_constraint(
        "uq_carrier_pickup_order_number", "carrier_pickup", ["order_number"]
    )
    op.drop_constraint("uq_staff_task_order_number_shipment_kind_round", "staff_task")
    op.create_unique_constraint(
        "uq_staff_task_order_number_kind_round", "staff_task", ["order_number", "kind", "round"]
    )
    _one_open_task("order_number", "kind")
    _one_live_label("order_number", "parcel")
    for table in ("staff_task", "shipping_label", "carrier_pickup"):
        _belongs_to_order(table)
    _fill_orders()
    op.drop_table("shipment_line")
    op.drop_table("shipment")


def _make_tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "shipment",
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), sa.Computed(_KEY, persisted=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                *_STATUSES, native_enum=False, create_constraint=True, length=32, name="status"
            ),
            nullable=False,
        ),
        sa.Column("carrier", sa.String(64), nullable=True),
        sa.Column("tracking_number", sa.String(64), nullable=True),
        sa.Column("shipping_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.String(36), nullable=True),
        sa.Column("runs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(1000), server_default="", nullable=False),
        sa.Column("waits_at", sa.String(64), nullable=True),
        sa.Column("ready_at", moment, nullable=True),
        sa.Column("claimed_at", moment, nullable=True),
        sa.Column("collected_at", moment, nullable=True),
        sa.Column("shipped_at", moment, nullable=True),
        sa.Column("cancelled_at", moment, nullable=True),
        sa.CheckConstraint(
            f"status <> 'Shipped' OR ({_TIMES} AND tracking_number IS NOT NULL)",
            name=op.f("ck_shipment_shipped_is_complete"),
        ),
        sa.CheckConstraint(
            "(status = 'Cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_shipment_cancelled_when"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["sales_order.number"], name=op.f("fk_shipment_order_number")
        ),
        sa.PrimaryKeyConstraint("order_number", "number", name=op.f("pk_shipment")),
        sa.UniqueConstraint("key", name=op.f("uq_shipment_key")),
        sa.UniqueConstraint("tracking_number", name=op.f("uq_shipment_tracking_number")),
    )
    op.create_index(
        "ix_shipment_open",
        "shipment",
        ["status", "order_number", "number"],
        postgresql_where=sa.text(_OPEN),
    )
    op.create_index(
        "ix_shipment_ready",
        "shipment",
        ["ready_at"],
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_shipment_run_id"), "shipment", ["run_id"])
    op.create_table(
        "shipment_line",
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("shipment", sa.Integer(), nullable=False),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.String(64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("picked", sa.Integer(), nullable=True),
        sa.Column("available_when_short", sa.Integer(), nullable=True),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_shipment_line_quantity_not_negative")),
        sa.CheckConstraint(
            "0 <= picked AND picked <= quantity",
            name=op.f("ck_shipment_line_picked_within_shipped"),
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_shipment_line_order_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_number", "shipment"],
            ["shipment.order_number", "shipment.number"],
            name=op.f("fk_shipment_line_order_number_shipment"),
        ),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_shipment_line_sku")),
        sa.PrimaryKeyConstraint("order_line_id", "shipment", name=op.f("pk_shipment_line")),
    )
    op.create_index(
        "ix_shipment_line_order_number_shipment", "shipment_line", ["order_number", "shipment"]
    )


def _strip_orders() -> None:
    """What the shipments have now, orders have no more."""
    op.drop_constraint(op.f(_COMPLETE), "sales_order", type_="check")
    op.create_check_constraint(
        op.f(_COMPLETE),
        "sales_order",
        f"status <> 'Shipped' OR ({_TIMES} AND total_minor IS NOT NULL)",
    )
    op.drop_index("ix_sales_order_ready", table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_run_id"), table_name="sales_order")
    for column in _MOVED.split(", "):
        op.drop_column("sales_order", column)
    op.drop_column("order_line", "picked")  # and the CHECK of it
    op.drop_column("order_line", "available_when_short")


def _fill_orders() -> None:
    """Orders get back what they had."""
    op.add_column("order_line", sa.Column("available_when_short", sa.Integer(), nullable=True))
    op.add_column("order_line", sa.Column("picked", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_order_line_picked_within_ordered"),
        "order_line",
        "0 <= picked AND picked <= quantity",
    )
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("carrier", sa.String(64), nullable=True),
        sa.Column("tracking_number", sa.String(64), nullable=True),
        sa.Column("shipping_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.String(36), nullable=True),
        sa.Column("runs", sa.Integer(), server_default="0", nullable=False),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("problem", sa.String(1000), server_default="", nullable=False),
        sa.Column("waits_at", sa.String(64), nullable=True),
        sa.Column("ready_at", moment, nullable=True),
        sa.Column("claimed_at", moment, nullable=True),
    ):
        op.add_column("sales_order", column)
    op.alter_column("sales_order", "fence", server_default=None)
    filled = ", ".join(f"{column} = shipment.{column}" for column in _MOVED.split(", "))
    op.execute(
        f"UPDATE sales_order SET {filled} FROM shipment"
        " WHERE order_number = sales_order.number AND shipment.number = 1"
    )
    op.execute(
        "UPDATE order_line SET picked = line.picked,"
        " available_when_short = line.available_when_short"
        " FROM shipment_line AS line WHERE order_line_id = order_line.id AND shipment = 1"
    )
    op.drop_constraint(op.f(_COMPLETE), "sales_order", type_="check")
    op.create_check_constraint(
        op.f(_COMPLETE),
        "sales_order",
        f"status <> 'Shipped' OR ({_TIMES} AND tracking_number IS NOT NULL"
        " AND total_minor IS NOT NULL)",
    )
    op.create_unique_constraint(
        op.f("uq_sales_order_tracking_number"), "sales_order", ["tracking_number"]
    )
    op.create_index(op.f("ix_sales_order_run_id"), "sales_order", ["run_id"], unique=False)
    op.create_index(
        "ix_sales_order_ready",
        "sales_order",
        ["ready_at"],
        postgresql_where=sa.text("ready_at IS NOT NULL"),
    )


def _only_first_shipments() -> None:
    """An order that was split cannot be kept in the tables of before."""
    op.execute(
        "DO $$ BEGIN IF EXISTS (SELECT FROM shipment WHERE number > 1) THEN"
        " RAISE EXCEPTION 'some orders have several shipments: the tables of before have no place"
        " for them'; END IF; END $$"
    )


def _belongs_to_shipment(table: str) -> None:
    op.add_column(table, sa.Column("shipment", sa.Integer(), server_default="1", nullable=False))
    op.drop_constraint(f"fk_{table}_order_number", table)
    op.create_foreign_key(
        f"fk_{table}_order_number_shipment",
        table,
        "shipment",
        ["order_number", "shipment"],
        ["order_number", "number"],
    )


def _belongs_to_order(table: str) -> None:
    op.drop_constraint(f"fk_{table}_order_number_shipment", table)
    op.drop_column(table, "shipment")
    op.create_foreign_key(
        f"fk_{table}_order_number", table, "sales_order", ["order_number"], ["number"]
    )


def _one_open_task(*columns: str) -> None:
    op.drop_index("ix_staff_task_one_open", table_name="staff_task")
    op.create_index(
        "ix_staff_task_one_open",
        "staff_task",
        columns,
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def _one_live_label(*columns: str) -> None:
    op.drop_index("ix_shipping_label_one_live", table_name="shipping_label")
    op.create_index(
        "ix_shipping_label_one_live",
        "shipping_label",
        columns,
        unique=True,
        postgresql_where=sa.text("state <> 'voided'"),
    )
