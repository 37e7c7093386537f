"""Stock, as people see it."""

from console.cli.output import Columns, print_rows, without
from console.queries.stock import StockRow

_STOCK: Columns[StockRow] = {
    "SKU": lambda row: row.sku,
    "Product": lambda row: row.name,
    "Warehouse": lambda row: row.warehouse,
    "Bin": lambda row: row.bin,
    "On hand": lambda row: row.on_hand,
    "Allocated": lambda row: row.allocated,
    "Available": lambda row: row.available,
}


def show_stock(rows: list[StockRow], *, by_warehouse: bool) -> None:
    """The stock list; `by_warehouse`: with where, since there are several."""
    columns = _STOCK if by_warehouse else without(_STOCK, "Warehouse")
    nothing = "There are no such products: `packline import products.csv` brings some in."
    print_rows(rows, columns, nothing)
