"""Reading files of rows, CSV or JSON Lines, one line at a time.

A row is one line of the file: a field never holds a line break. So a quotation mark that is opened
and never closed spoils its own line and no other.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.files.encodings import Encoding, encoding_of
from adapters.files.errors import (
    BadHeader,
    FileEmpty,
    FileMissing,
    FileUnreadable,
    NoObjects,
    NotAFile,
    NotUtf8,
    RejectsAlone,
)
from adapters.files.fields import (
    SEPARATORS,
    fields_of,
    is_one_row,
    likely_separator,
    named_separator,
    readable_fields,
    with_point,
    without_excess,
)
from adapters.files.lines import Line, Progress, read_lines, trimmed
from adapters.files.rejects import COLUMNS, imported_file, with_fuse
from domain.messages import Message, Value

_JSON_SUFFIXES = (".jsonl", ".ndjson", ".json")
_SPLIT_FIELD = Message("split-field", "has a quotation mark or a line break that splits a field")
_NO_CELL = Message("no-rejected-row", "has nothing in the column row")
_NOT_JSON = Message("not-json", "is not JSON")
_NO_OBJECT = Message("not-a-json-object", "is not a JSON object")
_WRONG_COUNT = "wrong-field-count"


class Form(StrEnum):
    """How a file writes its rows."""

    CSV = "CSV"
    JSON_LINES = "JSON Lines"


@dataclass(frozen=True)
class Row:
    """One line of a file: its number, its values by column, and the line as it was written.

    `problem` says, as the rest of a sentence that begins with the line, why the values are not to
    be trusted, or not all there; a sound row has none.
    """

    line: int
    values: dict[str, Any]
    text: str
    problem: Message | None = None

    @property
    def may_have_moved(self) -> bool:
        """Whether the values may be those of other columns."""
        return self.problem is not None and self.problem.code == _WRONG_COUNT


@dataclass(frozen=True)
class RowFile:
    """A file that has been found readable. `columns` are the header's, or the first object's.

    In a CSV `heading` is the number of lines before the rows, and `decimals` are the columns of
    amounts: where no comma stands between the fields, one may stand before their decimals. Rows
    that were rejected are cells of a file themselves: then `rejects` is that file.
    """

    path: Path
    form: Form
    encoding: Encoding
    columns: tuple[str, ...]
    separator: str = ""
    heading: int = 0
    decimals: frozenset[str] = frozenset()
    rejects: "RowFile | None" = None

    def rows(self, progress: Progress | None = None) -> Iterator[Row]:
        """Every row but the heading, and lines in which nothing is. One line is held in memory."""
        if self.rejects:
            return map(self._rejected_row, self.rejects.rows(progress))
        lines = _lines(self.path, self.encoding, self.form, self.separator, progress)
        return map(self._row, islice(lines, self.heading, None))

    def is_one_row(self, rows: Sequence[Row]) -> bool:
        """Whether these lines of a CSV are one row, of which some fields have line breaks."""
        lines, columns = [row.text for row in rows], len(self.columns)
        if is_one_row(lines, self.separator, columns):
            return True
        without_marks = fields_of(" ".join(lines), self.separator) or ()
        return all(row.problem for row in rows) and len(without_marks) == columns

    def read_as(self) -> Message | None:
        """What the file was taken for; None where it is as docs/import.md has it."""
        if self.rejects:
            name: dict[str, Value] = {"file": imported_file(self.path).name}
            return Message("read-as-rejects", "read as rejected rows of {file}", name)
        ways: list[Message] = []
        if self.form is Form.CSV:
            separator = "TAB" if self.separator == "\t" else self.separator
            values: dict[str, Value] = {"separator": separator}
            ways.append(Message("between-fields", "{separator} between fields", values))
        if self.encoding.ends_in_cr:
            ways.append(Message("cr-ends", "CR at the ends of lines"))
        if self._has_decimal_comma:
            ways.append(Message("decimal-comma", "12,50 for 12.50"))
        if self.encoding.is_plain and self.separator in ("", ","):
            return None
        said: dict[str, Value] = {"encoding": self.encoding.title, "ways": tuple(ways)}
        if not ways:
            return Message("read-as", "read as {encoding}", said)
        return Message("read-as-with", "read as {encoding} with {ways: and }", said)

    @property
    def _has_decimal_comma(self) -> bool:
        return self.separator not in ("", ",") and not self.decimals.isdisjoint(self.columns)

    def _row(self, line: Line) -> Row:
        return _json_row(line) if self.form is Form.JSON_LINES else self._csv_row(line)

    def _rejected_row(self, rejected: Row) -> Row:
        """The row that was rejected, mended meanwhile."""
        cell = rejected.values.get("row")
        if rejected.problem or not cell:
            problem = rejected.problem or _NO_CELL
            return Row(rejected.line, {}, rejected.text, problem)
        return self._row(Line(rejected.line, with_fuse(cell)))

    def _csv_row(self, line: Line) -> Row:
        """Fields by column; empty fields are left out, as if they had not been given."""
        count, problem = len(self.columns), line.problem
        fields: Sequence[str | None] | None = None
        if not problem and (read := fields_of(line.text, self.separator)) is not None:
            fields = read if len(read) <= count else without_excess(read, count)
            if len(fields) != count:
                problem = _wrong_count(len(fields), count)
        if fields is None:
            fields = readable_fields(line.text, self.separator, count, is_cut=bool(problem))
            problem = problem or _SPLIT_FIELD
        named = zip(self.columns, fields, strict=False)
        values = {name: text for name, text in named if text and text.strip()}
        if self._has_decimal_comma:
            for name in self.decimals & values.keys():
                values[name] = with_point(values[name])
        return Row(line.number, values, line.text, problem)


def open_rows(path: Path, encoding: str | None = None) -> RowFile:
    """Find out whether `path` can be read, how it is written, and which columns it has.

    `encoding` is what somebody has named; by default the file is UTF-8, or shows that it is UTF-16
    or UTF-32.

    Raises `BadFile` and `UnknownEncoding`.
    """
    try:
        if not path.exists():
            raise FileMissing(path)
        if not path.is_file():
            raise NotAFile(path)
        file = _described_as(path, encoding)
        return _mended(file, encoding) if file.columns == COLUMNS else file
    except OSError as problem:
        raise FileUnreadable(path, problem) from problem


def _described_as(path: Path, encoding: str | None) -> RowFile:
    """A file of rejects is UTF-8, also if the one it is of is not, or as a spreadsheet saved it."""
    if encoding and imported_file(path) != path:
        with suppress(NotUtf8):
            return _described(path, encoding_of(path))
    return _described(path, encoding_of(path, encoding))


def _mended(rejects: RowFile, encoding: str | None) -> RowFile:
    """A file of rejects, as the rows in it; their columns are those of the file they come from."""
    imported = imported_file(rejects.path)
    if imported == rejects.path or not imported.is_file():
        raise RejectsAlone(rejects.path, imported=imported.name)
    return replace(open_rows(imported, encoding), path=rejects.path, rejects=rejects)


def _described(path: Path, encoding: Encoding) -> RowFile:
    lines = _lines(path, encoding, Form.CSV)
    first = next(lines, None)
    if first is None:
        raise FileEmpty(path)
    if path.suffix.lower() in _JSON_SUFFIXES or first.text.lstrip().startswith("{"):
        return RowFile(path, Form.JSON_LINES, encoding, _first_keys(path, encoding))
    named = named_separator(first.text)
    header = next(lines, None) if named else first
    if header is None:
        raise FileEmpty(path)
    separator = named or likely_separator(header.text)
    columns = _header(path, header.text, separator)
    return RowFile(path, Form.CSV, encoding, columns, separator, heading=2 if named else 1)


def _lines(
    path: Path,
    encoding: Encoding,
    form: Form,
    separator: str = "",
    progress: Progress | None = None,
) -> Iterator[Line]:
    """The lines that are not blank: a row of a CSV that holds separators only is."""
    beside = "".join(SEPARATORS) + separator + '"' if form is Form.CSV else ""
    return read_lines(path, encoding, beside, progress)


def _header(path: Path, line: str, separator: str) -> tuple[str, ...]:
    """The names of the columns. Empty ones at the end are those of a spreadsheet, without cells."""
    columns = [trimmed(name) for name in fields_of(line, separator) or [""]]
    while len(columns) > 1 and not columns[-1]:
        columns.pop()
    if not all(columns):
        raise BadHeader(path, "nameless-column")
    if twice := {name for name in columns if columns.count(name) > 1}:
        raise BadHeader(path, "repeated-column", column=min(twice))
    return tuple(columns)


def _first_keys(path: Path, encoding: Encoding) -> tuple[str, ...]:
    for row in map(_json_row, _lines(path, encoding, Form.JSON_LINES)):
        if row.values:
            return tuple(row.values)
    raise NoObjects(path)


def _wrong_count(fields: int, columns: int) -> Message:
    counts: dict[str, Value] = {"fields": fields, "columns": columns}
    return Message(_WRONG_COUNT, "has {fields} fields where the header has {columns}", counts)


def _json_row(line: Line) -> Row:
    """The object of a line, without its nulls: they stand for what is not given.

    Numbers with a fraction stay decimal, as they were written. A key that stands twice in one
    object is a problem: nobody knows which of them is meant.
    """
    if line.problem:
        return Row(line.number, {}, line.text, line.problem)
    twice: list[str] = []

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            times = Counter(name for name, _ in pairs)
            twice.extend(name for name, count in times.items() if count > 1)
        return found

    try:
        values = json.loads(
            line.text,
            parse_float=Decimal,
            parse_constant=_refuse_constant,
            object_pairs_hook=as_object,
        )
    except (ValueError, RecursionError):
        return Row(line.number, {}, line.text, _NOT_JSON)
    if not isinstance(values, dict):
        return Row(line.number, {}, line.text, _NO_OBJECT)
    given = {name: value for name, value in values.items() if value is not None}
    return Row(line.number, given, line.text, _repeated_keys(twice) if twice else None)


def _repeated_keys(names: Sequence[str]) -> Message:
    said: dict[str, Value] = {"names": tuple(dict.fromkeys(names))}
    return Message("repeated-key", "has the key {names: and } twice: keep one of them", said)


def _refuse_constant(name: str) -> None:
    """JSON has no NaN and no Infinity, whatever Python's reader thinks."""
    raise ValueError(name)
