"""Files as spreadsheets, old machines and people leave them: taken, or refused by what is wrong."""

import csv
import json
import re

import pytest
from sqlmodel import func, select

from adapters.database.sessions import transaction
from adapters.files import lines as file_lines
from adapters.files.errors import (
    BadFile,
    FileEmpty,
    IsPacked,
    NotUtf8,
    RejectsAlone,
    UnknownEncoding,
    WrongEncoding,
)
from domain.money import LARGEST_MINOR
from models.imports.fields import MAX_GRAMS, MAX_LINES, MAX_QUANTITY, MAX_RANK, MAX_STOCK
from models.imports.kinds import DECIMALS, FORMS
from models.imports.orders import LINE_AMOUNTS, ORDER_AMOUNTS, OrderLineIn
from models.tables.catalogue import Product
from models.tables.orders import OrderLine, SalesOrder
from models.tables.stock import StockMovement
from models.tables.taxes import TaxRate
from services.imports.files import WrongColumns, import_file
from tests.conftest import PROJECT
from tests.factories import make_product, make_tariffs, make_warehouse

pytestmark = pytest.mark.lengthy

ORDER = {
    "channel": "web",
    "external_id": "W-1",
    "customer_name": "Zoë Müller",
    "email": "ada@home.example",
    "address_line1": "1 Mill Lane",
    "city": "Leeds",
    "postal_code": "LS1 1AA",
    "country": "GB",
    "currency": "GBP",
    "prices_include_tax": "true",
    "sku": "MUG-01",
    "quantity": "2",
    "unit_price": "12.50",
}
JSON = {name: value for name, value in ORDER.items() if name not in ("sku", "quantity")} | {
    "prices_include_tax": True,
    "lines": [{"sku": "MUG-01", "quantity": 2, "unit_price": "12.50"}],
}
del JSON["unit_price"]


@pytest.fixture
def shop(database):
    """Orders for Great Britain can be taken."""
    with transaction() as session:
        make_tariffs(session)
        make_product(session, "MUG-01", stock=10)
        make_product(session, "BOWL-03", stock=10)
        make_warehouse(session, "YORK", 2)


