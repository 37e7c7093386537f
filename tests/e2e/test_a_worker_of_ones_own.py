"""One more worker, as people start one: by a script, with an `&`."""

import os
import signal
import subprocess
import sys

import psutil
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_worker_that_a_script_started_hears_that_it_is_to_stop(live, tmp_path):
    log = tmp_path / "log"
    script = f"{sys.executable} -c 'from console.cli.app import main; main()' worker"
    started = subprocess.run(
        ["sh", "-c", f"{script} > {log} 2>&1 & echo $!"],
        env=os.environ | live.stack.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    worker = psutil.Process(int(started.stdout))
    live.until(lambda: "started!" in log.read_text(), "the worker")
    worker.send_signal(signal.SIGTERM)
    live.until(lambda: not worker.is_running() or worker.status() == "zombie", "its end", 60)
    assert "Traceback" not in log.read_text()
