"""`packline bench replay`, as it is typed: every order ends, also those whose stock never comes."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.e2e.test_demo import environment, processes_of

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

COLUMNS = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "Country")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Five orders for the same two products: one of them runs out, and never comes again."""
    path = tmp_path / "lines.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for number in range(1, 6):
            for sku in ("20001", "20002"):
                at = f"2011-11-14 10:0{number}:00"
                table.writerow((number, sku, 2, at, "2.50", "United Kingdom"))
    return path


def replay(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console", "bench", "replay", *options],
        env=environment(folder),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_week_is_played_until_every_order_has_ended(tmp_path, lines):
    done = replay(tmp_path, "--data", str(lines), "--json")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert processes_of(tmp_path) == []
    report = json.loads(done.stdout)
    assert (report["week"], report["orders"], report["lines"]) == ("2011-W46", 5, 10)
    ends = {end["outcome"]: end["orders"] for end in report["outcomes"]}
    assert sum(ends.values()) == 5
    whole = sum(orders for outcome, orders in ends.items() if outcome.startswith("shipped whole"))
    short = sum(
        orders
        for outcome, orders in ends.items()
        if outcome.startswith(("shipped in part", "cancelled: stock is short"))
    )
    assert (whole, short) == (2, 3), ends
    assert report["audit"]["ok"]
    assert not any(check["skipped"] for check in report["audit"]["checks"])


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    done = replay(tmp_path, "--data", str(tmp_path / "none.csv"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "--data" in done.stderr
