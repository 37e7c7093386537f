"""The lines of a file, one at a time, whatever it is written in."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from adapters.files.encodings import Encoding, open_as_utf8
from domain.messages import Message

MAX_LINE_BYTES = 1024 * 1024
"""Of the line as UTF-8, whatever the file is written in."""
_PROGRESS_BYTES = 64 * 1024
_ENDS = "\r\n\x1a"
"""Ctrl-Z is the end of a file in DOS."""
_UNSEEN = (
    r"\x00-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e0fff"
)
"""Characters that nobody sees, beside spaces: controls, and what only changes others."""
_NOTHING = rf"\s{_UNSEEN}"
_ALL_UNSEEN = re.compile(f"[{_UNSEEN}]+")
_TRIMMED = re.compile(f"^[{_NOTHING}]+|[{_NOTHING}]+$")

Progress = Callable[[int], None]
"""Called now and then with the number of bytes read since it was last called."""

TOO_LONG = Message("line-too-long", "is longer than {longest:,} bytes", {"longest": MAX_LINE_BYTES})


@dataclass(frozen=True)
class Line:
    """A line without its end. `problem` says, as the rest of a sentence, what is wrong with it."""

    number: int
    text: str
    problem: Message | None = None


@lru_cache
def has_content(beside: str = "") -> Callable[[str], object]:
    """Finds out whether anything is to be seen in a text, beside these characters."""
    return re.compile(f"[^{_NOTHING}{re.escape(beside)}]").search


def seen(text: str) -> str:
    """The text as people see it: composed, and without characters that show nothing."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return unicodedata.normalize("NFC", _ALL_UNSEEN.sub("", text)).strip()


def trimmed(text: str) -> str:
    """The text without what nobody sees at its ends."""
    return _TRIMMED.sub("", text)


def read_lines(
    path: Path, encoding: Encoding, beside: str = "", progress: Progress | None = None
) -> Iterator[Line]:
    """The lines in which something is to be seen, beside these characters.

    Only one line is held in memory, and of an overlong one its beginning.
    """
    file, source = open_as_utf8(path, encoding)
    found, meter = has_content(beside), _Meter(source, progress)
    longest = MAX_LINE_BYTES + len("\r\n")
    with file:
        number = 0
        while raw := file.readline(longest):
            number += 1
            meter.count(len(raw) + _pass_over_rest(file, raw, longest))
            text = raw.decode(errors="ignore")
            if found(text):
                yield Line(number, text.rstrip(_ENDS), TOO_LONG if _is_too_long(raw) else None)
        meter.report()


class _Meter:
    """Tells `progress` of bytes in handfuls: a call for each line would cost more than the line."""

    def __init__(self, source: BinaryIO, progress: Progress | None) -> None:
        self._source, self._progress = source, progress
        self._read = self._told = 0

    def count(self, size: int) -> None:
        self._read += size
        if self._read >= _PROGRESS_BYTES:
            self.report()

    def report(self) -> None:
        self._read, told = 0, self._told
        self._told = self._source.tell()
        if self._progress and self._told > told:
            self._progress(self._told - told)


def _is_too_long(raw: bytes) -> bool:
    return len(raw) > MAX_LINE_BYTES and len(raw.rstrip(b"\r\n")) > MAX_LINE_BYTES


def _pass_over_rest(file: BinaryIO, raw: bytes, longest: int) -> int:
    """Pass over what is left of a line that was read up to `longest` bytes; its size in bytes."""
    size = 0
    while len(raw) == longest and not raw.endswith(b"\n"):
        raw = file.readline(longest)
        size += len(raw)
    return size
