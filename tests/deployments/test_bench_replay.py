"""What is replayed: how a week is read and chosen, and a shop with stock, lorries and staff."""

import csv
import gzip

import pytest

from adapters.database.sessions import transaction
from benchmarks.replay_orders import NoOrdersFile, NoSuchWeek, demand, read_week
from benchmarks.replay_report import outcomes, tasks_done
from benchmarks.replay_shop import ReplayShop, ReplayStaff, chance
from deployments.demo.simulated_staff import open_tasks
from services.stock_control.backorders import fill_backorders
from tests.factories import make_order
from tests.process import Process, assert_sound, rows

COLUMNS = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
    "Country",
)  # fmt: skip


def invoice(number, sku="20001", quantity=1, at="2011-11-15 10:00:00", price="2.50", country=None):
    return (number, sku, "A thing", quantity, at, price, "1", country or "United Kingdom")


def write(path, lines):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *lines])
    return path


@pytest.fixture
def file(tmp_path):
    def of(*lines):
        return write(tmp_path / "lines.csv.gz", lines)

    return of


def test_the_week_with_the_most_orders_is_played(file):
    path = file(
        invoice("1", at="2011-11-08 10:00:00"),
        *(invoice("1", sku=f"2000{n}", at="2011-11-08 10:00:00") for n in range(2, 9)),
        invoice("3", at="2011-11-20 23:00:00"),
        invoice("2", at="2011-11-14 00:00:00"),
    )
    week = read_week(path)
    assert week.name == "2011-W46"
    assert [order.number for order in week.orders] == ["2", "3"]


def test_a_week_may_be_named(file):
    path = file(invoice("1", at="2011-11-08 10:00:00"), invoice("2"), invoice("3"))
    assert [order.number for order in read_week(path, "2011-W45").orders] == ["1"]
    with pytest.raises(NoSuchWeek, match="2010-W01: it has 2011-W45 to 2011-W46"):
        read_week(path, "2010-W01")


@pytest.mark.parametrize(
    "line",
    [
        invoice("C2"),
        invoice("A2"),
        invoice("2", sku="POST"),
        invoice("2", sku="gift_0001_40"),
        invoice("2", quantity=-1),
        invoice("2", price="-11.50"),
        invoice("2", country="Unspecified"),
    ],
    ids=["cancelled", "bad debt", "postage", "voucher", "returned", "written off", "nowhere"],
)
def test_what_is_no_sale_of_goods_is_left_out(file, line):
    assert [order.number for order in read_week(file(invoice("1"), line)).orders] == ["1"]


def test_a_product_that_stands_in_several_rows_has_several_lines_each_with_its_price(file):
    path = file(
        invoice("1", quantity=2, price="2.50"),
        invoice("1", sku="20002A", quantity=1, price="0"),
        invoice("1", quantity=3, price="2.25", at="2011-11-15 10:01:00"),
    )
    (order,) = read_week(path).orders
    assert order.lines == (("20001", 2, "2.50"), ("20002A", 1, "0"), ("20001", 3, "2.25"))
    assert demand([order]) == {"20001": 5, "20002A": 1}


@pytest.mark.parametrize(("name", "code"), [("EIRE", "IE"), ("Germany", "DE"), ("USA", "US")])
def test_countries_have_their_codes(file, name, code):
    assert read_week(file(invoice("1", country=name))).orders[0].country == code


def test_a_file_that_is_not_there_or_is_another_one_says_what_to_get(tmp_path):
    with pytest.raises(NoOrdersFile, match=r"cannot be read .*Online Retail.*--data"):
        read_week(tmp_path / "none.csv")
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(NoOrdersFile, match="has other columns"):
        read_week(tmp_path / "other.csv")
    (tmp_path / "bad.csv.gz").write_text("not packed")
    with pytest.raises(NoOrdersFile, match="cannot be read"):
        read_week(tmp_path / "bad.csv.gz")


@pytest.mark.slow
def test_the_busiest_week_of_the_real_shop(shared_data):
    week = read_week(shared_data / "orders" / "online_retail_2010-12_2011-12.csv.gz")
    assert (week.name, len(week.orders)) == ("2011-W46", 723)
    assert all(order.lines for order in week.orders)


