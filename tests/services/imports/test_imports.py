import csv
import json
import re
from datetime import timedelta

import psycopg
import pytest
from sqlmodel import func, select

from adapters.database.notifications import ORDERS_CHANNEL
from adapters.database.sessions import transaction
from adapters.files import lines as file_lines
from adapters.files.errors import (
    BadFile,
    BadHeader,
    FileEmpty,
    FileMissing,
    NoObjects,
    NotAFile,
    NotUtf8,
)
from adapters.files.rejects import RejectsUnwritable
from models.enums import Channel, OrderStatus
from models.imports.kinds import FORMS, Kind
from models.imports.orders import OrderIn, OrderLineIn
from models.tables.catalogue import Product
from models.tables.ledger import AuditEvent
from models.tables.orders import OrderLine, SalesOrder
from models.tables.staff import Staff
from models.tables.stock import StockMovement
from services.access.actors import Actor
from services.imports import order_drafts
from services.imports import orders as imported_orders
from services.imports.files import UnknownKind, WrongColumns, import_file
from tests.conftest import PROJECT
from tests.factories import make_product, make_tariffs
from tests.process import set_to

LINE = {"sku": "MUG", "quantity": "2", "unit_price": "12.50"}
HEADER = {
    "channel": "web",
    "external_id": "W-1",
    "customer_name": "Ada Byron",
    "email": "ada@home.example",
    "address_line1": "1 Mill Lane",
    "city": "Leeds",
    "postal_code": "LS1 4AP",
    "country": "GB",
    "currency": "GBP",
    "prices_include_tax": "true",
}
ROW = HEADER | LINE
PRODUCT = {
    "sku": "MUG",
    "name": "Mug",
    "barcode": "2000000000015",
    "bin": "A-01-1",
    "weight_grams": "300",
    "on_hand": "12",
}


@pytest.fixture
def shop(database):
    """A database with tariffs for Great Britain and two products."""
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG")
        make_product(session, "BOWL")
    return database


@pytest.fixture
def write(tmp_path):
    """Write dictionaries as a CSV, or text as it is; returns the path."""

    def writer(content, name="orders.csv"):
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8", newline="")
        else:
            with path.open("w", encoding="utf-8", newline="") as file:
                table = csv.DictWriter(file, list(content[0]))
                table.writeheader()
                table.writerows(content)
        return path

    return writer


def external_ids():
    with transaction() as session:
        return set(session.exec(select(SalesOrder.external_id)))


