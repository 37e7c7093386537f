"""How the bytes of a file are text: told by its first bytes, or named by who knows.

UTF-8, UTF-16 and UTF-32 show themselves. The code pages of old (Windows-1252, ISO 8859-2 and the
like) do not: the same bytes are sound text in each of them, with other letters in the customers'
names. They are read only when somebody names them.
"""

import codecs
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from adapters.files.errors import IsPacked, NotUtf8, UnknownEncoding, WrongEncoding

UTF_8 = "utf-8"
_CHUNK_BYTES = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, UTF_8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16 does, and no text begins with NUL
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
"""How zip archives (and with them .xlsx and .ods), .xls and gzip begin."""
_PLAIN = "a0,;\t\n"
_LINE_END = re.compile(r"\r*\n|\r")
_SWAPPED = str.maketrans("\r\n", "\n\r")
_WORD = re.compile(rb"[^\s,;|\"]+")


@dataclass(frozen=True)
class Encoding:
    """An encoding as Python calls it, the size in bytes of the mark that says so, and whether
    lines end as on the Macintosh of old: with CR and no LF.
    """

    name: str
    mark: int = 0
    ends_in_cr: bool = False

    @property
    def title(self) -> str:
        """What people call it."""
        if self.name.startswith("cp125"):
            return self.name.replace("cp", "Windows-")
        return self.name.upper().removesuffix("-LE").removesuffix("-BE")

    @property
    def is_plain(self) -> bool:
        """Whether the file has the bytes that everything here works with."""
        return self.name == UTF_8 and not self.ends_in_cr


def known_encoding(name: str) -> str:
    """The encoding that somebody has named, as Python calls it. Raises `UnknownEncoding`."""
    try:
        found = codecs.lookup(name.strip()).name
        sound = found.startswith(("utf-16", "utf-32")) or _PLAIN.encode(found) == _PLAIN.encode()
    except (LookupError, ValueError, TypeError, AttributeError):
        raise UnknownEncoding(name) from None
    if not sound:
        raise UnknownEncoding(name)
    return UTF_8 if found == "utf-8-sig" else found


def encoding_of(path: Path, named: str | None = None) -> Encoding:
    """How the file is written. What its first bytes say goes before what somebody has `named`.

    Raises `UnknownEncoding`, `IsPacked`, and `NotUtf8` or `WrongEncoding` for a file that is
    something else further down: it is read to its end.
    """
    wanted = known_encoding(named) if named else None
    with path.open("rb") as file:
        head = file.read(_CHUNK_BYTES)
    if head.startswith(_NO_TEXT):
        raise IsPacked(path)
    mark, name = next((found for found in _MARKS if head.startswith(found[0])), (b"", ""))
    name = name or wanted or _unmarked(head)
    _check(path, name, len(mark), guessed=not (mark or wanted))
    text = codecs.getincrementaldecoder(name)().decode(head[len(mark) :])
    return Encoding(name, len(mark), _ends_in_cr(text))


def open_as_utf8(path: Path, encoding: Encoding) -> tuple[BinaryIO, BinaryIO]:
    """The file as UTF-8 with LF at the ends of lines, without its mark, whatever it is written in;
    and what tells by its `tell()` how many bytes of the file have been read.
    """
    file = path.open("rb")
    file.seek(encoding.mark)
    if encoding.is_plain:
        return file, file
    return io.BufferedReader(_Transcoded(file, encoding), _CHUNK_BYTES), file


def _unmarked(head: bytes) -> str:
    """UTF-16 without its mark has a NUL in each character of the first column's name."""
    start = head[:8]
    if len(start) > 1 and all(start[0::2]) and not any(start[1::2]):
        return "utf-16-le"
    if len(start) > 1 and all(start[1::2]) and not any(start[0::2]):
        return "utf-16-be"
    return UTF_8


def _check(path: Path, name: str, mark: int, *, guessed: bool) -> None:
    """Read the whole file once, so that a wrong encoding is told before anything is imported."""
    decoder = codecs.getincrementaldecoder(name)()
    lines = 1
    with path.open("rb") as file:
        file.seek(mark)
        chunk = b"start"
        while chunk:
            chunk = file.read(_CHUNK_BYTES)
            try:
                lines += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeDecodeError as problem:
                lines += problem.object[: problem.start].decode(name, errors="ignore").count("\n")
                if name == UTF_8 and guessed:
                    raise NotUtf8(path, line=lines, reading=_reading(problem)) from problem
                title = Encoding(name).title
                raise WrongEncoding(path, encoding=title, line=lines) from problem


def _reading(problem: UnicodeDecodeError) -> str:
    """The word with the wrong byte, as Windows-1252 would have it."""
    start = problem.start
    near = problem.object[max(start - 30, 0) : start + 30]
    words = (word for word in _WORD.finditer(near) if word.end() > min(start, 30))
    return next(words)[0].decode("windows-1252", errors="replace")


def _ends_in_cr(text: str) -> bool:
    """Whether the first line ends with CR alone, and not because of something within a field."""
    first = _LINE_END.search(text)
    return first is not None and first[0] == "\r" and text.count("\r") > text.count("\n")


class _Transcoded(io.RawIOBase):
    """A file of another encoding, or with other ends of lines, as UTF-8 with LF.

    A LF within a line that ends with CR becomes a CR: a control character within a field.
    """

    def __init__(self, source: BinaryIO, encoding: Encoding) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding.name)()
        self._ends_in_cr = encoding.ends_in_cr
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        """It can be read, and nothing else."""
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        """As of any raw file."""
        chunk = b"start"
        while chunk and not self._ready:
            chunk = self._source.read(_CHUNK_BYTES)
            text = self._decoder.decode(chunk, final=not chunk)
            told = text.translate(_SWAPPED) if self._ends_in_cr else text
            self._ready = memoryview(told.encode())
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        """Also closes the file."""
        self._source.close()
        super().close()
