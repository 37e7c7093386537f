"""Effects outside: labels, pickups and mails, each with the record of its step, once."""

from models.process import StepName
from services.audit.invariants.fragments import (
    CARRIER_PICKUP_GATE,
    ENDED,
    NUMBER,
    NUMBER_OF_SUBJECT,
    PACKING_GATE,
    quoted,
    union,
)
from services.audit.invariants.invariant import Invariant

SHIPMENT_MAIL_KEY = "concat_ws(':', subject, 'shipment', nullif(round, 1))"
CANCELLATION_MAIL_KEY = "concat_ws(':', 'order', split_part(subject, ':', 2), 'cancellation')"
LINE_MAIL_KEY = "concat_ws(':', subject, 'cancelled', round)"
REPORT_MAIL_KEY = "concat_ws(':', subject, 'report', round)"
"""The keys of mails, of the `subject` and the `round` of the record of their step. The rules are in
`tasks.notifications`, `tasks.daily_report` and `services.messaging.cancellation_mails`.
"""

MAIL_KEY_PARTS = "regexp_match(key, '^(.*):([a-z]+)(:([0-9]+))?$')"
"""What such a key says: its subject, the kind of mail, and in fourth place its round."""


def _mail_of(step: str, key: str, only: str = "true") -> str:
    """The mails that must be there, since their step is recorded."""
    return f"""
        SELECT subject, step, {key} AS key FROM step_record WHERE step = '{step}' AND {only}
    """


def _mail_effect(step: str, kind: str, round: str = "round") -> str:
    """Mails that have gone out, by the last part of their keys, and the step that must say so."""
    return f"""
        SELECT 'Mail ' || key, state, '{step}', subject, {round} FROM mail WHERE kind = '{kind}'
    """


_MAILS_OF_STEPS = union(
    _mail_of(StepName.SEND_SHIPMENT_NOTIFICATION, SHIPMENT_MAIL_KEY),
    _mail_of(
        StepName.SEND_CANCELLATION_NOTICE, CANCELLATION_MAIL_KEY, "result ->> 'message_id' <> ''"
    ),
    _mail_of(StepName.SEND_LINE_NOTICE, LINE_MAIL_KEY),
    _mail_of(StepName.NOTIFY_MANAGEMENT_OF_DAILY_STATS, REPORT_MAIL_KEY),
)

_LABEL_EFFECTS = f"""
    SELECT 'Label ' || label.key, state, '{StepName.CREATE_SHIPPING_LABEL}',
        travels.key, label_version::text
    FROM shipping_label AS label JOIN shipment AS travels
        ON travels.order_number = label.order_number AND travels.number = label.shipment
    WHERE state = 'bought'
"""

_PICKUP_EFFECTS = f"""
    SELECT 'Pickup ' || pickup.key, state, '{StepName.DISPATCH_CARRIER_PICKUP}', travels.key, '1'
    FROM carrier_pickup AS pickup JOIN shipment AS travels
        ON travels.order_number = pickup.order_number AND travels.number = pickup.shipment
    WHERE state IN ('booked', 'collected')
"""

# An order has one such mail, whichever of its shipments was the last to go back.
_CANCELLATION_MAIL_EFFECTS = f"""
    SELECT 'Mail ' || key, state, '{StepName.SEND_CANCELLATION_NOTICE}',
        coalesce(sender.subject, mail.subject), '1'
    FROM mail LEFT JOIN step_record AS sender
        ON sender.step = '{StepName.SEND_CANCELLATION_NOTICE}'
        AND sender.result ->> 'message_id' = message_id
    WHERE kind = 'cancellation' AND mail.round IS NULL
"""

_STEPS_WITH_EFFECTS = (
    StepName.CREATE_SHIPPING_LABEL,
    StepName.DISPATCH_CARRIER_PICKUP,
    StepName.SEND_SHIPMENT_NOTIFICATION,
    StepName.SEND_LINE_NOTICE,
    StepName.NOTIFY_MANAGEMENT_OF_DAILY_STATS,
    StepName.SEND_CANCELLATION_NOTICE,
)