def count(table):
    with transaction() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def rejects_of(path):
    with path.with_name(f"{path.name}.rejects.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_order_arrives_complete(shop, write):
    bowl = ROW | {"sku": "BOWL", "quantity": "1", "unit_price": "0"}
    report = import_file(write([ROW, bowl]))
    assert (report.kind, report.accepted, report.rejected) == (Kind.ORDERS, 1, 0)
    with transaction() as session:
        order = session.exec(select(SalesOrder)).one()
        assert order.status == OrderStatus.NEW
        assert {name: getattr(order, name) for name in HEADER} == HEADER | {
            "prices_include_tax": True
        }
        lines = [(x.position, x.sku, x.quantity, x.unit_price_minor) for x in order.lines]
        assert lines == [(1, "MUG", 2, 1250), (2, "BOWL", 1, 0)]
        event = session.exec(select(AuditEvent)).one()
        assert (event.subject, event.kind) == (f"order:{order.number}", "imported")
        assert event.values == {"order": "web/W-1", "file": "orders.csv", "line": 2}


def test_csv_and_json_lines_say_the_same(shop, write):
    whole = HEADER | {"prices_include_tax": True, "region": None}
    line = LINE | {"quantity": 2}
    text = json.dumps(whole | {"lines": [line]}).replace('"12.50"', "12.50")
    assert import_file(write(text, "orders.jsonl")).accepted == 1
    assert import_file(write([ROW])).unchanged == 1


def test_json_lines_are_recognised_without_their_suffix(shop, write):
    text = json.dumps(HEADER | {"lines": [LINE]})
    assert import_file(write(text, "export.txt")).accepted == 1


def test_order_is_promised_by_its_service_level_in_working_hours(shop, write, monkeypatch):
    set_to(
        monkeypatch,
        PACKLINE_WORKING_DAYS="mon-sun",
        PACKLINE_OPENS_AT="00:00",
        PACKLINE_CLOSES_AT="24:00",
        PACKLINE_STANDARD_PROMISE_HOURS="30",
        PACKLINE_EXPRESS_PROMISE_HOURS="6",
    )
    standard = ROW | {"service_level": "standard"}
    import_file(write([standard, ROW | {"external_id": "W-2", "service_level": "express"}]))
    with transaction() as session:
        orders = session.exec(select(SalesOrder).order_by(SalesOrder.number)).all()
    assert [(order.service_level, order.promised_at - order.received_at) for order in orders] == [
        ("standard", timedelta(hours=30)),
        ("express", timedelta(hours=6)),
    ]


def test_same_file_twice_changes_nothing_and_says_so(shop, write):
    path = write([ROW | {"external_id": f"W-{i}"} for i in range(3)])
    assert import_file(path).accepted == 3
    before = count(OrderLine), count(AuditEvent)
    again = import_file(path)
    assert (again.accepted, again.unchanged, again.rejected) == (0, 3, 0)
    assert str(again) == "Nothing changed: all 3 orders were known already."
    assert (count(OrderLine), count(AuditEvent)) == before


@pytest.mark.parametrize("change", [{"quantity": "3"}, {"city": "York"}, {"unit_price": "1"}])
def test_order_that_was_imported_with_other_contents_is_rejected(shop, write, change):
    import_file(write([ROW]))
    report = import_file(write([ROW | change]))
    assert (report.unchanged, report.rejected) == (0, 1)
    assert "was imported before as 1001" in report.rejects[0].reason


def test_bad_line_rejects_its_whole_order_and_no_other(shop, write):
    good = [ROW | {"external_id": i} for i in ("W-1", "W-3")]
    bad = [
        ROW | {"external_id": "W-2"},
        ROW | {"external_id": "W-2", "sku": "BOWL", "quantity": "two"},
    ]
    path = write([good[0], *bad, good[1]])
    report = import_file(path)
    assert (report.accepted, report.rejected) == (2, 1)
    assert external_ids() == {"W-1", "W-3"}
    assert [(r["line"], r["subject"], r["reason"]) for r in rejects_of(path)] == [
        ("3", "web/W-2", "its order is rejected whole for line 4"),
        ("4", "web/W-2", "quantity 'two' is not a whole number"),
    ]
    original = path.read_text(encoding="utf-8").splitlines()[3]
    assert rejects_of(path)[1]["row"] == original
    assert str(report.rejects[1]) == "line 4 (web/W-2): quantity 'two' is not a whole number"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"sku": "CUP"}, "sku 'CUP' is not in the catalogue: import the product first"),
        ({"sku": "mug"}, "sku 'mug' is not in the catalogue: did you mean 'MUG'?"),
        ({"country": "FR"}, "There is no standard tax rate for FR LS1 4AP: import one with"),
        ({"country": "FR"}, "There is no shipping zone for FR LS1 4AP: import one with"),
        ({"currency": "EUR"}, "There is no shipping rate for standard to zone 1 in EUR"),
        ({"sku": "MU\x00G"}, "holds a line break or another control character"),
        ({"external_id": "W" * 129}, "external_id is 129 characters long, where 128"),
    ],
)
def test_order_that_nobody_could_fulfil_is_rejected(shop, write, change, reason):
    report = import_file(write([ROW | change, ROW | {"external_id": "W-2"}]))
    assert (report.accepted, report.rejected) == (1, 1)
    assert report.rejects[0].line == 2
    assert reason in report.rejects[0].reason
    assert external_ids() == {"W-2"}


def test_codes_that_differ_in_case_are_different_products(shop, write):
    with transaction() as session:
        make_product(session, "mug")
    assert import_file(write([ROW, ROW | {"sku": "mug"}])).accepted == 1
    with transaction() as session:
        assert set(session.exec(select(OrderLine.sku))) == {"MUG", "mug"}


def test_two_lines_of_one_product_stay_two(shop, write):
    path = write([ROW, ROW | {"quantity": "1", "unit_price": "0"}])
    assert import_file(path).accepted == 1
    with transaction() as session:
        (order,) = session.exec(select(SalesOrder)).all()
        lines = [(line.position, line.sku, line.quantity) for line in order.lines]
    assert lines == [(1, "MUG", 2), (2, "MUG", 1)]
    assert import_file(path).unchanged == 1


def test_an_id_that_names_two_lines_is_rejected_at_both(shop, write):
    report = import_file(write([ROW | {"line_id": "a"}, ROW | {"line_id": "a"}]))
    assert report.rejected == 1
    assert [reject.line for reject in report.rejects] == [2, 3]
    assert all("line_id 'a' names several lines" in reject.reason for reject in report.rejects)


def test_rows_of_one_order_that_disagree_name_the_field(shop, write):
    report = import_file(write([ROW, ROW | {"sku": "BOWL", "city": "York"}]))
    assert report.rejected == 1
    assert report.rejects[1].reason == "city 'York' differs from line 2"


