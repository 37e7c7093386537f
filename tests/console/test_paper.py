"""Packing slips and pick lists on the command line: files to be printed."""

from adapters.database.sessions import transaction
from models.tables.orders import SalesOrder
from tests.console.asking import as_json, at_pickup
from tests.factories import make_order
from tests.pages import pages_of


def test_slips_of_several_orders_are_one_file(packline, picking, process, tmp_path):
    number, _ = picking
    with transaction() as session:
        other = make_order(session, {"MUG": 1})
    file = tmp_path / "slips.pdf"
    assert packline("slips", number, other, "--to", file) == (0, f"Print {file}.\n", "")
    first, second = pages_of(file.read_bytes())
    assert f"order {number}" in first.text
    assert f"SH{other}" in second.barcodes
    assert as_json(packline("slips", other, "--to", file, "--json"))["orders"] == [other]


def test_a_slip_says_what_the_customer_knows_the_order_by(packline, picking, tmp_path):
    number, _ = picking
    with transaction() as session:
        known = session.get(SalesOrder, number).external_id
    packline("slips", number, "--to", tmp_path / "a.pdf")
    (page,) = pages_of((tmp_path / "a.pdf").read_bytes())
    assert known in page.text
    assert "Ada Byron" in page.text
    assert "PLATE in blue" in page.text


def test_a_slip_is_written_in_the_shops_language(packline, picking, tmp_path, monkeypatch):
    number, _ = picking
    monkeypatch.setenv("PACKLINE_LOCALE", "de_DE")
    assert packline("slips", number, "--to", tmp_path / "a.pdf")[0] == 0


def test_pick_list_has_what_nobody_has_found_yet(packline, picking, process, tmp_path):
    number, _ = picking
    file = tmp_path / "list.pdf"
    assert packline("picklists", number, "--to", file)[0] == 0
    (page,) = pages_of(file.read_bytes())
    assert page.text.index("A-01-1") < page.text.index("A-10-1")
    assert f"SH{number}" in page.barcodes
    at_pickup(process, number)
    assert "is to be picked now" in packline("picklists", number, "--to", file)[2]


def test_what_cannot_be_printed_is_said(packline, picking, tmp_path):
    number, _ = picking
    assert "no order 9" in packline("slips", 9, "--to", tmp_path / "a.pdf")[2]
    assert not list(tmp_path.iterdir())
    status, _, said = packline("slips", number, "--to", tmp_path / "none" / "a.pdf")
    assert status == 1
    assert "cannot be written (No such file" in said