@pytest.fixture
def write(tmp_path):
    """Write a text or bytes; returns the path."""

    def writer(content, name="orders.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return writer


def row(**changes):
    """A line of the file, of an order that is sound but for the changes."""
    return joined((ORDER | changes).values())


def joined(cells, separator=","):
    return separator.join(map(str, cells))


def text(*rows, end="\n"):
    return end.join([joined(ORDER), *rows]) + end


def of_orders(*numbers):
    return [row(external_id=f"W-{number}") for number in numbers]


def external_ids():
    with transaction() as session:
        return set(session.exec(select(SalesOrder.external_id)))


def counts(report):
    return report.accepted, report.updated, report.unchanged, report.rejected


def rejects_of(path):
    with path.with_name(f"{path.name}.rejects.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# What is no row


@pytest.mark.parametrize(
    "nothing",
    [
        ",,,,,,,,,,,,",
        ",",
        ",,,,,,,,,,,,,,,,,,,,",
        '"","","","","","","","","","","","",""',
        '"","",""',
        '" ",\t,"\u00a0"',
        "\x1a",
        "\x00\x00\x00",
        "\u00a0",
        "\u200b\ufeff",
        "\u3000 \t",
        "\x0c",
        "\u2028",
    ],
)
def test_a_line_in_which_nothing_is_to_be_seen_is_passed_over_wherever_it_is(shop, write, nothing):
    lines = [joined(ORDER), row(), row(sku="BOWL-03"), row(external_id="W-2")]
    assert counts(import_file(write("\n".join([*lines, nothing])))) == (2, 0, 0, 0)
    for place in range(len(lines)):
        path = write("\n".join([*lines[:place], nothing, *lines[place:]]))
        assert counts(import_file(path)) == (0, 0, 2, 0)
    with transaction() as session:
        assert session.exec(select(func.count()).select_from(OrderLine)).one() == 3


def test_the_same_holds_in_json_lines_and_for_files_of_other_kinds(shop, write):
    assert counts(import_file(write(json.dumps(JSON) + "\n\u200b\n\x1a", "o.jsonl")))[0] == 1
    rates = "country,rate\n,\nDE,0.19\n,,\n"
    assert counts(import_file(write(rates, "rates.csv"))) == (1, 0, 0, 0)


def test_empty_columns_at_the_end_are_passed_over_unless_something_is_in_them(shop, write):
    lines = [joined(ORDER), row(), row(external_id="W-2"), row(external_id="W-3")]
    excess = zip(lines, ["", "", " ", "x"], strict=True)
    path = write("\n".join(f"{line},,{extra}" for line, extra in excess))
    report = import_file(path)
    assert external_ids() == {"W-1", "W-2"}
    assert report.rejects[0].reason == "has 15 fields where the header has 13"


def test_a_file_of_nothing_but_commas_is_empty(shop, write):
    with pytest.raises(FileEmpty):
        import_file(write(",,,\n,,,\n\x1a"))


# A spoilt line


@pytest.mark.parametrize(
    "spoilt",
    [
        row(external_id="W-2", customer_name="A" * 200_000),
        row(external_id="W-2", unit_price="1" * 200_000),
        row(external_id="W-2", customer_name='"' + "A" * 200_000),
        row(external_id="W-2", customer_name="A\x00B"),
        row(external_id="W-2\x00"),
        row(external_id="\u200bW-2", quantity="x"),
        row(external_id="W-2", customer_name="A\rB"),
        row(external_id="W-2", customer_name='"A\rB"'),
        row(external_id="W-2", customer_name='"Ada'),
        row(external_id="W-2", customer_name='"Ada" Byron'),
        row(channel='"web" ', external_id='"W-2"', customer_name='"Ada" B', quantity="x"),
        row(external_id="W-2", customer_name="Byron, Ada"),
        row(external_id="W-2", customer_name='"1 Mill Lane\nLeeds"'),
        row(external_id="W-2", customer_name='"a\nb\n\nc"'),
        row(external_id="W-2", customer_name="Ada\nByron"),
        row(external_id="W-2", address_line1="1 Mill\nLane", city="\nLeeds"),
        row(external_id="W-2", customer_name="Ada\rByron, Leeds\r"),
        row(external_id="W-2", customer_name='"a,\nweb,b"'),
        row(external_id="W-2", customer_name="A" * 1_100_000),
        row(external_id="W-2", customer_name='"' + "A" * 1_100_000 + '"'),
    ],
    ids=lambda line: repr(line[:45]),
)
def test_a_spoilt_line_spoils_its_own_order_only(shop, write, spoilt):
    own = row(external_id="W-2", sku="BOWL-03")
    for lines in ([spoilt], [spoilt, own], [own, spoilt], [own, spoilt, own]):
        report = import_file(write(text(row(), *lines, row(external_id="W-3"))))
        assert external_ids() == {"W-1", "W-3"}
        assert report.rejected == 1


def test_an_overlong_line_within_an_order_spoils_that_order_only(shop, write, monkeypatch):
    monkeypatch.setattr(file_lines, "MAX_LINE_BYTES", 1000)
    own = row(external_id="W-2")
    path = write(text(row(), own, "A" * 5000, own, row(external_id="W-3")))
    report = import_file(path)
    assert external_ids() == {"W-1", "W-3"}
    assert report.rejected == 1


def test_a_number_that_is_cut_with_its_line_names_no_order(shop, write, monkeypatch):
    columns = ("customer_name", "channel", "external_id")
    columns += tuple(name for name in ORDER if name not in columns)
    orders = [ORDER | {"external_id": number} for number in ("W-1", "W-12", "W-3")]
    orders.insert(2, ORDER | {"external_id": "W-12", "customer_name": "A" * 989})
    monkeypatch.setattr(file_lines, "MAX_LINE_BYTES", len("A" * 989 + ",web,W-1") - 2)
    lines = [joined(columns), *(joined(order[name] for name in columns) for order in orders)]
    path = write("\n".join(lines))
    import_file(path)
    assert external_ids() == {"W-1"}


def test_a_line_that_moved_between_channel_and_number_takes_no_piece_from_its_order(shop, write):
    """Its name has a comma: its number stands elsewhere, and the order would lack a line."""
    columns = ("channel", "customer_name", "external_id")
    columns += tuple(name for name in ORDER if name not in columns)
    bad = ORDER | {"external_id": "W-2", "customer_name": "Byron, Ada"}
    orders = [ORDER, ORDER | {"external_id": "W-2"}, bad, ORDER | {"external_id": "W-3"}]
    import_file(
        write("\n".join([joined(columns), *(joined(o[c] for c in columns) for o in orders)]))
    )
    assert external_ids() == {"W-1"}


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
@pytest.mark.parametrize("beyond", [0, 1, 2])
def test_a_line_may_be_as_long_as_the_documentation_says(shop, write, end, beyond):
    head, tail = row().split("Zoë Müller")
    name = "A" * (2**20 + beyond - len(head + tail))
    lines = [row(external_id="W-0"), head + name + tail] + [row(external_id="W-2")] * bool(end)
    report = import_file(write(joined(ORDER) + "\n" + (end or "\n").join(lines) + end))
    assert report.rejected == 1
    says = "is longer than 1,048,576 bytes" if beyond else f"customer_name is {len(name):,} char"
    assert says in report.rejects[0].reason


@pytest.mark.parametrize("name", ['"Ada\nByron"', '"Ada\n\n,\nByron"', '"Ada\nweb,W-1\nB"'])
def test_line_breaks_before_the_number_spoil_the_order_behind_them_only(shop, write, name):
    columns = ("customer_name", *(name for name in ORDER if name != "customer_name"))
    numbers = ("W-1", "W-2", "W-3")
    orders = [ORDER | {"external_id": number} for number in numbers]
    orders[1]["customer_name"] = name
    lines = [joined(columns), *(joined(order[name] for name in columns) for order in orders)]
    report = import_file(write("\n".join(lines)))
    assert external_ids() == {"W-1", "W-3"}
    assert report.rejected == 1


def test_an_order_of_many_lines_with_line_breaks_in_a_field_is_rejected_alone(shop, write):
    own = [row(external_id="W-2", sku="BOWL-03") for _ in range(30)]
    own.insert(15, row(external_id="W-2", city='"Leeds\nYorkshire\nEngland"'))
    report = import_file(write(text(row(), *own, row(external_id="W-3"))))
    assert external_ids() == {"W-1", "W-3"}
    assert report.rejected == 1


@pytest.mark.parametrize("end", ["\x1a", "\r\n\x1a", "\n\x1a\n"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_end_of_a_file_in_dos_is_no_part_of_its_last_row(shop, write, end, form):
    content = text(row()).rstrip() if form == "csv" else json.dumps(JSON)
    assert counts(import_file(write(content + end, f"orders.{form}"))) == (1, 0, 0, 0)


def test_a_field_that_is_far_too_long_is_named_with_its_length(shop, write):
    report = import_file(write(text(row(customer_name="A" * 200_000))))
    (reject,) = report.rejects
    assert reject.reason == "customer_name is 200,000 characters long, where 200 are allowed"


# What a file is written in


def test_the_documentation_names_every_limit():
    text = (PROJECT / "docs" / "import.md").read_text(encoding="utf-8")
    limits = text.partition("## Limits")[2].partition("\n## ")[0]
    numbers = (MAX_LINES, MAX_QUANTITY, MAX_STOCK, MAX_GRAMS, MAX_RANK)
    for number in numbers:
        assert f"{number:,}" in limits
    assert (file_lines.MAX_LINE_BYTES, LARGEST_MINOR) == (2**20, 10**15)
    for form in (*FORMS.values(), OrderLineIn):
        for field in form.model_fields.values():
            for rule in field.metadata:
                if (longest := getattr(rule, "max_length", None)) and longest != MAX_LINES:
                    assert re.search(rf"\b{longest} characters", limits), longest
    for each in (
        "UTF-16",
        "--encoding",
        "semicolon",
        "tab",
        "sep=",
        "CR",
        "2000 to 2100",
        "1 MiB",
        "10^15",
    ):
        assert each in limits


def as_written(separator, end, amount="12.50"):
    cells = ORDER | {"unit_price": amount}
    name = f'"A{separator}B"'.replace("\t", ",")
    lines = [cells, cells | {"external_id": "W-2", "customer_name": name}]
    return end.join([joined(ORDER, separator), *(joined(x.values(), separator) for x in lines), ""])


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_separators_line_ends_and_encodings_show_themselves(shop, write, separator, end):
    content = as_written(separator, end)
    assert counts(import_file(write(content))) == (2, 0, 0, 0)
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"):
        assert counts(import_file(write(content, encoding=encoding))) == (0, 0, 2, 0)
    with transaction() as session:
        names = set(session.exec(select(SalesOrder.customer_name)))
    assert names == {"Zoë Müller", f"A{separator}B".replace("\t", ",")}


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\x00\x00\xfe\xff", b"\xff\xfe\x00\x00"])
def test_every_byte_order_mark_is_known(shop, write, mark):
    encoding = {
        b"\xfe\xff": "utf-16-be",
        b"\x00\x00\xfe\xff": "utf-32-be",
        b"\xff\xfe\x00\x00": "utf-32-le",
    }[mark]
    report = import_file(write(mark + text(row()).encode(encoding)))
    assert counts(report)[0] == 1
    assert report.notes[0].startswith("read as UTF-")


@pytest.mark.parametrize(
    ("content", "encoding", "note"),
    [
        (text(row()), "utf-8", None),
        (text(row(), end="\r\n"), "utf-8-sig", None),
        (text(row()), "utf-16", "read as UTF-16 with , between fields"),
        (
            as_written(";", "\n"),
            "utf-8",
            "read as UTF-8 with ; between fields and 12,50 for 12.50",
        ),
        (
            as_written("\t", "\r"),
            "utf-16-be",
            "read as UTF-16 with TAB between fields and CR at the ends of lines"
            " and 12,50 for 12.50",
        ),
        (json.dumps(JSON), "utf-16", "read as UTF-16"),
    ],
)
def test_the_import_says_what_it_took_the_file_for(shop, write, content, encoding, note):
    report = import_file(write(content, encoding=encoding))
    assert report.notes == ((note,) if note else ())


@pytest.mark.parametrize("top", ["sep=;", '"sep=;"', "SEP=;", "sep=;;;;;"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_line_on_top_names_the_separator(shop, write, top, end, encoding):
    report = import_file(write(top + end + as_written(";", end), encoding=encoding))
    assert counts(report) == (2, 0, 0, 0)


def test_a_separator_that_nobody_would_guess_can_be_named(shop, write):
    path = write("sep=^\n" + as_written("^", "\n") + "^^^^\n")
    assert counts(import_file(path)) == (2, 0, 0, 0)
    with pytest.raises(FileEmpty):
        import_file(write("sep=;\n"))


def test_lines_are_counted_with_the_one_that_names_the_separator(shop, write):
    report = import_file(write("sep=;\n" + as_written(";", "\n").replace(";2;", ";0;", 1)))
    assert [reject.line for reject in report.rejects] == [3]


@pytest.mark.parametrize(
    ("amount", "minor"),
    [("12,50", 1250), ("12,5", 1250), ("0,125", None), ("12.50", 1250), (",5", 50), ("12", 1200)],
)
@pytest.mark.parametrize("separator", [";", "\t"])
def test_decimals_may_stand_behind_a_comma_where_no_comma_stands_between_fields(
    shop, write, amount, minor, separator
):
    report = import_file(write(as_written(separator, "\n", amount)))
    assert counts(report)[0] == (2 if minor else 0)
    if minor:
        with transaction() as session:
            assert set(session.exec(select(OrderLine.unit_price_minor))) == {minor}
    else:
        assert "'0.125' has too many decimals for GBP" in report.rejects[0].reason


@pytest.mark.parametrize("amount", ["1,250", "1.250,50", "1,2,3", "12,50 £"])
def test_an_amount_that_may_be_something_else_is_refused_with_what_would_be_right(
    shop, write, amount
):
    report = import_file(write(as_written(";", "\n", amount)))
    assert counts(report)[0] == 0
    assert "write digits with a point before the decimals" in report.rejects[0].reason


def test_shares_have_decimal_commas_too(database, write):
    import_file(write("country;rate\nDE;0,19\nUS;0,08875\nFR;0,2\n"))
    with transaction() as session:
        assert {str(rate) for rate in session.exec(select(TaxRate.rate))} == {
            "0.19000",
            "0.08875",
            "0.20000",
        }


def test_every_amount_and_share_may_have_a_decimal_comma():
    of_fields = {
        name
        for form in FORMS.values()
        for name, field in form.model_fields.items()
        if name in ("price", "rate")
    }
    assert {*LINE_AMOUNTS, *ORDER_AMOUNTS, *of_fields} == DECIMALS


@pytest.mark.parametrize("encoding", ["windows-1252", "latin-1", "mac-roman", "iso-8859-15"])
def test_a_code_page_is_read_only_when_somebody_names_it(shop, write, encoding):
    path = write(as_written(";", "\r\n"), encoding=encoding)
    with pytest.raises(NotUtf8, match=r"line 2 on: .*--encoding windows-1252"):
        import_file(path)
    assert external_ids() == set()
    report = import_file(path, encoding=encoding)
    assert counts(report) == (2, 0, 0, 0)
    assert "read as" in report.notes[0]
    with transaction() as session:
        assert "Zoë Müller" in set(session.exec(select(SalesOrder.customer_name)))


def test_who_has_to_name_the_encoding_sees_how_a_word_would_be_read(shop, write):
    with pytest.raises(NotUtf8, match="'Zoë'"):
        import_file(write(text(row()), encoding="windows-1252"))


def test_a_mark_goes_before_the_encoding_that_is_named(shop, write):
    path = write(text(row()), encoding="utf-8-sig")
    assert counts(import_file(path, encoding="windows-1252"))[0] == 1
    with transaction() as session:
        assert session.exec(select(SalesOrder.customer_name)).one() == "Zoë Müller"


@pytest.mark.parametrize("name", ["klingon", "", "rot13", "base64", "unicode_escape", "a\0b"])
def test_what_is_no_encoding_is_refused(shop, write, name):
    with pytest.raises((UnknownEncoding, NotUtf8)):
        import_file(write(text(row()), encoding="latin-1"), encoding=name)


@pytest.mark.parametrize(
    ("content", "error", "says"),
    [
        (text(row()).encode("utf-16")[:-1], WrongEncoding, "not UTF-16 text from line 2 on"),
        (b"\xff\xfes\x00k\x00\x00\xd8u\x00", WrongEncoding, "not UTF-16 text from line 1 on"),
        (b"PK\x03\x04\x14\x00", IsPacked, "save its sheet as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", IsPacked, "save its sheet as CSV"),
        (b"\x1f\x8b\x08", IsPacked, "not text"),
        (b"sku;name\nMUG;Mug\n", WrongColumns, "lacks barcode, bin, weight_grams"),
        ("sku\tname\nMUG\tMug\n".encode("utf-16"), WrongColumns, "lacks barcode"),
        (b"sku;;name\n", BadFile, "a column without a name"),
        (b"sep=;\nsku;name;sku\n", BadFile, "the column sku twice"),
    ],
)
def test_what_cannot_be_read_is_said_as_it_is(shop, write, content, error, says):
    with pytest.raises(error, match=says):
        import_file(write(content))


def test_progress_of_a_file_in_another_encoding_adds_up_to_its_size(shop, write, monkeypatch):
    monkeypatch.setattr(file_lines, "_PROGRESS_BYTES", 100)
    told = []
    path = write(as_written(";", "\r"), encoding="utf-16")
    import_file(path, progress=told.append)
    assert sum(told) == path.stat().st_size


def test_characters_on_the_edges_of_chunks_stay_whole(shop, write, monkeypatch):
    monkeypatch.setattr("adapters.files.encodings._CHUNK_BYTES", 7)
    path = write(as_written(";", "\r\n").replace("Zoë", "𝒵oë€"), encoding="utf-16-le")
    assert counts(import_file(path)) == (2, 0, 0, 0)
    with transaction() as session:
        assert "𝒵oë€ Müller" in set(session.exec(select(SalesOrder.customer_name)))


# All that is wrong, at once


def reasons(report):
    return "; ".join(reject.reason for reject in report.rejects)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"email": "", "quantity": "0", "sku": "NO-SUCH"},
            [
                "email is missing",
                "quantity '0' is not between",
                "'NO-SUCH' is not in the catalogue",
            ],
        ),
        (
            {"email": "", "country": "FR"},
            ["email is missing", "no standard tax rate for FR", "no shipping zone for FR"],
        ),
        (
            {"email": "nobody", "currency": "EUR"},
            ["is not a mail address", "no shipping rate for standard to zone 1 in EUR"],
        ),
        (
            {"sku": "NO-SUCH", "country": "FR"},
            ["not in the catalogue", "no shipping zone for FR"],
        ),
        (
            {"email": "", "unit_price": "-1", "sku": "NO-SUCH"},
            ["email is missing", "unit_price '-1' is negative", "not in the catalogue"],
        ),
        (
            {"unit_price": "abc", "sku": "NO-SUCH", "country": "FR"},
            ["'abc' is not an amount", "not in the catalogue", "no shipping zone"],
        ),
        (
            {"currency": "XXX", "unit_price": "abc", "quantity": "0", "sku": "NO-SUCH"},
            ["'XXX' is no currency", "'abc' is not an amount", "quantity '0'", "not in the catal"],
        ),
        (
            {"country": "UK", "postal_code": "P" * 21, "sku": "NO-SUCH"},
            ["'UK' is not a country", "postal_code is 21 characters", "not in the catalogue"],
        ),
        (
            {"external_id": "W" * 129, "sku": "NO-SUCH", "quantity": "x"},
            ["external_id is 129", "not in the catalogue", "'x' is not a whole number"],
        ),
        (
            {"prices_include_tax": "perhaps", "service_level": "soon", "sku": "NO-SUCH"},
            ["'perhaps' is not true or false", "service_level 'soon'", "not in the catalogue"],
        ),
    ],
)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_all_faults_of_a_row_are_told_in_one_pass(shop, write, changes, says, form):
    cells = ORDER | {"service_level": "standard"} | changes
    if form == "csv":
        path = write(joined(cells) + "\n" + joined(cells.values()))
    else:
        line = {name: cells.pop(name) for name in ("sku", "quantity", "unit_price")}
        given = {name: value for name, value in cells.items() if value}
        path = write(json.dumps(given | {"lines": [line]}), "orders.jsonl")
    report = import_file(path)
    assert report.rejected == 1
    told = reasons(report)
    for each in says:
        assert each in told
    assert len(told.split("; ")) == len(says), told


def test_what_stands_for_an_unread_field_is_never_complained_about(shop, write):
    told = reasons(import_file(write(text(row(country="UK", currency="", quantity="")))))
    assert "no shipping" not in told
    assert "no standard tax" not in told
    assert "CLF" not in told


def test_amounts_that_do_not_add_up_are_told_beside_a_missing_mail(shop, write):
    cells = ORDER | {"email": "", "total_charged": "1.00", "shipping_charged": "0"}
    told = reasons(import_file(write(joined(cells) + "\n" + joined(cells.values()))))
    assert "email is missing" in told
    assert "total_charged" in told


def test_amounts_that_do_not_go_together_are_told_beside_a_missing_mail(shop, write):
    cells = ORDER | {"email": "", "line_discount": "99.00"}
    told = reasons(import_file(write(joined(cells) + "\n" + joined(cells.values()))))
    assert "email is missing" in told
    assert "line_discount 99.00 GBP is more than the line costs" in told


def test_lines_of_a_json_order_that_are_no_lines_do_not_hide_the_others(shop, write):
    lines = [7, {"sku": "NO-SUCH", "quantity": 1, "unit_price": 1}, {"sku": "MUG-01", "colour": 1}]
    told = reasons(import_file(write(json.dumps(JSON | {"lines": lines, "email": ""}), "o.jsonl")))
    for each in ("item 1: must be a JSON object", "email is empty", "item 2: sku 'NO-SUCH'"):
        assert each in told
    for each in ("item 3: quantity is missing", "colour is not a field"):
        assert each in told


@pytest.mark.parametrize("lines", [None, [], "x", {}, 7])
def test_an_order_without_lines_is_rejected_with_its_other_faults(shop, write, lines):
    told = reasons(
        import_file(write(json.dumps(JSON | {"lines": lines, "country": "FR"}), "o.json"))
    )
    assert "lines" in told
    assert "no shipping zone for FR" in told


def test_ten_thousand_lines_of_faults_are_told_line_by_line(shop, write):
    lines = [{"sku": f"NO-{i}", "quantity": 0, "unit_price": "x"} for i in range(300)]
    report = import_file(write(json.dumps(JSON | {"lines": lines}), "o.jsonl"))
    assert report.rejected == 1
    assert reasons(report).count("not in the catalogue") == 300


@pytest.mark.parametrize("fault", [{}, {"quantity": "0"}, {"sku": "NO-SUCH"}])
def test_an_order_in_several_places_counts_once(shop, write, fault):
    parts = [
        row(**fault),
        row(external_id="W-2"),
        row(sku="BOWL-03"),
        row(external_id="W-3"),
        row(),
    ]
    path = write(text(*parts))
    report = import_file(path)
    assert counts(report) == (2, 0, 0, 1)
    assert [int(reject["line"]) for reject in rejects_of(path)] == [2, 4, 6]


def test_an_unreadable_line_far_from_its_order_counts_with_it(shop, write):
    report = import_file(write(text(row(), row(external_id="W-2"), "web,W-1,few")))
    assert counts(report) == (1, 0, 0, 1)


def test_faults_of_products_and_rates_are_told_with_those_that_only_tables_know(shop, write):
    told = reasons(
        import_file(
            write("sku,name,barcode,bin,weight_grams,warehouse\nCUP,Cup,1,,0,NOWHERE\n", "p.csv")
        )
    )
    for each in ("bin is missing", "weight_grams '0'", "no warehouse 'NOWHERE'"):
        assert each in told
    rate = "carrier,service_level,zone,currency,up_to_grams,price\nhouse,,1,GBP,0,1.234\n"
    told = reasons(import_file(write(rate, "r.csv")))
    for each in ("service_level is missing", "up_to_grams '0'", "'1.234' has too many decimals"):
        assert each in told


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "sku,quantity,reference,by,warehouse\nVASE,0,D-1,,NOWHERE\n",
            ["quantity '0'", "by is missing", "no product 'VASE'", "no warehouse 'NOWHERE'"],
        ),
        (
            "sku,quantity,reference,by,warehouse\nVASE,1,D-1,Jo,NOWHERE\n",
            ["no product 'VASE'", "no warehouse 'NOWHERE'"],
        ),
        (
            "sku,quantity,kind,reason,reference,by\nVASE,0,,,count:1,\n",
            ["'0' changes nothing", "reason is", "looks like a count", "by is", "no product"],
        ),
        (
            "sku,counted,reference,by\nVASE,-1,C-1,Kim\n",
            ["counted '-1'", "no product 'VASE'"],
        ),
        (
            "sku,quantity,from_warehouse,to_warehouse,reason,reference,by\nVASE,0,X,X,,T-1,Jo\n",
            ["quantity '0'", "'X' is where", "reason is", "no product", "no warehouse 'X'"],
        ),
    ],
)
def test_faults_of_changes_of_stock_are_told_with_those_that_only_tables_know(
    shop, write, content, says
):
    told = reasons(import_file(write(content)))
    for each in says:
        assert each in told


