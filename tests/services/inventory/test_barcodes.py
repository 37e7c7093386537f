"""What a scanned code stands for."""

import pytest

from adapters.database.sessions import transaction
from domain.barcodes import element_string, scan_key
from models.tables.catalogue import Barcode
from services.inventory.barcodes import goods_of, goods_of_all
from tests.factories import make_product
from tests.process import rows

UPC = "036000291452"


@pytest.fixture
def shop(session):
    make_product(session, "MUG", barcode=UPC)
    make_product(session, "PLATE", barcode="P-1")
    session.add(Barcode(barcode="10036000291459", sku="MUG", pieces=12))
    session.flush()
    return session


@pytest.mark.parametrize(
    ("code", "goods"),
    [
        (UPC, ("MUG", 1)),
        (f"0{UPC}", ("MUG", 1)),
        (f"00{UPC}", ("MUG", 1)),
        (f" {UPC}\u200b", ("MUG", 1)),
        ("10036000291459", ("MUG", 12)),
        ("P-1", ("PLATE", 1)),
        ("p-1", None),
        (f"000{UPC}", None),
        ("", None),
        ("P-1\x00", None),
        ("P-\ud800", None),
    ],
)
def test_a_code_stands_for_pieces_of_a_product(shop, code, goods):
    assert goods_of(shop, code) == goods


def test_many_codes_are_looked_up_at_once(shop):
    found = goods_of_all(shop, [UPC, f"0{UPC}", "P-1", "what"])
    assert found == {UPC: ("MUG", 1), f"0{UPC}": ("MUG", 1), "P-1": ("PLATE", 1)}
    assert goods_of_all(shop, []) == {}


def test_an_element_string_has_the_gtin_that_is_looked_up(shop):
    read = element_string("]C10110036000291459" + "10LOT")
    assert goods_of(shop, read.gtin) == ("MUG", 12)


@pytest.mark.parametrize(
    "code", [UPC, f"0{UPC}", "12345678", "123456789", "123456789012345", "P-12345678", "1" * 14]
)
def test_the_database_compares_barcodes_as_scans_are_compared(database, code):
    with transaction() as session:
        make_product(session, "CUP", barcode=code)
    assert rows("SELECT scan_key FROM barcode") == [(scan_key(code),)]