def test_order_whose_rows_are_scattered_is_rejected_with_all_of_them(shop, write):
    other = ROW | {"external_id": "W-2"}
    report = import_file(write([ROW, other, ROW | {"sku": "BOWL"}]))
    assert external_ids() == {"W-2"}
    assert [reject.line for reject in report.rejects] == [2, 4]
    assert "rows in several places of the file" in report.rejects[0].reason


def test_order_longer_than_any_is_rejected_in_every_part(shop, write, monkeypatch):
    monkeypatch.setattr(order_drafts, "MAX_LINES", 2)
    path = write([ROW | {"sku": sku} for sku in ("MUG", "BOWL", "MUG")])
    report = import_file(path)
    assert report.accepted == 0
    assert "has more than 2 lines" in report.rejects[0].reason
    assert [int(r["line"]) for r in rejects_of(path)] == [2, 3, 4]


@pytest.mark.parametrize("broken", ["nonsense", "a,b,c", "W-2,Ada,x@y.example", '"web,W-2'])
def test_row_that_names_no_order_spoils_its_neighbours_and_no_other(shop, write, broken):
    path = write([ROW | {"external_id": f"W-{i}"} for i in range(1, 5)])
    lines = path.read_text(encoding="utf-8").splitlines()
    report = import_file(write("\n".join([*lines[:3], broken, *lines[3:]])))
    assert external_ids() == {"W-1", "W-4"}
    assert report.rejected == 2
    assert {reject.subject for reject in report.rejects} == {"web/W-2", "web/W-3"}


@pytest.mark.parametrize("order", ["W-1", "W-2", "W-9"])
def test_unreadable_row_goes_to_the_order_that_it_names(shop, write, order):
    path = write([ROW | {"external_id": f"W-{i}"} for i in range(1, 4)])
    lines = path.read_text(encoding="utf-8").splitlines()
    report = import_file(write("\n".join([*lines[:2], f"web,{order},few", *lines[2:]])))
    assert report.rejected == 1
    assert external_ids() == {"W-1", "W-2", "W-3"} - {order}
    assert "has 3 fields where the header has 13" in [r.reason for r in report.rejects]


def test_unreadable_row_far_from_its_order_spoils_it_all_the_same(shop, write):
    path = write([ROW | {"external_id": f"W-{i}"} for i in range(1, 4)])
    report = import_file(write(path.read_text(encoding="utf-8") + "web,W-1,few"))
    assert external_ids() == {"W-2", "W-3"}
    assert {reject.subject for reject in report.rejects} == {"web/W-1"}


def test_row_without_an_order_number_spoils_both_orders_it_may_belong_to(shop, write):
    rows_ = [ROW, ROW | {"external_id": "", "sku": "BOWL"}, ROW | {"external_id": "W-2"}]
    report = import_file(write([*rows_, ROW | {"external_id": "W-3"}]))
    assert external_ids() == {"W-3"}
    assert report.rejected == 2
    assert "names no order" in report.rejects[1].reason


def test_quotation_mark_left_open_spoils_its_own_line_only(shop, write):
    path = write([ROW | {"external_id": f"W-{i}", "city": "Leeds"} for i in range(1, 4)])
    text = path.read_text(encoding="utf-8").replace("W-1,Ada", 'W-1,"Ada')
    assert import_file(write(text)).accepted == 2


def test_malformed_json_lines_are_named_and_the_rest_is_taken(shop, write):
    good = json.dumps(HEADER | {"lines": [LINE]})
    item = json.dumps(HEADER | {"external_id": "W-2", "lines": [LINE, LINE | {"quantity": 0}]})
    bad = ["{", "[1]", "[" * 100_000, '{"price": NaN}']
    path = write("\n".join([good, *bad, item]), "orders.jsonl")
    report = import_file(path)
    assert (report.accepted, report.rejected) == (1, 5)
    reasons = {reject.line: reject.reason for reject in report.rejects}
    assert [reasons[line] for line in (2, 3, 4, 5)] == [
        "is not JSON",
        "is not a JSON object",
        "is not JSON",
        "is not JSON",
    ]
    assert reasons[6] == "item 2: quantity '0' is not between 1 and 1,000,000"


def test_half_a_surrogate_pair_is_rejected_and_written_down(shop, write):
    text = json.dumps(HEADER | {"external_id": "\ud800", "lines": [LINE]})
    path = write(text, "orders.jsonl")
    assert import_file(path).rejected == 1
    assert "control character" in rejects_of(path)[0]["reason"]


