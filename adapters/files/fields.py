"""The fields of a line of CSV, and what can be told of one that is spoilt."""

import csv
import re
from collections.abc import Sequence
from functools import lru_cache

from adapters.files.lines import MAX_LINE_BYTES, has_content

SEPARATORS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'"?sep=([^\w\s"\x00-\x1f]|\t)"?[\s,;|]*', re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"\s*[+-]?(0*,\d+|\d+,(?!\d{3}\s*$)\d+)\s*", re.ASCII)

# A field may be as long as a line: how long it may be for its column, its column says.
csv.field_size_limit(MAX_LINE_BYTES)


def named_separator(line: str) -> str | None:
    """The separator that a line such as `sep=;` names, as spreadsheets write it on top."""
    found = _SEPARATOR_LINE.fullmatch(line)
    return found[1] if found else None


def likely_separator(header: str) -> str:
    """What stands between the names of columns: whatever makes most columns of them."""
    return max(SEPARATORS, key=lambda each: len(fields_of(header, each) or ()))


def fields_of(line: str, separator: str) -> list[str] | None:
    """The fields; None where a quotation mark or a line break splits one of them."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), None)
    except csv.Error:
        return None


def is_one_row(lines: Sequence[str], separator: str, columns: int) -> bool:
    """Whether the lines are one row, of which some fields have line breaks."""
    try:
        read = list(csv.reader([f"{line}\n" for line in lines], delimiter=separator, strict=True))
    except csv.Error:
        return False
    return len(read) == 1 and len(read[0]) == columns


def without_excess(fields: list[str], columns: int) -> list[str]:
    """The fields without those beyond the columns, if these are all empty."""
    excess = fields[columns:]
    return fields if any(map(has_content(), excess)) else fields[:columns]


def readable_fields(line: str, separator: str, columns: int, *, is_cut: bool) -> list[str | None]:
    """What can be told of the fields of a spoilt line; None is one of which nothing can be.

    Where something stands behind a closing quotation mark, or a CR in a field without them, that
    field is spoilt and the others are where they belong, if there are as many as there should be.
    Else those before it are. Of a line that is cut the last field is not known.
    """
    found: list[str | None] = []
    for field in _field(separator).finditer(line):
        quoted, behind, bare, end = field.groups(default="")
        if bare.startswith('"'):
            break
        if is_cut and not end:
            break
        is_spoilt = behind.strip() or "\r" in bare
        found.append(None if is_spoilt else bare or quoted[1:-1].replace('""', '"'))
        if not end:
            break
    if len(found) == columns or None not in found:
        return found
    return found[: found.index(None)]


def with_point(amount: str) -> str:
    """An amount with a decimal comma, with a point instead; anything else as it is.

    What may be thousands stays as well: 1,250 may be one and a quarter.
    """
    return amount.replace(",", ".") if _DECIMAL_COMMA.fullmatch(amount) else amount


@lru_cache
def _field(separator: str) -> re.Pattern[str]:
    """A field in quotation marks with what wrongly stands behind them, or one without."""
    end = re.escape(separator)
    quoted = r'"[^"]*(?:""[^"]*)*"'
    return re.compile(rf"(?:({quoted})([^{end}]*)|([^{end}]*))({end}|$)")
