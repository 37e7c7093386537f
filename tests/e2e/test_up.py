"""`packline up`, as somebody starts it: the console lets in who was named, Prefect nobody else."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from deployments.stack.live import PREFECT_AUTH
from deployments.stack.ports import free_port

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def up(tmp_path):
    """The whole stack, and what it has said so far."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("PACKLINE")}
    given |= {
        "PACKLINE_DATA_FOLDER": str(tmp_path / "data"),
        "PACKLINE_CONSOLE_BIND": f"127.0.0.1:{free_port()}",
    }
    said = tmp_path / "said"
    with said.open("w") as output:
        command = [sys.executable, "-m", "console", "up"]
        process = subprocess.Popen(command, env=given, cwd=PROJECT, stdout=output)
    until(lambda: "Packline is up" in said.read_text(), "the stack", 240)
    yield said.read_text(), tmp_path / "data"
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0


def until(reached, what, seconds):
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, f"{what} is not there"
        time.sleep(0.2)


def address(said, of):
    return re.search(rf"^{of}\s+(http://[\d.:]+)", said, re.MULTILINE)[1]


@pytest.mark.slow
def test_who_was_named_signs_in_and_prefect_asks_for_its_auth_string(up):
    said, folder = up
    console, prefect = address(said, "Console"), address(said, "Prefect's pages")
    password = re.search(r"sign in as admin with the password (\S+);", said)[1]
    until(lambda: answers(console), "the console", 60)
    with httpx.Client(base_url=console, follow_redirects=True) as browser:
        answer = browser.post("/sign-in", data={"login": "admin", "password": password})
        assert answer.url.path == "/account", "a password of one's own comes first"
    assert httpx.get(f"{prefect}/api/work_pools/packline").status_code == 401
    auth = ("packline", (folder / PREFECT_AUTH).read_text())
    elsewhere = {"Origin": "http://elsewhere.example"}
    seen = httpx.get(f"{prefect}/api/work_pools/packline", auth=auth, headers=elsewhere)
    assert seen.status_code == 200
    assert "access-control-allow-origin" not in seen.headers
    for secret in (PREFECT_AUTH, "secret.key"):
        assert (folder / secret).stat().st_mode & 0o077 == 0


def answers(console):
    try:
        return httpx.get(f"{console}/healthz").status_code == 200
    except httpx.HTTPError:
        return False
