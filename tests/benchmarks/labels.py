"""How long a label takes, in each script: a thousand labels, no two of which are alike.

python -m tests.benchmarks.labels [LABELS]
"""

import random
import sys
from collections.abc import Iterator
from time import perf_counter, process_time
from typing import NamedTuple

import psutil

from adapters.documents.labels import print_label, warm_up
from benchmarks.meters import percentile
from models.views.labels import LabelView
from tests.adapters.test_labels import LONG, NAMES, make_label
from tests.benchmarks.measuring import screen, show

COUNTRIES = ("GB", "CN", "JP", "TW", "KR")
HEAD = ("Name and address", "Labels", "CPU p50 ms", "CPU highest ms", "p50 ms", "Largest bytes")


def main(labels: int = 1000) -> None:
    """Measure after a worker's start, and what memory is kept."""
    began = perf_counter()
    warm_up()
    screen.print(f"At a worker's start: {perf_counter() - began:.2f} s")
    before = _megabytes()
    names = NAMES | {f"200 letters, {number}": name for number, name in enumerate(LONG, 1)}
    each = -(-labels // len(names))
    printed = {script: _printed(name, each) for script, name in names.items()}
    everything = [label for of_script in printed.values() for label in of_script]
    show("Labels", HEAD, [_row(*one) for one in [*printed.items(), ("all", everything)]])
    screen.print(f"Memory: {before:.0f} MB before, {_megabytes():.0f} MB after")


class Printed(NamedTuple):
    """What a label took, in milliseconds, and its bytes."""

    cpu: float
    took: float
    size: int


def _printed(name: str, count: int) -> list[Printed]:
    return [_print(view) for view in _views(name, count)]


def _views(name: str, count: int) -> Iterator[LabelView]:
    """Labels with the letters of a name, each time in another order."""
    drawn = random.Random(name)
    for number in range(count):
        mixed = ["".join(drawn.sample(word, len(word))) for word in name.split()]
        lines = (" ".join(mixed), f"{number} {mixed[0]}", " ".join(reversed(mixed)))
        country = COUNTRIES[number % len(COUNTRIES)]
        yield make_label(
            recipient=lines[0], address_lines=lines, country=country, order_number=1000 + number
        )


def _print(view: LabelView) -> Printed:
    busy, began = process_time(), perf_counter()
    label = print_label(view)
    cpu, took = process_time() - busy, perf_counter() - began
    return Printed(1000 * cpu, 1000 * took, len(label.pdf))


def _row(script: str, printed: list[Printed]) -> tuple[object, ...]:
    cpu, took, sizes = zip(*printed, strict=True)
    return script, len(printed), percentile(cpu, 0.5), max(cpu), percentile(took, 0.5), max(sizes)


def _megabytes() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
