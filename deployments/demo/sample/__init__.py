"""The sample day: an invented shop for home and garden, its catalogue, its tables, its orders.

The orders carry no `placed_at`: they are placed at the moment that they are imported, so that the
day is always today. Two of them ask for more than there is.
"""

from pathlib import Path

_IN_IMPORT_ORDER = (
    "staff.csv",
    "products.csv",
    "barcodes.csv",
    "boxes.csv",
    "departures.csv",
    "tax_rates.csv",
    "shipping_zones.csv",
    "shipping_rates.csv",
    "orders.csv",
)


def sample_files() -> list[Path]:
    """The files of the sample day, in the order to import them: orders need all the others."""
    return [Path(__file__).parent / name for name in _IN_IMPORT_ORDER]
