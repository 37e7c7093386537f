"""Why a file cannot be read at all."""

from pathlib import Path

from domain.errors import PacklineError
from domain.messages import Value


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


class IsPacked(BadFile):
    """What a spreadsheet keeps for itself, or something that is packed."""

    message = "{path} is a workbook or an archive, not text: save its sheet as CSV in UTF-8."


class NotUtf8(BadFile):
    """A file in another encoding, which nobody has named.

    `reading` is the word at which that shows, as Windows-1252 would have it.
    """

    message = (
        "{path} is not UTF-8 text from line {line} on: save it as UTF-8, or name its encoding;"
        " `packline import --encoding windows-1252` would read {reading!q} there."
    )


class WrongEncoding(BadFile):
    """A file that is not in the encoding that was named, or that its first bytes promise."""

    message = "{path} is not {encoding} text from line {line} on: save it as UTF-8."


class UnknownEncoding(PacklineError):
    """A name that stands for no encoding of a text file."""

    message = (
        "{encoding!q} is no encoding that Packline can read:"
        " give one such as windows-1252, iso-8859-15 or utf-16."
    )

    def __init__(self, encoding: str) -> None:
        super().__init__(encoding=encoding)


class BadHeader(BadFile):
    """The first line of a CSV does not name its columns."""

    messages = {
        "nameless-column": (
            "{path} has a column without a name in its first line: name every column."
        ),
        "repeated-column": "{path} has the column {column} twice: remove one of them.",
    }


class RejectsAlone(BadFile):
    """A file of rejected rows without the one that they come from, which names their columns."""

    message = (
        "{path} holds rejected rows, and the file that they come from is not beside it under the"
        " name {imported}: put it there."
    )


class NoObjects(BadFile):
    """A JSON Lines file in which no line is a JSON object."""

    message = "{path} holds no JSON object: write one object per line."
