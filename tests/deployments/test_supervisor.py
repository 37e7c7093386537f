"""Processes are kept alive, and none is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from deployments.stack.ports import HOST, free_port
from deployments.stack.supervisor import PROJECT, Service, Supervisor

SLEEPER = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('awake', flush=True); time.sleep(600)",
]


@pytest.fixture
def supervisor():
    supervisor = Supervisor()
    yield supervisor
    supervisor.stop()


def sleeper(tmp_path, command=SLEEPER):
    return Service("sleeper", command, dict(os.environ), tmp_path / "sleeper.log")


def until_awake(service):
    deadline = time.monotonic() + 20
    while "awake" not in service.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_dies_is_started_again_with_a_line_that_says_so(supervisor, tmp_path):
    service = sleeper(tmp_path)
    supervisor.start(service)
    until_awake(service)
    assert supervisor.recover() == []
    first = service.process.pid
    os.kill(first, signal.SIGKILL)
    service.process.wait()
    (line,) = supervisor.recover()
    assert line.startswith("sleeper ended with status -9 and was started again")
    assert str(service.log) in line
    assert service.process.pid != first


def test_stopping_ends_even_what_does_not_listen(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr("deployments.stack.supervisor._PATIENCE_SECONDS", 0.2)
    service = sleeper(tmp_path, STUBBORN)
    supervisor.start(service)
    until_awake(service)
    supervisor.stop()
    assert service.exit_status == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="processes are tied to their parent on Linux")
def test_a_service_ends_with_its_parent_even_by_kill_9(tmp_path):
    code = (
        "import os, pathlib, time\n"
        "from deployments.stack.supervisor import Service\n"
        f"log = pathlib.Path({str(tmp_path)!r}, 'log')\n"
        f"service = Service('x', {SLEEPER!r}, dict(os.environ), log)\n"
        "service.start(); print(service.process.pid, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        deadline = time.monotonic() + 20
        while "awake" not in (tmp_path / "log").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        parent.kill()
    gone, _ = psutil.wait_procs([child], timeout=10)
    assert gone


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's `&` ignores SIGINT on Unix")
def test_a_service_hears_sigint_though_a_script_started_us_with_an_ampersand(supervisor, tmp_path):
    """Prefect's worker and server turn the SIGTERM of `stop` into a SIGINT of their own."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        service = sleeper(tmp_path)
        supervisor.start(service)
    finally:
        signal.signal(signal.SIGINT, before)
    until_awake(service)
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(10) == -signal.SIGINT


def test_a_busy_port_gets_another():
    with socket.socket() as busy:
        busy.bind((HOST, 0))
        busy.listen()
        port = busy.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port