def test_overlong_line_is_rejected_without_being_held(shop, write, monkeypatch):
    monkeypatch.setattr(file_lines, "MAX_LINE_BYTES", 1000)
    path = write([ROW | {"customer_name": "A" * 5000}, ROW | {"external_id": "W-2"}])
    report = import_file(path)
    assert report.rejects[0].line == 2
    assert "is longer than" in report.rejects[0].reason


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_byte_order_mark_blank_lines_and_line_ends_do_not_matter(shop, write, ending):
    lines = [",".join(ROW), "", ",".join(ROW.values()), "  ", ""]
    assert import_file(write("\ufeff" + ending.join(lines))).accepted == 1


def test_import_that_was_cut_off_is_completed_by_another(shop, write, monkeypatch):
    monkeypatch.setattr(imported_orders, "_ORDERS_PER_BATCH", 2)
    path = write([ROW | {"external_id": f"W-{i}"} for i in range(5)])
    calls = iter([None, RuntimeError("the power went")])
    notify = imported_orders.notify

    def failing(*args):
        if problem := next(calls):
            raise problem
        notify(*args)

    with monkeypatch.context() as patch:
        patch.setattr(imported_orders, "notify", failing)
        with pytest.raises(RuntimeError, match="the power went"):
            import_file(path)
    assert external_ids() == {"W-0", "W-1"}
    report = import_file(path)
    assert (report.accepted, report.unchanged) == (3, 2)
    assert count(OrderLine) == count(AuditEvent) == 5


def test_order_twice_in_json_is_taken_once_and_a_changed_copy_rejected(shop, write):
    orders = [{}, {}, {"city": "York"}]
    text = "\n".join(json.dumps(HEADER | {"lines": [LINE]} | change) for change in orders)
    report = import_file(write(text, "orders.jsonl"))
    assert (report.accepted, report.unchanged, report.rejected) == (1, 1, 1)


def test_dispatcher_is_woken_once_for_a_batch(shop, write):
    with psycopg.connect(shop, autocommit=True) as listener:
        listener.execute(f"LISTEN {ORDERS_CHANNEL}")
        import_file(write([ROW | {"external_id": f"W-{i}"} for i in range(3)]))
        listener.execute(f"NOTIFY {ORDERS_CHANNEL}, 'the end'")
        heard = [notice.payload for notice in listener.notifies(timeout=30, stop_after=2)]
    assert heard == ["", "the end"]


def test_progress_adds_up_to_the_size_of_the_file(shop, write, monkeypatch):
    monkeypatch.setattr(file_lines, "_PROGRESS_BYTES", 100)
    path = write([ROW | {"external_id": f"W-{i}"} for i in range(5)])
    told = []
    import_file(path, progress=told.append)
    assert len(told) > 1
    assert sum(told) == path.stat().st_size


def test_rejects_file_goes_once_nothing_is_rejected(shop, write):
    path = write([ROW | {"quantity": "0"}])
    rejects = import_file(path).rejects_file
    assert rejects == path.with_name("orders.csv.rejects.csv")
    assert rejects.exists()
    assert import_file(write([ROW])).rejects_file is None
    assert not rejects.exists()


def test_rejects_file_that_cannot_be_written_is_explained(shop, write):
    path = write([ROW | {"quantity": "0"}])
    path.with_name("orders.csv.rejects.csv").mkdir()
    with pytest.raises(RejectsUnwritable, match=r"orders\.csv\.rejects\.csv cannot be written"):
        import_file(path)


def test_report_shows_the_first_rejects_and_the_file_has_all(shop, write):
    path = write([ROW | {"external_id": f"W-{i}", "quantity": "0"} for i in range(150)])
    report = import_file(path)
    assert report.rejected == 150
    assert len(report.rejects) == 100
    assert len(rejects_of(path)) == 150


def test_new_product_comes_with_its_opening_stock(database, write):
    cup = PRODUCT | {"sku": "CUP", "barcode": "2", "on_hand": "0"}
    path = write([PRODUCT, cup], "products.csv")
    assert import_file(path, actor=Actor(name="ada", channel=Channel.IMPORT)).accepted == 2
    with transaction() as session:
        assert session.get(Product, "MUG").on_hand == 12
        assert session.get(Product, "CUP").on_hand == 0
        movement = session.exec(select(StockMovement)).one()
    assert (movement.sku, movement.kind, movement.reference, movement.actor) == (
        "MUG", "received", "opening", "ada",
    )  # fmt: skip


