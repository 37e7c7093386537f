-- What the database counts and refuses by itself.

-- The house carrier's tracking numbers: eight digits of UPU S10.
CREATE SEQUENCE house_carrier_serial MINVALUE 1 MAXVALUE 99999999;

-- There is always one warehouse.
INSERT INTO warehouse (code, name, country, postal_code, rank)
VALUES ('MAIN', 'Main warehouse', '', '', 1);

-- A product's own barcode is one of its barcodes, and counts one piece.
CREATE FUNCTION keep_own_barcode() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM barcode WHERE sku = NEW.sku AND barcode IN (OLD.barcode, NEW.barcode);
    END IF;
    INSERT INTO barcode (barcode, sku, pieces) VALUES (NEW.barcode, NEW.sku, 1);
    RETURN NULL;
END $$;
CREATE TRIGGER keep_own_barcode AFTER INSERT ON product
    FOR EACH ROW EXECUTE FUNCTION keep_own_barcode();
CREATE TRIGGER keep_changed_barcode AFTER UPDATE OF barcode ON product FOR EACH ROW
    WHEN (OLD.barcode <> NEW.barcode) EXECUTE FUNCTION keep_own_barcode();

-- Counters follow the facts. The product is changed first: whoever has locked it has its stock
-- levels too. `allocated_within_on_hand` refuses what is not there.
CREATE FUNCTION count_stock(
    in_warehouse varchar, of_sku varchar, more_on_hand integer, more_allocated integer
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product SET on_hand = on_hand + more_on_hand, allocated = allocated + more_allocated
    WHERE sku = of_sku;
    UPDATE stock_level SET on_hand = on_hand + more_on_hand, allocated = allocated + more_allocated
    WHERE (sku, warehouse) = (of_sku, in_warehouse);
    IF NOT FOUND THEN
        INSERT INTO stock_level (sku, warehouse, bin, on_hand, allocated)
        VALUES (of_sku, in_warehouse, '', more_on_hand, more_allocated);
    END IF;
END $$;

CREATE FUNCTION count_movement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count_stock(NEW.warehouse, NEW.sku, NEW.quantity, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER count_movement AFTER INSERT ON stock_movement
    FOR EACH ROW EXECUTE FUNCTION count_movement();

CREATE FUNCTION count_allocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.order_number, OLD.shipment, OLD.sku)
                IS DISTINCT FROM (NEW.order_number, NEW.shipment, NEW.sku)
            OR OLD.quantity <> NEW.quantity
                AND (OLD.state NOT IN ('allocated', 'backordered') OR NEW.state NOT IN ('allocated', 'backordered'))
            OR OLD.warehouse IS DISTINCT FROM NEW.warehouse
                AND OLD.state <> 'backordered' AND NEW.state <> 'backordered'
            OR OLD.state <> NEW.state AND (OLD.state NOT IN ('allocated', 'backordered')
                OR OLD.state = 'backordered' AND NEW.state = 'issued') THEN
            RAISE EXCEPTION 'an allocation only changes between allocated and backordered, and from there to'
                ' released or, allocated, to issued; its pieces only before that';
        END IF;
        IF OLD.state = 'allocated' AND NEW.state = 'allocated' THEN
            IF OLD.quantity <> NEW.quantity THEN
                PERFORM count_stock(NEW.warehouse, NEW.sku, 0, NEW.quantity - OLD.quantity);
            END IF;
            RETURN NULL;
        END IF;
        IF OLD.state = 'allocated' THEN
            PERFORM count_stock(OLD.warehouse, OLD.sku, 0, -OLD.quantity);
        END IF;
    END IF;
    IF NEW.state = 'allocated' THEN
        PERFORM count_stock(NEW.warehouse, NEW.sku, 0, NEW.quantity);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER count_allocation AFTER INSERT OR UPDATE ON allocation
    FOR EACH ROW EXECUTE FUNCTION count_allocation();

-- Those that want a product stand in line as their orders are promised.
CREATE FUNCTION stand_in_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.promised_at := (SELECT promised_at FROM sales_order WHERE number = NEW.order_number);
    RETURN NEW;
END $$;
CREATE TRIGGER stand_in_line BEFORE INSERT ON allocation
    FOR EACH ROW EXECUTE FUNCTION stand_in_line();
CREATE FUNCTION move_in_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE allocation SET promised_at = NEW.promised_at
    WHERE order_number = NEW.number AND state IN ('allocated', 'backordered');
    RETURN NULL;
END $$;
CREATE TRIGGER move_in_line AFTER UPDATE OF promised_at ON sales_order FOR EACH ROW
    WHEN (OLD.promised_at <> NEW.promised_at) EXECUTE FUNCTION move_in_line();

-- What leaves first is on top of the lists of tasks: by the departure of the shipment, else by the
-- promise.
CREATE FUNCTION leave_with_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT coalesce(s.departs_at, o.promised_at), o.promised_at
    INTO NEW.leaves_at, NEW.promised_at
    FROM shipment AS s JOIN sales_order AS o ON o.number = s.order_number
    WHERE (s.order_number, s.number) = (NEW.order_number, NEW.shipment);
    RETURN NEW;
END $$;
CREATE TRIGGER leave_with_shipment BEFORE INSERT ON staff_task
    FOR EACH ROW EXECUTE FUNCTION leave_with_shipment();
CREATE FUNCTION leave_at_departure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE staff_task SET leaves_at = coalesce(NEW.departs_at, promised_at)
    WHERE (order_number, shipment) = (NEW.order_number, NEW.number) AND state IN ('open', 'held');
    RETURN NULL;
END $$;
CREATE TRIGGER leave_at_departure AFTER UPDATE OF departs_at ON shipment FOR EACH ROW
    WHEN (OLD.departs_at IS DISTINCT FROM NEW.departs_at) EXECUTE FUNCTION leave_at_departure();
CREATE FUNCTION leave_as_promised() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE staff_task
    SET promised_at = NEW.promised_at, leaves_at = coalesce(departs_at, NEW.promised_at)
    FROM shipment AS s
    WHERE s.order_number = NEW.number AND staff_task.order_number = NEW.number
        AND staff_task.shipment = s.number AND state IN ('open', 'held');
    RETURN NULL;
END $$;
CREATE TRIGGER leave_as_promised AFTER UPDATE OF promised_at ON sales_order FOR EACH ROW
    WHEN (OLD.promised_at <> NEW.promised_at) EXECUTE FUNCTION leave_as_promised();

-- Pieces that leave one warehouse come into another, under one reference.
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

-- An order has a first shipment from its first instant, with all of its pieces.
CREATE FUNCTION make_first_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipment (order_number, number, status) SELECT number, 1, 'New' FROM made;
    RETURN NULL;
END $$;
CREATE TRIGGER make_first_shipment AFTER INSERT ON sales_order REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION make_first_shipment();

CREATE FUNCTION fill_first_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO shipment_line (order_number, shipment, sku, quantity)
        SELECT order_number, 1, sku, sum(quantity) FROM made GROUP BY order_number, sku
        ON CONFLICT (order_number, shipment, sku)
            DO UPDATE SET quantity = shipment_line.quantity + excluded.quantity;
    RETURN NULL;
END $$;
CREATE TRIGGER fill_first_shipment AFTER INSERT ON order_line REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION fill_first_shipment();

-- What was ordered and not cancelled travels once, in whichever shipments.
CREATE FUNCTION check_travelling() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    travelling integer := (
        SELECT sum(quantity) FROM shipment_line
        WHERE order_number = NEW.order_number AND sku = NEW.sku
    );
BEGIN
    IF NOT EXISTS (
        SELECT FROM order_line WHERE order_number = NEW.order_number AND sku = NEW.sku
        HAVING travelling <= sum(quantity) AND travelling + sum(cancelled) >= sum(quantity)
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

-- What is with the packers stays as it is, until they lack something of it; so do closed parcels.
CREATE FUNCTION refuse_to_move_packed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM staff_task
        WHERE order_number = NEW.order_number AND shipment = NEW.shipment AND kind = 'packing'
            AND (state IN ('open', 'held') OR state = 'done' AND answer -> 'parcels' <> '[]')
    ) THEN
        RAISE EXCEPTION 'shipment % of order % is with the packers: nothing of it can be moved or'
            ' cancelled', NEW.shipment, NEW.order_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'moved_before_packing';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER moved_before_packing BEFORE UPDATE OF quantity ON shipment_line
    FOR EACH ROW WHEN (OLD.quantity <> NEW.quantity) EXECUTE FUNCTION refuse_to_move_packed();

-- What a customer was charged is a fact of the day on which the order was taken.
CREATE FUNCTION refuse_other_charges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was charged for order % is a fact: a refund gives something of it back',
        coalesce(to_jsonb(NEW) ->> 'order_number', to_jsonb(NEW) ->> 'number')
        USING ERRCODE = 'check_violation', CONSTRAINT = 'charges_are_facts';
END $$;
CREATE TRIGGER charges_are_facts BEFORE UPDATE ON sales_order FOR EACH ROW
    WHEN (
        (OLD.currency, OLD.prices_include_tax, OLD.discount_minor, OLD.shipping_charged_minor,
            OLD.fees_charged_minor, OLD.fees_tax_minor, OLD.tax_charged_minor, OLD.value_minor,
            OLD.brought, OLD.quote)
        IS DISTINCT FROM
        (NEW.currency, NEW.prices_include_tax, NEW.discount_minor, NEW.shipping_charged_minor,
            NEW.fees_charged_minor, NEW.fees_tax_minor, NEW.tax_charged_minor, NEW.value_minor,
            NEW.brought, NEW.quote)
    ) EXECUTE FUNCTION refuse_other_charges();
CREATE TRIGGER charges_are_facts BEFORE UPDATE ON order_line FOR EACH ROW
    WHEN (
        (OLD.order_number, OLD.position, OLD.line_id, OLD.sku, OLD.quantity,
            OLD.unit_price_minor, OLD.price_minor, OLD.tax_rate,
            OLD.discount_minor, OLD.order_discount_minor, OLD.charged_minor, OLD.tax_minor,
            OLD.shipping_minor, OLD.shipping_tax_minor)
        IS DISTINCT FROM
        (NEW.order_number, NEW.position, NEW.line_id, NEW.sku, NEW.quantity,
            NEW.unit_price_minor, NEW.price_minor, NEW.tax_rate,
            NEW.discount_minor, NEW.order_discount_minor, NEW.charged_minor, NEW.tax_minor,
            NEW.shipping_minor, NEW.shipping_tax_minor)
    ) EXECUTE FUNCTION refuse_other_charges();

-- Where an order goes may change; where its file had it go is a fact, kept from the first change on.
CREATE FUNCTION keep_brought_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.brought_address IS DISTINCT FROM OLD.brought_address THEN
        RAISE EXCEPTION 'the address that order % was taken with is a fact', NEW.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'brought_address_is_a_fact';
    END IF;
    NEW.brought_address := coalesce(OLD.brought_address, jsonb_build_object(
        'address_line1', OLD.address_line1, 'address_line2', OLD.address_line2, 'city', OLD.city,
        'region', OLD.region, 'postal_code', OLD.postal_code, 'country', OLD.country));
    RETURN NEW;
END $$;
CREATE TRIGGER keep_brought_address BEFORE UPDATE ON sales_order FOR EACH ROW
    WHEN (
        (OLD.address_line1, OLD.address_line2, OLD.city, OLD.region, OLD.postal_code, OLD.country,
            OLD.brought_address)
        IS DISTINCT FROM
        (NEW.address_line1, NEW.address_line2, NEW.city, NEW.region, NEW.postal_code, NEW.country,
            NEW.brought_address)
    ) EXECUTE FUNCTION keep_brought_address();

-- A timeline cannot be rewritten, and neither can what people said in it.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Whoever looks at a list of work hears of a task that comes, goes, or is taken: the role that it is
-- for, and the warehouse.
CREATE FUNCTION tell_of_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('packline_tasks', NEW.role || '|' || coalesce(NEW.warehouse, ''));
    RETURN NULL;
END $$;
CREATE TRIGGER tell_of_new_task AFTER INSERT ON staff_task
    FOR EACH ROW EXECUTE FUNCTION tell_of_task();
CREATE TRIGGER tell_of_task AFTER UPDATE OF state, taken_by ON staff_task
    FOR EACH ROW
    WHEN ((OLD.state, OLD.taken_by) IS DISTINCT FROM (NEW.state, NEW.taken_by))
    EXECUTE FUNCTION tell_of_task();
