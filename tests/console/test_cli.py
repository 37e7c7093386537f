"""The command line, as people type it: what it prints, and its exit status."""

import json
import re
import subprocess
import sys
from datetime import date, timedelta

import pytest
from pypdf import PdfReader
from sqlmodel import select
from typer.main import get_command

from adapters.database.sessions import forget, transaction
from console.cli import app as cli
from console.cli import tables
from deployments.demo.sample import sample_files
from domain.tax import NoTaxRate
from models.base import utc_now
from models.tables.ledger import StepRecord
from models.tables.reports import DailySummary
from models.tables.staff import Staff, StaffTask
from services.execution.locks import locked_shipment
from services.inventory.allocations import deallocate
from services.pricing.refunds import reprice
from services.reminders.late_tasks import remind_and_escalate
from tests.factories import make_order, make_shipped, make_warehouse, receive
from tests.process import assert_sound, execute, open_task_id


@pytest.fixture
def packline(monkeypatch, capsys, database):
    """Run a command: (exit status, standard output, standard error)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["packline", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def shop(shop):
    with transaction() as session:
        session.add(Staff(name="Jo", role="warehouse staff"))


@pytest.fixture
def wide(monkeypatch):
    """A terminal in which nothing has to be wrapped."""
    monkeypatch.setattr(tables.screen, "width", 200)


@pytest.fixture
def picking(process, shop):
    """An order that waits for its picker; its number and its task."""
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    process.run(number)
    with transaction() as session:
        return number, session.exec(select(StaffTask.id)).one()


def as_json(result):
    status, out, _ = result
    assert status == 0, result
    return json.loads(out)


def test_every_command_explains_itself(packline):
    for name in get_command(cli.app).commands:
        status, out, _ = packline(name, "--help")
        assert status == 0
        assert len(re.sub(r"\s+", " ", out)) > 100, name


def test_commands_that_print_data_take_json():
    names = ("import", "orders", "order", "tasks", "done", "stock", "summary", "audit")
    for name in (*names, "refunds", "refunded"):
        options = {o for p in get_command(cli.app).commands[name].params for o in p.opts}
        assert "--json" in options, name


def test_an_order_is_listed_and_shown_with_its_timeline(packline, picking):
    number, _ = picking
    (row,) = as_json(packline("orders", "--json"))
    assert (row["number"], row["status"], row["pieces"]) == (number, "Processing", 3)
    assert as_json(packline("orders", "--status", "Shipped", "--json")) == []
    sheet = as_json(packline("order", number, "--json"))
    assert "Get Picking Checklist" in [event["event"] for event in sheet["timeline"]]
    _, out, _ = packline("order", number)
    assert "Ada Byron" in out
    assert "UNITED KINGDOM" in out


def test_each_person_sees_the_tasks_of_their_role(packline, picking):
    (task,) = as_json(packline("tasks", "--for", "Jo", "--json"))
    assert task["title"] == "Pick"
    assert as_json(packline("tasks", "--role", "packer", "--json")) == []
    status, _, err = packline("tasks", "--for", "Nobody")
    assert status == 1
    assert "Nobody called 'Nobody' works here" in err


def test_orders_that_should_have_left_are_listed_first_promised_first(packline, shop):
    with transaction() as session:
        numbers = [
            make_order(session, promised_at=utc_now() + timedelta(days=days))
            for days in (9, -1, -2, 8)
        ]
        make_shipped(session, utc_now() - timedelta(days=3), 100)
    late = as_json(packline("orders", "--late", "--json"))
    assert [row["number"] for row in late] == [numbers[2], numbers[1]]
    assert {row["promise"] for row in late} == {"late"}
    by_promise = as_json(packline("orders", "--json"))
    assert [row["number"] for row in by_promise] == [numbers[i] for i in (2, 1, 3, 0)]
    assert [row["promise"] for row in by_promise] == ["late", "late", "on track", "on track"]
    newest = as_json(packline("orders", "--sort", "newest", "--json"))
    assert [row["promise"] for row in newest[:2]] == ["kept", "on track"]
    (shipped,) = as_json(packline("orders", "--status", "Shipped", "--json"))
    assert shipped["promise"] == "kept"
    _, out, _ = packline("order", numbers[1])
    assert re.search(r"Ships by \d\d \w\w\w \d\d:\d\d: late", out)


def test_of_orders_promised_for_the_same_time_the_older_is_listed_first(packline, shop):
    promised_at = utc_now() + timedelta(days=1)
    with transaction() as session:
        numbers = [make_order(session, promised_at=promised_at) for _ in range(3)]
    assert [row["number"] for row in as_json(packline("orders", "--json"))] == numbers


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


def test_an_order_without_much_time_left_is_at_risk(packline, shop):
    with transaction() as session:
        number = make_order(session, promised_at=utc_now() + timedelta(minutes=1))
    assert as_json(packline("order", number, "--json"))["order"]["promise"] == "at risk"


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


def test_work_is_said_to_be_done_from_picking_to_collection(packline, process, picking):
    number, task = picking
    assert packline("done", task, "--by", "Jo")[0] == 0
    process.run(number)
    (pack,) = as_json(packline("tasks", "--role", "packer", "--json"))
    assert packline("done", pack["id"], "--by", "Kim", "--parcel", "1900,300x200x100")[0] == 0
    process.run(number)
    (pickup,) = as_json(packline("tasks", "--role", "logistics coordinator", "--json"))
    at = utc_now().isoformat()
    done = packline(
        "done", pickup["id"], "--by", "Lee", "--confirmation", "C-1", "--at", at, "--json"
    )
    assert as_json(done)["state"] == "done"
    process.run(number)
    assert as_json(packline("order", number, "--json"))["order"]["status"] == "Shipped"
    assert as_json(packline("audit", "--json"))["ok"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--found", "MUG"], "--found 'MUG' is not understood"),
        (["--found", "VASE=1:other"], "VASE is not in this order"),
        (["--found", "MUG=3:other"], "You found 3 of MUG and the order has 2"),
        (["--found", "MUG=1:other"], "Your list says nothing of PLATE: add"),
        (["--found", "MUG=1", "--rest"], "say why there are fewer"),
        (["--found", "MUG=1:because", "--rest"], "Why 'because' is not 'not in bin', 'damaged'"),
        (["--found", "MUG=1:other", "--found", "MUG=0:other"], "--found names MUG twice"),
        (["--found", f"MUG={'9' * 5000}:other"], "is not understood"),
        (["--rest"], "listed no product"),
    ],
)
def test_an_answer_that_is_wrong_is_refused_in_one_sentence(packline, picking, options, sentence):
    _, task = picking
    status, _, err = packline("done", task, "--by", "Jo", *options)
    assert status == 1
    assert sentence in err
    assert "Traceback" not in err
    assert len(as_json(packline("tasks", "--json"))) == 1


def test_a_parcel_that_is_not_understood_is_refused_with_an_example(packline, process, picking):
    number, task = picking
    packline("done", task, "--by", "Jo")
    process.run(number)
    (pack,) = as_json(packline("tasks", "--json"))
    for options, sentence in (
        ([], "also needs --parcel"),
        (["--parcel", "heavy"], "write it like 1200,300x200x100"),
        (["--parcel", "1,1x1x1"], "The goods alone weigh 1,100 g"),
        (["--parcel", "0,1x1x1"], "Parcels, item 1, Weight (g) '0' is not more than 0"),
    ):
        status, _, err = packline("done", pack["id"], "--by", "Kim", *options)
        assert (status, sentence in err) == (1, True), err


def test_a_task_is_done_once(packline, picking):
    _, task = picking
    packline("done", task, "--by", "Jo")
    status, _, err = packline("done", task, "--by", "Max")
    assert status == 1
    assert "was done by Jo" in err
    status, _, err = packline("done", 4711, "--by", "Max")
    assert status == 1
    assert "There is no task 4711" in err


@pytest.fixture
def refunds(picking):
    """Two refunds of one order: a mug, then all the rest; the order's number."""
    number, _ = picking
    for cancelled in ({"MUG": 1}, {"MUG": 1, "PLATE": 1}):
        with transaction() as session:
            shipment = locked_shipment(session, number)
            deallocate(session, shipment, cancelled)
            for line in shipment.goods:
                line.quantity -= cancelled.get(line.sku, 0)
                line.ordered.cancelled += cancelled.get(line.sku, 0)
            reprice(session, shipment.order, "customer changed her mind", "Max")
    return number


