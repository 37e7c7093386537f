"""Markdown that shows texts from outside as they are written."""

import re
from collections.abc import Iterable, Mapping

_CODES = ("Bin", "SKU")
_WIDEST_CODE = 12
_BLANKS_PER_LETTER = 3


def plain(value: object) -> str:
    """Text that Markdown and HTML leave as it is."""
    text = re.sub(r"\s+", " ", str(value))
    return re.sub(r"([\\`*_\[\]<>|&])", r"\\\1", text)


def counted(number: int, noun: str) -> str:
    """A number of things: `1 piece`, `1,200 pieces`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def pieces_of(products: Mapping[str, int]) -> str:
    """Pieces by SKU: `2 of MUG-01, 1 of an unknown product`."""
    named = ((plain(sku) if sku else "an unknown product", n) for sku, n in products.items())
    return ", ".join(f"{pieces:,} of {product}" for product, pieces in named)


def table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A table under that head."""
    cells = [tuple(map(plain, row)) for row in rows]
    widths = (max(map(len, column)) for column in zip(head, *cells, strict=True))
    lines = [tuple(map(_titled, head, widths)), ("---",) * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _titled(title: str, width: int) -> str:
    """A column's title, with blanks that do not break, as wide as the codes below it.

    Prefect's UI makes tables narrow and would break a code at its hyphens.
    """
    missing = min(width, _WIDEST_CODE) - len(title) if title in _CODES else 0
    return title + "\N{NO-BREAK SPACE}" * _BLANKS_PER_LETTER * max(0, missing)
