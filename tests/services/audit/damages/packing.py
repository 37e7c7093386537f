"""Damage to what lies in which parcel."""

from tests.services.audit.audit_shop import LACKING, PACKED, RELABELLED
from tests.services.audit.damages.damage import Damage

_HELD = "parcels hold what their shipment sends"
_SCANNED = "what was scanned at the bench adds up"


def _held(number: int, sku: str, pieces: int, state: str = "bought") -> str:
    return (
        f"INSERT INTO parcel_item SELECT id, '{sku}', {pieces} FROM shipping_label"
        f" WHERE order_number = {number} AND state = '{state}';"
    )


_TASK = f"(SELECT id FROM staff_task WHERE order_number = {LACKING} AND kind = 'packing')"
_BENCH = (
    f"INSERT INTO packing_line VALUES ({_TASK}, 'LAMP', 3, 2);"
    f"INSERT INTO packing_parcel (task_id, parcel) VALUES ({_TASK}, 1);"
)
_SCAN = (
    "INSERT INTO packing_scan"
    " (key, task_id, take_number, parcel, code, sku, pieces, verdict, said, actor)"
    f" VALUES (gen_random_uuid(), {_TASK}, 1, 1, 'X', 'LAMP', 1, 'counted', '{{}}', 'Kim');"
)

PACKING = (
    Damage(
        _HELD,
        _held(PACKED, "LAMP", 2) + _held(PACKED, "RUG", 1),
        f"Order {PACKED}, shipment 1: 2 of LAMP lie in its parcels, and 3 are sent.",
    ),
    Damage(
        _HELD,
        _held(PACKED, "LAMP", 3),
        f"Order {PACKED}, shipment 1: 0 of RUG lie in its parcels, and 1 are sent.",
    ),
    Damage(
        _HELD,
        _held(PACKED, "LAMP", 3) + _held(PACKED, "RUG", 1) + _held(PACKED, "POT", 1),
        f"Order {PACKED}, shipment 1: 1 of POT lie in its parcels, and 0 are sent.",
    ),
    Damage(
        _HELD,
        _held(RELABELLED, "LAMP", 3) + _held(RELABELLED, "RUG", 1, "voided"),
        f"Order {RELABELLED}, shipment 1: 0 of RUG lie in its parcels, and 1 are sent.",
    ),
    Damage(_SCANNED, _BENCH, "2 of LAMP are packed, and its scans say 0."),
    Damage(_SCANNED, _BENCH + _SCAN, "2 of LAMP are packed, and its scans say 1."),
)