_EFFECTS_WITH_A_STEP = union(
    _LABEL_EFFECTS,
    _PICKUP_EFFECTS,
    _mail_effect(StepName.SEND_SHIPMENT_NOTIFICATION, "shipment", round="coalesce(round, '1')"),
    _mail_effect(StepName.SEND_LINE_NOTICE, "cancelled"),
    _mail_effect(StepName.NOTIFY_MANAGEMENT_OF_DAILY_STATS, "report"),
    _CANCELLATION_MAIL_EFFECTS,
)

# The rule is domain.tracking.is_valid_s10, here for a million labels at once.
_S10_SUM = " + ".join(
    f"{weight} * substr(tracking_number, {place}, 1)::int"
    for place, weight in enumerate((8, 6, 4, 2, 3, 5, 9, 7), start=3)
)
VALID_S10 = f"""
    CASE WHEN tracking_number ~ '^[A-Z]{{2}}[0-9]{{9}}[A-Z]{{2}}$'
    THEN substr(tracking_number, 11, 1)::int =
        CASE ({_S10_SUM}) % 11 WHEN 0 THEN 5 WHEN 1 THEN 0 ELSE 11 - ({_S10_SUM}) % 11 END
    ELSE false END
"""

_HELD = "(SELECT * FROM allocation WHERE state IN ('allocated', 'issued')) AS held"
_WANTED = "(SELECT * FROM allocation WHERE state = 'backordered') AS wanted"

_OPEN = "(SELECT * FROM outage WHERE over_at IS NULL) AS open"

_ONCE = (
    ("label", "shipping_label", "key"),
    ("label with tracking number", "shipping_label", "tracking_number"),
    ("shipment with tracking number", "shipment", "tracking_number"),
    ("booking", "carrier_booking", "key"),
    ("booking with reference", "carrier_booking", "reference"),
    ("pickup", "carrier_pickup", "key"),
    ("pickup of shipment", "carrier_pickup", "order_number, shipment"),
    ("refund", "refund", "key"),
    ("mail", "message", "key"),
    ("mail with Message-ID", "message", "message_id"),
    ("allocation of line", _HELD, "order_number, shipment, sku"),
    ("backorder of line", _WANTED, "order_number, shipment, sku"),
    ("movement", "stock_movement", "sku, kind, reference, warehouse"),
    ("warehouse with rank", "warehouse", "rank"),
    ("open outage of", _OPEN, "service"),
)
"""Things that may be there once, with the table and the columns that say which. Indexes of the
database that are UNIQUE say the same.
"""


def _more_than_once(thing: str, table: str, key: str) -> str:
    """In order, as the unique index has it: then nothing is sorted or hashed to be counted."""
    return f"""
        SELECT '{thing}' AS thing, ({key})::text AS key, count(*) AS times
        FROM (SELECT {key} FROM {table} WHERE ({key}) IS NOT NULL ORDER BY {key}) AS in_order
        GROUP BY {key} HAVING count(*) > 1
    """


