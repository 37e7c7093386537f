"""What the measurements share: a stack to measure, patience, and a small table."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from benchmarks.meters import cpu_seconds, processes
from benchmarks.shop import BenchShop
from deployments.stack.scratch import interruptible, scratch
from deployments.stack.stack import Stack

screen = Console(highlight=False, soft_wrap=True, width=140)


@contextmanager
def shop_on_a_stack(name: str) -> Iterator[tuple[Stack, BenchShop]]:
    """A stack of its own, with a shop that never runs short."""
    with interruptible(), scratch(name), Stack(screen.print, any_ports=True) as stack:
        yield stack, BenchShop()


def until(wanted: Callable[[], object], what: str, seconds: float = 300) -> None:
    """Wait for something. Raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    while not wanted():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(0.1)


def cpu_percent(stack: Stack, seconds: float) -> dict[str, float]:
    """How busy each process is in the next seconds, in percent of a core."""
    pids = processes(stack)
    before = {name: cpu_seconds(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: 100 * (cpu_seconds(pid) - before[name]) / seconds for name, pid in pids.items()}


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a small table."""
    table = Table(*head, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(_cell, row))
    screen.print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