# Keys that stand twice in JSON


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"city": "Leeds"', '"city": "Leeds", "city": "York"', "city"),
        ('"city": "Leeds"', '"city": "Leeds", "city": "Leeds"', "city"),
        ('"city": "Leeds"', '"city": null, "city": "Leeds"', "city"),
        ('"city": "Leeds"', '"city": "Leeds", "c\\u0069ty": "York"', "city"),
        ('"quantity": 2', '"quantity": 2, "quantity": 3', "quantity"),
        ('"quantity": 2', '"quantity": {"a": 1, "a": 2}', "a"),
        ('"lines": [', '"lines": [], "lines": [', "lines"),
    ],
)
def test_a_key_that_stands_twice_is_named(shop, write, old, new, key):
    good, bad = json.dumps(JSON | {"external_id": "W-2"}), json.dumps(JSON).replace(old, new)
    report = import_file(write(f"{bad}\n{good}\n", "orders.jsonl"))
    assert external_ids() == {"W-2"}
    (reject,) = report.rejects
    assert (reject.line, reject.subject) == (1, "web/W-1")
    assert f"has the key {key} twice" in reject.reason


def test_a_key_that_stands_twice_is_named_in_other_kinds_with_all_of_them(database, write):
    path = write('{"country": "DE", "rate": "0.1", "rate": "0.2", "country": "DE"}', "t.jsonl")
    assert "country and rate twice" in reasons(import_file(path)) or "rate and country twice" in (
        reasons(import_file(path))
    )


