"""Labels as files."""

from pathlib import Path

from pydantic import BaseModel

from console.queries.labels import PrintableLabel
from domain.errors import PacklineError


class CannotWrite(PacklineError):
    """The folder takes no files."""

    message = "Labels cannot be written to {folder} ({problem}): give another folder with `--to`."

    def __init__(self, folder: Path, problem: OSError) -> None:
        super().__init__(folder=str(folder), problem=problem.strerror)


class LabelFile(BaseModel):
    """The label of one parcel, in a PDF file of 4 by 6 inches."""

    shipment: int
    parcel: int
    tracking_number: str
    file: Path


def write_labels(labels: list[PrintableLabel], folder: Path) -> list[LabelFile]:
    """Write labels into a folder, a file each, named after their tracking numbers.

    Raises `CannotWrite`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_write(label, folder) for label in labels]
    except OSError as problem:
        raise CannotWrite(folder, problem) from problem


def _write(label: PrintableLabel, folder: Path) -> LabelFile:
    file = folder / f"{label.tracking_number}.pdf"
    file.write_bytes(label.pdf)
    return LabelFile(file=file, **label.model_dump(exclude={"pdf"}))
