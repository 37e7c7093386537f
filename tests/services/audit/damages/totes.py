"""Damage to totes."""

from tests.services.audit.audit_shop import CANCELLED_AT_ONCE, ESCALATED, PACKED
from tests.services.audit.damages.damage import Damage

_HOLDS = "totes hold what is still to be packed"


def _held(number: int) -> str:
    return (
        f"INSERT INTO tote_binding (tote, order_number, bound_by) VALUES ('PLT-1', {number}, 'Jo');"
    )


TOTES = (
    Damage(_HOLDS, _held(PACKED), f"Tote PLT-1 holds order {PACKED}, and that is packed."),
    Damage(
        _HOLDS,
        _held(CANCELLED_AT_ONCE),
        f"Tote PLT-1 holds order {CANCELLED_AT_ONCE}, and that has ended.",
    ),
    Damage(_HOLDS, _held(ESCALATED), f"Tote PLT-1 holds order {ESCALATED}, and nobody picks it."),
)
