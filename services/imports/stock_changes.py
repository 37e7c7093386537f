"""Changes of stock from a file: deliveries, adjustments, counts, transfers, booked row by row.

A row that was booked before is known by its reference, and changes nothing; one that says something
else under the same reference is rejected.
"""

from collections.abc import Iterable

from adapters.files.rows import Row
from domain.errors import PacklineError, Unavailable
from domain.messages import Message
from models.enums import Channel
from models.imports.fields import ImportRow
from models.imports.kinds import Kind
from models.imports.stock import AdjustmentIn, DeliveryIn, StockCountIn, TransferIn
from models.validation import InvalidRow
from services.access.actors import Actor
from services.imports.counts import ImportCounts, sound
from services.stock_control.counts import count
from services.stock_control.stock_changes import AlreadyBooked, book, move

_Key = tuple[str | None, ...]

STOCK_CHANGES = (Kind.DELIVERIES, Kind.ADJUSTMENTS, Kind.STOCK_COUNTS, Kind.TRANSFERS)


def take_stock_changes(rows: Iterable[Row], kind: Kind, counts: ImportCounts) -> None:
    """Book row after row; one that cannot be booked is named and does not stop the rest."""
    first_line: dict[_Key, int] = {}
    for row in rows:
        try:
            is_new = _take(row, sound(row, kind), first_line, counts)
        except Unavailable:
            raise
        except PacklineError as problem:
            counts.rejected += 1
            counts.reject(row, str(row.values.get("sku") or ""), _problems(problem))
            continue
        counts.accepted += is_new
        counts.unchanged += not is_new


def _take(row: Row, change: ImportRow, first_line: dict[_Key, int], counts: ImportCounts) -> bool:
    """Book it; False: it was booked before, by an earlier import."""
    first = first_line.setdefault(_key(change), row.line)
    if first != row.line:
        raise InvalidRow(_repeated(first))
    try:
        if isinstance(change, StockCountIn):
            if (counted := count(change, _actor(change))).short_orders:
                counts.notes.append(str(counted))
        elif isinstance(change, DeliveryIn | AdjustmentIn):
            book(change, _actor(change))
        elif isinstance(change, TransferIn):
            move(change, _actor(change))
    except AlreadyBooked as booked:
        if not booked.same:
            raise
        return False
    return True


def _actor(change: StockCountIn | DeliveryIn | AdjustmentIn | TransferIn) -> Actor:
    """Who is named in the row."""
    return Actor(name=change.by, channel=Channel.IMPORT)


def _problems(problem: PacklineError) -> tuple[Message, ...]:
    return problem.problems if isinstance(problem, InvalidRow) else (problem.says,)


def _repeated(line: int) -> Message:
    return Message(
        "repeated-change",
        "stands in line {line} already: keep one of them, or add them up",
        {"line": line},
    )


def _key(change: ImportRow) -> _Key:
    given = change.model_dump()
    return given.get("warehouse"), given["sku"], given.get("kind"), given["reference"]
