"""Taking a file in: `packline import FILE`.

A file is read line by line and kept batch by batch, each batch in a transaction of its own. What
was kept is found again by its key, so an import that was cut off is completed by importing the
same file once more.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from adapters.files.lines import Progress
from adapters.files.rejects import RejectsFile
from adapters.files.rows import Form, RowFile, open_rows
from adapters.language.sentences import operators_language
from domain.errors import PacklineError
from models.imports.fields import ImportRow
from models.imports.kinds import DECIMALS, FORMS, Kind
from models.imports.orders import OrderIn, OrderLineIn
from models.imports.report import ImportReport
from services.access.actors import IMPORT, Actor
from services.imports.barcodes import BarcodeImport
from services.imports.catalogue import ProductImport, WarehouseImport
from services.imports.counts import ImportCounts
from services.imports.departures import DepartureImport
from services.imports.orders import OrderImport
from services.imports.reference_data import RecordImport, check_is_list
from services.imports.staff import StaffImport
from services.imports.stock_changes import STOCK_CHANGES, StockImport

_IMPORTS: dict[Kind, type[RecordImport]] = {
    Kind.PRODUCTS: ProductImport,
    Kind.STAFF: StaffImport,
    Kind.WAREHOUSES: WarehouseImport,
    Kind.BARCODES: BarcodeImport,
    Kind.DEPARTURES: DepartureImport,
}


class UnknownKind(PacklineError):
    """A file whose columns are those of no kind."""

    message = (
        "{path} has the columns {columns!q}, which belong to none of {kinds}:"
        " name its columns as docs/import.md does, with commas, semicolons or tabs between them."
    )

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        kinds = tuple(kind.value for kind in Kind)
        super().__init__(path=str(path), columns=tuple(columns), kinds=kinds)


class WrongColumns(PacklineError):
    """A CSV with columns that its kind does not have, or without some that it must have."""

    messages = {
        "missing-columns": (
            "{path}, a file of {kind}, lacks {missing}: name its columns as docs/import.md does."
        ),
        "unknown-columns": (
            "{path}, a file of {kind}, has the unknown {unknown}:"
            " name its columns as docs/import.md does."
        ),
        "missing-and-unknown-columns": (
            "{path}, a file of {kind}, lacks {missing} and has the unknown {unknown}:"
            " name its columns as docs/import.md does."
        ),
    }

    def __init__(self, path: Path, kind: Kind, missing: set[str], unknown: set[str]) -> None:
        code = "missing-and-unknown-columns"
        if not (missing and unknown):
            code = "missing-columns" if missing else "unknown-columns"
        super().__init__(
            code,
            path=str(path),
            kind=str(kind),
            missing=tuple(sorted(missing)),
            unknown=tuple(sorted(unknown)),
        )


def import_file(
    path: Path,
    kind: Kind | None = None,
    *,
    encoding: str | None = None,
    replaces: bool = False,
    actor: Actor = IMPORT,
    progress: Progress | None = None,
) -> ImportReport:
    """Take in one file of one kind, by default the kind that its columns say.

    `encoding` is that of the file, where it does not show by itself. `replaces`: what stood in the
    same list before, such as a carrier's rates, and is not in the file, goes.

    `progress` is told the bytes read since it was last called; in the end they add up to the file's
    size. Bad rows go to `FILE.rejects.csv` and do not stop the rest.

    Raises `BadFile`, `UnknownEncoding`, `UnknownKind`, `WrongColumns`, `NoList` before anything is
    kept, `SameRank` in place of keeping anything, and `RejectsUnwritable`.
    """
    file = open_rows(path, encoding)
    kind = kind_of(file, kind)
    file = replace(file, decimals=DECIMALS)
    with RejectsFile(path) as rejects:
        counts = ImportCounts(kind, rejects)
        if read_as := file.read_as():
            counts.notes.append(operators_language().sentence(read_as))
        if replaces:
            check_is_list(kind)
            _record_import(file, kind, counts, actor).replace(progress)
        elif kind is Kind.ORDERS:
            OrderImport(file, counts, actor).run(progress)
        elif kind in STOCK_CHANGES:
            StockImport(file, kind, counts).run(progress)
        else:
            _record_import(file, kind, counts, actor).run(progress)
        return counts.report()


def _record_import(file: RowFile, kind: Kind, counts: ImportCounts, actor: Actor) -> RecordImport:
    return _IMPORTS.get(kind, RecordImport)(file, kind, counts, actor)


def kind_of(file: RowFile, kind: Kind | None = None) -> Kind:
    """What the file holds. Raises `UnknownKind`, or `WrongColumns` for a CSV.

    A line of JSON names its keys itself, so a wrong one there spoils that line only.
    """
    columns = set(file.columns)
    kind = kind or max(Kind, key=lambda kind: _likeness(columns, kind, file.form))
    required, allowed = _columns(kind, file.form, columns)
    if not columns & allowed:
        raise UnknownKind(file.path, file.columns)
    if file.form is Form.CSV and not required <= columns <= allowed:
        raise WrongColumns(file.path, kind, required - columns, columns - allowed)
    return kind


def _likeness(columns: set[str], kind: Kind, form: Form) -> int:
    required, allowed = _columns(kind, form, columns)
    return len(columns & allowed) - len(columns - allowed) - len(required - columns)


def _columns(kind: Kind, form: Form, given: set[str]) -> tuple[set[str], set[str]]:
    """The columns that a kind must have, and those that it may have.

    Orders have the price of a piece, or that of a line in its place.
    """
    forms: list[type[ImportRow]] = [FORMS[kind]]
    if kind is Kind.ORDERS and form is Form.CSV:
        forms = [OrderIn, OrderLineIn]
    fields = {name: field for each in forms for name, field in each.model_fields.items()}
    if len(forms) > 1:
        del fields["lines"]
    required = {name for name, field in fields.items() if field.is_required()}
    if len(forms) > 1 and "line_price" not in given:
        required.add("unit_price")
    return required, set(fields)
