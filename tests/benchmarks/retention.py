"""How large Prefect's database becomes: bytes per order, as `packline bench` measures them, times
10,000. Prefect keeps events, and with `PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED` runs, for a while
that is set; what grows for longer is what the second table names.

    packline bench --json > bench.json && python -m tests.benchmarks.retention bench.json
"""

import json
import sys
from pathlib import Path

from benchmarks.report import BenchReport
from tests.benchmarks.measuring import screen, show

ORDERS = 10_000


def main(file: str) -> None:
    """Show the bytes of 10,000 orders, by table."""
    report = BenchReport(**json.loads(Path(file).read_text()))
    tables = report.prefect_db_bytes_by_table
    rows = [(name, size, size * ORDERS / 1e6) for name, size in tables.items()]
    total = report.prefect_db_bytes_per_order
    show(
        f"Prefect's database per {ORDERS:,} orders, from {report.orders} measured",
        ("table", "bytes per order", "MB"),
        [*rows, ("all", total, total * ORDERS / 1e6)],
    )
    ours = report.packline_db_bytes_per_order
    screen.print(f"Packline's own: {ours:,} bytes per order, {ours * ORDERS / 1e6:,.0f} MB.")


if __name__ == "__main__":
    main(*sys.argv[1:])
