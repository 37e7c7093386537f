"""Damage to what is deferred, and to outages and alarms."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import WAITING

OUTAGE = (
    "INSERT INTO outage (service, problem, since, failures, refused, retry_at, raised_at)"
    " VALUES ('mail', '{}', now() - interval '1 hour', 1, %s);"
)
"""A row with whether it refused us, when it is asked again, and since when it is an alarm."""

OUTAGES = (
    Damage(
        "deferred orders stand still and have a run that comes back",
        OUTAGE % "false, now(), now()"
        + f"UPDATE shipment SET awaits = 'mail' WHERE order_number = {WAITING}",
        f"Order {WAITING} waits for mail, and a person is asked: picking-1",
    ),
    Damage(
        "deferred orders come back when they are due",
        "UPDATE shipment SET retry_at = now() - interval '11 minutes', pause_key = NULL"
        f" WHERE order_number = {WAITING}",
        f"Order {WAITING} was to come back (due",
    ),
    Damage(
        "what refuses us is an alarm",
        "ALTER TABLE outage DROP CONSTRAINT ck_outage_refused_waits_for_a_person;"
        + OUTAGE % "true, NULL, NULL",
        "and no alarm says so.",
    ),
    Damage(
        "outages that last are alarms",
        OUTAGE % "false, now(), NULL",
        "mail is out since",
    ),
)
