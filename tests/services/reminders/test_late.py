"""People are reminded of late tasks once, and the role above is told once, whatever happens."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from adapters.database.sessions import transaction
from domain.messages import said
from models.enums import Role, TaskKind
from models.tables.staff import Staff, StaffTask, StaffWarehouse
from services.answers.submit import store_answer
from services.orders.splits import split
from services.reminders import late_tasks as late
from services.reminders.late_tasks import remind_and_escalate, send_reminders
from services.worklist.gates import GATES
from services.worklist.tasks import open_task
from tests.actors import answer_task
from tests.factories import make_order, make_warehouse, the_shipment
from tests.process import assert_sound, execute, form, rows, set_to
from tests.timelines import timeline

pytestmark = pytest.mark.lengthy

BOSS = "management@fernway.example"
YEARS_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def staff(shop, monkeypatch):
    """Ada and Marek pick, Oscar is the operator, June packs and has no mail address."""
    set_to(
        monkeypatch,
        PACKLINE_WORKING_DAYS="mon-sun",
        PACKLINE_OPENS_AT="00:00",
        PACKLINE_CLOSES_AT="24:00",
    )
    with transaction() as session:
        for name, role, email in (
            ("Ada", Role.WAREHOUSE_STAFF, "ada@fernway.example"),
            ("Marek", Role.WAREHOUSE_STAFF, "marek@fernway.example"),
            ("June", Role.PACKER, ""),
            ("Oscar", Role.OPERATOR, "oscar@fernway.example"),
        ):
            session.add(Staff(name=name, roles=[role], email=email))


def late_task(kind="picking", **given):
    """A task that was due long ago; its number."""
    with transaction() as session:
        order = the_shipment(session, make_order(session, **given))
        task = open_task(session, order, kind)
        task.due_at = YEARS_AGO
    return task.id


def look_and_send():
    remind_and_escalate()
    send_reminders()


def it_is_asked_again():
    """The pause after its last failure is over: the next mail is a probe."""
    execute("UPDATE outage SET retry_at = now() WHERE retry_at > now()")


def time_goes_by():
    """So much that what was reminded is to be escalated."""
    execute(
        "UPDATE staff_task SET reminded_at = reminded_at - interval '9 hours',"
        " escalation_due_at = escalation_due_at - interval '9 hours'"
    )


def to(mail):
    return [address.addr_spec for address in mail["To"].addresses]


def told(number=None):
    return [told.event for told in timeline(subject=f"order:{number}" if number else None)]


def text_of(mail):
    return mail.get_body(["plain"]).get_content()


def test_everybody_in_the_role_is_reminded_of_a_late_task_in_one_mail(mail_server):
    task = late_task(received_at=YEARS_AGO)
    look_and_send()
    (mail,) = mail_server.mails
    assert to(mail) == ["ada@fernway.example", "marek@fernway.example"]
    assert mail["Subject"] == "Pick, order 1001: late – Fernway Home"
    for kind in ("plain", "html"):
        body = mail.get_body([kind]).get_content()
        assert f"packline task {task}" in body
        assert f"packline done {task} --by NAME" in body
        assert "Wed 1 Jan, 00:00" in body
        assert "missed" in body
        assert "the operator will be told" in body
    assert told(1001) == ["Pick: reminded"]
    assert_sound()


def test_a_task_that_is_not_due_yet_troubles_nobody(mail_server):
    with transaction() as session:
        open_task(session, the_shipment(session, make_order(session)), TaskKind.PICKING)
    look_and_send()
    assert mail_server.mails == []
    assert rows("SELECT reminded_at FROM staff_task") == [(None,)]


def test_the_mail_names_the_shipment_of_an_order_that_was_split(mail_server):
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
        part = split(
            session, the_shipment(session, number), {"PLATE": 1}, said("the plate follows")
        )
        open_task(session, part, TaskKind.PICKING).due_at = YEARS_AGO
    look_and_send()
    (mail,) = mail_server.mails
    assert mail["Subject"].startswith(f"Pick, order {number}, shipment 2: late")
    assert f'open the run "order {number}, shipment 2"' in text_of(mail)


@pytest.mark.lengthy
def test_very_many_late_tasks_are_one_mail(mail_server):
    tasks = [late_task() for _ in range(110)]
    look_and_send()
    (mail,) = mail_server.mails
    assert mail["Subject"] == "110 tasks are late – Fernway Home"
    assert f"Task {tasks[99]}:" in text_of(mail)
    assert f"Task {tasks[100]}:" not in text_of(mail)
    assert "And 10 more: `packline tasks --late` lists them all." in text_of(mail)
    assert len(told()) == 110


def test_each_role_has_a_mail_of_its_own(mail_server):
    late_task("picking")
    late_task("shortage")
    look_and_send()
    assert sorted(to(mail)[0] for mail in mail_server.mails) == [
        "ada@fernway.example",
        "oscar@fernway.example",
    ]


def test_who_has_left_gets_no_mail(mail_server):
    execute("UPDATE staff SET active = false WHERE name = 'Ada'")
    late_task()
    look_and_send()
    (mail,) = mail_server.mails
    assert mail["To"] == "marek@fernway.example"
    execute("UPDATE staff SET active = false WHERE name = 'Marek'")
    late_task()
    look_and_send()
    assert mail_server.mails[-1]["To"] == BOSS


def test_where_nobody_in_the_role_has_an_address_management_is_asked_to_pass_it_on(mail_server):
    late_task("packing")
    look_and_send()
    (mail,) = mail_server.mails
    assert to(mail) == [BOSS]
    assert "because no packer has a mail address" in text_of(mail)
    assert "--parcel GRAMS,LENGTHxWIDTHxHEIGHT" in text_of(mail)


@pytest.fixture
def york():
    """A second warehouse: Marek works there alone, and Ada in the first one."""
    with transaction() as session:
        make_warehouse(session, "YORK", 2)
        session.add(StaffWarehouse(name="Marek", warehouse="YORK"))
        session.add(StaffWarehouse(name="Ada", warehouse="MAIN"))


def late_in(code, kind="picking"):
    execute(f"UPDATE staff_task SET warehouse = '{code}' WHERE id = {late_task(kind)}")


def test_a_late_task_is_told_to_those_who_work_in_its_warehouse(mail_server, york):
    late_in("MAIN"), late_in("YORK"), late_in("YORK"), late_task()
    look_and_send()
    assert {tuple(to(mail)): mail["Subject"] for mail in mail_server.mails} == {
        ("ada@fernway.example",): "Pick, order 1001: late – Fernway Home",
        ("marek@fernway.example",): "2 tasks are late – Fernway Home",
        ("ada@fernway.example", "marek@fernway.example"): "Pick, order 1004: late – Fernway Home",
    }
    assert_sound()


def test_who_works_in_all_warehouses_is_told_of_all_in_one_mail(mail_server, york):
    late_in("MAIN", "shortage"), late_in("YORK", "shortage")
    look_and_send()
    (mail,) = mail_server.mails
    assert to(mail) == ["oscar@fernway.example"]
    assert mail["Subject"].startswith("2 tasks are late")


def test_where_nobody_of_the_warehouse_can_be_told_all_others_in_the_role_are(mail_server, york):
    execute("UPDATE staff SET email = '' WHERE name = 'Marek'")
    late_in("YORK")
    look_and_send()
    (mail,) = mail_server.mails
    assert to(mail) == ["ada@fernway.example"]


def test_nobody_is_reminded_of_the_same_task_twice(mail_server):
    late_task()
    for _ in range(3):
        look_and_send()
    late_task()
    look_and_send()
    first, second = mail_server.mails
    assert first["Message-ID"] != second["Message-ID"]
    assert "order 1002" in second["Subject"]


def test_a_task_that_stays_open_is_escalated_to_the_operator_once(mail_server):
    late_task("picking", service_level="express")
    late_task("packing")
    look_and_send()
    mail_server.reset()
    look_and_send()
    assert mail_server.mails == []
    time_goes_by()
    for _ in range(2):
        look_and_send()
    (mail,) = mail_server.mails
    assert to(mail) == ["oscar@fernway.example"]
    assert mail["Subject"] == "2 tasks are still late – Fernway Home"
    assert "Pick, order 1001, express, warehouse staff" in text_of(mail)
    assert "will be told" not in text_of(mail)
    assert told(1001) == ["Pick: reminded", "Pick: escalated"]
    assert_sound()


def test_what_the_operator_leaves_open_comes_to_management(mail_server):
    late_task("shortage")
    look_and_send()
    time_goes_by()
    look_and_send()
    reminder, escalation = mail_server.mails
    assert "management will be told" in text_of(reminder)
    assert to(escalation) == [BOSS]


def test_what_is_done_in_time_is_not_escalated(mail_server):
    task = late_task()
    look_and_send()
    time_goes_by()
    answer_task(task, form("picking"))
    look_and_send()
    assert len(mail_server.mails) == 1


def test_the_escalation_waits_for_working_hours(monkeypatch):
    set_to(monkeypatch, PACKLINE_ESCALATE_AFTER_HOURS="5")
    late_task()
    remind_and_escalate()
    ((hours,),) = rows(
        "SELECT extract(epoch FROM escalation_due_at - reminded_at) / 3600 FROM staff_task"
    )
    assert hours == 5


def test_a_task_that_is_asked_again_is_not_reminded_of_again(mail_server):
    late_task()
    look_and_send()
    with transaction() as session:
        order = the_shipment(session, 1001)
        refused = store_answer(session, order, GATES[TaskKind.PICKING], 1, {"gate": "picking"})
        assert not refused.accepted
    look_and_send()
    assert len(mail_server.mails) == 1
    assert rows("SELECT DISTINCT due_at, reminder FROM staff_task") == [(YEARS_AGO, "reminder:1")]
    assert_sound()


def test_a_reminder_while_the_answer_is_being_refused_counts_too(mail_server):
    task = late_task()
    with transaction() as session:
        order = the_shipment(session, 1001)
        known = session.get_one(StaffTask, task)
        remind_and_escalate()
        assert known.reminder is None
        store_answer(session, order, GATES[TaskKind.PICKING], 1, {"gate": "picking"})
    assert remind_and_escalate() == 0
    assert rows("SELECT reminder FROM staff_task") == [("reminder:1",)] * 2


def test_two_dispatchers_that_look_at_once_write_one_mail(mail_server):
    for _ in range(20):
        late_task()
    together = threading.Barrier(4)

    def look():
        together.wait()
        written = remind_and_escalate()
        together.wait()
        send_reminders()
        return written

    with ThreadPoolExecutor(4) as threads:
        written = [thread.result() for thread in [threads.submit(look) for _ in range(4)]]
    assert sum(written) == 1
    assert len(mail_server.mails) == 1
    assert len(told()) == 20


def test_without_the_turn_the_rows_still_let_nobody_be_reminded_twice(monkeypatch, mail_server):
    """The lock on the rows holds on its own, should two looks ever run at once."""
    for _ in range(5):
        late_task()
    marked, go_on = threading.Event(), threading.Event()
    tell = late._tell_of

    def tell_slowly(session, notice, now):
        found = tell(session, notice, now)
        if found and not marked.is_set():
            marked.set()
            go_on.wait(10)
        return found

    monkeypatch.setattr(late, "_tell_of", tell_slowly)
    with ThreadPoolExecutor(1) as other, transaction() as session:
        first = other.submit(remind_and_escalate)
        assert marked.wait(10)
        notice = next(n for n in late._REMINDERS if n.to == Role.WAREHOUSE_STAFF)
        found = late._late_tasks(session, notice, datetime.now(UTC))
        go_on.set()
        assert first.result() == 1
    assert found == []
    send_reminders()
    assert len(mail_server.mails) == 1


def test_a_task_that_is_being_answered_is_left_alone(mail_server):
    task = late_task()
    with transaction() as session:
        session.exec(select(StaffTask).where(StaffTask.id == task).with_for_update()).one()
        assert remind_and_escalate() == 0


def test_a_crash_before_the_commit_leaves_everything_for_the_next_look(monkeypatch, mail_server):
    late_task()

    def crash(place):
        raise RuntimeError(place)

    with monkeypatch.context() as patched:
        patched.setattr(late, "failpoint", crash)
        with pytest.raises(RuntimeError):
            remind_and_escalate()
    assert rows("SELECT * FROM message") == []
    assert told() == []
    look_and_send()
    assert len(mail_server.mails) == 1


def test_while_the_mail_server_is_away_reminders_wait_in_the_outbox(mail_server):
    late_task()
    mail_server.stop()
    look_and_send()
    assert rows("SELECT state, unclear FROM message") == [("written", 0)]
    late_task()
    look_and_send()
    mail_server.start()
    it_is_asked_again()
    look_and_send()
    assert len(mail_server.mails) == 2
    assert rows("SELECT DISTINCT state FROM message") == [("sent",)]
    assert_sound()


def test_a_mail_that_is_not_taken_now_holds_up_no_other(mail_server):
    late_task("picking")
    late_task("shortage")
    mail_server.refuses["ada@fernway.example"] = "450 later"
    mail_server.refuses["marek@fernway.example"] = "450 later"
    look_and_send()
    assert [to(mail) for mail in mail_server.mails] == [["oscar@fernway.example"]]
    mail_server.refuses.clear()
    look_and_send()
    assert len(mail_server.mails) == 2


def test_an_address_that_is_refused_for_good_is_not_tried_again(mail_server):
    late_task("shortage")
    mail_server.refuses["oscar@fernway.example"] = "550 unknown"
    look_and_send()
    mail_server.refuses.clear()
    look_and_send()
    assert mail_server.mails == []
    ((state, problem),) = rows("SELECT state, problem FROM message")
    assert state == "refused"
    assert "550 unknown" in problem
    assert_sound()


def test_a_mail_of_which_nobody_knows_goes_out_twice_and_no_third_time(mail_server):
    late_task()
    mail_server.hangs_up = 9
    for _ in range(4):
        it_is_asked_again()
        look_and_send()
    first, second = mail_server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert rows("SELECT state FROM message") == [("sent",)]


def test_two_senders_at_once_send_a_mail_once(mail_server):
    late_task()
    remind_and_escalate()
    mail_server.slow_seconds = 0.5
    with ThreadPoolExecutor(3) as threads:
        sent = [t.result() for t in [threads.submit(send_reminders) for _ in range(3)]]
    assert sum(sent) == 1
    assert len(mail_server.mails) == 1


@pytest.mark.parametrize(
    "change",
    [
        "reminded_at = now()",
        "reminded_at = now(), escalation_due_at = now(), reminder = 'reminder:9'",
        "escalated_at = now(), escalation = 'reminder:1'",
    ],
)
def test_the_database_knows_no_reminder_without_its_mail(change):
    late_task("packing")
    late_task()
    with transaction() as session:
        late._tell_of(session, late._REMINDERS[0], datetime.now(UTC))
    with pytest.raises(IntegrityError):
        execute(f"UPDATE staff_task SET {change} WHERE id = 1")


def test_the_mail_says_after_how_many_hours_somebody_else_is_told(monkeypatch, mail_server):
    set_to(monkeypatch, PACKLINE_ESCALATE_AFTER_HOURS="1.5")
    late_task()
    look_and_send()
    assert "open for 1.5 more working hours" in text_of(mail_server.mails[0])


def test_reminders_leave_a_mail_server_alone_that_is_out(mail_server, monkeypatch):
    set_to(monkeypatch, PACKLINE_RETRY_SECONDS="20")
    late_task(), late_task("packing"), late_task("shortage")
    mail_server.sender_answer = "451 later"
    look_and_send()
    look_and_send()
    assert mail_server.sessions == 1
    assert rows("SELECT count(*) FROM message WHERE state = 'written'") == [(3,)]
    mail_server.sender_answer = ""
    it_is_asked_again()
    look_and_send()
    assert len(mail_server.mails) == 3
    assert_sound()
