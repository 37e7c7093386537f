"""What all views share: lines that are safe in a header, addresses, totals."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

_OVERRIDES = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def split_address(address: str) -> tuple[str, ...]:
    """The lines of an address that is written as parts separated by commas."""
    return tuple(part.strip() for part in address.split(",") if part.strip())


def one_line(text: str) -> str:
    """The text without line breaks, and without what would disturb the text that follows it.

    That is control characters, and the marks that turn the direction of writing.
    """
    return " ".join(filter(None, (_printable(word) for word in text.split())))


def _printable(word: str) -> str:
    return "".join(
        character
        for character in word
        if unicodedata.category(character) != "Cc"
        and unicodedata.bidirectional(character) not in _OVERRIDES
    )


OneLine = Annotated[str, AfterValidator(one_line)]
"""A text from outside, made fit for a line of a mail, a label or a subject."""


Totals = tuple[tuple[str, int], ...]
"""Amounts in minor units with their captions, as a reader adds them up."""


class View(BaseModel):
    """The base of what templates, labels and charts are made from: nothing of it changes."""

    model_config = ConfigDict(frozen=True)
