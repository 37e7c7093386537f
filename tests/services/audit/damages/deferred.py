"""Damage to orders that wait for something outside."""

from tests.services.audit.audit_shop import PACKED, REMINDED, UNTOUCHED
from tests.services.audit.damages.damage import Damage, without

_STILL = "deferred orders stand still and have a run that comes back"
_COME_BACK = "deferred orders come back when they are due"
_AN_ALARM = "what refuses us is an alarm"
_LAST = "outages that last are alarms"


def _order(number: int, what: str) -> str:
    return f"UPDATE shipment SET {what} WHERE order_number = {number};"


def _outage(service: str, **given: str) -> str:
    """As if a service had been out since an hour ago."""
    row = {
        "service": f"'{service}'",
        "problem": "'{}'",
        "since": "now() - interval '1 hour'",
        "failures": "1",
        "refused": "false",
    } | given
    return f"INSERT INTO outage ({', '.join(row)}) VALUES ({', '.join(row.values())});"


_NOW, _RETRIED = "now()", {"retry_at": "now()"}
_OUT = _outage("mail", raised_at=_NOW, **_RETRIED)
_FREE = without("ck_outage_refused_waits_for_a_person", "outage")

DEFERRED = (
    Damage(_STILL, _OUT + _order(PACKED, "awaits = 'mail', pause_key = 'x-1'"), "asked: x-1."),
    Damage(
        _STILL,
        _OUT + _order(UNTOUCHED, "awaits = 'mail'"),
        f"Order {UNTOUCHED} waits for mail, and has no run.",
    ),
    Damage(
        _STILL,
        _order(REMINDED, "retry_at = now(), pause_key = NULL, problem = '{}'"),
        f"Order {REMINDED} waits for a while, and stopped until somebody presses Retry.",
    ),
    Damage(
        _STILL,
        without("ck_shipment_ended_is_not_deferred", "shipment")
        + "UPDATE shipment SET retry_at = now(), pause_key = NULL WHERE key = 'order:1001'",
        "Order 1001 waits for a while, and is Shipped.",
    ),
    Damage(
        _COME_BACK,
        _order(PACKED, "retry_at = now() - interval '11 minutes'"),
        f"Order {PACKED} was to come back (due",
    ),
    Damage(
        _COME_BACK,
        _order(PACKED, "awaits = 'mail'"),
        f"Order {PACKED} was to come back (mail is there again)",
    ),
    Damage(
        _COME_BACK,
        _outage("mail", raised_at=_NOW, over_at="now() - interval '11 minutes'")
        + _order(PACKED, "awaits = 'mail'"),
        f"Order {PACKED} was to come back (mail is there again)",
    ),
    Damage(_AN_ALARM, _FREE + _outage("mail", refused="true"), "mail refuses us since"),
    Damage(
        _AN_ALARM,
        _FREE + _outage("mail", refused="true", raised_at=_NOW, **_RETRIED),
        "is to be asked again without a person.",
    ),
    Damage(_LAST, _outage("mail", **_RETRIED), "mail is out since"),
)