# Rows of one key


CHANGES = {
    "deliveries": ("sku,quantity,reference,by", "MUG-01,{},note 1,Jo"),
    "deliveries by name": ("sku,quantity,reference,by,warehouse", "MUG-01,{},note 1,Jo,{w}"),
    "adjustments": ("sku,quantity,reason,reference,by", "MUG-01,{},lost,slip 1,Jo"),
    "adjustments by kind": ("sku,quantity,kind,reason,reference,by", "MUG-01,{},{k},lost,s1,Jo"),
    "counts": ("sku,counted,reference,by", "MUG-01,{},Friday,Kim"),
    "transfers": (
        "sku,quantity,from_warehouse,to_warehouse,reason,reference,by",
        "MUG-01,{},MAIN,YORK,nearer,van 1,Jo",
    ),
}
"""Columns, and a row that stands twice under one key, with one number and another."""


def movements():
    with transaction() as session:
        found = session.exec(select(StockMovement.quantity, StockMovement.reference)).all()
    return sorted(tuple(one) for one in found if one[1] != "opening")


def stock_of(sku="MUG-01"):
    with transaction() as session:
        return session.get(Product, sku).on_hand


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("first", ["2", "x"])
def test_what_is_advised_about_a_row_that_stands_twice_works(shop, write, kind, first):
    header, line = CHANGES[kind]
    twice = [line.format(first, w="", k=""), line.format(3, w="MAIN", k="adjusted")]
    original = write("\n".join([header, *twice]), "twice.csv")
    before = movements()
    report = import_file(original)
    assert counts(report) == (0, 0, 0, 2)
    assert "stands in line 3 again: keep one of them, or add them up" in report.rejects[0].reason
    assert "stands in line 2 already: keep one of them, or add" in report.rejects[1].reason
    assert movements() == before
    mended = write("\n".join([header, line.format(5, w="MAIN", k="adjusted")]), "mended.csv")
    assert counts(import_file(mended)) == (1, 0, 0, 0)
    after = movements()
    assert counts(import_file(mended)) == (0, 0, 1, 0)
    assert counts(import_file(original)) == (0, 0, 0, 2)
    assert movements() == after


