"""The first schema"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# The counters of a product follow the facts: on_hand is the sum of its movements, reserved the sum
# of its live reservations. `reserved_within_on_hand` then refuses what is not there.
COUNT_MOVEMENTS = """
CREATE FUNCTION count_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product SET on_hand = on_hand + NEW.quantity WHERE sku = NEW.sku;
    RETURN NULL;
END $$;
CREATE TRIGGER count_movement AFTER INSERT ON stock_movement
    FOR EACH ROW EXECUTE FUNCTION count_movement();
"""

COUNT_RESERVATIONS = """
CREATE FUNCTION count_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER count_reservation AFTER INSERT OR UPDATE ON reservation
    FOR EACH ROW EXECUTE FUNCTION count_reservation();
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# The house carrier's tracking numbers: eight digits of UPU S10.
SERIAL = "CREATE SEQUENCE house_carrier_serial MINVALUE 1 MAXVALUE 99999999"


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("event", sa.String(length=100), nullable=False),
        sa.Column("detail", sa.String(length=4000), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index("ix_audit_event_subject", "audit_event", ["subject", "id"], unique=False)
    op.create_table(
        "carrier_booking",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "label", "pickup", name="kind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_carrier_booking")),
        sa.UniqueConstraint("reference", name=op.f("uq_carrier_booking_reference")),
    )
    op.create_table(
        "daily_summary",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("orders_received", sa.Integer(), nullable=False),
        sa.Column("orders_shipped", sa.Integer(), nullable=False),
        sa.Column("units_shipped", sa.Integer(), nullable=False),
        sa.Column("backlog", sa.Integer(), nullable=False),
        sa.Column("revenue", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "orders_received >= 0 AND orders_shipped >= 0 AND units_shipped >= 0 AND backlog >= 0",
            name=op.f("ck_daily_summary_counts_not_negative"),
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_daily_summary_revision_counts")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_daily_summary")),
    )
    op.create_table(
        "message",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("recipients", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("html", sa.String(), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "written",
                "sent",
                "refused",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("problem", sa.String(length=1000), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'sent' OR sent_at IS NOT NULL", name=op.f("ck_message_sent_when")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("key", name=op.f("uq_message_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_message_message_id")),
    )
    op.create_table(
        "product",
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("barcode", sa.String(length=64), nullable=False),
        sa.Column("bin", sa.String(length=32), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("tax_class", sa.String(length=32), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= reserved AND reserved <= on_hand", name=op.f("ck_product_reserved_within_on_hand")
        ),
        sa.CheckConstraint("weight_grams > 0", name=op.f("ck_product_weight_positive")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_product")),
    )
    op.create_table(
        "sales_order",
        sa.Column(
            "number",
            sa.BigInteger(),
            sa.Identity(always=False, start=1001),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "New",
                "Backordered",
                "Processing",
                "Shipped",
                "Cancelled",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("address_line1", sa.String(length=200), nullable=False),
        sa.Column("address_line2", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=100), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("postal_code", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column(
            "service_level",
            sa.Enum(
                "standard",
                "express",
                name="service_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("items_minor", sa.BigInteger(), nullable=True),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=True),
        sa.Column("tax_minor", sa.BigInteger(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), nullable=True),
        sa.Column("carrier", sa.String(length=64), nullable=True),
        sa.Column("tracking_number", sa.String(length=64), nullable=True),
        sa.Column("shipping_cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("run_id", sa.String(length=36), nullable=True),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=500), nullable=False),
        sa.CheckConstraint(
            "(status = 'Cancelled') = (cancelled_at IS NOT NULL)",
            name=op.f("ck_sales_order_cancelled_when"),
        ),
        sa.CheckConstraint(
            "status <> 'Shipped' OR (shipped_at IS NOT NULL AND collected_at IS NOT NULL AND tracking_number IS NOT NULL AND total_minor IS NOT NULL)",
            name=op.f("ck_sales_order_shipped_is_complete"),
        ),
        sa.CheckConstraint(
            "total_minor = items_minor + shipping_minor + CASE WHEN prices_include_tax THEN 0 ELSE tax_minor END",
            name=op.f("ck_sales_order_total_adds_up"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sales_order")),
        sa.UniqueConstraint(
            "channel", "external_id", name=op.f("uq_sales_order_channel_external_id")
        ),
        sa.UniqueConstraint("tracking_number", name=op.f("uq_sales_order_tracking_number")),
    )
    op.create_index(
        "ix_sales_order_open",
        "sales_order",
        ["status", "number"],
        unique=False,
        postgresql_where=sa.text("status NOT IN ('Shipped', 'Cancelled')"),
    )
    op.create_index(
        op.f("ix_sales_order_received_at"), "sales_order", ["received_at"], unique=False
    )
    op.create_index(op.f("ix_sales_order_run_id"), "sales_order", ["run_id"], unique=False)
    op.create_index("ix_sales_order_shipped_at", "sales_order", ["shipped_at"], unique=False)
    op.create_table(
        "shipping_rate",
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column(
            "service_level",
            sa.Enum(
                "standard",
                "express",
                name="service_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("zone", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("up_to_grams", sa.Integer(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_shipping_rate_price_not_negative")),
        sa.CheckConstraint("up_to_grams > 0", name=op.f("ck_shipping_rate_weight_positive")),
        sa.PrimaryKeyConstraint(
            "carrier",
            "service_level",
            "zone",
            "currency",
            "up_to_grams",
            name=op.f("pk_shipping_rate"),
        ),
    )
    op.create_table(
        "shipping_zone",
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("postal_prefix", sa.String(length=20), nullable=False),
        sa.Column("zone", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint(
            "carrier", "country", "postal_prefix", name=op.f("pk_shipping_zone")
        ),
    )
    op.create_table(
        "staff",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "warehouse staff",
                "packer",
                "logistics coordinator",
                "operator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_staff")),
    )
    op.create_table(
        "step_record",
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", "step", "round", name=op.f("pk_step_record")),
    )
    op.create_index(op.f("ix_step_record_run_id"), "step_record", ["run_id"], unique=False)
    op.create_table(
        "tax_rate",
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=100), nullable=False),
        sa.Column("postal_prefix", sa.String(length=20), nullable=False),
        sa.Column("tax_class", sa.String(length=32), nullable=False),
        sa.Column("rate", sa.Numeric(precision=7, scale=5), nullable=False),
        sa.Column("on_shipping", sa.Boolean(), nullable=False),
        sa.CheckConstraint("0 <= rate AND rate < 1", name=op.f("ck_tax_rate_rate_is_a_share")),
        sa.PrimaryKeyConstraint(
            "country", "region", "postal_prefix", "tax_class", name=op.f("pk_tax_rate")
        ),
    )
    op.create_table(
        "carrier_pickup",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "wanted",
                "booked",
                "collected",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column("parcels", sa.Integer(), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.Column("confirmation_number", sa.String(length=64), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'collected' OR (collected_at IS NOT NULL AND confirmation_number IS NOT NULL)",
            name=op.f("ck_carrier_pickup_collected_is_complete"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["sales_order.number"], name=op.f("fk_carrier_pickup_order_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_carrier_pickup")),
        sa.UniqueConstraint("key", name=op.f("uq_carrier_pickup_key")),
        sa.UniqueConstraint("order_number", name=op.f("uq_carrier_pickup_order_number")),
    )
    op.create_table(
        "order_line",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("items_minor", sa.BigInteger(), nullable=True),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=True),
        sa.Column("tax_rate", sa.Numeric(precision=7, scale=5), nullable=True),
        sa.Column("tax_minor", sa.BigInteger(), nullable=True),
        sa.Column("total_minor", sa.BigInteger(), nullable=True),
        sa.Column("available_when_short", sa.Integer(), nullable=True),
        sa.Column("picked", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "0 <= picked AND picked <= quantity", name=op.f("ck_order_line_picked_within_ordered")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_line_orders_something")),
        sa.CheckConstraint("unit_price_minor >= 0", name=op.f("ck_order_line_price_not_negative")),
        sa.ForeignKeyConstraint(
            ["order_number"], ["sales_order.number"], name=op.f("fk_order_line_order_number")
        ),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_order_line_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint(
            "order_number", "position", name=op.f("uq_order_line_order_number_position")
        ),
        sa.UniqueConstraint("order_number", "sku", name=op.f("uq_order_line_order_number_sku")),
    )
    op.create_index(op.f("ix_order_line_sku"), "order_line", ["sku"], unique=False)
    op.create_table(
        "shipping_label",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column("parcel", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "wanted",
                "bought",
                "voided",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("carrier", sa.String(length=64), nullable=False),
        sa.Column(
            "service_level",
            sa.Enum(
                "standard",
                "express",
                name="service_level",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("zone", sa.String(length=16), nullable=False),
        sa.Column("weight_grams", sa.Integer(), nullable=False),
        sa.Column("length_mm", sa.Integer(), nullable=False),
        sa.Column("width_mm", sa.Integer(), nullable=False),
        sa.Column("height_mm", sa.Integer(), nullable=False),
        sa.Column("tracking_number", sa.String(length=64), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bought_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state <> 'bought' OR (tracking_number IS NOT NULL AND pdf IS NOT NULL)",
            name=op.f("ck_shipping_label_bought_is_complete"),
        ),
        sa.CheckConstraint(
            "weight_grams > 0 AND length_mm > 0 AND width_mm > 0 AND height_mm > 0",
            name=op.f("ck_shipping_label_measured"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["sales_order.number"], name=op.f("fk_shipping_label_order_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipping_label")),
        sa.UniqueConstraint("key", name=op.f("uq_shipping_label_key")),
        sa.UniqueConstraint("tracking_number", name=op.f("uq_shipping_label_tracking_number")),
    )
    op.create_index(
        "ix_shipping_label_one_live",
        "shipping_label",
        ["order_number", "parcel"],
        unique=True,
        postgresql_where=sa.text("state <> 'voided'"),
    )
    op.create_table(
        "staff_task",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("order_number", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "picking",
                "packing",
                "carrier-pickup",
                "shortage",
                "short-pick",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "warehouse staff",
                "packer",
                "logistics coordinator",
                "operator",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "done",
                "refused",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "checklist", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("complaint", sa.String(length=2000), nullable=False),
        sa.Column(
            "answer", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("answered_by", sa.String(length=100), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "answered_through",
            sa.Enum(
                "console",
                "Prefect",
                name="answered_through",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.CheckConstraint(
            "(state IN ('done', 'refused')) = (answered_at IS NOT NULL)",
            name=op.f("ck_staff_task_answered_when_closed"),
        ),
        sa.ForeignKeyConstraint(
            ["order_number"], ["sales_order.number"], name=op.f("fk_staff_task_order_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_task")),
        sa.UniqueConstraint(
            "order_number", "kind", "round", name=op.f("uq_staff_task_order_number_kind_round")
        ),
    )
    op.create_index(
        "ix_staff_task_one_open",
        "staff_task",
        ["order_number", "kind"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_staff_task_to_do",
        "staff_task",
        ["role", "due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "stock_movement",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "received",
                "sold",
                "adjusted",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_movement_moves_something")),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_stock_movement_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movement")),
        sa.UniqueConstraint(
            "sku", "kind", "reference", name=op.f("uq_stock_movement_sku_kind_reference")
        ),
    )
    op.create_table(
        "reservation",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False, start=1),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("order_line_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.String(length=64), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "live",
                "consumed",
                "released",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_reservation_reserves_something")),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_reservation_order_line_id")
        ),
        sa.ForeignKeyConstraint(["sku"], ["product.sku"], name=op.f("fk_reservation_sku")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservation")),
        sa.UniqueConstraint("order_line_id", name=op.f("uq_reservation_order_line_id")),
    )
    op.create_index(op.f("ix_reservation_sku"), "reservation", ["sku"], unique=False)
    for statement in (COUNT_MOVEMENTS, COUNT_RESERVATIONS, APPEND_ONLY, SERIAL):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SEQUENCE house_carrier_serial")
    op.drop_index(op.f("ix_reservation_sku"), table_name="reservation")
    op.drop_table("reservation")
    op.drop_table("stock_movement")
    op.drop_index(
        "ix_staff_task_to_do", table_name="staff_task", postgresql_where=sa.text("state = 'open'")
    )
    op.drop_index(
        "ix_staff_task_one_open",
        table_name="staff_task",
        postgresql_where=sa.text("state = 'open'"),
    )
    op.drop_table("staff_task")
    op.drop_index(
        "ix_shipping_label_one_live",
        table_name="shipping_label",
        postgresql_where=sa.text("state <> 'voided'"),
    )
    op.drop_table("shipping_label")
    op.drop_index(op.f("ix_order_line_sku"), table_name="order_line")
    op.drop_table("order_line")
    op.drop_table("carrier_pickup")
    op.drop_table("tax_rate")
    op.drop_index(op.f("ix_step_record_run_id"), table_name="step_record")
    op.drop_table("step_record")
    op.drop_table("staff")
    op.drop_table("shipping_zone")
    op.drop_table("shipping_rate")
    op.drop_index("ix_sales_order_shipped_at", table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_run_id"), table_name="sales_order")
    op.drop_index(op.f("ix_sales_order_received_at"), table_name="sales_order")
    op.drop_index(
        "ix_sales_order_open",
        table_name="sales_order",
        postgresql_where=sa.text("status NOT IN ('Shipped', 'Cancelled')"),
    )
    op.drop_table("sales_order")
    op.drop_table("product")
    op.drop_table("message")
    op.drop_table("daily_summary")
    op.drop_table("carrier_booking")
    op.drop_index("ix_audit_event_subject", table_name="audit_event")
    op.drop_table("audit_event")
    for function in ("count_movement", "count_reservation", "refuse_change"):
        op.execute(f"DROP FUNCTION {function}")
