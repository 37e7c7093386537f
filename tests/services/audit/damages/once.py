"""What is there twice under one key: each thing that may be there once."""

from tests.services.audit.audit_shop import BOTH_CANCELLED, IN_EUROS, PACKED, SPLIT, WAITS_FOR_STOCK
from tests.services.audit.damages.damage import Damage, allocated, copied, without


def _twice(thing: str, key: str, sql: str) -> Damage:
    check = "nothing happens twice under one key"
    return Damage(check, sql, f"The {thing} {key} is there 2 times, and may be there once.")


_LABEL = f"key = 'order:{PACKED}:label:1'"
_PICKUP = f"key = 'order:{PACKED}:pickup'"
_MAIL = f"key = 'order:{PACKED}:shipment'"

ONCE = (
    _twice(
        "label",
        f"order:{PACKED}:label:1",
        without("uq_shipping_label_key", "shipping_label")
        + copied("shipping_label", _LABEL, id="-1", parcel="2", tracking_number="'CP1'"),
    ),
    _twice(
        "label with tracking number",
        "ACME-1",
        without("uq_shipping_label_tracking_number", "shipping_label")
        + f"UPDATE shipping_label SET tracking_number = 'ACME-1' WHERE {_LABEL}",
    ),
    _twice(
        "shipment with tracking number",
        "ACME-1",
        without("uq_shipment_tracking_number", "shipment")
        + f"UPDATE shipment SET tracking_number = 'ACME-1' WHERE order_number = {PACKED}",
    ),
    _twice(
        "booking",
        f"order:{PACKED}:pickup",
        without("pk_carrier_booking", "carrier_booking")
        + copied("carrier_booking", _PICKUP, reference="'PU1'"),
    ),
    _twice(
        "booking with reference",
        "PU1",
        without("uq_carrier_booking_reference", "carrier_booking")
        + "UPDATE carrier_booking SET reference = 'PU1'"
        f" WHERE {_PICKUP} OR key = 'order:{SPLIT}:pickup'",
    ),
    _twice(
        "pickup",
        f"order:{PACKED}:pickup",
        without("uq_carrier_pickup_key", "carrier_pickup")
        + copied("carrier_pickup", _PICKUP, id="-1", shipment="2"),
    ),
    _twice(
        "pickup of shipment",
        f"({PACKED},1)",
        without("uq_carrier_pickup_order_number_shipment", "carrier_pickup")
        + copied("carrier_pickup", _PICKUP, id="-1", key="'another'"),
    ),
    _twice(
        "refund",
        f"order:{BOTH_CANCELLED}:refund:1",
        without("uq_refund_key", "refund")
        + copied("refund", f"order_number = {BOTH_CANCELLED}", id="-1"),
    ),
    _twice(
        "mail",
        f"order:{PACKED}:shipment",
        "ALTER TABLE message DROP CONSTRAINT uq_message_key CASCADE;"
        + copied("message", _MAIL, id="-1", message_id="'another'"),
    ),
    _twice(
        "mail with Message-ID",
        "one",
        without("uq_message_message_id", "message") + "UPDATE message SET message_id = 'one'"
        f" WHERE {_MAIL} OR key = 'order:{SPLIT}:shipment'",
    ),
    *(
        Damage(
            "nothing happens twice under one key",
            "DROP INDEX ix_allocation_one_allocated;"
            + copied("allocation", allocated(number, sku, state), id="-1"),
            "The allocation of line",
        )
        for number, sku, state in (
            (BOTH_CANCELLED + 1, "RUG", "allocated"),
            (SPLIT, "RUG", "issued"),
        )
    ),
    Damage(
        "nothing happens twice under one key",
        "DROP INDEX ix_allocation_one_backordered;"
        + copied("allocation", allocated(WAITS_FOR_STOCK, "RUG", "backordered"), id="-1"),
        "The backorder of line",
    ),
    _twice(
        "movement",
        f"(JAR,sold,order:{IN_EUROS},YORK)",
        without("uq_stock_movement_sku_kind_reference_warehouse", "stock_movement")
        + copied("stock_movement", f"reference = 'order:{IN_EUROS}'", id="-1"),
    ),
    _twice(
        "open outage of",
        "mail",
        "DROP INDEX uq_outage_open;"
        + 2
        * "INSERT INTO outage (service, problem, since, failures, refused)"
        " VALUES ('mail', '{}', now(), 1, false);",
    ),
    _twice("warehouse with rank", "2", "UPDATE warehouse SET rank = 2"),
)