def test_other_rows_beside_those_that_stand_twice_are_booked(shop, write):
    lines = [
        "MUG-01,2,note 1,Jo",
        "BOWL-03,1,note 1,Jo",
        "MUG-01,3,note 1,Jo",
        "MUG-01,4,note 2,Jo",
    ]
    report = import_file(write("\n".join(["sku,quantity,reference,by", *lines])))
    assert counts(report) == (2, 0, 0, 2)
    assert stock_of() == 14


def test_one_of_two_products_that_is_kept_brings_its_own_opening_stock(database, write):
    header = "sku,name,barcode,bin,weight_grams,on_hand,warehouse"
    one, other = "CUP,Cup,1,A-1,300,5,", "CUP,Cup,1,A-1,300,7,MAIN"
    report = import_file(write("\n".join([header, one, other])))
    assert counts(report) == (0, 0, 0, 2)
    assert "keep one of them" in report.rejects[0].reason
    assert counts(import_file(write("\n".join([header, other])))) == (1, 0, 0, 0)
    assert stock_of("CUP") == 7


@pytest.mark.parametrize(
    ("header", "one", "other"),
    [
        ("country,rate", "DE,0.19", "DE,0.2"),
        ("country,tax_class,rate", "DE,,0.19", "DE,standard,0.2"),
        ("carrier,country,zone", "house,DE,1", "house,de,2"),
        ("carrier,service_level,zone,currency,up_to_grams,price",
         "house,standard,9,EUR,1000,1", "house,standard,9,EUR,1000,2"),
        ("name,roles", "Ada,packer", "Ada ,operator"),
        ("code,name,country,rank", "KENT,Kent,GB,5", "KENT,Kent,GB,6"),
    ],
)  # fmt: skip
def test_none_of_two_records_of_one_key_is_taken_and_each_can_be_kept(
    database, write, header, one, other
):
    report = import_file(write("\n".join([header, one, other])))
    assert counts(report) == (0, 0, 0, 2)
    assert [reject.reason for reject in report.rejects] == [
        "stands in line 3 again: keep one of them",
        "stands in line 2 already: keep one of them",
    ]
    assert counts(import_file(write("\n".join([header, other])))) == (1, 0, 0, 0)


