"""What became of a file."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from models.imports.kinds import Kind


class Reject(BaseModel):
    """A line of a file that was not taken in. `subject` is its order, product or other key."""

    model_config = ConfigDict(frozen=True)

    line: int
    subject: str
    reason: str

    def __str__(self) -> str:
        subject = f" ({self.subject})" if self.subject else ""
        return f"line {self.line}{subject}: {self.reason}"


class ImportReport(BaseModel):
    """What became of a file, counted in orders, or in rows of the other kinds.

    `rejects` are the first of the rejected lines; `rejects_file` has all of them. `notes` are the
    counts that put orders short.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    accepted: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejects: tuple[Reject, ...] = ()
    rejects_file: Path | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.unchanged and not (self.accepted or self.updated or self.rejected):
            return f"Nothing changed: all {self.unchanged:,} {self.kind} were known already."
        counts = f"{self.accepted:,} new, {self.updated:,} updated, {self.unchanged:,} unchanged"
        end = f": see {self.rejects_file}." if self.rejects_file else "."
        return f"{str(self.kind).capitalize()}: {counts}, {self.rejected:,} rejected{end}"
