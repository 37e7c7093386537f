"""Descriptions as Markdown that shows texts from outside as they are written."""

import re

from domain.messages import ENGLISH
from services.worklist.descriptions import Part, Table

_CODES = ("Bin", "SKU")
_WIDEST_CODE = 12
_BLANKS_PER_LETTER = 3


def markdown(part: Part) -> str:
    """A paragraph or a table, in English as is the form beside it."""
    return _table(part) if isinstance(part, Table) else str(part.with_texts(plain))


def plain(text: str) -> str:
    """Text that Markdown and HTML leave as it is."""
    return re.sub(r"([\\`*_\[\]<>|&])", r"\\\1", re.sub(r"\s+", " ", text))


def _table(table: Table) -> str:
    cells = [tuple(plain(ENGLISH.formatted(cell)) for cell in row) for row in table.rows]
    widths = (max(map(len, column)) for column in zip(table.head, *cells, strict=True))
    lines = [tuple(map(_titled, table.head, widths)), ("---",) * len(table.head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _titled(title: str, width: int) -> str:
    """A column's title, with blanks that do not break, as wide as the codes below it.

    Prefect's UI makes tables narrow and would break a code at its hyphens.
    """
    missing = min(width, _WIDEST_CODE) - len(title) if title in _CODES else 0
    return title + "\N{NO-BREAK SPACE}" * _BLANKS_PER_LETTER * max(0, missing)
