"""Damage to labels, pickups and mails."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import SHIPPED, TAKEN_BACK

EFFECTS = (
    Damage(
        "labelled orders have a printed label per parcel packed",
        "DELETE FROM shipping_label WHERE parcel = 2",
        f"Order {SHIPPED} was packed into 2 parcels, and has 1 labels bought and printed.",
    ),
    Damage(
        "labelled orders have a printed label per parcel packed",
        "UPDATE shipping_label SET pdf = '' WHERE parcel = 2",
        f"Order {SHIPPED} was packed into 2 parcels, and has 1 labels bought and printed.",
    ),
    Damage(
        "labelled orders have a printed label per parcel packed",
        "DELETE FROM step_record WHERE step = 'gate: packing'",
        f"Order {SHIPPED} was packed into 0 parcels, and has 2 labels bought and printed.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"UPDATE message SET state = 'written' WHERE key = 'order:{SHIPPED}:shipment'",
        f"the mail order:{SHIPPED}:shipment is written.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"DELETE FROM message WHERE key = 'order:{SHIPPED}:shipment'",
        f"the mail order:{SHIPPED}:shipment is missing.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        "DELETE FROM message WHERE starts_with(key, 'day:')",
        ":report:1 is missing.",
    ),
    Damage(
        "lines that are cancelled are told to the customer once",
        "INSERT INTO step_record (subject, step, round, result, run_id, at)"
        f" VALUES ('order:{TAKEN_BACK}', 'cancel-lines', 1,"
        """ '{"cancelled": {"VASE": 1}, "refund": null}', '', now())""",
        f"Order {TAKEN_BACK} has cancelled lines (order:{TAKEN_BACK}:cancelled:1), and its mails"
        " tell of them 0 times.",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'create-shipping-label'",
        f"Label order:{SHIPPED}:label:1 is bought, and the ledger lacks 'Create Shipping Label'",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'dispatch-carrier-pickup'",
        f"Pickup order:{SHIPPED}:pickup is collected, and the ledger lacks",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'send-shipment-notification'",
        f"Mail order:{SHIPPED}:shipment is sent, and the ledger lacks",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'notify-management-of-daily-stats'",
        "and the ledger lacks 'Notify Management of Daily Stats' of day:",
    ),
    Damage(
        "what the house carrier booked was wanted",
        "INSERT INTO carrier_booking (key, kind, reference, at)"
        " VALUES ('order:7:label:1', 'label', 'CP1', now())",
        "booked the label CP1 under the key order:7:label:1",
    ),
    Damage(
        "what was bought stands in the house carrier's book",
        "DELETE FROM carrier_booking WHERE kind = 'pickup'",
        f"The pickup order:{SHIPPED}:pickup has the reference PU",
    ),
    Damage(
        "what was bought stands in the house carrier's book",
        f"UPDATE carrier_booking SET reference = 'CP1' WHERE key = 'order:{SHIPPED}:label:2'",
        "and the house carrier's book has CP1.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        "UPDATE shipping_label SET state = 'voided' WHERE parcel = 2",
        f"The label order:{SHIPPED}:label:2 of order {SHIPPED} is voided, and the house carrier's"
        " book has it live.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        "UPDATE carrier_pickup SET state = 'cancelled'; DELETE FROM carrier_booking",
        f"The pickup order:{SHIPPED}:pickup of order {SHIPPED} is cancelled, and the house"
        " carrier's book has it not at all.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        "UPDATE carrier_booking SET voided_at = now() WHERE kind = 'pickup'",
        f"The pickup order:{SHIPPED}:pickup of order {SHIPPED} is collected, and the house"
        " carrier's book has it voided.",
    ),
    Damage(
        "a key in the house carrier's book was bought or voided",
        "ALTER TABLE carrier_booking DROP CONSTRAINT ck_carrier_booking_booked_or_voided;"
        "UPDATE carrier_booking SET reference = NULL WHERE kind = 'pickup'",
        f"has the key order:{SHIPPED}:pickup, under which nothing was bought or voided.",
    ),
    Damage(
        "labels are replaced as often as their parcels were called back",
        f"UPDATE shipment SET label_version = 2 WHERE order_number = {SHIPPED}",
        f"Order {SHIPPED} has the issue 2 of its labels; 'Void Outdated Labels' is recorded 0"
        " times, and its parcels were called back 0 times.",
    ),
    Damage(
        "nothing goes to an address that has changed",
        "ALTER TABLE shipment DROP CONSTRAINT ck_shipment_shipped_to_its_address;"
        f"UPDATE shipment SET address_changed = true WHERE order_number = {SHIPPED}",
        f"Order {SHIPPED} has another address since its labels were made; it is Shipped",
    ),
    Damage(
        "a parcel has one live label",
        "DROP INDEX ix_shipping_label_one_live; UPDATE shipping_label SET parcel = 1",
        f"Parcel 1 of order {SHIPPED}, shipment 1, has 2 live labels.",
    ),
    Damage(
        "the house carrier's tracking numbers are valid",
        "UPDATE shipping_label SET tracking_number = 'CP000000010GB' WHERE parcel = 2",
        f"Label order:{SHIPPED}:label:2 has the tracking number CP000000010GB",
    ),
    Damage(
        "the house carrier's tracking numbers are valid",
        "UPDATE shipping_label SET tracking_number = 'lost' WHERE parcel = 2",
        f"Label order:{SHIPPED}:label:2 has the tracking number lost",
    ),
    Damage(
        "nothing happens twice under one key",
        "ALTER TABLE message DROP CONSTRAINT uq_message_key CASCADE;"
        "INSERT INTO message (key, message_id, recipients, subject, text, html, state, problem,"
        " written_at, sent_at) SELECT key, 'another', recipients, subject, text, html, state,"
        f" problem, written_at, sent_at FROM message WHERE key = 'order:{SHIPPED}:shipment'",
        f"The mail order:{SHIPPED}:shipment is there 2 times",
    ),
    Damage(
        "nothing happens twice under one key",
        "ALTER TABLE shipping_label DROP CONSTRAINT uq_shipping_label_tracking_number;"
        f"UPDATE shipping_label SET tracking_number = 'CP1' WHERE order_number = {SHIPPED}",
        "The label with tracking number CP1 is there 2 times",
    ),
    Damage(
        "nothing happens twice under one key",
        "ALTER TABLE stock_movement DROP CONSTRAINT uq_stock_movement_sku_kind_reference_warehouse;"
        "INSERT INTO stock_movement (warehouse, sku, quantity, kind, reference, actor, reason, at)"
        " SELECT warehouse, sku, quantity, kind, reference, actor, reason, at FROM stock_movement"
        " WHERE sku = 'MUG' AND kind = 'sold'",
        f"The movement (MUG,sold,order:{SHIPPED},MAIN) is there 2 times",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"DELETE FROM message WHERE key = 'order:{TAKEN_BACK}:cancellation'",
        f"the mail order:{TAKEN_BACK}:cancellation is missing.",
    ),
    Damage(
        "effects have the record of their step",
        "DELETE FROM step_record WHERE step = 'send-cancellation-notice'",
        f"Mail order:{TAKEN_BACK}:cancellation is sent, and the ledger lacks",
    ),
)
