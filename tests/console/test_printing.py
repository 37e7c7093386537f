"""A machine with a printer: a script in place of lp, also where its process is killed."""

import os
import signal
import subprocess
import sys

import pytest

from adapters.database.sessions import transaction
from console.queries.printing import print_jobs
from models.enums import Channel, JobState, Role
from services.access.actors import Actor
from services.paper.print_jobs import ask_to_print
from tests.console.asking import as_json
from tests.factories import make_label, make_order
from tests.process import execute, rows

KIM = Actor(name="Kim", channel=Channel.CONSOLE, roles=frozenset({Role.PACKER}))


@pytest.fixture
def label(shop):
    with transaction() as session:
        number = make_order(session, {"MUG": 1})
        return f"label:{make_label(session, number, pdf=b'%PDF label').key}"


@pytest.fixture
def lp(tmp_path):
    """A script in place of lp: what it prints lies in `out`; `then` is what else it does."""

    def script(then=""):
        file = tmp_path / "lp"
        file.write_text(f"#!/bin/sh\ncat >> {tmp_path}/out\n{then}\n")
        file.chmod(0o755)
        return str(file)

    return script


def jobs():
    with transaction() as session:
        return [(job.state, job.said) for job in print_jobs(session)]


def test_a_printer_prints_what_was_asked_for_and_says_what_became_of_it(
    packline, label, lp, tmp_path, wide
):
    assert "There is no printer yet" in packline("printers")[1]
    assert packline("printer", "Zebra", "--command", lp(), "--once")[0] == 0
    ask_to_print(label, "Zebra", 1, KIM)
    status, said, _ = packline("printer", "Zebra", "--command", lp(), "--once")
    assert (status, said) == (0, "label-1001-1.pdf: printed\n")
    assert (tmp_path / "out").read_bytes() == b"%PDF label"
    ask_to_print(label, "Zebra", 2, KIM)
    broken = lp("echo 'lp: no paper' >&2; exit 1")
    packline("printer", "Zebra", "--command", broken, "--once", "--description", "labels")
    assert jobs() == [(JobState.FAILED, "lp: no paper"), (JobState.PRINTED, "")]
    (row,) = as_json(packline("printers", "--json"))
    assert (row["name"], row["description"], row["failed"]) == ("Zebra", "labels", 1)
    assert "lp: no paper" in packline("printers", "--jobs")[1]
    ask_to_print(label, "Zebra", 3, KIM)
    (row,) = as_json(packline("printers", "--json"))
    assert (row["wanted"], row["failed"]) == (1, 0)
    assert [job["request"] for job in as_json(packline("printers", "--jobs", "--json"))] == [
        3,
        2,
        1,
    ]


def test_a_command_or_a_name_that_cannot_be_is_said(packline, shop):
    assert "is no command" in packline("printer", "Zebra", "--command", "lp '")[2]
    assert "cannot be a printer's name" in packline("printer", " ", "--command", "lp")[2]
    assert (
        "no warehouse"
        in packline("printer", "Z", "--command", "lp", "--warehouse", "NOWHERE")[2].lower()
    )


def feeder(command):
    """`packline printer`, as a process of its own."""
    arguments = [sys.executable, "-m", "console", "printer", "Zebra", "--command", command]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.lengthy
def test_a_printer_that_is_killed_in_the_middle_prints_nothing_twice(packline, label, lp, tmp_path):
    packline("printer", "Zebra", "--command", lp(), "--once")
    ask_to_print(label, "Zebra", 1, KIM)
    os.mkfifo(tmp_path / "begun")
    process = feeder(lp(f"echo begun > {tmp_path}/begun; sleep 30"))
    (tmp_path / "begun").read_text()  # it is in the middle of its command
    process.kill()
    process.communicate()
    assert jobs() == [(JobState.TAKEN, "")]
    execute("UPDATE print_job SET taken_until = now() - interval '1 second'")
    packline("printer", "Zebra", "--command", lp(), "--once")
    assert jobs() == [(JobState.UNCLEAR, "")]
    assert (tmp_path / "out").read_bytes() == b"%PDF label"
    ask_to_print(label, "Zebra", 2, KIM)  # somebody has looked
    packline("printer", "Zebra", "--command", lp(), "--once")
    assert jobs() == [(JobState.PRINTED, ""), (JobState.UNCLEAR, "")]


@pytest.mark.lengthy
def test_a_printer_that_is_stopped_ends_its_paper_first(packline, label, lp, tmp_path):
    packline("printer", "Zebra", "--command", lp(), "--once")
    for request in (1, 2):
        ask_to_print(label, "Zebra", request, KIM)
    for name in ("begun", "go"):
        os.mkfifo(tmp_path / name)
    process = feeder(lp(f"echo begun > {tmp_path}/begun; cat {tmp_path}/go"))
    (tmp_path / "begun").read_text()
    process.send_signal(signal.SIGTERM)
    (tmp_path / "go").write_text("go\n")
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert rows("SELECT state FROM print_job ORDER BY id") == [("printed",), ("wanted",)]
