"""The first invoices of a real shop, with all that real data brings along."""

import csv
import gzip
from collections import Counter
from decimal import Decimal
from itertools import groupby, islice
from operator import itemgetter

import pytest
from sqlmodel import func, select

from adapters.database.sessions import transaction
from models.tables.catalogue import Product
from models.tables.orders import OrderLine, SalesOrder
from services.imports.files import import_file
from tests.families import mostly_slow

pytestmark = pytest.mark.lengthy

INVOICES = 2000
A_FEW = 600
"""Of these, in `make test`."""
PSEUDO_PRODUCTS = {
    "POST", "DOT", "M", "m", "D", "S", "C2", "BANK CHARGES", "AMAZONFEE", "gift_0001_40",
}  # fmt: skip
COUNTRIES = {
    "United Kingdom": "GB", "Germany": "DE", "France": "FR", "EIRE": "IE", "Portugal": "PT",
    "Belgium": "BE", "Australia": "AU", "Spain": "ES", "Lithuania": "LT", "Netherlands": "NL",
    "Italy": "IT", "Japan": "JP", "Sweden": "SE", "Norway": "NO", "Switzerland": "CH",
    "Austria": "AT", "Poland": "PL", "Iceland": "IS", "Channel Islands": "JE", "Denmark": "DK",
    "Cyprus": "CY", "Israel": "IL", "Finland": "FI", "Bahrain": "BH",
}  # fmt: skip


@pytest.fixture(scope="module")
def read_invoices():
    """The invoices, read once: (number, rows) in the order of the file."""
    cache = []

    def read(folder):
        if not cache:
            path = folder / "orders" / "online_retail_2010-12_2011-12.csv.gz"
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                invoices = groupby(csv.DictReader(file), key=itemgetter("InvoiceNo"))
                cache.extend((n, list(rows)) for n, rows in islice(invoices, INVOICES))
        return cache

    return read


@pytest.fixture(params=mostly_slow([A_FEW, INVOICES], but=(A_FEW,)))
def invoices(request, shared_data, read_invoices):
    return read_invoices(shared_data)[: request.param]


@pytest.fixture
def catalogue(invoices):
    """The codes of real products."""
    return {row["StockCode"] for _, rows in invoices for row in rows} - PSEUDO_PRODUCTS


@pytest.fixture
def imported(database, invoices, catalogue, tmp_path):
    """The reports of catalogue and orders, and the folder with the files."""
    write(tmp_path / "products.csv", products(catalogue))
    write(tmp_path / "tax_rates.csv", [{"country": c, "rate": "0.2"} for c in COUNTRIES.values()])
    write(tmp_path / "zones.csv", [
        {"carrier": "house", "country": c, "zone": "1"} for c in COUNTRIES.values()
    ])  # fmt: skip
    rate = {"carrier": "house", "service_level": "standard", "zone": "1", "currency": "GBP"}
    write(tmp_path / "rates.csv", [rate | {"up_to_grams": 30_000, "price": "9.95"}])
    write(tmp_path / "orders.csv", order_rows(invoices))
    for name in ("products", "tax_rates", "zones", "rates"):
        assert import_file(tmp_path / f"{name}.csv").rejected == 0
    return import_file(tmp_path / "orders.csv"), tmp_path


def products(codes):
    return [
        {"sku": code, "name": f"Product {code}", "barcode": code, "bin": "A-01-1",
         "weight_grams": 250, "on_hand": 1_000_000}
        for code in sorted(codes)
    ]  # fmt: skip


def order_rows(invoices):
    for number, rows in invoices:
        for row in rows:
            yield {
                "channel": "shop", "external_id": number,
                "placed_at": f"{row['InvoiceDate'].replace(' ', 'T')}+00:00",
                "customer_name": f"Customer {row['CustomerID'] or 'unknown'}",
                "email": f"c{row['CustomerID'] or number}@customers.example",
                "address_line1": "1 High Street", "city": "Anytown", "postal_code": "1000",
                "country": COUNTRIES[row["Country"]], "currency": "GBP",
                "prices_include_tax": "true", "sku": row["StockCode"],
                "quantity": row["Quantity"], "unit_price": row["UnitPrice"],
            }  # fmt: skip


def write(path, rows):
    rows = list(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def faults(rows, catalogue):
    """What should be said against an invoice, told from its rows alone."""
    codes = {row["StockCode"] for row in rows}
    return {
        error
        for error, there in (
            ("is not between 1 and 1,000,000", any(int(row["Quantity"]) < 1 for row in rows)),
            ("is not in the catalogue", not codes <= catalogue),
            ("differs from line", len({row["InvoiceDate"] for row in rows}) > 1),
        )
        if there
    }


def rejects_by_order(folder):
    with (folder / "orders.csv.rejects.csv").open(encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=itemgetter("subject"))
    return {
        subject.removeprefix("shop/"): list(rejects)
        for subject, rejects in groupby(rows, key=itemgetter("subject"))
    }


def test_sound_invoices_arrive_complete(imported, invoices, catalogue):
    report, _ = imported
    sound = {number: rows for number, rows in invoices if not faults(rows, catalogue)}
    assert len(sound) > len(invoices) / 2
    assert report.accepted == len(sound)

    with transaction() as session:
        assert set(session.exec(select(SalesOrder.external_id))) == sound.keys()
        amount = func.sum(OrderLine.quantity * OrderLine.unit_price_minor)
        got = session.exec(select(func.count(), func.sum(OrderLine.quantity), amount)).one()
        free = select(func.count()).where(OrderLine.unit_price_minor == 0)
        gifts = session.exec(free).one()
        kept = set(session.exec(select(Product.sku)))
    lines = [row for rows in sound.values() for row in rows]
    # A product may stand in several lines of an invoice.
    assert len({(row["InvoiceNo"], row["StockCode"]) for row in lines}) < len(lines)
    pence = sum(int(row["Quantity"]) * Decimal(row["UnitPrice"]) * 100 for row in lines)
    assert tuple(got) == (len(lines), sum(int(row["Quantity"]) for row in lines), pence)
    # A price of zero is a gift, and codes that differ in case are different products.
    assert gifts == sum(Decimal(row["UnitPrice"]) == 0 for row in lines) > 0
    assert kept == catalogue
    assert len({code.upper() for code in kept}) < len(kept)


@pytest.mark.slow
@pytest.mark.parametrize("invoices", [INVOICES], indirect=True)
def test_quirks_are_rejected_by_name_and_stay_so(imported, invoices, catalogue):
    report, folder = imported
    faulty = {number: rows for number, rows in invoices if faults(rows, catalogue)}
    rejected = rejects_by_order(folder)
    assert report.rejected == len(faulty)
    assert rejected.keys() == faulty.keys()
    assert sum(number.startswith("C") for number in rejected) > 300

    named = Counter()
    for number, rows in faulty.items():
        assert len(rejected[number]) == len(rows), number
        said = " ".join(reject["reason"] for reject in rejected[number])
        expected = faults(rows, catalogue)
        assert all(error in said for error in expected), number
        named.update(expected)
    assert len(named) == 3

    again = import_file(folder / "orders.csv")
    assert (again.accepted, again.updated) == (0, 0)
    assert (again.unchanged, again.rejected) == (report.accepted, report.rejected)
    assert rejects_by_order(folder) == rejected
