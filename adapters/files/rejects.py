"""The rejects file: what an import did not take, beside the file that it came from."""

import csv
import re
from pathlib import Path
from types import TracebackType
from typing import TextIO

from domain.errors import PacklineError

COLUMNS = ("line", "subject", "reason", "row")
_SUFFIX = ".rejects.csv"
_TO_BE_DEFUSED = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n']")


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: with ' before what might be one.

    Also before a ' that was there, so that a row is what it was again without the first one.

    Source: OWASP, CSV Injection.
    """
    return f"'{cell}" if _TO_BE_DEFUSED.match(cell) else cell


def with_fuse(cell: str) -> str:
    """The cell as it was before it was `defused`."""
    return cell.removeprefix("'")


def imported_file(rejects: Path) -> Path:
    """The file whose rejected rows a rejects file holds; itself if its name is that of none."""
    return rejects.with_name(rejects.name.removesuffix(_SUFFIX))


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
        self.path = imported.with_name(f"{imported.name}{_SUFFIX}")
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
        """Add a line. `row` is the line of the imported file, to the letter, and then `defused`.

        Raises `RejectsUnwritable`.
        """
        try:
            self._file = self._file or self._opened()
            csv.writer(self._file).writerow((line, *map(defused, (subject, reason, row))))
        except OSError as problem:
            raise RejectsUnwritable(self.path, problem) from problem

    def _opened(self) -> TextIO:
        # A subject may hold half of a surrogate pair, which JSON can spell and UTF-8 cannot.
        file = self.path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        csv.writer(file).writerow(COLUMNS)
        return file
