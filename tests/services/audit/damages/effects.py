"""Damage to what happens outside: labels, pickups, mails, the house carrier's book."""

from tests.services.audit.audit_shop import (
    BOTH_CANCELLED,
    BOTH_SHIPPED,
    IN_EUROS,
    LINE_CANCELLED,
    PACKED,
    RELABELLED,
    SPLIT,
    UNTOUCHED,
)
from tests.services.audit.damages.damage import Damage, forgotten, recorded, without

_COMPLETE = (
    without("ck_sales_order_shipped_is_complete", "sales_order")
    + without("ck_shipment_shipped_is_complete", "shipment")
    + without("ck_shipment_cost_in_a_currency", "shipment")
)
_RECORD = "effects have the record of their step"
_LABELS = "labels are replaced as often as their parcels were called back"
_CALLED_BACK = '{"accepted": true, "answer": {"collected_at": null}}'
_ADDRESS = "nothing goes to an address that has changed"
_NUMBER = "the house carrier's tracking numbers are valid"


def _lacks(field: str, table: str, column: str) -> Damage:
    number = "order_number" if table == "shipment" else "number"
    return Damage(
        "shipped orders have their cost, carrier and times",
        f"{_COMPLETE}UPDATE {table} SET {column} = NULL WHERE {number} = {IN_EUROS}",
        f"Order {IN_EUROS} is Shipped and has no {field}.",
    )


def _effect(what: str, state: str, step: str, subject: str, sql: str) -> Damage:
    return Damage(_RECORD, sql, f"{what} is {state}, and the ledger lacks '{step}' of {subject}.")