# Rejects in a spreadsheet


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", " =", "'", "＝"])
def test_cells_that_a_spreadsheet_would_run_are_defused_and_come_back(shop, write, start):
    columns = ("customer_name", *(name for name in ORDER if name != "customer_name"))
    cells = ORDER | {"customer_name": f"{start}HYPERLINK(1)", "quantity": "0"}
    path = write(joined(columns) + "\n" + joined(cells[name] for name in columns))
    import_file(path)
    (reject,) = rejects_of(path)
    assert reject["row"] == "'" + joined(cells[name] for name in columns)
    assert reject["row"][1:] == path.read_text(encoding="utf-8").splitlines()[1]


def test_a_subject_that_a_spreadsheet_would_run_is_defused(shop, write):
    path = write(text(row(channel="=cmd|' /C calc'!A0", quantity="0")))
    report = import_file(path)
    assert rejects_of(path)[0]["subject"].startswith("'=cmd")
    assert report.rejects[0].subject.startswith("=cmd")


def mended(path, *replacements):
    """The rejects file of `path`, mended as in a spreadsheet: cell by cell."""
    rejects = path.with_name(f"{path.name}.rejects.csv")
    rows = rejects_of(path)
    for each in rows:
        for old, new in replacements:
            each["row"] = each["row"].replace(old, new)
    with rejects.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)
    return rejects


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_rejected_rows_can_be_mended_in_the_rejects_file_and_imported(
    shop, write, separator, encoding
):
    columns = ("customer_name", *(name for name in ORDER if name != "customer_name"))
    bad = ORDER | {"customer_name": "-Bo-", "quantity": "0", "external_id": "W-9"}
    orders = [ORDER, bad, bad | {"quantity": "1", "sku": "BOWL-03"}]
    lines = [joined((order[name] for name in columns), separator) for order in orders]
    path = write("\n".join([joined(columns, separator), *lines]), encoding=encoding)
    assert counts(import_file(path)) == (1, 0, 0, 1)
    report = import_file(mended(path, (f"{separator}0{separator}", f"{separator}3{separator}")))
    assert counts(report) == (1, 0, 0, 0)
    assert report.notes == ("read as rejected rows of orders.csv",)
    with transaction() as session:
        order = session.exec(select(SalesOrder).where(SalesOrder.external_id == "W-9")).one()
        assert order.customer_name == "-Bo-"
        assert [line.quantity for line in order.lines] == [3, 1]
    assert counts(import_file(path)) == (1, 0, 0, 1) or external_ids() == {"W-1", "W-9"}


