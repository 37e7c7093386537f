"""The rejects file: what an import did not take, beside the file that it came from."""

import csv
from pathlib import Path
from types import TracebackType
from typing import TextIO

from domain.errors import PacklineError

COLUMNS = ("line", "subject", "reason", "row")


class RejectsUnwritable(PacklineError):
    """The rejects file cannot be written."""

    message = (
        "The rejects file {path} cannot be written ({problem}): put the file to import into a"
        " folder that you may write to, and import it again."
    )

    def __init__(self, path: Path, problem: OSError) -> None:
        super().__init__(path=str(path), problem=problem.strerror)


class RejectsFile:
    """Written anew by each import with rejects, removed by an import without any.

    Opened with the first line, so that an import without rejects needs no right to write.
    """

    def __init__(self, imported: Path) -> None:
        self.path = imported.with_name(f"{imported.name}.rejects.csv")
        self._file: TextIO | None = None

    def __enter__(self) -> "RejectsFile":
        return self

    def __exit__(
        self,
        error: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()
        elif error is None and self.path.exists():
            self.path.unlink()

    def write(self, line: int, subject: str, reason: str, row: str) -> None:
        """Add a line. `row` is the line of the imported file, to the letter.

        Raises `RejectsUnwritable`.
        """
        try:
            self._file = self._file or self._opened()
            csv.writer(self._file).writerow((line, subject, reason, row))
        except OSError as problem:
            raise RejectsUnwritable(self.path, problem) from problem

    def _opened(self) -> TextIO:
        # A subject may hold half of a surrogate pair, which JSON can spell and UTF-8 cannot.
        file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        csv.writer(file).writerow(COLUMNS)
        return file
