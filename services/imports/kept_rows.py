"""The rows that files of reference data have brought: looked at, and removed. Orders that are taken
keep copies of the prices that they were quoted by, so that a removal changes none of their amounts.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlmodel import Session, SQLModel, col, delete, select
from sqlmodel.sql.expression import SelectOfScalar

from domain.errors import PacklineError
from domain.texts import as_key
from models.tables.catalogue import Barcode, Product
from models.tables.shipping import Departure
from services.worklist.departures import look_up_departures

KeptRow = TypeVar("KeptRow", bound=SQLModel)


class NothingNamed(PacklineError):
    """Rows are to be removed, and nothing says which."""

    message = (
        "Say which rows to remove, such as --country GB: no command removes all of them at once."
    )


class NoSuchRows(PacklineError):
    """Rows are to be removed that are not there."""

    message = "There are no such rows: nothing was removed."


class OwnBarcode(PacklineError):
    """A product is to have no barcode any more."""

    message = (
        "{barcode!r} is the barcode of {sku} itself: nothing was removed; import it with another in"
        " products.csv."
    )

    def __init__(self, row: Barcode) -> None:
        super().__init__(barcode=row.barcode, sku=row.sku)


def rows_where(table: type[KeptRow], named: Mapping[str, Any]) -> SelectOfScalar[KeptRow]:
    """The rows with these values, by their key."""
    wanted = select(table).where(*_conditions(table, named))
    return wanted.order_by(*table.__table__.primary_key)  # type: ignore[attr-defined]


def remove(session: Session, table: type[SQLModel], named: Mapping[str, Any]) -> int:
    """Remove the rows with these values; returns how many.

    Raises `NothingNamed`, `NoSuchRows`, `OwnBarcode`.
    """
    conditions = _conditions(table, named)
    if not conditions:
        raise NothingNamed
    if table is Barcode:
        _refuse_own(session, conditions)
    removed: int = session.execute(delete(table).where(*conditions)).rowcount  # type: ignore[attr-defined]
    if not removed:
        raise NoSuchRows
    if table is Departure:
        look_up_departures(session)
    return removed


def _refuse_own(session: Session, conditions: list[Any]) -> None:
    of_products = select(Barcode).join(Product, col(Product.barcode) == Barcode.barcode)
    if own := session.exec(of_products.where(*conditions)).first():
        raise OwnBarcode(own)


def _conditions(table: type[SQLModel], named: Mapping[str, Any]) -> list[Any]:
    given = {name: value for name, value in named.items() if value is not None}
    return [col(getattr(table, name)) == _typed(value) for name, value in given.items()]


def _typed(value: Any) -> Any:
    return as_key(value) if type(value) is str else value
