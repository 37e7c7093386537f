"""Damage to totes."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import SHIPPED

TOTES = (
    Damage(
        "totes hold what is still to be packed",
        "INSERT INTO tote_binding (tote, order_number, bound_by)"
        f" VALUES ('PLT-9', {SHIPPED}, 'Jo')",
        f"Tote PLT-9 holds order {SHIPPED}, and that has ended.",
    ),
)
