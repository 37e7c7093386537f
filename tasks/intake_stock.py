"""Changes of stock from a file: deliveries, adjustments, counts. Each row is booked by itself.

A row that was booked before is known by its reference, and changes nothing.
"""

from collections.abc import Iterable

from adapters.rows import Row
from domain.errors import PacklineError, Unavailable
from models.intake import AdjustmentIn, DeliveryIn, Incoming, Kind, StockCountIn
from tasks.intake_parts import Tally, sound
from tasks.stock_keeping import AlreadyBooked, book, count

STOCK_CHANGES = (Kind.DELIVERIES, Kind.ADJUSTMENTS, Kind.STOCK_COUNTS)


def take_stock_changes(rows: Iterable[Row], kind: Kind, tally: Tally) -> None:
    """Book row after row; one that cannot be booked is named and does not stop the rest."""
    for row in rows:
        try:
            changed = _take(sound(row, kind))
        except Unavailable:
            raise
        except AlreadyBooked:
            changed = False
        except PacklineError as problem:
            tally.rejected += 1
            tally.reject(row, str(row.values.get("sku") or ""), str(problem).rstrip("."))
            continue
        tally.accepted += changed
        tally.unchanged += not changed


def _take(change: Incoming) -> bool:
    """Book it; False: a count found what the books have."""
    if isinstance(change, StockCountIn):
        return count(change).differs
    if isinstance(change, DeliveryIn | AdjustmentIn):
        book(change)
    return True
