"""Bars on standard error, for what takes its time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)


@contextmanager
def counting(what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar that is told how many there are."""
    with _bar(MofNCompleteColumn()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda completed: bar.update(task, completed=completed)


@contextmanager
def reading_file(name: str, size: int) -> Iterator[Callable[[int], None]]:
    """A bar that is told how many bytes more have been read."""
    with _bar(DownloadColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task(name, total=size)
        yield lambda read: bar.advance(task, read)


def _bar(*columns: ProgressColumn) -> Progress:
    described = (TextColumn("{task.description}"), BarColumn())
    return Progress(*described, *columns, console=Console(stderr=True), transient=True)
