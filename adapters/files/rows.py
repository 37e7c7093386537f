"""Reading files of rows, CSV or JSON Lines, one line at a time.

A row is one line of the file: a field never holds a line break. So a quotation mark that is opened
and never closed spoils its own line and no other.
"""

import codecs
import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from domain.errors import PacklineError
from domain.messages import Message, Value

MAX_LINE_BYTES = 1024 * 1024
_CHUNK_BYTES = 1024 * 1024
_PROGRESS_BYTES = 64 * 1024
_JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")

Progress = Callable[[int], None]
"""Called now and then with the number of bytes read since it was last called."""


class BadFile(PacklineError):
    """A file that cannot be read at all. Nothing of it was imported."""

    def __init__(self, path: Path, code: str = "", /, **values: Value) -> None:
        super().__init__(code, field=None, path=str(path), **values)


class FileMissing(BadFile):
    """There is no such file."""

    message = "{path} does not exist: check the name."


class NotAFile(BadFile):
    """A folder, a pipe or a device."""

    messages = {
        "file-is-folder": "{path} is a folder: name one CSV or JSON Lines file.",
        "file-is-special": "{path} is no ordinary file: name one CSV or JSON Lines file.",
    }

    def __init__(self, path: Path) -> None:
        super().__init__(path, "file-is-folder" if path.is_dir() else "file-is-special")


class FileUnreadable(BadFile):
    """The operating system refuses to open the file."""

    message = "{path} cannot be read ({problem}): check who may read it."

    def __init__(self, path: Path, problem: OSError) -> None:
        super().__init__(path, problem=problem.strerror)


class FileEmpty(BadFile):
    """A file without a single row."""

    message = "{path} is empty: export it again."


class NotUtf8(BadFile):
    """A file in another encoding."""

    message = "{path} is not UTF-8 text from line {line} on: save it as UTF-8 again."

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(path, line=line)


class BadHeader(BadFile):
    """The first line of a CSV does not name its columns."""

    messages = {
        "nameless-column": (
            "{path} has a column without a name in its first line: name every column."
        ),
        "repeated-column": "{path} has the column {column} twice: remove one of them.",
    }


class NoObjects(BadFile):
    """A JSON Lines file in which no line is a JSON object."""

    message = "{path} holds no JSON object: write one object per line."


class Form(StrEnum):
    """How a file writes its rows."""

    CSV = "CSV"
    JSON_LINES = "JSON Lines"


@dataclass(frozen=True)
class Row:
    """One line of a file: its number, its values by column, and the line as it was written.

    `problem` says, as the rest of a sentence that begins with the line, why the values cannot be
    trusted; a sound row has none.
    """

    line: int
    values: dict[str, Any]
    text: str
    problem: Message | None = None


@dataclass(frozen=True)
class RowFile:
    """A file that has been found readable. `columns` are the header's, or the first object's."""

    path: Path
    form: Form
    columns: tuple[str, ...]

    def rows(self, progress: Progress | None = None) -> Iterator[Row]:
        """Every row but the header and blank lines. Only one line is held in memory."""
        lines = _lines(self.path, progress)
        if self.form is Form.JSON_LINES:
            return map(_json_row, lines)
        next(lines)
        return (_csv_row(line, self.columns) for line in lines)


def open_rows(path: Path) -> RowFile:
    """Find out whether `path` can be read, how it is written, and which columns it has.

    Raises `BadFile`.
    """
    try:
        if not path.exists():
            raise FileMissing(path)
        if not path.is_file():
            raise NotAFile(path)
        _check_utf8(path)
        return _described(path)
    except OSError as problem:
        raise FileUnreadable(path, problem) from problem


def _described(path: Path) -> RowFile:
    first = next(_lines(path), None)
    if first is None:
        raise FileEmpty(path)
    if path.suffix.lower() in _JSON_SUFFIXES or first.text.lstrip().startswith("{"):
        return RowFile(path, Form.JSON_LINES, _first_keys(path))
    return RowFile(path, Form.CSV, _header(path, first))


