"""Packline's own Postgres: it stops when nobody is left who uses it."""

import signal
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest

from adapters.database import embedded

pytestmark = pytest.mark.lengthy

USER = """
import sys
from pathlib import Path
from adapters.database.embedded import start_embedded
start_embedded(Path(sys.argv[1]))
print("joined", flush=True)
sys.stdin.read()
"""


@contextmanager
def user(folder):
    """A process that uses the Postgres of a folder, until its standard input ends."""
    command = [sys.executable, "-c", USER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "joined\n"
        yield process
        process.stdin.close()
        process.wait(60)


def test_it_stops_with_its_last_user_though_another_was_killed(tmp_path):
    folder = tmp_path / "postgres"
    with user(folder):
        with user(folder) as attached:
            attached.kill()
        assert embedded.is_running(folder)
    assert not embedded.is_running(folder)


def test_it_goes_on_while_somebody_uses_it(tmp_path):
    folder = tmp_path / "postgres"
    with user(folder) as last:
        with user(folder):
            pass
        assert embedded.is_running(folder)
        last.send_signal(signal.SIGINT)
    assert not embedded.is_running(folder)


def test_a_process_that_nobody_has_waited_for_is_no_user(tmp_path):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        while psutil.Process(ended.pid).status() != psutil.STATUS_ZOMBIE:
            pass
        assert not embedded._is_alive(ended.pid)
    assert not embedded._is_alive(ended.pid)