EFFECTS = (
    Invariant(
        name="labelled orders have a printed label per parcel packed",
        problem="Order {number} was packed into {parcels} parcels, and has {labels} labels"
        " bought and printed.",
        breaking=f"""
            WITH packed AS (
                SELECT DISTINCT ON (subject) subject,
                    jsonb_array_length(jsonb_path_query_array(result, '$.answer.parcels[*]'))
                        AS parcels
                FROM step_record
                WHERE step = '{PACKING_GATE}' AND result ->> 'accepted' = 'true'
                ORDER BY subject, round DESC
            ), printed AS (
                SELECT travels.key AS subject, count(*) AS labels
                FROM shipping_label AS label JOIN shipment AS travels
                    ON travels.order_number = label.order_number AND travels.number = label.shipment
                WHERE state = 'bought' AND octet_length(pdf) > 0
                GROUP BY travels.key
            )
            SELECT {NUMBER_OF_SUBJECT}, coalesce(parcels, 0) AS parcels,
                coalesce(labels, 0) AS labels
            FROM step_record AS labelled
            LEFT JOIN packed USING (subject)
            LEFT JOIN printed USING (subject)
            WHERE labelled.step = '{StepName.CREATE_SHIPPING_LABEL}'
              AND (labels IS DISTINCT FROM parcels OR labels IS NULL)
              AND NOT EXISTS (
                  SELECT FROM step_record AS voided
                  WHERE voided.subject = labelled.subject AND (
                      voided.step = '{StepName.VOID_SHIPPING_LABELS}'
                      OR voided.step = '{StepName.VOID_OUTDATED_LABELS}'
                          AND voided.round >= labelled.round
                  )
              )
        """,
    ),
    Invariant(
        name="mails of recorded steps are sent or refused",
        twin="services.messaging.cancellation_mails:line_notice_key",
        problem="'{step}' is recorded for {subject}, and the mail {key} is {state}.",
        breaking=f"""
            SELECT recorded.subject, step, key, coalesce(state, 'missing') AS state
            FROM ({_MAILS_OF_STEPS}) AS recorded LEFT JOIN message USING (key)
            WHERE state IS NULL OR state = 'written'
        """,
    ),
    Invariant(
        name="lines that are cancelled are told to the customer once",
        problem="Order {number} has cancelled lines ({key}), and its mails tell of them {times}"
        " times.",
        breaking=f"""
            WITH told (key) AS (
                SELECT {LINE_MAIL_KEY} FROM step_record WHERE step = '{StepName.SEND_LINE_NOTICE}'
                UNION ALL
                SELECT jsonb_array_elements_text(result -> 'tells') FROM step_record
                WHERE step = '{StepName.SEND_CANCELLATION_NOTICE}'
            ), cancelled AS (
                SELECT subject, {LINE_MAIL_KEY} AS key
                FROM step_record WHERE step = '{StepName.CANCEL_LINES}'
            )
            SELECT {NUMBER_OF_SUBJECT}, cancelled.key, count(told.key) AS times
            FROM cancelled LEFT JOIN told USING (key)
            JOIN shipment ON shipment.key = subject
            JOIN sales_order AS placed ON placed.number = order_number
            GROUP BY subject, cancelled.key, placed.status
            HAVING count(told.key) > 1
                OR count(told.key) = 0 AND placed.status IN {ENDED}
        """,
    ),
    Invariant(
        name="effects have the record of their step",
        twin="services.shipping.labels:versioned_key",
        problem="{effect} is {state}, and the ledger lacks '{step}' of {subject}.",
        breaking=f"""
            WITH mail AS (
                SELECT key, message_id, state, name[1] AS subject, name[2] AS kind, name[4] AS round
                FROM message, {MAIL_KEY_PARTS} AS name
                WHERE state <> 'written'
            ), effects (effect, state, step, subject, round) AS ({_EFFECTS_WITH_A_STEP})
            SELECT effect, state, step, effects.subject
            FROM effects LEFT JOIN (
                SELECT subject, step, round::text AS round FROM step_record
                WHERE step IN ({quoted(*_STEPS_WITH_EFFECTS)})
            ) AS recorded USING (subject, step, round)
            WHERE recorded.subject IS NULL
        """,
    ),
    Invariant(
        name="what the house carrier booked was wanted",
        problem="The house carrier booked the {kind} {reference} under the key {key}, for which"
        " there is none.",
        breaking="""
            SELECT key, kind, reference
            FROM carrier_booking LEFT JOIN (
                SELECT key, 'label' AS kind, carrier FROM shipping_label
                UNION ALL SELECT key, 'pickup', carrier FROM carrier_pickup
            ) AS wanted USING (key, kind)
            WHERE reference IS NOT NULL AND carrier IS DISTINCT FROM 'house'
        """,
    ),
    Invariant(
        name="what was bought stands in the house carrier's book",
        problem="The {kind} {key} has the reference {reference}, and the house carrier's book has"
        " {booked}.",
        breaking="""
            SELECT key, kind, coalesce(bought.reference, 'none') AS reference,
                coalesce(book.reference, 'none') AS booked
            FROM (
                SELECT key, 'label' AS kind, carrier, state, tracking_number AS reference
                FROM shipping_label WHERE state = 'bought'
                UNION ALL
                SELECT key, 'pickup', carrier, state, reference
                FROM carrier_pickup WHERE state IN ('booked', 'collected')
            ) AS bought LEFT JOIN carrier_booking AS book USING (key, kind)
            WHERE carrier = 'house'
              AND (bought.reference IS DISTINCT FROM book.reference OR book.reference IS NULL)
        """,
    ),
    # While it is being undone, the carrier knows first.
    Invariant(
        name="what was undone is voided with the house carrier, and what left is not",
        problem="The {kind} {key} of order {order_number} is {state}, and the house carrier's book"
        " has it {booked}.",
        breaking="""
            SELECT kind, key, order_number, state, CASE
                WHEN book.key IS NULL THEN 'not at all'
                WHEN voided_at IS NULL THEN 'live' ELSE 'voided' END AS booked
            FROM (
                SELECT key, 'label' AS kind, order_number, carrier, state FROM shipping_label
                WHERE state = 'voided' OR state = 'bought' AND EXISTS (
                    SELECT FROM shipment AS travels
                    WHERE travels.order_number = shipping_label.order_number
                      AND travels.number = shipping_label.shipment AND status = 'Shipped'
                )
                UNION ALL
                SELECT key, 'pickup', order_number, carrier, state FROM carrier_pickup
                WHERE state IN ('cancelled', 'collected')
            ) AS settled LEFT JOIN carrier_booking AS book USING (key, kind)
            WHERE carrier = 'house'
              AND (state IN ('voided', 'cancelled')) <> (voided_at IS NOT NULL)
        """,
    ),
    Invariant(
        name="a key in the house carrier's book was bought or voided",
        problem="The house carrier's book has the key {key}, under which nothing was bought or"
        " voided.",
        breaking="SELECT key FROM carrier_booking WHERE reference IS NULL AND voided_at IS NULL",
    ),
    Invariant(
        name="labels are replaced as often as their parcels were called back",
        twin="tasks.labels:void_outdated_labels",
        problem="Order {number} has the issue {label_version} of its labels; '{step}' is recorded"
        " {voided} times, and its parcels were called back {called_back} times.",
        breaking=f"""
            WITH replaced AS (
                SELECT subject AS key,
                    count(*) FILTER (WHERE step = '{StepName.VOID_OUTDATED_LABELS}') AS voided,
                    count(*) FILTER (
                        WHERE step = '{CARRIER_PICKUP_GATE}' AND result ->> 'accepted' = 'true'
                          AND result -> 'answer' ->> 'collected_at' IS NULL
                    ) AS called_back
                FROM step_record WHERE step IN ('{StepName.VOID_OUTDATED_LABELS}',
                    '{CARRIER_PICKUP_GATE}')
                GROUP BY subject
            )
            SELECT {NUMBER}, label_version, '{StepName.VOID_OUTDATED_LABELS}' AS step,
                coalesce(voided, 0) AS voided, coalesce(called_back, 0) AS called_back
            FROM shipment LEFT JOIN replaced USING (key)
            WHERE label_version <> coalesce(voided, 0) + 1
               OR coalesce(called_back, 0) - coalesce(voided, 0) NOT BETWEEN 0 AND 1
        """,
    ),
    Invariant(
        name="nothing goes to an address that has changed",
        problem="Order {number} has another address since its labels were made; it is {status}, and"
        " task {task} to hand it over is open.",
        breaking=f"""
            SELECT {NUMBER}, travels.status, coalesce(task.id::text, 'no') AS task
            FROM shipment AS travels LEFT JOIN staff_task AS task
                ON task.order_number = travels.order_number AND task.shipment = travels.number
                AND task.kind = 'carrier-pickup' AND task.state IN ('open', 'held')
            WHERE address_changed AND (travels.status = 'Shipped' OR task.id IS NOT NULL)
        """,
    ),
    Invariant(
        name="a parcel has one live label",
        problem="Parcel {parcel} of order {number}, shipment {shipment}, has {labels} live labels.",
        breaking="""
            SELECT order_number AS number, shipment, parcel, count(*) AS labels
            FROM shipping_label WHERE state <> 'voided'
            GROUP BY order_number, shipment, parcel HAVING count(*) > 1
        """,
    ),
    Invariant(
        name="the house carrier's tracking numbers are valid",
        twin="domain.tracking:is_valid_s10",
        problem="Label {key} has the tracking number {tracking_number}, which UPU S10 does not"
        " allow.",
        breaking=f"""
            SELECT key, tracking_number FROM shipping_label
            WHERE carrier = 'house' AND tracking_number IS NOT NULL AND NOT {VALID_S10}
        """,
    ),
    Invariant(
        name="nothing happens twice under one key",
        problem="The {thing} {key} is there {times} times, and may be there once.",
        breaking=union(*(_more_than_once(*entry) for entry in _ONCE)),
    ),
)
