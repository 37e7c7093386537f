"""`packline bench`, as it is typed: its figures, and that it leaves nothing running."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.e2e.test_demo import environment, processes_of

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

KEYS = {
    "orders_per_minute",
    "task_runs_per_order",
    "http_requests_per_order",
    "server_cpu_s_per_order",
    "worker_cpu_s_per_order",
    "dispatcher_cpu_s_per_order",
    "postgres_cpu_s_per_order",
    "prefect_db_bytes_per_order",
    "packline_db_bytes_per_order",
    "click_to_next_p50_s",
    "click_to_next_p95_s",
    "stock_orders_per_minute",
    "ratio_to_stock",
}


def test_three_orders_are_measured():
    with tempfile.TemporaryDirectory(prefix="packline-bench-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "console", "bench", "--orders", "3", "--json"],
            env=environment(Path(folder)),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        assert processes_of(Path(folder)) == []
    report = json.loads(done.stdout)
    assert report.keys() >= KEYS
    assert report["task_runs_per_order"] == 14
    assert report["http_requests_by_endpoint"]["POST flow_runs/{id}/set_state"] >= 4
    measured = {report[key] for key in KEYS if not key.startswith(("stock", "ratio"))}
    assert all(value > 0 for value in measured)
    assert report["ratio_to_stock"] is None
