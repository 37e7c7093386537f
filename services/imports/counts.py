"""What imports of all kinds share: counting, and writing many rows at once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import Table
from sqlmodel import SQLModel

from adapters.files.rejects import RejectsFile
from adapters.files.rows import Row
from adapters.language.sentences import operators_language
from domain.messages import Message
from models.imports.fields import ImportRow, checked
from models.imports.kinds import FORMS, Kind
from models.imports.report import ImportReport, Reject
from models.validation import InvalidRow

_REJECTS_SHOWN = 100
_SUBJECT_LENGTH = 100

Item = TypeVar("Item")


class ImportCounts:
    """The counts so far. The rejects are written as they come: a report holds only the first."""

    def __init__(self, kind: Kind, file: RejectsFile) -> None:
        self.kind = kind
        self.file = file
        self.accepted = self.updated = self.unchanged = self.rejected = self.removed = 0
        self.rejects: list[Reject] = []
        self.notes: list[str] = []

    def reject(self, row: Row, subject: str, problems: Iterable[Message]) -> None:
        """Note one line that was not taken, and all that is wrong with it."""
        shortened = subject[:_SUBJECT_LENGTH]
        reject = Reject(line=row.line, subject=shortened, problems=tuple(problems))
        reason = reject.reason_in(operators_language())
        self.file.write(reject.line, reject.subject, reason, row.text)
        if len(self.rejects) < _REJECTS_SHOWN:
            self.rejects.append(reject)

    def report(self) -> ImportReport:
        """The counts as they stand."""
        return ImportReport(
            kind=self.kind,
            accepted=self.accepted,
            updated=self.updated,
            unchanged=self.unchanged,
            rejected=self.rejected,
            removed=self.removed,
            rejects=tuple(self.rejects),
            notes=tuple(self.notes),
            rejects_file=self.file.path if self.rejects else None,
        )


def sound(row: Row, kind: Kind) -> ImportRow:
    """The row as its kind takes it. Raises `InvalidRow` with the reason."""
    if row.problem:
        raise InvalidRow(row.problem)
    return checked(FORMS[kind], row.values)


def batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """The items in lists of `size`, the last one shorter."""
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def table_of(model: type[SQLModel]) -> Table:
    """The table itself, to insert many rows into it with one statement."""
    return SQLModel.metadata.tables[str(model.__tablename__)]
