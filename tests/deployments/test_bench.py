"""What the benchmark reads and works out: percentiles, requests, rates, loads."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from benchmarks.load import Load
from benchmarks.meters import (
    RequestLog,
    count_requests,
    cpu_seconds,
    endpoint,
    percentile,
    table_bytes,
)
from benchmarks.report import BenchReport, middle_rate
from benchmarks.throughput import compared
from deployments.stack.scratch import ScratchTaken, scratch

RUN = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"


def test_a_percentile_is_a_value_that_was_measured():
    hundred = [float(value) for value in range(100, 0, -1)]
    assert percentile(hundred, 0.5) == 50
    assert percentile(hundred, 0.95) == 95
    assert percentile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert percentile([7.0], 0.5) == 7.0


@pytest.mark.parametrize(
    ("path", "general"),
    [
        (f"flow_runs/{RUN}/set_state", "flow_runs/{id}/set_state"),
        (f"flow_runs/{RUN}/input/suspended-picking-1-schema", "flow_runs/{id}/input/{key}"),
        (f"flow_runs/{RUN}/input/filter", "flow_runs/{id}/input/filter"),
        ("deployments/name/daily-summary/daily-summary", "deployments/name/{name}"),
        (
            "work_pools/packline/get_scheduled_flow_runs",
            "work_pools/{name}/get_scheduled_flow_runs",
        ),
        ("work_pools/filter", "work_pools/filter"),
        ("flow_runs/filter", "flow_runs/filter"),
    ],
)
def test_endpoints_are_named_without_what_differs_from_run_to_run(path, general):
    assert endpoint(path) == general


def test_requests_are_counted_by_endpoint_and_nothing_else_is():
    log = [
        f'INFO:     127.0.0.1:1 - "POST /api/flow_runs/{RUN}/set_state HTTP/1.1" 201 Created',
        f'INFO:     127.0.0.1:2 - "POST /api/flow_runs/{RUN}/set_state HTTP/1.1" 200 OK',
        'INFO:     127.0.0.1:3 - "POST /api/logs/ HTTP/1.1" 201 Created',
        'INFO:     127.0.0.1:3 - "GET /api/csrf-token?client=7 HTTP/1.1" 422',
        'INFO:     127.0.0.1:3 - "GET /api/health HTTP/1.1" 200 OK',
        'INFO:     127.0.0.1:4 - "WebSocket /api/events/in" [accepted]',
        "10:02:11 | INFO | prefect.server.services.scheduler - Scheduled 0 runs.",
    ]
    assert count_requests(log) == {
        "POST flow_runs/{id}/set_state": 2,
        "POST logs": 1,
        "GET csrf-token": 1,
    }


def test_requests_before_the_measurement_do_not_count(tmp_path):
    log = tmp_path / "server.log"
    line = '"POST /api/logs/ HTTP/1.1" 201\n'
    log.write_text(line)
    requests = RequestLog(log)
    log.write_text(line * 3)
    assert requests.counted() == {"POST logs": 2}


def test_cpu_time_includes_children_that_have_ended():
    work = "import time\nwhile time.process_time() < 0.3: pass"
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", work], check=True)
    assert cpu_seconds(os.getpid()) - before >= 0.2


def test_cpu_time_includes_children_that_run():
    work = "import time\nwhile True: pass"
    child = subprocess.Popen([sys.executable, "-c", work])
    before = cpu_seconds(os.getpid())
    while psutil.Process(child.pid).cpu_times().user < 0.3:
        time.sleep(0.05)
    spent = cpu_seconds(os.getpid()) - before
    child.kill()
    child.wait()
    assert spent >= 0.2


def test_the_size_of_each_table_is_read(database):
    sizes = table_bytes(database)
    assert sizes["sales_order"] > 0
    assert "staff_task" in sizes


def test_the_middle_rate_leaves_out_start_and_tail():
    start, middle, tail = [0.0], [60.0 + second for second in range(60)], [500.0]
    assert middle_rate(60, [*start, *middle, *tail]) == pytest.approx(60, rel=0.05)


def test_flat_out_the_next_order_comes_when_one_is_shipped():
    load = Load(orders=50, in_work=20)
    assert load.seconds_per_task == 0
    assert load.due(handed_in=0, shipped=0, seconds=0) == 20
    assert load.due(handed_in=20, shipped=3, seconds=9) == 3
    assert load.due(handed_in=50, shipped=40, seconds=99) == 0


def test_at_a_pace_orders_come_by_the_clock_and_staff_keep_so_many_open():
    load = Load(orders=50, in_work=20, pace=30)
    assert load.due(handed_in=0, shipped=0, seconds=0) == 1
    assert load.due(handed_in=1, shipped=0, seconds=60) == 30
    assert load.due(handed_in=50, shipped=0, seconds=999) == 0
    assert load.seconds_per_task * 3 * 30 / 60 == pytest.approx(20)


def test_the_ratio_is_to_what_the_process_worker_does():
    fields = BenchReport.model_fields
    figures = {name: 0 for name, field in fields.items() if field.is_required()}
    tables = {
        name: {} for name in fields if name.endswith(("endpoint", "table")) or name == "machine"
    }
    report = BenchReport(**figures | tables | {"orders_per_minute": 50, "pace": None})
    both = compared(report, 4, 2.5)
    assert (both.stock_orders, both.stock_orders_per_minute, both.ratio_to_stock) == (4, 2.5, 20)


def test_a_scratch_folder_is_empty_and_leaves_the_environment_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKLINE_DATA_FOLDER", str(tmp_path))
    monkeypatch.setenv("PACKLINE_SMTP_HOST", "mail.example")
    (tmp_path / "try").mkdir()
    (tmp_path / "try" / "old").touch()
    with scratch("try", PACKLINE_RETRIES="0") as folder:
        assert not (folder / "old").exists()
        assert "PACKLINE_SMTP_HOST" not in os.environ
        assert os.environ["PACKLINE_RETRIES"] == "0"
    assert os.environ["PACKLINE_SMTP_HOST"] == "mail.example"
    assert os.environ["PACKLINE_DATA_FOLDER"] == str(tmp_path)


def test_a_scratch_folder_belongs_to_one_run_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKLINE_DATA_FOLDER", str(tmp_path))
    with scratch("try"):
        monkeypatch.setenv("PACKLINE_DATA_FOLDER", str(tmp_path))
        with pytest.raises(ScratchTaken, match="wait until it has ended"), scratch("try"):
            pass
