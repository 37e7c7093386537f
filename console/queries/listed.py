"""Lists that may be longer than what is shown of them."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session, func

Row = TypeVar("Row")
Made = TypeVar("Made")


class Listed(list[Row]):
    """The first rows of a list; `total` counts all that there are."""

    def __init__(self, rows: list[Row], total: int) -> None:
        super().__init__(rows)
        self.total = total

    def each(self, make: Callable[[Row], Made]) -> "Listed[Made]":
        """The same list, with what is made of each row."""
        return Listed([make(row) for row in self], self.total)


def listed(session: Session, wanted: Any, limit: int) -> Listed[Any]:
    """What a query finds first, as it gives it. The rest is counted, not read."""
    found = session.exec(wanted.limit(limit)).all()
    if len(found) < limit:
        return Listed(found, len(found))
    counting = wanted.order_by(None).with_only_columns(func.count(), maintain_column_froms=True)
    return Listed(found, session.scalar(counting) or 0)
