"""People are told of an alarm once: by mail, or by a command where mail is what is broken."""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import adapters.alarm_command
from adapters.database.sessions import transaction
from domain.messages import said
from services.alarms.failures import ServiceFailure
from services.alarms.outages import note_refusal
from services.messaging.alarm_mails import tell_alarms
from services.reminders.late_tasks import send_reminders
from tests.process import execute, rows, set_to

SILENT = ServiceFailure(said("the account is closed"), for_all=True, refused=True)


@pytest.fixture
def told(shop, tmp_path, monkeypatch):
    """What the command was told, alarm by alarm, as it notes it in a file."""
    file = tmp_path / "told"
    file.touch()
    program = (
        "import json, os, sys\n"
        f"with open({str(file)!r}, 'a') as told:\n"
        "    given = json.load(sys.stdin) | {'secrets': [n for n in os.environ if 'PACK' in n]}\n"
        "    told.write(json.dumps(given) + chr(10))\n"
    )
    script = tmp_path / "tell.py"
    script.write_text(program)
    set_to(monkeypatch, PACKLINE_ALARM_COMMAND=f"{sys.executable} {script}")
    return lambda: [json.loads(line) for line in file.read_text().splitlines()]


def test_an_alarm_is_mailed_once(told, mail_server):
    note_refusal("carrier acme", SILENT)
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: tell_alarms(), range(4))) == 1
    send_reminders()
    assert (tell_alarms(), send_reminders()) == (0, 0)
    (mail,) = mail_server.mails
    assert mail["To"] == "management@fernway.example"
    assert mail["Subject"] == "Alarm: carrier acme – Fernway Home"
    for kind in ("plain", "html"):
        body = mail.get_body([kind]).get_content()
        assert "the account is closed" in body
        assert "packline alarm retry" in body
    assert told() == []


def test_where_mail_is_broken_the_command_gets_it_once_and_no_secret(told, mail_server):
    note_refusal("mail", SILENT)
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: tell_alarms(), range(4))) == 1
    assert tell_alarms() == 0
    (alarm,) = told()
    assert (alarm["service"], alarm["kind"], alarm["orders"]) == ("mail", "refused", [])
    assert alarm["problem"] == "the account is closed"
    assert alarm["secrets"] == []
    assert rows("SELECT * FROM message") == []


def test_while_mail_is_out_the_command_gets_other_alarms_too(told):
    note_refusal("mail", SILENT)
    note_refusal("carrier acme", SILENT)
    assert tell_alarms() == 2
    assert [alarm["service"] for alarm in told()] == ["mail", "carrier acme"]


def test_without_a_command_an_alarm_about_mail_stands_in_the_status_alone(shop):
    note_refusal("mail", SILENT)
    assert tell_alarms() == 0
    assert rows("SELECT told_at FROM outage") == [(None,)]


def test_a_process_that_died_with_the_command_does_not_tell_twice(told, monkeypatch):
    note_refusal("mail", SILENT)
    monkeypatch.setattr("services.messaging.alarm_mails.run_alarm_command", die)
    with pytest.raises(SystemExit):
        tell_alarms()
    assert rows("SELECT told_at IS NOT NULL FROM outage") == [(True,)]
    assert tell_alarms() == 0


def die(*_):
    raise SystemExit


def test_a_command_that_hangs_is_ended_with_all_that_it_started(shop, tmp_path, monkeypatch):
    monkeypatch.setattr(adapters.alarm_command, "_ENDS_AFTER_SECONDS", 0.5)
    set_to(monkeypatch, PACKLINE_ALARM_COMMAND="sh -c 'sleep 600 & sleep 600'")
    note_refusal("mail", SILENT)
    began = threading.active_count()
    locked = []

    def look():  # no lock is held meanwhile
        time.sleep(0.2)
        with transaction():
            locked.append(rows("SELECT id FROM outage FOR UPDATE NOWAIT"))

    looking = threading.Thread(target=look)
    looking.start()
    assert tell_alarms() == 1
    looking.join()
    assert len(locked[0]) == 1
    assert threading.active_count() <= began


@pytest.mark.parametrize("command", ["/no/such/program", "false"])
def test_a_command_that_does_not_work_is_not_tried_again(shop, monkeypatch, command):
    set_to(monkeypatch, PACKLINE_ALARM_COMMAND=command)
    note_refusal("mail", SILENT)
    assert (tell_alarms(), tell_alarms()) == (1, 0)


def test_an_alarm_that_is_over_is_not_told_any_more(told):
    note_refusal("mail", SILENT)
    execute("UPDATE outage SET over_at = now()")
    assert tell_alarms() == 0
    assert told() == []
