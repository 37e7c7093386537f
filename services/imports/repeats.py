"""Rows that are known by the same key: nobody knows which of them is meant, so none is taken.

They are found before anything is kept. If the first was taken and the second refused, their sum, or
the one of them that is right, could not be taken any more.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from adapters.files.rows import Row
from domain.messages import Message, Value

Key = tuple[Any, ...]


class Repeats:
    """The keys that stand in a file several times. All keys are held in memory meanwhile."""

    def __init__(self, rows: Iterable[Row], key: Callable[[Row], Key | None]) -> None:
        first: dict[Key, int] = {}
        self._lines: dict[Key, tuple[int, int]] = {}
        for row in rows:
            known_by = key(row)
            if known_by is not None and (line := first.setdefault(known_by, row.line)) != row.line:
                self._lines.setdefault(known_by, (line, row.line))

    def problems(self, key: Key | None, line: int, advice: Message) -> Iterator[Message]:
        """Where else a row stands, and what to do about it."""
        if key not in self._lines:
            return
        first, second = self._lines[key]
        said: dict[str, Value] = {"line": second if line == first else first, "advice": advice}
        if line == first:
            yield Message("repeated-below", "stands in line {line} again: {advice}", said)
        else:
            yield Message("repeated-row", "stands in line {line} already: {advice}", said)