def test_refunds_are_listed_until_they_are_paid(packline, refunds, wide):
    first, second = as_json(packline("refunds", "--json"))
    assert (first["amount"], second["amount"]) == ("£14.50", "£28.95")
    assert (first["order_number"], first["reason"]) == (refunds, "customer changed her mind")
    status, out, _ = packline("refunded", first["id"], "--by", "Kim", "--reference", "PSP-77")
    assert (status, out) == (0, f"Refund {first['id']} of £14.50 for order {refunds} is paid.\n")
    assert [row["id"] for row in as_json(packline("refunds", "--json"))] == [second["id"]]
    every = as_json(packline("refunds", "--all", "--json"))
    assert [row["paid_by"] for row in every] == ["Kim", None]
    assert re.search(r"£14\.50 .+ by Kim, PSP-77\n", packline("refunds", "--all")[1])
    assert as_json(packline("refunded", second["id"], "--by", "Kim", "--json"))["paid_by"] == "Kim"
    assert packline("refunds")[1] == "No refund is to be paid.\n"
    assert_sound()


def test_a_refund_is_paid_once(packline, refunds):
    first = as_json(packline("refunds", "--json"))[0]["id"]
    packline("refunded", first, "--by", "Kim")
    status, _, err = packline("refunded", first, "--by", "Lee")
    assert status == 1
    assert re.search(rf"Refund {first} of order {refunds} was paid by Kim at \d\d \w+ \d", err)
    status, _, err = packline("refunded", 4711, "--by", "Lee")
    assert (status, "There is no refund 4711" in err) == (1, True)
    status, _, err = packline("refunded", first, "--by", " ")
    assert (status, "by is empty" in err) == (1, True)