def test_rejected_rows_of_a_file_whose_encoding_was_named_are_read_in_their_own(shop, write):
    path = write(text(row(quantity="0")), encoding="windows-1252")
    import_file(path, encoding="windows-1252")
    assert counts(import_file(mended(path, (",0,", ",1,")), encoding="windows-1252"))[0] == 1
    with transaction() as session:
        assert session.exec(select(SalesOrder.customer_name)).one() == "Zoë Müller"


def test_rejected_objects_can_be_mended_and_imported(shop, write):
    path = write(json.dumps(JSON).replace(": 2", ": 0"), "orders.jsonl")
    assert counts(import_file(path)) == (0, 0, 0, 1)
    assert counts(import_file(mended(path, (": 0", ": 2")))) == (1, 0, 0, 0)


def test_a_rejects_file_alone_says_what_is_missing(shop, write):
    path = write(text(row(quantity="0")))
    import_file(path)
    rejects = mended(path)
    path.unlink()
    with pytest.raises(RejectsAlone, match=r"not beside it under the name orders\.csv"):
        import_file(rejects)


def test_a_rejected_row_that_was_emptied_takes_no_piece_from_an_order(shop, write):
    path = write(text(row(quantity="0"), row(sku="BOWL-03")))
    import_file(path)
    rejects = mended(path, (row(quantity="0"), ""))
    assert counts(import_file(rejects))[0] == 0
