"""Damage to what was scanned: a picker has begun with the order that waits."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import WAITING

_TASK = f"(SELECT id FROM staff_task WHERE order_number = {WAITING} AND kind = 'picking')"

SCANS = (
    Damage(
        "pieces are counted as they were scanned",
        f"UPDATE scanned_item SET counted = 2 WHERE task_id = {_TASK}",
        "has counted 2 of MUG in take 1, and the scans that count are 1.",
    ),
    Damage(
        "no more is counted than is asked for",
        "ALTER TABLE scanned_item DROP CONSTRAINT ck_scanned_item_counted_within_asked;"
        f"UPDATE scanned_item SET counted = 4 WHERE task_id = {_TASK};"
        "UPDATE scan SET pieces = 4 WHERE sku = 'MUG'",
        "has counted 4 of MUG, and asks for 3.",
    ),
    Damage(
        "a picking that was answered from scans has what they say",
        "UPDATE staff_task SET state = 'done', answered_at = now(),"
        f""" answer = '{{"scanned": true, "found": {{}}}}' WHERE id = {_TASK}""",
        "was answered with 0 of MUG, and 1 were scanned.",
    ),
)
