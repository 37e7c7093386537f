"""Damage to tasks, holds, reminders, and to orders that are being cancelled."""

from tests.services.audit.audit_shop import (
    BOTH_CANCELLED,
    ESCALATED,
    GOING_BACK,
    HELD,
    LOST_IN_COMPENSATION,
    PACKED,
    REMINDED,
    SPLIT,
    SPLIT_AT_PACKING,
)
from tests.services.audit.damages.damage import Damage, forgotten, without

_OPEN = f"order_number = {PACKED} AND state = 'open'"
_BACK = "goods that were picked for a cancelled order were restocked"
_CAME_BACK = "what came back of a cancelled order is booked in once"
_WORDS = (
    '{"code": "said", "field": null, "text": "{sentence}", "values": {"sentence": "out of words"}}'
)
_LATE = "late tasks and the mails that tell of them agree"

PEOPLE = (
    *(
        Damage(
            _BACK,
            sql,
            f"Order {BOTH_CANCELLED} was picked and its stock returned, and nobody says that its",
        )
        for sql in (
            forgotten(f"order:{BOTH_CANCELLED}", "gate: restock"),
            "UPDATE step_record SET result = jsonb_set(result, '{accepted}', 'false')"
            f" WHERE subject = 'order:{BOTH_CANCELLED}' AND step = 'gate: restock'",
        )
    ),
    *(
        Damage(
            _CAME_BACK,
            "UPDATE stock_movement SET quantity = quantity * 2"
            f" WHERE reference = 'order:{LOST_IN_COMPENSATION}' AND kind = '{kind}'"
            f" AND sku = '{sku}'",
            f"order:{LOST_IN_COMPENSATION} returned {pieces} of {sku} as {kind}, and its movement"
            f" says {2 * pieces}.",
        )
        for kind, sku, pieces in (
            ("returned", "LAMP", 2),
            ("returned", "RUG", 1),
            ("damaged", "LAMP", -1),
        )
    ),
    Damage(
        "orders that are to be cancelled only want their goods restocked",
        f"UPDATE staff_task SET kind = 'restock' WHERE {_OPEN}",
        f"(restock) is open, and its order {PACKED} is not to be cancelled.",
    ),
    Damage(
        "orders that are to be cancelled only want their goods restocked",
        f"UPDATE staff_task SET kind = 'shortage' WHERE order_number = {GOING_BACK}"
        " AND state = 'open'",
        f"(shortage) is open, and its order {GOING_BACK} is to be cancelled.",
    ),
    Damage(
        "nothing of a cancelled order is left with a carrier",
        f"UPDATE carrier_pickup SET state = 'booked' WHERE order_number = {LOST_IN_COMPENSATION}",
        f"Order {LOST_IN_COMPENSATION} is Cancelled, and its pickup order:{LOST_IN_COMPENSATION}"
        ":pickup is booked.",
    ),
    Damage(
        "what goes back is cancelled in the order's lines",
        f"UPDATE order_line SET cancelled = 0 WHERE order_number = {BOTH_CANCELLED}"
        " AND sku = 'RUG'",
        f"Order {BOTH_CANCELLED} has 0 of RUG cancelled, and 1 go back.",
    ),
    Damage(
        "the tasks of orders on hold wait, and no others",
        f"UPDATE staff_task SET kind = 'shortage' WHERE order_number = {HELD} AND kind = 'hold'",
        f"(shortage) is open, and its order {HELD} is on hold.",
    ),
    Damage(
        "the tasks of orders on hold wait, and no others",
        f"UPDATE staff_task SET kind = 'hold' WHERE {_OPEN}",
        f"(hold) is open, and its order {PACKED} is not on hold.",
    ),
    *(
        Damage(
            "ended orders ask nobody for anything",
            f"UPDATE staff_task SET state = '{state}', answered_at = NULL"
            f" WHERE order_number = {number} AND kind = 'picking'",
            f"(picking) is {state}, and its order {number} is {status}.",
        )
        for state, number, status in (
            ("open", SPLIT, "Shipped"),
            ("held", SPLIT, "Shipped"),
            ("held", BOTH_CANCELLED, "Cancelled"),
        )
    ),
    Damage(
        "answered tasks and the ledger agree",
        "UPDATE staff_task SET state = 'refused' WHERE state = 'done'"
        f" AND order_number = {PACKED} AND kind = 'packing'",
        f"Order {PACKED}, gate: packing, round 1: its task is refused, and its ledger says done.",
    ),
    Damage(
        _LATE,
        "UPDATE message SET key = 'escalation:' || (SELECT id FROM staff_task"
        f" WHERE order_number = {REMINDED} AND state = 'open') WHERE starts_with(key, 'escal')",
        "does not say so.",
        also="and there is no such mail.",
    ),
    Damage(
        _LATE,
        without("ck_staff_task_reminded_by_mail", "staff_task")
        + "DELETE FROM message WHERE key IN (SELECT reminder FROM staff_task"
        f" WHERE order_number = {REMINDED});"
        "UPDATE staff_task SET reminder = 'reminder:' || (SELECT id FROM staff_task"
        f" WHERE order_number = {ESCALATED}) WHERE order_number = {REMINDED} AND state = 'open';"
        f"UPDATE staff_task SET reminder = NULL WHERE order_number = {ESCALATED}",
        "does not say so.",
    ),
    Damage(
        _LATE,
        f"UPDATE staff_task SET escalation = 'escalation:9' WHERE order_number = {ESCALATED}",
        "was told of in the mail escalation:9, and there is no such mail.",
        also="does not say so.",
    ),
    *(
        Damage(
            "open tasks are where their order's stock is",
            f"UPDATE staff_task SET warehouse = {place} WHERE {_OPEN}",
            f"is in {said}, and the stock of its order {PACKED} is in MAIN.",
        )
        for place, said in (("'YORK'", "YORK"), ("NULL", "no warehouse"))
    ),
    Damage(
        "orders in work have a run or a person",
        "UPDATE shipment SET status = 'Backordered', run_id = NULL"
        f" WHERE order_number = {SPLIT_AT_PACKING} AND number = 2",
        f"Order {SPLIT_AT_PACKING}, shipment 2 is Backordered, and neither a flow run nor a person",
    ),
    Damage(
        "orders in work have a run or a person",
        f"UPDATE shipment SET run_id = NULL WHERE order_number = {PACKED};"
        f"UPDATE staff_task SET state = 'withdrawn' WHERE {_OPEN}",
        f"Order {PACKED} is Processing, and neither a flow run nor a person works on it.",
    ),
    Damage(
        "the dispatcher gets everything done",
        "INSERT INTO sweep_problem (order_number, shipment, part, problem, since) VALUES"
        f" ({PACKED}, 1, 'recover a run', '{_WORDS}', now())",
        f"Order {PACKED}, shipment 1: the dispatcher fails to recover a run since",
        also="out of words",
    ),
    Damage(
        "tasks are listed as their shipments leave",
        "UPDATE staff_task SET leaves_at = leaves_at + interval '1 hour' WHERE state = 'open'",
        "is listed for",
    ),
    Damage(
        "tasks are listed as their shipments leave",
        "UPDATE staff_task SET promised_at = promised_at + interval '1 hour' WHERE state = 'open'",
        "and its shipment leaves at",
    ),
)