def test_an_order_shows_its_refunds_and_what_it_was_worth(packline, refunds, wide):
    sheet = as_json(packline("order", refunds, "--json"))
    assert (sheet["order"]["total"], sheet["order"]["value"]) == ("£0.00", "£43.45")
    assert [row["amount"] for row in sheet["refunds"]] == ["£14.50", "£28.95"]
    assert [line["cancelled"] for line in sheet["lines"]] == [2, 1]
    _, out, _ = packline("order", refunds)
    assert "Total £0.00 (as ordered: £43.45)" in out
    assert re.search(r"SKU +Pieces +Cancelled +Picked", out)
    assert re.search(r"£14\.50 .+ customer changed her mind +not yet", out)
    assert "Refund due" in out


def test_an_order_that_ships_as_ordered_shows_nothing_of_refunds(packline, picking):
    _, out, _ = packline("order", picking[0])
    assert "Total £43.45\n" in out
    assert "Cancelled" not in out
    assert "Refund" not in out


def test_a_delivery_is_booked_once(packline, shop):
    receive = ("stock", "receive", "MUG", 5, "--reference", "D-1", "--by", "Jo")
    assert packline(*receive)[0] == 0
    status, _, err = packline(*receive)
    assert status == 1
    assert "booked already" in err
    (mug,) = as_json(packline("stock", "--sku", "MUG", "--json"))
    assert (mug["on_hand"], mug["available"]) == (15, 15)
    assert "no product 'VASE'" in packline("stock", "receive", "VASE", 1, *receive[4:])[2]


def mugs(packline):
    (mug,) = as_json(packline("stock", "--sku", "MUG", "--json"))
    return mug["on_hand"], mug["allocated"]


