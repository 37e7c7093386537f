"""The orders that are replayed: a week of a real shop's invoices, cleaned.

The file has a row for each line of an invoice, with the columns `InvoiceNo`, `StockCode`,
`Quantity`, `InvoiceDate`, `UnitPrice` and `Country`, as the data set "Online Retail" (id 352) of
the UCI Machine Learning Repository has them.
"""

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TextIO

import pycountry

from deployments.stack.supervisor import PROJECT
from domain.errors import PacklineError

ORDERS_FILE = PROJECT.parent / "shared" / "data" / "orders" / "online_retail_2010-12_2011-12.csv.gz"
"""Where the file lies beside a clone of the project, if it does."""

_COLUMNS = {"InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "Country"}
_GOODS = re.compile(r"\d{5}[A-Za-z]*")
"""Codes of real products; postage, fees, manual entries and vouchers have others."""
_SALE = re.compile(r"\d+")
"""Numbers of sales; those of cancellations and bad debts begin with a letter."""
_OTHER_NAMES = {
    "EIRE": "IE",
    "Channel Islands": "JE",
    "Czech Republic": "CZ",
    "USA": "US",
    "RSA": "ZA",
}
"""Countries that the file calls otherwise than ISO 3166 does."""

Row = dict[str, str]


class NoOrdersFile(PacklineError):
    """There is no file to replay, or it is another one."""

    messages = {
        "other-columns": (
            '{path} has other columns: get the data set "Online Retail" (id 352) of the UCI Machine'
            " Learning Repository as CSV, packed with gzip or not, and name it with --data."
        ),
        "orders-unreadable": (
            '{path} cannot be read ({problem}): get the data set "Online Retail" (id 352) of the'
            " UCI Machine Learning Repository as CSV, packed with gzip or not, and name it with"
            " --data."
        ),
    }


class NoSuchWeek(PacklineError):
    """The file has no orders of that week."""

    messages = {
        "unknown-week": (
            "The file has no orders of the week {week}: it has {first} to {last}, written like"
            " that."
        ),
        "no-weeks": (
            "The file has no orders of the week {week}: it has none at all, written like that."
        ),
    }

    def __init__(self, week: str, weeks: Iterable[str]) -> None:
        known = sorted(weeks)
        if known:
            super().__init__("unknown-week", week=week, first=known[0], last=known[-1])
        else:
            super().__init__("no-weeks", week=week)


class PastLine(NamedTuple):
    """So many pieces of a product, at a price each, as the file writes it."""

    sku: str
    pieces: int
    unit_price: str


class PastOrder(NamedTuple):
    """An order as it was placed. `country` is ISO 3166; several lines may be of one product."""

    number: str
    placed_at: datetime
    country: str
    lines: tuple[PastLine, ...]


class PastWeek(NamedTuple):
    """A week from Monday to Sunday, such as `2011-W46`, and its orders in their order."""

    name: str
    orders: list[PastOrder]


def read_week(path: Path, week: str | None = None) -> PastWeek:
    """The week of that name, by default the one with the most orders.

    Raises `NoOrdersFile`, `NoSuchWeek`.
    """
    weeks = defaultdict(list)
    for order in _orders(_rows(path)):
        weeks[f"{order.placed_at:%G-W%V}"].append(order)
    name = week or max(sorted(weeks), key=lambda name: len(weeks[name]), default="")
    if name not in weeks:
        raise NoSuchWeek(name, weeks)
    return PastWeek(name, sorted(weeks[name], key=attrgetter("placed_at", "number")))


def demand(orders: Iterable[PastOrder]) -> Counter[str]:
    """How many pieces of each product the orders want."""
    wanted: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            wanted[line.sku] += line.pieces
    return wanted


def _rows(path: Path) -> Iterator[Row]:
    try:
        with _opened(path) as file:
            rows = csv.DictReader(file)
            if not set(rows.fieldnames or ()) >= _COLUMNS:
                raise NoOrdersFile("other-columns", path=str(path))
            yield from rows
    except OSError as problem:
        why = problem.strerror or str(problem)
        raise NoOrdersFile("orders-unreadable", path=str(path), problem=why) from None


def _opened(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _orders(rows: Iterable[Row]) -> Iterator[PastOrder]:
    """The sales, each with its goods; one that has none, or no country, is left out."""
    sales: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if _is_sold(row):
            sales[row["InvoiceNo"]].append(row)
    for number, lines in sales.items():
        if country := _country(lines[0]["Country"]):
            placed_at = datetime.fromisoformat(lines[0]["InvoiceDate"])
            yield PastOrder(number, placed_at, country, tuple(map(_line, lines)))


def _is_sold(row: Row) -> bool:
    """Goods that a customer bought, or got as a gift."""
    return (
        _SALE.fullmatch(row["InvoiceNo"]) is not None
        and _GOODS.fullmatch(row["StockCode"]) is not None
        and int(row["Quantity"]) > 0
        and float(row["UnitPrice"]) >= 0
    )


def _line(row: Row) -> PastLine:
    return PastLine(row["StockCode"], int(row["Quantity"]), row["UnitPrice"])


def _country(name: str) -> str:
    """The code of a country; empty where the file names none."""
    found = pycountry.countries.get(name=name)
    return str(found.alpha_2) if found else _OTHER_NAMES.get(name, "")