def test_chance_hangs_on_the_seed_and_on_what_it_is_about():
    assert chance(1, "picking", 1001) == chance(1, "picking", 1001)
    assert len({chance(seed, number) for seed in (1, 2) for number in range(50)}) == 100


# The shop


@pytest.fixture
def past(file):
    """Forty orders, each for a piece of the same product and for one of its own."""
    lines = [
        invoice(str(number), sku=sku)
        for number in range(1, 41)
        for sku in ("20000", f"20{number:03}")
    ]
    return read_week(file(*lines)).orders


def opened(past, tmp_path, seed=1):
    return ReplayShop(past, seed, tmp_path)


def stock():
    return dict(rows("SELECT sku, on_hand FROM product"))


def test_some_products_have_half_of_what_is_wanted_and_a_seed_always_chooses_the_same(
    database, past, tmp_path
):
    shop = opened(past, tmp_path)
    wanted = demand(past)
    short = {sku for sku, pieces in stock().items() if pieces < wanted[sku]}
    assert 0 < len(short) < 5
    assert all(stock()[sku] == wanted[sku] // 2 for sku in short)
    assert opened(past, tmp_path)._discontinued == shop._discontinued
    assert len({frozenset(opened(past, tmp_path, seed)._discontinued) for seed in range(9)}) > 1


def test_orders_are_handed_in_as_they_were_placed(database, past, tmp_path):
    shop = opened(past, tmp_path)
    shop.hand_in(past[:3])
    shop.hand_in(past[3:])
    assert shop.refused == 0
    handed_in = "SELECT external_id FROM sales_order ORDER BY number"
    assert [number for (number,) in rows(handed_in)] == [order.number for order in past]


@pytest.mark.slow
def test_all_orders_end_whatever_never_comes(shop, monkeypatch, past, tmp_path):
    """Played without Prefect: orders are cancelled once enough lorries came without their goods."""
    replayed = opened(past, tmp_path)
    replayed._discontinued = {"20000"}
    with transaction() as session:
        for number in range(40):
            make_order(session, {"20000": 1 + number % 3})
    staff, run = ReplayStaff(replayed, 1), Process(monkeypatch)
    runs = {}
    for _ in range(14):
        for which in rows("SELECT order_number, number FROM shipment ORDER BY 1, 2"):
            runs.setdefault(which, run.another()).run(*which)
        for task in open_tasks():
            if not staff.lets_wait(task):
                staff.do(task)
        replayed.lorry()
        fill_backorders()
    ends = {end.outcome: end.orders for end in outcomes()}
    assert sum(ends.values()) == 40
    assert ends.keys() >= {"shipped whole, at once", "cancelled: stock is short"}
    assert not any(outcome.startswith("still") for outcome in ends)
    assert tasks_done()["shortage"] >= ends["cancelled: stock is short"]
    assert replayed.pieces_brought == 0
    assert_sound()


def test_a_lorry_brings_what_is_waited_for(shop, monkeypatch, past, tmp_path):
    replayed = opened(past, tmp_path)
    replayed._discontinued = set()
    with transaction() as session:
        number = make_order(session, {"20000": 41})
    assert Process(monkeypatch).run(number) == "shortage-1"
    while not replayed.pieces_brought:
        replayed.lorry()
    assert replayed.pieces_brought == 41
    assert fill_backorders() == [number]
    assert_sound()


def test_a_decision_that_stock_made_needless_is_not_made(shop, monkeypatch, past, tmp_path):
    """A sweep closes the operator's task between the look at the list and the answer."""
    replayed = opened(past, tmp_path)
    replayed._discontinued = set()
    with transaction() as session:
        number = make_order(session, {"20000": 41})
    run = Process(monkeypatch)
    assert run.run(number) == "shortage-1"
    (seen,) = open_tasks()
    while not replayed.pieces_brought:
        replayed.lorry()
    assert fill_backorders() == [number]
    ReplayStaff(replayed, 1).do(seen)
    assert rows("SELECT answered_by FROM staff_task WHERE kind = 'shortage'") == [("Packline",)]
    assert run.run(number) == "picking-1"
    assert_sound()
