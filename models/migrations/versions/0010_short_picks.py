"""Shipments that are split, and picks that come up short: a line is held in part, wanted in part"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ONE_EACH = "uq_reservation_order_line_id_shipment"

# How many pieces are held or wanted may change as long as nothing is decided: a picker finds too
# few, or some are moved to another shipment.
COUNT_RESERVATIONS = """
CREATE OR REPLACE FUNCTION count_reservation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.order_line_id, OLD.shipment, OLD.sku)
                IS DISTINCT FROM (NEW.order_line_id, NEW.shipment, NEW.sku)
            OR OLD.quantity <> NEW.quantity
                AND (OLD.state NOT IN ('live', 'wanted') OR NEW.state NOT IN ('live', 'wanted'))
            OR OLD.warehouse IS DISTINCT FROM NEW.warehouse
                AND OLD.state <> 'wanted' AND NEW.state <> 'wanted'
            OR OLD.state <> NEW.state AND (OLD.state NOT IN ('live', 'wanted')
                OR OLD.state = 'wanted' AND NEW.state = 'consumed') THEN
            RAISE EXCEPTION 'a reservation only changes between live and wanted, and from there to'
                ' released or, held, to consumed; its pieces only while it is live or wanted';
        END IF;
        IF OLD.state = 'live' AND NEW.state = 'live' THEN
            IF OLD.quantity <> NEW.quantity THEN
                PERFORM count_stock(NEW.warehouse, NEW.sku, 0, NEW.quantity - OLD.quantity);
            END IF;
            RETURN NULL;
        END IF;
        IF OLD.state = 'live' THEN
            PERFORM count_stock(OLD.warehouse, OLD.sku, 0, -OLD.quantity);
        END IF;
    END IF;
    IF NEW.state = 'live' THEN
        PERFORM count_stock(NEW.warehouse, NEW.sku, 0, NEW.quantity);
    END IF;
    RETURN NULL;
END $$;
"""

COUNT_RESERVATIONS_BEFORE = """
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

# What the packers have on their list stays as it is.
MOVED_BEFORE_PACKING = """
CREATE FUNCTION refuse_to_move_packed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM shipment JOIN step_record ON subject = key AND step = 'Assign Packing Task'
        WHERE order_number = NEW.order_number AND number = NEW.shipment
    ) THEN
        RAISE EXCEPTION 'shipment % of order % is with the packers: nothing of it can be moved or'
            ' cancelled', NEW.shipment, NEW.order_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'moved_before_packing';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moved_before_packing BEFORE UPDATE OF quantity ON shipment_line
    FOR EACH ROW WHEN (OLD.quantity <> NEW.quantity) EXECUTE FUNCTION refuse_to_move_packed();
"""

# Looked at when the transaction commits: then both ends of a move are there. What is cancelled may
# be counted with the shipment it would have travelled with.
PIECES_TRAVEL_ONCE = """
CREATE FUNCTION check_travelling() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    travelling integer := (
        SELECT sum(quantity) FROM shipment_line WHERE order_line_id = NEW.order_line_id
    );
BEGIN
    IF NOT EXISTS (
        SELECT FROM order_line WHERE id = NEW.order_line_id
            AND travelling <= quantity AND travelling + cancelled >= quantity
    ) THEN
        RAISE EXCEPTION 'order % has other pieces of % than its shipments carry',
            NEW.order_number, NEW.sku
            USING ERRCODE = 'check_violation', CONSTRAINT = 'pieces_travel_once';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER pieces_travel_once AFTER UPDATE OF quantity ON shipment_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.quantity <> NEW.quantity)
    EXECUTE FUNCTION check_travelling();
CREATE CONSTRAINT TRIGGER pieces_travel_once_more AFTER INSERT ON shipment_line
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.shipment > 1)
    EXECUTE FUNCTION check_travelling();
"""

# Orders that a count put short go on by themselves, and their open tasks say so from now on.
PUT_SHORT_WAITS = """
UPDATE staff_task SET checklist = checklist || '{"waits": true}'
FROM shipment WHERE kind = 'short-pick' AND state = 'open'
    AND shipment.order_number = staff_task.order_number
    AND shipment.number = staff_task.shipment
    AND EXISTS (
        SELECT FROM shipment_line AS line JOIN reservation AS wanted USING (order_line_id, shipment)
        WHERE wanted.state = 'wanted' AND line.order_number = shipment.order_number
            AND line.shipment = shipment.number
    )
"""

# Before, a line had one reservation: those that were given up are not kept beside another one, and
# a line that waits for some of its pieces waits for all of them.
_OTHER = """
    SELECT FROM reservation AS other
    WHERE other.order_line_id = one.order_line_id AND other.shipment = one.shipment
        AND other.id <> one.id
"""
ONE_OF_EACH_LINE = (
    f"UPDATE reservation AS one SET state = 'released'"
    f" WHERE state = 'live' AND EXISTS ({_OTHER} AND other.state = 'wanted')",
    f"DELETE FROM reservation AS one WHERE state = 'released'"
    f" AND EXISTS ({_OTHER} AND (other.state <> 'released' OR other.id > one.id))",
    "UPDATE reservation SET quantity = line.quantity FROM shipment_line AS line"
    " WHERE line.order_line_id = reservation.order_line_id"
    " AND line.shipment = reservation.shipment AND state IN ('live', 'wanted')"
    " AND reservation.quantity <> line.quantity AND line.quantity > 0",
)


def upgrade() -> None:
    op.execute(COUNT_RESERVATIONS)
    op.execute(MOVED_BEFORE_PACKING)
    op.execute(PIECES_TRAVEL_ONCE)
    op.execute(PUT_SHORT_WAITS)
    op.drop_constraint(op.f(_ONE_EACH), "reservation")
    _one_reservation("held", "state IN ('live', 'consumed')")
    _one_reservation("wanted", "state = 'wanted'")
    op.create_index("ix_reservation_of_line", "reservation", ["order_line_id", "shipment"])


def downgrade() -> None:
    for index in ("of_line", "one_wanted", "one_held"):
        op.drop_index(f"ix_reservation_{index}", table_name="reservation")
    for statement in ONE_OF_EACH_LINE:
        op.execute(statement)
    op.create_unique_constraint(op.f(_ONE_EACH), "reservation", ["order_line_id", "shipment"])
    op.execute("DROP TRIGGER pieces_travel_once_more ON shipment_line")
    op.execute("DROP TRIGGER pieces_travel_once ON shipment_line")
    op.execute("DROP TRIGGER moved_before_packing ON shipment_line")
    op.execute("DROP FUNCTION check_travelling()")
    op.execute("DROP FUNCTION refuse_to_move_packed()")
    op.execute(COUNT_RESERVATIONS_BEFORE)


def _one_reservation(name: str, states: str) -> None:
    op.create_index(
        f"ix_reservation_one_{name}",
        "reservation",
        ["order_line_id", "shipment"],
        unique=True,
        postgresql_where=sa.text(states),
    )
