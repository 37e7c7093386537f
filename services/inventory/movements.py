"""Stock movements: every change of what is on hand, and why. No Prefect here."""

from models.enums import MovementKind
from models.tables.stock import StockMovement


def stock_movement(
    kind: MovementKind,
    warehouse: str,
    sku: str,
    pieces: int,
    *,
    reference: str,
    actor: str,
    reason: str,
) -> StockMovement:
    """One change of a product's stock in a warehouse, to be added to a session once the product is
    locked: the database counts, and takes a reference once per product, kind and warehouse.

    `pieces` leave where they are negative; none is refused. `actor` is the name of who brought it
    about, and `reason` is empty for what is received or sold alone.
    """
    return StockMovement(
        kind=kind,
        warehouse=warehouse,
        sku=sku,
        quantity=pieces,
        reference=reference,
        actor=actor,
        reason=reason,
    )
