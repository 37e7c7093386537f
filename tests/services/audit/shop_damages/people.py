"""Damage to tasks and holds."""

from tests.services.audit.damages.damage import Damage
from tests.services.audit.day_shop import CANCELLED, SHIPPED, WAITING

_WORDS = (
    '{"code": "said", "field": null, "text": "{sentence}", "values": {"sentence": "out of words"}}'
)
"""A problem, as it is kept."""

PEOPLE = (
    Damage(
        "every task is of a kind that a gate knows",
        "UPDATE staff_task SET kind = 'gift-wrap' WHERE kind = 'packing'"
        f" AND order_number = {SHIPPED}",
        "is of the kind 'gift-wrap', which no gate knows.",
    ),
    Damage(
        "open tasks are where their order's stock is",
        f"UPDATE staff_task SET warehouse = 'YORK' WHERE order_number = {WAITING}",
        f"is in YORK, and the stock of its order {WAITING} is in MAIN.",
    ),
    Damage(
        "who puts an order on hold says when and why",
        "ALTER TABLE sales_order DROP CONSTRAINT ck_sales_order_held_by_somebody;"
        f"UPDATE sales_order SET on_hold_since = now() WHERE number = {WAITING}",
        "by nobody, because: nothing.",
    ),
    Damage(
        "the tasks of orders on hold wait, and no others",
        f"UPDATE staff_task SET state = 'held' WHERE order_number = {WAITING}",
        f"(picking) is held, and its order {WAITING} is not on hold.",
    ),
    Damage(
        "the tasks of orders on hold wait, and no others",
        "UPDATE sales_order SET on_hold_since = now(), held_by = 'Max', hold_reason = 'other'"
        f" WHERE number = {WAITING}",
        f"(picking) is open, and its order {WAITING} is on hold.",
    ),
    Damage(
        "ended orders ask nobody for anything",
        f"UPDATE staff_task SET state = 'open', answered_at = NULL"
        f" WHERE order_number = {CANCELLED} AND kind = 'shortage'",
        f"(shortage) is open, and its order {CANCELLED} is Cancelled.",
    ),
    Damage(
        "answered tasks and the ledger agree",
        f"DELETE FROM step_record WHERE subject = 'order:{CANCELLED}' AND step = 'gate: shortage'",
        f"Order {CANCELLED}, gate: shortage, round 1: its task is done, and its ledger says"
        " nothing.",
    ),
    Damage(
        "answered tasks and the ledger agree",
        f"DELETE FROM staff_task WHERE order_number = {SHIPPED} AND kind = 'packing'",
        f"Order {SHIPPED}, gate: packing, round 1: its task is not answered, and its ledger says"
        " done.",
    ),
    Damage(
        "answered tasks and the ledger agree",
        "UPDATE staff_task SET state = 'done' WHERE state = 'refused'",
        f"Order {SHIPPED}, gate: picking, round 1: its task is done, and its ledger says refused.",
    ),
    Damage(
        "late tasks and the mails that tell of them agree",
        "UPDATE staff_task SET reminded_at = due_at, escalation_due_at = due_at,"
        f" reminder = 'reminder:9' WHERE order_number = {WAITING}",
        "was told of in the mail reminder:9, and there is no such mail.",
    ),
    Damage(
        "late tasks and the mails that tell of them agree",
        "INSERT INTO message (key, message_id, recipients, subject, text, html, state, problem,"
        " written_at, sent_at) SELECT 'escalation:9', 'another', recipients, subject, text, html,"
        f" state, problem, written_at, sent_at FROM message WHERE key = 'order:{SHIPPED}:shipment'",
        "Task 9 was told of in the mail escalation:9, and does not say so.",
    ),
    Damage(
        "nobody is told of a task before it is late",
        "UPDATE staff_task SET reminded_at = due_at - interval '1 s', escalation_due_at = due_at,"
        f" reminder = 'reminder:9' WHERE order_number = {WAITING}",
        "and those who do it were told",
    ),
    Damage(
        "nobody is told of a task before it is late",
        "ALTER TABLE staff_task DROP CONSTRAINT ck_staff_task_escalated_after_reminder;"
        "UPDATE staff_task SET reminded_at = due_at, escalation_due_at = due_at + interval '2 s',"
        " escalated_at = due_at, reminder = 'reminder:9', escalation = 'escalation:9'"
        f" WHERE order_number = {WAITING}",
        "and the role above was told",
    ),
    Damage(
        "orders in work have a run or a person",
        f"UPDATE shipment SET run_id = NULL WHERE order_number = {WAITING};"
        f"UPDATE staff_task SET state = 'withdrawn' WHERE order_number = {WAITING}",
        f"Order {WAITING} is Processing, and neither a flow run nor a person works on it.",
    ),
    Damage(
        "the dispatcher gets everything done",
        "INSERT INTO sweep_problem (order_number, shipment, part, problem) VALUES"
        f" ({WAITING}, 1, 'start a run', '{_WORDS}')",
        f"Order {WAITING}, shipment 1: the dispatcher fails to start a run since",
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