def test_stock_is_adjusted_with_a_reason_and_once(packline, shop):
    why = ("--reason", "fell down", "--reference", "A-1", "--by", "Jo")
    assert packline("stock", "adjust", "MUG", "-2", "--kind", "damaged", *why)[0] == 0
    assert mugs(packline) == (8, 0)
    status, _, err = packline("stock", "adjust", "MUG", "-2", "--kind", "damaged", *why)
    assert (status, "booked already as damaged" in err) == (1, True)
    status, _, err = packline("stock", "adjust", "MUG", "2", "--kind", "damaged", *why)
    assert (status, "with a minus" in err) == (1, True)
    status, _, err = packline("stock", "adjust", "MUG", "2", "--reference", "A-2", "--by", "Jo")
    assert (status, "reason is missing" in err) == (1, True)
    assert mugs(packline) == (8, 0)


def test_an_adjustment_at_the_expense_of_an_order_is_refused_with_what_to_do(packline, picking):
    number, _ = picking
    why = ("--reason", "fell down", "--reference", "A-1", "--by", "Jo")
    status, _, err = packline("stock", "adjust", "MUG", "-9", *why)
    assert status == 1
    assert f"2 are allocated to order {number}" in err
    assert "packline stock count" in err
    assert mugs(packline) == (10, 2)


def test_a_count_says_what_was_before_and_whom_it_puts_short(packline, picking):
    number, _ = picking
    counted = ("stock", "count", "MUG", "1", "--reference", "C-1", "--by", "Kim")
    status, out, _ = packline(*counted)
    assert status == 0
    assert out == (
        f"MUG: 1 counted, the books had 10 (-9); short and with the operator: {number}.\n"
    )
    assert mugs(packline) == (1, 0)
    (task,) = as_json(packline("tasks", "--role", "operator", "--json"))
    assert (task["kind"], task["order_number"]) == ("short-pick", number)
    status, _, err = packline("done", task["id"], "--by", "Max", "--decision", "try again")
    assert (status, "too low to pick again" in err) == (1, True)
    assert "booked already as 1 counted" in packline(*counted)[2]
    assert_sound()


@pytest.mark.parametrize(
    ("command", "content", "on_hand"),
    [
        ("receive", "sku,quantity,reference,by\nMUG,5,D-1,Jo\nVASE,1,D-1,Jo\n", 15),
        (
            "adjust",
            "sku,quantity,kind,reason,reference,by\nMUG,-1,damaged,wet,A-1,Jo\nMUG,0,,x,A-2,Jo\n",
            9,
        ),
        ("count", "sku,counted,reference,by\nMUG,7,C-1,Kim\nMUG,many,C-2,Kim\n", 7),
    ],
)
def test_stock_comes_from_a_file_and_the_same_file_again_changes_nothing(
    packline, shop, tmp_path, command, content, on_hand
):
    path = tmp_path / "rows.csv"
    path.write_text(content)
    for accepted, unchanged in ((1, 0), (0, 1)):
        report = as_json(packline("stock", command, "--file", path, "--json"))
        counts = (report["accepted"], report["unchanged"], report["rejected"])
        assert counts == (accepted, unchanged, 1)
        assert mugs(packline)[0] == on_hand
    assert "line 3" in packline("stock", command, "--file", path)[2]


def test_a_file_and_a_product_together_are_refused(packline, shop, tmp_path):
    path = tmp_path / "rows.csv"
    status, _, err = packline("stock", "receive", "MUG", 5, "--file", path)
    assert (status, "Give a --file or sku, quantity, not both" in err) == (1, True)


