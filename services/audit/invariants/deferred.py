"""Orders that wait for something outside: they stand still, and come back."""

from services.audit.invariants.fragments import ENDED, NUMBER
from services.audit.invariants.invariant import Invariant

_A_WHILE = "interval '10 minutes'"
"""Dispatchers look every few seconds."""

DEFERRED = (
    Invariant(
        name="deferred orders stand still and have a run that comes back",
        problem="Order {number} waits for {what}, and {goes_on}.",
        breaking=f"""
            SELECT {NUMBER}, coalesce(awaits, 'a while') AS what, CASE
                    WHEN status IN {ENDED} THEN 'is ' || status
                    WHEN run_id IS NULL THEN 'has no run'
                    WHEN problem IS NOT NULL THEN 'stopped until somebody presses Retry'
                    ELSE 'a person is asked: ' || pause_key
                END AS goes_on
            FROM shipment
            WHERE (awaits IS NOT NULL OR retry_at IS NOT NULL) AND (
                status IN {ENDED} OR run_id IS NULL OR problem IS NOT NULL
                OR pause_key IS NOT NULL
            )
        """,
    ),
    Invariant(
        name="deferred orders come back when they are due",
        problem="Order {number} was to come back ({because}), and no dispatcher brought it back.",
        breaking=f"""
            SELECT {NUMBER}, coalesce(awaits || ' is there again', 'due ' || retry_at) AS because
            FROM shipment
            WHERE retry_at < now() - {_A_WHILE} OR awaits IS NOT NULL AND NOT EXISTS (
                SELECT FROM outage WHERE service = awaits AND (
                    over_at > now() - {_A_WHILE}
                    OR over_at IS NULL AND (refused OR outage.retry_at IS NOT NULL)
                )
            )
        """,
    ),
    Invariant(
        name="what refuses us is an alarm",
        twin="ck_outage_refused_waits_for_a_person",
        problem="{service} refuses us since {since}, and {lacks}.",
        breaking="""
            SELECT service, since, CASE WHEN raised_at IS NULL THEN 'no alarm says so'
                ELSE 'is to be asked again without a person' END AS lacks
            FROM outage WHERE refused AND (raised_at IS NULL OR retry_at IS NOT NULL)
        """,
    ),
)

LASTING_OUTAGES = Invariant(
    name="outages that last are alarms",
    problem="{service} is out since {since}, and no alarm says so: does a dispatcher run?",
    breaking=f"""
        SELECT service, since FROM outage
        WHERE over_at IS NULL AND raised_at IS NULL AND retry_at IS NOT NULL
          AND since < now() - make_interval(secs => :alarm_after_seconds) - {_A_WHILE}
    """,
)
"""How long that is, the settings say."""
