"""Tasks on the command line: the lists, the checklist, and saying that one is done."""

from datetime import timedelta

from adapters.database.sessions import transaction
from models.base import utc_now
from models.enums import Role
from models.tables.staff import Staff, StaffWarehouse
from services.reminders.late_tasks import remind_and_escalate
from tests.console.asking import as_json
from tests.factories import make_order
from tests.process import execute, open_task_id, rows


def test_each_person_sees_the_tasks_of_their_role(packline, picking):
    (task,) = as_json(packline("tasks", "--for", "Jo", "--json"))
    assert task["title"] == "Pick"
    assert as_json(packline("tasks", "--role", "packer", "--json")) == []
    status, _, err = packline("tasks", "--for", "Nobody")
    assert status == 1
    assert "Nobody called 'Nobody' works here" in err


def test_tasks_that_are_overdue_come_first_and_then_what_is_to_leave_first(packline, process, shop):
    with transaction() as session:
        numbers = [
            make_order(session, {"MUG": 1}, promised_at=utc_now() + timedelta(days=days))
            for days in (3, 1, 2, 4)
        ]
    for number in numbers:
        process.another().run(number)
    later, first, second, overdue = numbers
    execute(f"UPDATE staff_task SET due_at = now() + interval '9 h' WHERE order_number = {first}")
    execute(f"UPDATE staff_task SET due_at = now() - interval '1 h' WHERE order_number = {overdue}")
    listed = [row["order_number"] for row in as_json(packline("tasks", "--json"))]
    assert listed == [overdue, first, second, later]


def test_what_departs_first_comes_before_what_is_promised_first(packline, process, shop):
    with transaction() as session:
        numbers = [
            make_order(session, {"MUG": 1}, promised_at=utc_now() + timedelta(days=days))
            for days in (1, 2, 3)
        ]
    for number in numbers:
        process.another().run(number)
    promised_first, departs_later, departs_first = numbers
    execute(f"UPDATE shipment SET departs_at = now() WHERE order_number = {departs_first}")
    execute(
        "UPDATE shipment SET departs_at = now() + interval '1 h'"
        f" WHERE order_number = {departs_later}"
    )
    listed = [row["order_number"] for row in as_json(packline("tasks", "--json"))]
    assert listed == [departs_first, departs_later, promised_first]


def test_an_escalated_task_also_stands_in_the_list_of_the_role_above(packline, picking, wide):
    _, task = picking
    assert as_json(packline("tasks", "--late", "--json")) == []
    assert as_json(packline("tasks", "--role", "operator", "--json")) == []
    escalate(task)
    for role in ("operator", "warehouse staff"):
        (row,) = as_json(packline("tasks", "--role", role, "--late", "--json"))
        assert (row["id"], row["role"], row["overdue"]) == (task, "warehouse staff", True)
        assert row["escalated_at"]
    assert as_json(packline("tasks", "--role", "packer", "--json")) == []
    _, out, _ = packline("tasks", "--role", "operator")
    assert "overdue, escalated" in out


def escalate(task):
    """Long ago the task was due, its role was reminded, and the role above was told."""
    execute("UPDATE staff_task SET due_at = now() - interval '3 days'")
    assert remind_and_escalate() == 1
    execute(
        f"UPDATE staff_task SET reminded_at = due_at, escalation_due_at = due_at WHERE id = {task}"
    )
    assert remind_and_escalate() == 1


def test_tasks_are_listed_by_warehouse(packline, york, picking, wide):
    assert "MAIN" in packline("tasks")[1]
    (task,) = as_json(packline("tasks", "--warehouse", "MAIN", "--json"))
    assert task["warehouse"] == "MAIN"
    assert as_json(packline("tasks", "--warehouse", "YORK", "--json")) == []
    assert "no warehouse 'HULL'" in packline("tasks", "--warehouse", "HULL")[2]


def test_each_person_sees_the_tasks_of_all_their_roles_and_of_their_warehouses(
    packline, york, picking
):
    def tasks_of(name):
        return [task["warehouse"] for task in as_json(packline("tasks", "--for", name, "--json"))]

    with transaction() as session:
        for name, code in (("Yan", "YORK"), ("Moe", "MAIN")):
            session.add(Staff(name=name, roles=[Role.PACKER, Role.WAREHOUSE_STAFF]))
            session.flush()
            session.add(StaffWarehouse(name=name, warehouse=code))
    assert (tasks_of("Jo"), tasks_of("Yan"), tasks_of("Moe")) == (["MAIN"], [], ["MAIN"])
    execute("UPDATE staff_task SET warehouse = NULL")
    assert tasks_of("Yan") == [None]


def test_a_task_shows_its_checklist_in_walking_order(packline, picking):
    number, task = picking
    _, out, _ = packline("task", task)
    assert f"Pick: order {number}" in out
    assert out.index("A-01-1") < out.index("A-10-1")
    assert as_json(packline("task", task, "--json"))["checklist"]["items"][0]["sku"] == "MUG"
    assert "There is no task 4711" in packline("task", 4711)[2]


def test_who_has_left_has_no_tasks_and_does_nothing(packline, picking):
    number, _ = picking
    execute("INSERT INTO staff (name, roles, email, active) VALUES ('Kim', '{packer}', '', false)")
    for command in (
        ("tasks", "--for", "Kim"),
        ("done", open_task_id("picking"), "--by", "Kim"),
        ("hold", number, "--reason", "other", "--by", "Kim"),
        ("cancel", number, "--reason", "no", "--by", "Kim"),
    ):
        status, _, err = packline(*command)
        assert status == 1, command
        assert "'Kim' no longer works here, as staff.csv says" in err
    assert rows("SELECT state FROM staff_task") == [("open",)]