def test_known_product_is_described_anew_and_keeps_its_stock(database, write):
    import_file(write([PRODUCT], "products.csv"))
    changed = PRODUCT | {"name": "Blue mug", "on_hand": "99"}
    report = import_file(write([changed], "products.csv"))
    assert (report.accepted, report.updated, report.unchanged) == (0, 1, 0)
    with transaction() as session:
        product = session.get(Product, "MUG")
        assert (product.name, product.on_hand) == ("Blue mug", 12)
    assert import_file(write([changed], "products.csv")).unchanged == 1


def test_bad_and_repeated_products_are_named_and_the_rest_is_taken(database, write):
    cup = PRODUCT | {"sku": "CUP", "weight_grams": "heavy"}
    path = write([PRODUCT, cup, PRODUCT | {"name": "Other"}, PRODUCT | {"sku": "JUG"}], "p.csv")
    report = import_file(path)
    assert (report.accepted, report.rejected) == (1, 3)
    assert [str(reject) for reject in report.rejects] == [
        "line 2 (MUG): stands in line 4 again: keep one of them",
        "line 3 (CUP): weight_grams 'heavy' is not a whole number",
        "line 4 (MUG): stands in line 2 already: keep one of them",
    ]


def test_staff_are_taken_from_json_lines(database, write):
    text = '{"name": "Ada", "roles": ["packer"]}\n{"name": "Bo", "roles": ["wizard"]}'
    report = import_file(write(text, "staff.jsonl"))
    assert (report.kind, report.accepted, report.rejected) == (Kind.STAFF, 1, 1)
    assert count(Staff) == 1


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (b"", FileEmpty, "is empty"),
        (b"\n \n", FileEmpty, "is empty"),
        ("sku,name\nMUG,Käse\n".encode("latin-1"), NotUtf8, "not UTF-8 text from line 2 on"),
        ("sku,name\nMUG,Caf\u00e9".encode("latin-1"), NotUtf8, "not UTF-8 text from line 2 on"),
        (b"sku,,name\n", BadHeader, "a column without a name"),
        (b"sku,name,sku\n", BadHeader, "the column sku twice"),
        (b"W-1,MUG,2\n", UnknownKind, "belong to none of products, orders"),
        (b"channel:external_id:sku\n", UnknownKind, "commas, semicolons or tabs between them"),
        (b"channel;external_id;sku\n", WrongColumns, "the unknown channel, external_id"),
        (b"sku,name,weight_grams\n", WrongColumns, "lacks barcode, bin"),
        (b"name,roles,email,shoe_size\n", WrongColumns, "has the unknown shoe_size"),
    ],
)
def test_file_of_no_use_is_refused_in_one_sentence(database, write, content, error, says):
    with pytest.raises(error) as refused:
        import_file(write(content))
    message = str(refused.value)
    assert says in message
    assert "orders.csv" in message
    assert message.endswith(".")
    assert "\n" not in message


def test_json_without_an_object_is_refused(database, write):
    with pytest.raises(NoObjects):
        import_file(write("[\n1\n]\n", "orders.json"))


def test_kind_that_is_named_must_fit(database, write):
    with pytest.raises(WrongColumns, match="a file of tax rates, lacks country, rate"):
        import_file(write(b"name,roles,tax_class\nAda,packer,zero\n"), Kind.TAX_RATES)


def test_file_that_is_not_there_and_folder_are_refused(database, tmp_path):
    with pytest.raises(FileMissing, match="does not exist"):
        import_file(tmp_path / "orders.csv")
    with pytest.raises(NotAFile, match="is a folder"):
        import_file(tmp_path)


def test_wrong_encoding_late_in_the_file_stops_it_before_anything_is_kept(shop, write):
    path = write([ROW | {"external_id": f"W-{i}"} for i in range(300)])
    path.write_bytes(path.read_bytes() + b"\xff")
    with pytest.raises(BadFile, match="line 302"):
        import_file(path)
    assert external_ids() == set()


def test_every_example_of_the_documentation_is_accepted(database, write):
    text = (PROJECT / "docs" / "import.md").read_text(encoding="utf-8")
    examples = re.findall(r"```(csv|jsonl)\n(.*?)```", text, re.DOTALL)
    kinds = set()
    for number, (suffix, content) in enumerate(examples):
        report = import_file(write(content, f"example-{number}.{suffix}"))
        assert (report.rejected, str(report.rejects)) == (0, "()")
        assert report.accepted + report.unchanged > 0
        kinds.add((report.kind, suffix))
    assert kinds == {(kind, suffix) for kind in Kind for suffix in ("csv", "jsonl")}


def test_every_column_is_documented():
    text = (PROJECT / "docs" / "import.md").read_text(encoding="utf-8")
    for form in {*FORMS.values(), OrderIn, OrderLineIn}:
        for column in form.model_fields:
            assert f"`{column}`" in text, column
