import csv
from collections import Counter, defaultdict

import pytest
from sqlmodel import select

from adapters.database.sessions import transaction
from adapters.files.rows import open_rows
from deployments.demo.sample import sample_files
from models.enums import Role
from models.imports.kinds import Kind
from models.tables.catalogue import Product
from models.tables.orders import OrderLine, SalesOrder
from models.tables.shipping import ShippingZone
from models.tables.staff import Staff
from services.imports.files import import_file
from services.imports.order_drafts import drafts
from services.imports.stock_changes import STOCK_CHANGES
from services.pricing.quotes import quote_order
from tasks.stock import check_inventory_levels

pytestmark = pytest.mark.lengthy

MAX_PARCEL_GRAMS = 30_000


@pytest.fixture
def sample_day(database):
    """The sample day, imported; its reports by kind."""
    return {report.kind: report for report in map(import_file, sample_files())}


def rows_of(kind):
    [path] = [path for path in sample_files() if path.stem == kind]
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_kind_is_there_and_everything_is_accepted(sample_day):
    assert set(sample_day) == set(Kind) - {*STOCK_CHANGES, Kind.WAREHOUSES}  # it has one
    for kind, report in sample_day.items():
        assert report.accepted > 0, kind
        assert report.rejected == report.updated == report.unchanged == 0, kind
    assert sample_day[Kind.ORDERS].accepted == 60
    assert 38 <= sample_day[Kind.PRODUCTS].accepted <= 45


def test_importing_it_again_changes_nothing(sample_day):
    for path in sample_files():
        again = import_file(path)
        assert again.accepted == again.updated == again.rejected == 0, path.name


def test_it_goes_to_several_countries_in_several_currencies(sample_day):
    with transaction() as session:
        orders = session.exec(select(SalesOrder)).all()
    assert {order.country for order in orders} == {"GB", "DE", "FR", "NL", "IE", "US", "JP", "KW"}
    assert {order.currency for order in orders} == {"GBP", "EUR", "USD", "JPY", "KWD"}
    assert {order.channel for order in orders} == {"web", "marketplace"}
    assert {order.service_level for order in orders} == {"standard", "express"}
    assert all(order.prices_include_tax == (order.country != "US") for order in orders)
    assert "02139" in {order.postal_code for order in orders}
    assert all(order.email.endswith(".example") for order in orders)


def test_some_orders_have_many_lines(sample_day):
    with transaction() as session:
        lines = Counter(session.exec(select(OrderLine.order_number)))
    assert sum(count >= 2 for count in lines.values()) >= 20
    assert max(lines.values()) >= 10


def test_two_orders_cannot_be_filled_in_whichever_order_they_are_worked(sample_day):
    with transaction() as session:
        stock = dict(session.exec(select(Product.sku, Product.on_hand)).all())
        lines = session.exec(select(OrderLine.order_number, OrderLine.sku, OrderLine.quantity))
        wanted = defaultdict(list)
        for number, sku, quantity in lines:
            wanted[sku].append((number, quantity))
    scarce = {sku for sku, asked in wanted.items() if sum(q for _, q in asked) > stock[sku]}
    # What is scarce is asked for by one order alone: no other order can be worked before it.
    assert all(len(wanted[sku]) == 1 for sku in scarce)
    assert len({wanted[sku][0][0] for sku in scarce}) == 2


def test_nobody_waits_behind_the_two_that_cannot_be_filled(sample_day):
    with transaction() as session:
        orders = session.exec(select(SalesOrder).order_by(SalesOrder.number)).all()
        allocated = [
            check_inventory_levels.body(session, order.shipments[0]).allocated for order in orders
        ]
    assert allocated.count(False) == 2


def test_no_order_is_too_heavy_for_one_parcel(sample_day):
    with transaction() as session:
        lines = select(OrderLine.order_number, OrderLine.quantity, Product.weight_grams)
        weights = Counter()
        for number, quantity, grams in session.exec(lines.join(Product)):
            weights[number] += quantity * grams
    assert 0 < max(weights.values()) < MAX_PARCEL_GRAMS


def test_every_order_can_be_priced_and_none_without_its_table(sample_day):
    [path] = [path for path in sample_files() if path.stem == "orders"]
    with transaction() as session:
        classes = set(session.exec(select(Product.tax_class)))
        assert classes == {"standard", "reduced", "zero"}
        orders = [draft.order for draft in drafts(open_rows(path))]
        assert [list(quote_order(session, order).obstacles()) for order in orders] == [[]] * 60
        for zone in session.exec(select(ShippingZone)):
            session.delete(zone)
        session.flush()
        assert all(list(quote_order(session, order).obstacles()) for order in orders)


def test_barcodes_are_in_store_ean_13_with_their_check_digit():
    barcodes = [row["barcode"] for row in rows_of("products")]
    assert len(set(barcodes)) == len(barcodes)
    for barcode in barcodes:
        assert len(barcode) == 13
        assert 200 <= int(barcode[:3]) <= 299
        # GS1: digits weigh 1 and 3 in turn, and with the check digit they sum to a multiple of 10.
        assert sum(int(digit) * (1, 3)[i % 2] for i, digit in enumerate(barcode)) % 10 == 0


def test_every_bin_holds_one_product():
    bins = [row["bin"] for row in rows_of("products")]
    assert len(set(bins)) == len(bins)


def test_every_role_has_somebody(sample_day):
    with transaction() as session:
        roles = {role for person in session.exec(select(Staff)) for role in person.roles}
    assert roles == set(Role)
