"""Damage to what was scanned."""

from tests.services.audit.audit_shop import SCANNED
from tests.services.audit.damages.damage import Damage

_TASK = f"(SELECT id FROM staff_task WHERE order_number = {SCANNED} AND kind = 'picking')"
_COUNTED = "pieces are counted as they were scanned"

SCANS = (
    Damage(
        _COUNTED,
        "UPDATE scanned_item SET counted = 2 WHERE sku = 'LAMP'",
        "has counted 2 of LAMP in take 1, and the scans that count are 3.",
    ),
    Damage(
        _COUNTED,
        "DELETE FROM scanned_item WHERE sku = 'LAMP'",
        "has counted 0 of LAMP in take 1, and the scans that count are 3.",
    ),
    Damage(
        _COUNTED,
        "UPDATE scan SET counts = false WHERE meaning = 'pieces'",
        "has counted 3 of LAMP in take 1, and the scans that count are 0.",
    ),
    Damage(
        _COUNTED,
        "UPDATE scan SET counts = false WHERE meaning = 'undo'",
        "has counted 3 of LAMP in take 1, and the scans that count are 4.",
    ),
    Damage(
        _COUNTED,
        "UPDATE scan SET take_number = 2 WHERE meaning = 'pieces'",
        "has counted 3 of LAMP in take 1, and the scans that count are 0.",
        also="has counted 0 of LAMP in take 2, and the scans that count are 3.",
    ),
    Damage(
        "a picking that was answered from scans has what they say",
        "UPDATE staff_task SET answer = jsonb_set(answer, '{found, LAMP}', '2')"
        f" WHERE id = {_TASK}",
        "was answered with 2 of LAMP, and 3 were scanned.",
    ),
    Damage(
        "a picking that was answered from scans has what they say",
        f"UPDATE staff_task SET answer = answer #- '{{found, LAMP}}' WHERE id = {_TASK}",
        "was answered with 0 of LAMP, and 3 were scanned.",
    ),
)
