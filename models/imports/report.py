"""What became of a file."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, computed_field

from domain.messages import ENGLISH, Message, Value, Wording
from models.imports.kinds import Kind
from models.messages import MessageData


class Reject(BaseModel):
    """A line of a file that was not taken in. `subject` is its order, product or other key."""

    model_config = ConfigDict(frozen=True)

    line: int
    subject: str
    problems: tuple[MessageData, ...]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def reason(self) -> str:
        """Why, as an English sentence without its full stop."""
        return self.reason_in(ENGLISH)

    def reason_in(self, language: Wording) -> str:
        """The same in another language."""
        return language.formatted(self.problems, "; ")

    def line_in(self, language: Wording) -> str:
        """The line, what it is about, and why it was not taken."""
        values: dict[str, Value] = {
            "line": self.line,
            "subject": self.subject,
            "problems": self.problems,
        }
        if not self.subject:
            return language.sentence(Message("bad-line", "line {line}: {problems:; }", values))
        about = Message("bad-line-about", "line {line} ({subject}): {problems:; }", values)
        return language.sentence(about)

    def __str__(self) -> str:
        return self.line_in(ENGLISH)


class ImportReport(BaseModel):
    """What became of a file, counted in orders, or in rows of the other kinds.

    `rejects` are the first of the rejected lines; `rejects_file` has all of them. `notes` say what
    the file was taken for, where it is not UTF-8 with commas between its fields, and which counts
    put orders short.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    removed: int = 0
    rejects: tuple[Reject, ...] = ()
    rejects_file: Path | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        changes = self.accepted or self.updated or self.rejected or self.removed
        if self.unchanged and not changes:
            return f"Nothing changed: all {self.unchanged:,} {self.kind} were known already."
        counts = f"{self.accepted:,} new, {self.updated:,} updated, {self.unchanged:,} unchanged"
        if self.removed:
            counts += f", {self.removed:,} removed"
        end = f": see {self.rejects_file}." if self.rejects_file else "."
        return f"{str(self.kind).capitalize()}: {counts}, {self.rejected:,} rejected{end}"
