"""New code is put in place while orders wait: what happened does not happen again."""

import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest

from deployments.stack.supervisor import PROJECT
from tests.chaos.shop import (
    assert_shipped_once,
    run_of,
    take_in,
    until_ended,
    until_waiting,
)
from tests.process import rows

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]

CODE = (
    "adapters",
    "benchmarks",
    "console",
    "deployments",
    "domain",
    "flows",
    "models",
    "services",
    "tasks",
)


def test_twenty_waiting_orders_go_on_with_changed_steps(chaos, tmp_path):
    """In the new code a step that happened raises an error, and one still to come is changed."""
    numbers = take_in(20)
    for number in numbers:
        until_waiting(chaos, number, "picking-1")
    changed = changed_code(tmp_path / "new")
    with only_worker(chaos, changed):
        until_ended(chaos, numbers, patience=300)
    assert_shipped_once(chaos, numbers)
    runs = [run_of(number) for number in numbers]
    chaos.until(lambda: all(len(chaos.task_runs(run)) == 14 for run in runs), "14 task runs each")
    grams = "SELECT DISTINCT checklist ->> 'goods_grams' FROM staff_task"
    packed = f"kind = 'packing' AND order_number IN ({', '.join(map(str, numbers))})"
    assert rows(f"{grams} WHERE {packed}") == [("4711",)]


def changed_code(folder):
    for name in CODE:
        shutil.copytree(PROJECT / name, folder / name)
    stock = folder / "tasks" / "stock.py"
    before = '"""Allocate every line, or none'
    stock.write_text(
        stock.read_text().replace(before, 'raise RuntimeError("again")\n    ' + before)
    )
    staff = folder / "tasks" / "packing.py"
    weighed = "goods_grams=goods_weight(session, shipment)"
    assert before in (PROJECT / "tasks" / "stock.py").read_text()
    assert weighed in staff.read_text()
    staff.write_text(staff.read_text().replace(weighed, "goods_grams=4711"))
    return folder


@contextmanager
def only_worker(chaos, folder):
    """A worker that runs that code, while the stack's own workers stand still."""
    old = chaos.kill("worker start", signal.SIGSTOP)
    with (folder / "worker.log").open("ab") as log:
        new = subprocess.Popen(
            [sys.executable, "-m", "console", "worker"],
            cwd=folder,
            env=chaos.stack.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        chaos.until(lambda: "started!" in (folder / "worker.log").read_text(), "the new worker")
        yield
    finally:
        new.terminate()
        for worker in old:
            worker.send_signal(signal.SIGCONT)
        new.wait(60)
