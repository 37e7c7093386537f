"""What a task tells the person who does it, as data: paragraphs and tables.

A paragraph is a message whose template may have `**bold**`, `*emphasis*` and `` `code` ``, as in
Markdown. Whoever shows it makes that of it which its page understands, in the reader's language.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.messages import Message, Value


@dataclass(frozen=True)
class Table:
    """Rows under a head, whose titles a catalogue translates."""

    head: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


Part = Message | Table


def pieces_of(products: Mapping[str, int]) -> tuple[Message, ...]:
    """Pieces by SKU: `2 of MUG-01`, `1 of an unknown product`."""
    return tuple(_pieces(sku, pieces) for sku, pieces in products.items())


def _pieces(sku: str, pieces: int) -> Message:
    values: dict[str, Value] = {"pieces": pieces, "sku": sku}
    if sku:
        return Message("pieces-of-product", "{pieces:,} of {sku}", values)
    return Message("pieces-of-unknown-product", "{pieces:,} of an unknown product", values)
