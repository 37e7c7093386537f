"""The warehouses, in the order in which they are tried, and what is free in each of them."""

from collections.abc import Iterable, Sequence

from sqlmodel import Session, col, select

from domain.errors import PacklineError
from domain.sourcing import Place, Source, distance
from domain.texts import as_key
from models.tables.catalogue import Warehouse
from models.tables.stock import StockLevel


class UnknownWarehouse(PacklineError):
    """There is no such warehouse."""

    message = (
        "There is no warehouse {warehouse!r}: there is {known: and }; import another with"
        " `packline import warehouses.csv`."
    )

    def __init__(self, code: str, known: Iterable[str]) -> None:
        super().__init__(warehouse=code, known=tuple(known))


def warehouses(session: Session) -> list[Warehouse]:
    """All of them, in the order in which they are tried. There is always one."""
    return list(session.exec(select(Warehouse).order_by(col(Warehouse.rank))))


def several_warehouses(session: Session) -> bool:
    """Whether people need be told which one is meant."""
    return len(warehouses(session)) > 1


def warehouse_called(session: Session, code: str | None) -> Warehouse:
    """The warehouse of that code, by default the first. Raises `UnknownWarehouse`."""
    return known_warehouse(warehouses(session), code)


def known_warehouse(known: Sequence[Warehouse], code: str | None) -> Warehouse:
    """That of these which has the code, by default the first. Raises `UnknownWarehouse`."""
    if code is None:
        return known[0]
    for warehouse in known:
        if warehouse.code == as_key(code):
            return warehouse
    raise UnknownWarehouse(code, [warehouse.code for warehouse in known])


def sources(session: Session, skus: Iterable[str]) -> list[Source]:
    """What is free of the products in each warehouse, in rank order."""
    free = _free(session, set(skus))
    return [
        Source(warehouse.code, free.get(warehouse.code, {})) for warehouse in warehouses(session)
    ]


def distances(places: Iterable[Warehouse], destination: Place) -> dict[str, int]:
    """How far each of the warehouses is from a destination, by its code."""
    return {
        place.code: distance(Place(place.country, place.postal_code), destination)
        for place in places
    }


def _free(session: Session, skus: set[str]) -> dict[str, dict[str, int]]:
    pieces = col(StockLevel.on_hand) - col(StockLevel.allocated)
    found = select(StockLevel.warehouse, StockLevel.sku, pieces).where(
        col(StockLevel.sku).in_(skus)
    )
    free: dict[str, dict[str, int]] = {}
    for warehouse, sku, available in session.execute(found):
        free.setdefault(warehouse, {})[sku] = available
    return free