def test_the_sample_day_imports_and_importing_it_again_changes_nothing(packline):
    for file in sample_files():
        assert as_json(packline("import", file, "--json"))["rejected"] == 0
    for file in sample_files():
        _, out, _ = packline("import", file)
        assert "Nothing changed" in out


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.csv", None, "does not exist"),
        ("empty.csv", b"", "empty"),
        ("latin.csv", "sku,näme".encode("latin-1"), "UTF-8"),
        ("other.csv", b"a,b\n1,2\n", "columns"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_in_one_sentence(
    packline, tmp_path, name, content, sentence
):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    status, _, err = packline("import", tmp_path / name)
    assert status == 1
    assert sentence in err
    assert name in err


def test_a_folder_is_no_file(packline, tmp_path):
    status, _, err = packline("import", tmp_path)
    assert status == 1
    assert "folder" in err


def test_a_summary_that_was_not_made_says_how_to_make_it(packline):
    status, _, err = packline("summary", "--day", "2026-11-23")
    assert status == 1
    assert "daily-summary" in err


def test_a_summary_is_shown_in_the_currencys_form(packline):
    with transaction() as session:
        session.add(
            DailySummary(
                day=date(2026, 11, 23),
                revision=1,
                orders_received=2,
                orders_shipped=1,
                pieces_shipped=3,
                backlog=1,
                revenue={"KWD": {"orders": 1, "pieces": 3, "revenue_minor": 12345}},
            )
        )
    _, out, _ = packline("summary")
    assert "12.345" in out
    assert as_json(packline("summary", "--json"))["revenue"]["KWD"]["revenue_minor"] == 12345


def test_the_audit_names_what_is_broken_and_fails(packline, picking):
    number, _ = picking
    with transaction() as session:
        session.delete(session.get(StepRecord, (f"order:{number}", "Check Inventory Levels", 1)))
    status, out, _ = packline("audit", "--json")
    assert status == 1
    report = json.loads(out)
    assert not report["ok"]
    problems = [problem for check in report["checks"] for problem in check["problems"]]
    assert any(str(number) in problem for problem in problems)
    status, out, _ = packline("audit")
    assert status == 1
    assert "BROKEN" in out


def test_an_unknown_order_is_refused(packline):
    status, _, err = packline("order", 4711)
    assert status == 1
    assert "There is no order 4711" in err


def test_a_database_that_does_not_answer_is_named_without_its_password(packline, monkeypatch):
    monkeypatch.setenv("PACKLINE_DATABASE_URL", "postgresql://me:secret@127.0.0.1:1/shop")
    forget()
    status, _, err = packline("orders")
    assert status == 1
    assert "does not answer" in err
    assert "PACKLINE_DATABASE_URL" in err
    assert "secret" not in err


def test_a_bad_setting_stops_any_command(packline, monkeypatch):
    monkeypatch.setenv("PACKLINE_TIME_ZONE", "Mars/Olympus")
    forget()
    status, _, err = packline("orders")
    assert status == 1
    assert err.startswith("PACKLINE_TIME_ZONE 'Mars/Olympus'")


def test_the_command_line_does_without_prefects_slow_import():
    code = "import sys, console.cli.app; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_task_shows_its_checklist_in_walking_order(packline, picking):
    number, task = picking
    _, out, _ = packline("task", task)
    assert f"Pick: order {number}" in out
    assert out.index("A-01-1") < out.index("A-10-1")
    assert as_json(packline("task", task, "--json"))["checklist"]["items"][0]["sku"] == "MUG"
    assert "There is no task 4711" in packline("task", 4711)[2]


def test_an_order_that_stopped_says_why_and_what_to_do(packline, process, shop):
    with transaction() as session:
        number = make_order(session, country="IE")
    with pytest.raises(NoTaxRate):
        process.run(number)
    _, out, _ = packline("order", number)
    assert "Stopped at Calculate Total Order Value: There is no standard tax rate for IE" in out
    assert "press Retry" in out
    _, out, _ = packline("orders")
    assert "New, stopped" in out
    (row,) = as_json(packline("orders", "--json"))
    assert row["problem"].startswith("Calculate Total Order Value")


@pytest.fixture
def york(shop):
    """A second warehouse, with six of the mugs."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        receive(session, "MUG", 6, "YORK")


def test_with_one_warehouse_no_list_names_it(packline, picking, wide):
    for command in ("stock", "tasks"):
        assert "MAIN" not in packline(command)[1]
        assert "Warehouse" not in packline(command)[1]


def test_with_several_the_stock_is_listed_by_warehouse(packline, york, wide):
    _, out, _ = packline("stock", "--sku", "MUG")
    assert re.findall(r"(MAIN|YORK) +(?:A-01-1 +)?(\d+)", out) == [("MAIN", "10"), ("YORK", "6")]
    (mug,) = as_json(packline("stock", "--warehouse", "YORK", "--json"))
    assert (mug["sku"], mug["warehouse"], mug["on_hand"]) == ("MUG", "YORK", 6)
    status, _, err = packline("stock", "--warehouse", "HULL")
    assert (status, "no warehouse 'HULL': there is MAIN and YORK" in err) == (1, True)


def test_tasks_are_listed_by_warehouse(packline, york, picking, wide):
    assert "MAIN" in packline("tasks")[1]
    (task,) = as_json(packline("tasks", "--warehouse", "MAIN", "--json"))
    assert task["warehouse"] == "MAIN"
    assert as_json(packline("tasks", "--warehouse", "YORK", "--json")) == []
    assert "no warehouse 'HULL'" in packline("tasks", "--warehouse", "HULL")[2]


MOVE = ("--from", "MAIN", "--to", "YORK", "--reason", "near", "--reference", "T-1", "--by", "Jo")


def test_stock_is_moved_once(packline, york):
    status, out, _ = packline("stock", "move", "MUG", 3, *MOVE)
    assert (status, out) == (
        0,
        "MUG in MAIN: 7 on hand, 0 of them allocated.\n"
        "MUG in YORK: 9 on hand, 0 of them allocated.\n",
    )
    status, _, err = packline("stock", "move", "MUG", 3, *MOVE)
    assert (status, "booked already as transferred" in err) == (1, True)
    levels = as_json(packline("stock", "move", "MUG", 1, *MOVE, "--reference", "T-2", "--json"))
    assert [(level["warehouse"], level["on_hand"]) for level in levels] == [
        ("MAIN", 6),
        ("YORK", 10),
    ]
    assert "reason is missing" in packline("stock", "move", "MUG", 1)[2]
    assert_sound()


def test_transfers_come_from_a_file(packline, york, tmp_path):
    path = tmp_path / "van.csv"
    path.write_text(
        "sku,quantity,from_warehouse,to_warehouse,reason,reference,by\n"
        "MUG,2,YORK,MAIN,near,T-1,Jo\nMUG,99,YORK,MAIN,near,T-2,Jo\n"
    )
    report = as_json(packline("stock", "move", "--file", path, "--json"))
    assert (report["accepted"], report["rejected"]) == (1, 1)
    assert "MUG in YORK has 4 pieces on hand" in packline("stock", "move", "--file", path)[2]


def test_stock_is_received_adjusted_and_counted_where_it_is_said(packline, york):
    who = ("--warehouse", "YORK", "--by", "Jo", "--reference", "R-1")
    assert "MUG in YORK: 8 on hand" in packline("stock", "receive", "MUG", 2, *who)[1]
    out = packline("stock", "adjust", "MUG", "-1", "--reason", "wet", *who)[1]
    assert "MUG in YORK: 7 on hand" in out
    assert "MUG in YORK: 5 counted" in packline("stock", "count", "MUG", 5, *who)[1]
    assert "no warehouse 'HULL'" in packline(
        "stock", "count", "MUG", 5, "--warehouse", "HULL", "--by", "Jo", "--reference", "R-2"
    )[2]  # fmt: skip
    assert_sound()


def test_an_order_is_cancelled_once_and_the_second_who_asks_hears_of_the_first(packline, picking):
    number, _ = picking
    status, said, _ = packline("cancel", number, "--reason", "a mistake", "--by", "Max")
    assert (status, said) == (0, f"Order {number} is being cancelled: a mistake.\n")
    status, said, _ = packline("cancel", number, "--reason", "no", "--by", "Kim")
    assert status == 0
    assert said.startswith(f"Max asked to cancel order {number} before, at ")
    _, listed, _ = packline("orders")
    assert "being cancelled" in listed
    assert_sound()


def test_what_is_cancelled_needs_a_reason(packline, picking):
    number, _ = picking
    status, _, said = packline("cancel", number, "--reason", " ", "--by", "Max")
    assert status == 1
    assert "reason" in said


def test_a_task_cancels_its_order_instead(packline, picking):
    number, task = picking
    status, said, _ = packline("done", task, "--cancel", "all mugs are broken", "--by", "Jo")
    assert (status, said) == (0, f"Order {number} is being cancelled: all mugs are broken.\n")
    assert_sound()


@pytest.mark.parametrize("garbled", ["a\x00", "\udcff"])
def test_what_no_text_in_the_database_can_be_is_not_found_there(packline, shop, garbled):
    status, _, err = packline("tasks", "--for", garbled)
    assert status == 1
    assert f"Nobody called {garbled!r} works here" in err
    assert as_json(packline("stock", "--sku", garbled, "--json")) == []


BY_JO = ("--reference", "slip 1", "--by", "Jo")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("order", "9" * 30), f"There is no order {'9' * 30}: "),
        (("orders", "--limit", "9" * 30), "1000000"),
        (("tasks", "--limit", "9" * 30), "1000000"),
        (("stock", "--limit", "9" * 30), "1000000"),
        (("refunds", "--limit", "9" * 30), "1000000"),
        (("stock", "receive", "MUG", "-3", *BY_JO), "quantity '-3'"),
        (("stock", "count", "MUG", "-1", *BY_JO), "counted '-1'"),
        (
            (
                "stock",
                "move",
                "MUG",
                "-1",
                "--from",
                "MAIN",
                "--to",
                "YORK",
                "--reason",
                "x",
                *BY_JO,
            ),
            "quantity '-1'",
        ),
    ],
)
def test_a_number_that_cannot_be_is_refused_in_one_sentence(packline, shop, command, sentence):
    status, _, err = packline(*command)
    assert status != 0
    assert sentence in " ".join(err.replace("│", " ").split())
    assert "No such option" not in err


@pytest.mark.parametrize("option", ["--damaged", "--missing"])
def test_a_product_that_is_named_twice_under_one_option_is_refused(
    packline, process, picking, option
):
    number, task = picking
    packline("done", task, "--by", "Jo")
    process.run(number)
    packline("cancel", number, "--reason", "changed their mind", "--by", "Max")
    process.run(number)
    twice = (option, "MUG=1", option, "MUG=1")
    status, _, err = packline("done", open_task_id("restock"), "--by", "Jo", *twice)
    assert status == 1
    assert err == f"{option} names MUG twice: give it once, with all its pieces.\n"
    assert open_task_id("restock")
    assert_sound()


def test_a_picker_counts_what_is_short_and_says_that_the_rest_is_as_listed(packline, picking):
    _, task = picking
    picked = packline("done", task, "--by", "Jo", "--found", "MUG=1:damaged", "--rest", "--json")
    assert as_json(picked)["answer"]["quantities"] == {"MUG": 1, "PLATE": 1}
    assert_sound()


def test_a_picker_counts_each_product_and_those_in_full_need_no_reason(packline, picking):
    _, task = picking
    counts = ("--found", "MUG=0:not in bin", "--found", "PLATE=1")
    picked = packline("done", task, "--by", "Jo", *counts, "--json")
    assert as_json(picked)["answer"]["quantities"] == {"MUG": 0, "PLATE": 1}
    assert_sound()


def test_goods_of_a_cancelled_order_are_restock(packline, process, picking):
    number, task = picking
    packline("done", task, "--by", "Jo")
    packline("cancel", number, "--reason", "a mistake", "--by", "Max")
    assert process.run(number) == "restock-1"
    options = ("--by", "Jo", "--damaged", "MUG=1", "--missing", "PLATE=1")
    assert packline("done", open_task_id("restock"), *options)[0] == 0
    assert process.run(number).startswith(f"Order {number} is Cancelled")
    assert_sound()


def test_an_order_is_held_listed_and_released(packline, picking, wide):
    number, task = picking
    reason = ("--reason", "fraud check", "--note", "the bank asks")
    status, said, _ = packline("hold", number, *reason, "--by", "Max")
    assert (status, said) == (0, f"Order {number} is on hold: fraud check.\n")
    assert "Processing, on hold" in packline("orders", "--held")[1]
    assert "says Max: fraud check, the bank asks" in packline("order", number)[1]
    assert "Pick" not in packline("tasks")[1]
    status, _, said = packline("done", task, "--by", "Jo")
    assert status == 1
    assert "on hold" in said
    assert packline("release", number, "--by", "Max")[:2] == (0, f"Order {number} goes on.\n")
    assert "There are no such orders" in packline("orders", "--held")[1]
    assert packline("done", task, "--by", "Jo")[0] == 0
    assert packline("release", number, "--by", "Max")[0] == 1


def test_an_order_is_sent_elsewhere(packline, picking):
    number, _ = picking
    where = ("--line1", "2 Quay", "--city", "York", "--postal-code", "YO1 1AA", "--country", "GB")
    status, said, _ = packline("address", number, *where, "--by", "Max")
    assert status == 0
    assert said.startswith(f"Order {number} goes to 2 Quay")
    status, _, said = packline("address", number, *where[:-1], "AQ", "--by", "Max")
    assert status == 1
    assert "cannot go there" in said


def at_pickup(process, number):
    for gate in ("picking", "packing"):
        process.answer(gate, number)
        process.run(number)


def test_parcels_with_a_label_are_called_back_for_who_says_so(packline, picking, process, wide):
    number, _ = picking
    at_pickup(process, number)
    where = ("--line1", "2 Quay", "--city", "York", "--postal-code", "YO1 1AA", "--country", "GB")
    status, _, said = packline("address", number, *where, "--by", "Max")
    assert (status, "`--new-label` voids it" in said) == (1, True)
    status, said, _ = packline("address", number, *where, "--by", "Max", "--new-label")
    assert status == 0
    assert "Keep its parcels here until they have other labels" in said
    process.run(number)
    assert "new address, new labels" in packline("tasks")[1]
    status, said, _ = packline("address", number, *where, "--by", "Max", "--new-label")
    assert (status, said) == (
        0,
        f"Order {number} goes to 2 Quay, York YO1 1AA, UNITED KINGDOM already.\n",
    )
    assert_sound()


def test_labels_are_written_to_be_printed(packline, picking, process, tmp_path):
    number, _ = picking
    assert "has no labels" in packline("labels", number, "--to", tmp_path)[2]
    at_pickup(process, number)
    status, said, _ = packline("labels", number, "--to", tmp_path / "new")
    assert status == 0
    (file,) = (tmp_path / "new").iterdir()
    assert f"order {number}, parcel 1: {file}" in said
    page = PdfReader(file).pages[0]
    assert (float(page.mediabox.width), float(page.mediabox.height)) == (288, 432)
    assert file.stem in page.extract_text().replace(" ", "")
    (told,) = json.loads(packline("labels", number, "--to", tmp_path, "--json")[1])
    assert told["tracking_number"] == file.stem


def test_labels_with_an_address_that_has_changed_are_not_written(
    packline, picking, process, tmp_path
):
    number, _ = picking
    at_pickup(process, number)
    execute("UPDATE shipment SET address_changed = true")
    assert "being replaced" in packline("labels", number, "--to", tmp_path)[2]
    assert not list(tmp_path.iterdir())


def test_a_folder_that_takes_no_labels_is_named(packline, picking, process, tmp_path):
    number, _ = picking
    at_pickup(process, number)
    (tmp_path / "taken").write_text("a file")
    status, _, said = packline("labels", number, "--to", tmp_path / "taken")
    assert status == 1
    assert f"cannot be written to {tmp_path / 'taken'} (File exists): give another folder" in said
    assert "no order 9" in packline("labels", 9)[2]