def _header(path: Path, first: "_Line") -> tuple[str, ...]:
    columns = tuple(name.strip() for name in _fields(first.text, strict=True) or [])
    if not columns or not all(columns):
        raise BadHeader(path, "nameless-column")
    if twice := {name for name in columns if columns.count(name) > 1}:
        raise BadHeader(path, "repeated-column", column=min(twice))
    return columns


def _first_keys(path: Path) -> tuple[str, ...]:
    for row in map(_json_row, _lines(path)):
        if not row.problem:
            return tuple(row.values)
    raise NoObjects(path)


def _check_utf8(path: Path) -> None:
    """Read the whole file once, so that a wrong encoding is told before anything is imported."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as problem:
                # What was held back of the last chunk has no line break in it.
                good = problem.object[: problem.start]
                raise NotUtf8(path, lines + good.count(b"\n")) from problem
            lines += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as problem:
        raise NotUtf8(path, lines) from problem


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    problem: Message | None = None


@dataclass
class _Meter:
    """Tells `progress` of bytes in handfuls: a call for each line would cost more than the line."""

    progress: Progress | None
    untold: int = field(default=0)

    def count(self, size: int) -> None:
        self.untold += size
        if self.untold >= _PROGRESS_BYTES:
            self.report()

    def report(self) -> None:
        if self.progress and self.untold:
            self.progress(self.untold)
        self.untold = 0


def _lines(path: Path, progress: Progress | None = None) -> Iterator[_Line]:
    """The lines that are not blank, without their ends and without a byte order mark."""
    meter = _Meter(progress)
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(MAX_LINE_BYTES):
            number += 1
            rest = _rest_of_line(file) if _is_cut(raw) else 0
            meter.count(len(raw) + rest)
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8", errors="ignore")
            if text.strip():
                yield _Line(number, text.rstrip("\r\n"), _TOO_LONG if rest else None)
    meter.report()


_TOO_LONG = Message(
    "line-too-long", "is longer than {longest:,} bytes", {"longest": MAX_LINE_BYTES}
)
_SPLIT_FIELD = Message("split-field", "has a quotation mark or a line break that splits a field")
_NOT_JSON = Message("not-json", "is not JSON")
_NO_OBJECT = Message("not-a-json-object", "is not a JSON object")


def _is_cut(raw: bytes) -> bool:
    return len(raw) == MAX_LINE_BYTES and not raw.endswith(b"\n")


def _rest_of_line(file: BinaryIO) -> int:
    """Pass over what is left of an overlong line; its size in bytes."""
    size = 0
    while rest := file.readline(MAX_LINE_BYTES):
        size += len(rest)
        if rest.endswith(b"\n"):
            break
    return size


def _csv_row(line: _Line, columns: tuple[str, ...]) -> Row:
    """Fields by column; empty fields are left out, as if they had not been given."""
    fields = _fields(line.text, strict=True)
    problem = line.problem
    if fields is None:
        problem = problem or _SPLIT_FIELD
        fields = _fields(line.text, strict=False) or []
    elif len(fields) != len(columns):
        problem = problem or _wrong_count(len(fields), len(columns))
    values = {name: text for name, text in zip(columns, fields, strict=False) if text.strip()}
    return Row(line.number, values, line.text, problem)


def _wrong_count(fields: int, columns: int) -> Message:
    counts: dict[str, Value] = {"fields": fields, "columns": columns}
    return Message(
        "wrong-field-count", "has {fields} fields where the header has {columns}", counts
    )


def _fields(text: str, *, strict: bool) -> list[str] | None:
    try:
        return next(csv.reader([text], strict=strict), None)
    except csv.Error:
        return None


def _json_row(line: _Line) -> Row:
    """The object of a line, without its nulls: they stand for what is not given.

    Numbers with a fraction stay decimal, as they were written.
    """
    if line.problem:
        return Row(line.number, {}, line.text, line.problem)
    try:
        values = json.loads(line.text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return Row(line.number, {}, line.text, _NOT_JSON)
    if not isinstance(values, dict):
        return Row(line.number, {}, line.text, _NO_OBJECT)
    given = {name: value for name, value in values.items() if value is not None}
    return Row(line.number, given, line.text)


def _refuse_constant(name: str) -> None:
    """JSON has no NaN and no Infinity, whatever Python's reader thinks."""
    raise ValueError(name)