EFFECTS = (
    _lacks("shipping cost", "shipment", "shipping_cost_minor"),
    _lacks("carrier", "shipment", "carrier"),
    _lacks("tracking number", "shipment", "tracking_number"),
    _lacks("time of collection", "sales_order", "collected_at"),
    _lacks("time of collection", "shipment", "collected_at"),
    _lacks("time of shipping", "sales_order", "shipped_at"),
    _lacks("time of shipping", "shipment", "shipped_at"),
    Damage(
        "a shipment's tracking number is its first label's",
        f"UPDATE shipment SET carrier = 'acme' WHERE order_number = {SPLIT}",
        f"Order {SPLIT} is Shipped with acme CP",
    ),
    Damage(
        "shipped orders were collected",
        f"DELETE FROM carrier_pickup WHERE order_number = {BOTH_SHIPPED} AND shipment = 2",
        f"Order {BOTH_SHIPPED}, shipment 2 is Shipped, and its carrier pickup is missing.",
    ),
    Damage(
        "labelled orders have a printed label per parcel packed",
        f"DELETE FROM shipping_label WHERE order_number = {PACKED}",
        f"Order {PACKED} was packed into 1 parcels, and has 0 labels bought and printed.",
    ),
    Damage(
        "labelled orders have a printed label per parcel packed",
        f"DELETE FROM shipping_label WHERE key = 'order:{RELABELLED}:label:1:2'",
        f"Order {RELABELLED} was packed into 1 parcels, and has 0 labels bought and printed.",
    ),
    Damage(
        "labelled orders have a printed label per parcel packed",
        f"DELETE FROM shipping_label WHERE order_number = {PACKED};"
        + forgotten(f"order:{PACKED}", "gate: packing"),
        f"Order {PACKED} was packed into 0 parcels, and has 0 labels bought and printed.",
    ),
    Damage(
        "lines that are cancelled are told to the customer once",
        forgotten(f"order:{LINE_CANCELLED}", "Send Line Cancellation Notice"),
        f"Order {LINE_CANCELLED} has cancelled lines (order:{LINE_CANCELLED}:cancelled:1), and its"
        " mails tell of them 0 times.",
    ),
    Damage(
        "lines that are cancelled are told to the customer once",
        recorded(
            f"order:{LINE_CANCELLED}",
            "Send Cancellation Notice",
            result=f'{{"tells": ["order:{LINE_CANCELLED}:cancelled:1"], "message_id": ""}}',
        ),
        f"(order:{LINE_CANCELLED}:cancelled:1), and its mails tell of them 2 times.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"DELETE FROM message WHERE key = 'order:{LINE_CANCELLED}:cancelled:1'",
        f"the mail order:{LINE_CANCELLED}:cancelled:1 is missing.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        f"DELETE FROM message WHERE key = 'order:{RELABELLED}:shipment:2'",
        f"the mail order:{RELABELLED}:shipment:2 is missing.",
    ),
    Damage(
        "mails of recorded steps are sent or refused",
        "DELETE FROM message WHERE key ~ '^day:.*:report:1$'",
        ":report:1 is missing.",
    ),
    _effect(
        f"Pickup order:{PACKED}:pickup",
        "booked",
        "Dispatch Carrier Pickup",
        f"order:{PACKED}",
        forgotten(f"order:{PACKED}", "Dispatch Carrier Pickup"),
    ),
    _effect(
        f"Label order:{PACKED}:label:1",
        "bought",
        "Create Shipping Label",
        f"order:{PACKED}",
        forgotten(f"order:{PACKED}", "Create Shipping Label"),
    ),
    _effect(
        f"Label order:{RELABELLED}:label:1:2",
        "bought",
        "Create Shipping Label",
        f"order:{RELABELLED}",
        forgotten(f"order:{RELABELLED}", "Create Shipping Label", 2),
    ),
    _effect(
        f"Mail order:{RELABELLED}:shipment:2",
        "sent",
        "Send Shipment Notification",
        f"order:{RELABELLED}",
        forgotten(f"order:{RELABELLED}", "Send Shipment Notification", 2),
    ),
    _effect(
        f"Mail order:{PACKED}:shipment",
        "refused",
        "Send Shipment Notification",
        f"order:{PACKED}",
        f"UPDATE message SET state = 'refused' WHERE key = 'order:{PACKED}:shipment';"
        + forgotten(f"order:{PACKED}", "Send Shipment Notification"),
    ),
    _effect(
        f"Mail order:{LINE_CANCELLED}:cancelled:1",
        "sent",
        "Send Line Cancellation Notice",
        f"order:{LINE_CANCELLED}",
        forgotten(f"order:{LINE_CANCELLED}", "Send Line Cancellation Notice"),
    ),
    _effect(
        f"Mail order:{BOTH_CANCELLED}:cancellation",
        "sent",
        "Send Cancellation Notice",
        f"order:{BOTH_CANCELLED}",
        forgotten(f"order:{BOTH_CANCELLED}", "Send Cancellation Notice"),
    ),
    Damage(
        _RECORD,
        "DELETE FROM step_record WHERE step = 'notify-management-of-daily-stats' AND round = 1",
        ":report:1 is sent, and the ledger lacks 'Notify Management of Daily Stats' of day:",
    ),
    Damage(
        "what the house carrier booked was wanted",
        f"UPDATE carrier_booking SET kind = 'pickup' WHERE key = 'order:{SPLIT}:label:1'",
        f"under the key order:{SPLIT}:label:1, for which there is none.",
    ),
    Damage(
        "what the house carrier booked was wanted",
        f"UPDATE shipping_label SET carrier = 'acme' WHERE order_number = {SPLIT}",
        f"under the key order:{SPLIT}:label:1, for which there is none.",
    ),
    Damage(
        "what was bought stands in the house carrier's book",
        f"UPDATE carrier_booking SET reference = 'X' WHERE key = 'order:{PACKED}:pickup'",
        f"The pickup order:{PACKED}:pickup has the reference PU",
    ),
    Damage(
        "what was bought stands in the house carrier's book",
        without("ck_carrier_booking_booked_or_voided", "carrier_booking")
        + f"UPDATE carrier_booking SET reference = NULL WHERE key = 'order:{PACKED}:pickup';"
        + f"UPDATE carrier_pickup SET reference = NULL WHERE order_number = {PACKED}",
        f"The pickup order:{PACKED}:pickup has the reference none, and the house carrier's book has"
        " none.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        f"UPDATE carrier_booking SET voided_at = now() WHERE key = 'order:{IN_EUROS}:label:1'",
        f"The label order:{IN_EUROS}:label:1 of order {IN_EUROS} is bought, and the house carrier's"
        " book has it voided.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        f"UPDATE carrier_booking SET voided_at = now() WHERE key = 'order:{SPLIT}:label:1'",
        f"The label order:{SPLIT}:label:1 of order {SPLIT} is bought, and the house carrier's"
        " book has it voided.",
    ),
    Damage(
        "what was undone is voided with the house carrier, and what left is not",
        f"UPDATE carrier_booking SET voided_at = NULL WHERE key = 'order:{RELABELLED}:label:1'",
        f"The label order:{RELABELLED}:label:1 of order {RELABELLED} is voided, and the house"
        " carrier's book has it live.",
    ),
    Damage(
        _LABELS,
        recorded(f"order:{PACKED}", "gate: carrier-pickup", 3, _CALLED_BACK)
        + recorded(f"order:{PACKED}", "gate: carrier-pickup", 4, _CALLED_BACK),
        f"Order {PACKED} has the issue 1 of its labels; 'Void Outdated Labels' is recorded 0 times,"
        " and its parcels were called back 2 times.",
    ),
    Damage(
        _LABELS,
        recorded(f"order:{PACKED}", "Void Outdated Labels")
        + f"UPDATE shipment SET label_version = 2 WHERE order_number = {PACKED}",
        "'Void Outdated Labels' is recorded 1 times, and its parcels were called back 0 times.",
    ),
    Damage(
        _LABELS,
        f"UPDATE shipment SET label_version = 2 WHERE order_number = {UNTOUCHED}",
        f"Order {UNTOUCHED} has the issue 2 of its labels; 'Void Outdated Labels' is recorded 0"
        " times, and its parcels were called back 0 times.",
    ),
    *(
        Damage(
            _ADDRESS,
            f"UPDATE shipment SET address_changed = true WHERE order_number = {PACKED};"
            f"UPDATE staff_task SET state = '{state}'"
            f" WHERE order_number = {PACKED} AND state = 'open'",
            f"Order {PACKED} has another address since its labels were made; it is Processing, and",
        )
        for state in ("open", "held")
    ),
    Damage(
        "a parcel has one live label",
        without("uq_shipping_label_key", "shipping_label")
        + "DROP INDEX ix_shipping_label_one_live;"
        + f"UPDATE shipping_label SET state = 'wanted' WHERE key = 'order:{RELABELLED}:label:1'",
        f"Parcel 1 of order {RELABELLED}, shipment 1, has 2 live labels.",
    ),
    *(
        Damage(
            _NUMBER,
            f"UPDATE shipping_label SET tracking_number = '{wrong}' WHERE order_number = {PACKED}",
            f"Label order:{PACKED}:label:1 has the tracking number {wrong}",
        )
        for wrong in ("CP000000010GB", "CP00000001GB", "cp000000019GB", "CP000000019GBX", "")
    ),
)
