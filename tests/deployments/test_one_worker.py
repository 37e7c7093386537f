"""`packline worker`: Prefect's worker, set as Packline's are, which hears that it is to stop."""

import signal
import subprocess
import sys

import pytest

from adapters.prefect.api import PrefectAway
from deployments.stack import one_worker
from tests.process import set_to

ELSEWHERE = "http://127.0.0.1:1/api"
BECOME = """
import signal, sys
from deployments.stack import one_worker
signal.signal(signal.SIGINT, signal.SIG_IGN)
one_worker.PrefectApi.healthy = lambda _: True
SLEEPER = "print('awake', flush=True); import time; time.sleep(600)"
one_worker.worker_command = lambda: [sys.executable, "-c", SLEEPER]
one_worker.become_worker()
"""


def test_it_hears_sigint_though_a_script_started_it_with_an_ampersand():
    """Prefect's worker turns the SIGTERM that it gets into a SIGINT of its own."""
    with subprocess.Popen([sys.executable, "-c", BECOME], stdout=subprocess.PIPE) as worker:
        assert worker.stdout.readline() == b"awake\n"
        worker.send_signal(signal.SIGINT)
        assert worker.wait(20) == -signal.SIGINT


def test_it_is_a_warm_worker_of_the_pool():
    words = " ".join(one_worker.worker_command())
    assert words.endswith("-m prefect worker start --pool packline --type packline")


def test_it_finds_prefect_where_the_settings_say(monkeypatch):
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    set_to(monkeypatch, PACKLINE_PREFECT_API_URL=ELSEWHERE, PACKLINE_PREFECT_AUTH="me:secret")
    given = one_worker.worker_environment()
    assert (given["PREFECT_API_URL"], given["PREFECT_API_AUTH_STRING"]) == (ELSEWHERE, "me:secret")
    assert given["PREFECT_CLIENT_MAX_RETRIES"] == "8"


def test_where_there_is_no_prefect_it_says_so(monkeypatch):
    monkeypatch.setenv("PREFECT_API_URL", ELSEWHERE)
    with pytest.raises(PrefectAway, match="does not answer"):
        one_worker.become_worker()
