"""Barcodes from files: each means one thing, so many pieces of one product."""

import pytest
from sqlalchemy.exc import IntegrityError

from adapters.database.sessions import transaction
from services.imports.files import import_file
from tests.factories import make_product
from tests.process import execute, rows

UPC = "036000291452"
PRODUCTS = "sku,name,barcode,bin,weight_grams\n"


@pytest.fixture(autouse=True)
def products(database):
    """A mug, whose barcode is a UPC, and a plate."""
    with transaction() as session:
        make_product(session, "MUG", barcode=UPC)
        make_product(session, "PLATE", barcode="4006381333931")


@pytest.fixture
def bring(tmp_path):
    def writer(*lines, head="barcode,sku,pieces\n", name="file.csv"):
        path = tmp_path / name
        path.write_text(head + "".join(f"{line}\n" for line in lines))
        return import_file(path)

    return writer


def known(sku="MUG"):
    return dict(rows(f"SELECT barcode, pieces FROM barcode WHERE sku = '{sku}'"))


def reasons(report):
    return [reject.reason for reject in report.rejects]


def test_a_case_counts_its_pieces_beside_the_barcode_of_one_piece(bring):
    assert bring("10036000291459,MUG,12", "MUG-6,MUG,6").accepted == 2
    assert known() == {UPC: 1, "10036000291459": 12, "MUG-6": 6}
    assert bring("10036000291459,MUG,12").unchanged == 1
    assert bring("10036000291459,MUG,24", "MUG-6,PLATE,6").updated == 2
    assert known() == {UPC: 1, "10036000291459": 24}


@pytest.mark.parametrize("spelt", [UPC, f"0{UPC}", f"00{UPC}"])
def test_the_barcode_of_a_product_may_be_repeated_and_changes_nothing(bring, spelt):
    assert bring(f"{spelt},MUG,1").unchanged == 1
    assert known() == {UPC: 1}


@pytest.mark.parametrize("spelt", [UPC, f"0{UPC}", f"00{UPC}"])
def test_the_barcode_of_a_product_means_nothing_else(bring, spelt):
    report = bring(f"{spelt},PLATE,1", f"{spelt} ,MUG,12")
    assert all(reason.startswith("stands in line") for reason in reasons(report))
    assert reasons(bring(f"{spelt},PLATE,1")) == [
        f"'{spelt}' is the barcode of MUG: give each product its own"
    ]
    assert reasons(bring(f"{spelt},MUG,12")) == [
        f"'{spelt}' is the barcode of one piece of MUG: write pieces 1, or the barcode of the case"
    ]
    assert known() == {UPC: 1}


def test_one_number_with_more_zeros_and_with_fewer_is_one_barcode(bring):
    bring("96385074,MUG,6")
    assert bring("00000096385074,MUG,8").updated == 1
    assert known() == {UPC: 1, "96385074": 8}


def test_what_no_barcode_can_be_is_refused_with_what_to_do(bring):
    report = bring("4.00638E+12,MUG,1", "C-1,CUP,6", "C-2,MUG,0")
    shortened, unknown, empty = reasons(report)
    assert shortened == (
        "barcode '4.00638E+12' is a number that a spreadsheet has shortened: give the column there"
        " the format Text, write the barcodes again, and export the file anew"
    )
    assert unknown.startswith("There is no product 'CUP'")
    assert empty.startswith("pieces '0' is not between 1 and")
    report = bring("MUG,Mug,4.00638E+12,A-1,300", head=PRODUCTS)
    assert "a spreadsheet has shortened" in reasons(report)[0]


def test_two_products_have_two_barcodes(bring):
    given = f"CUP,Cup,0{UPC},A-1,300", "JUG,Jug,2,A-2,300", "JAR,Jar,2,A-3,300"
    report = bring(*given, head=PRODUCTS)
    assert report.accepted == 1
    assert reasons(report) == [
        f"'0{UPC}' is the barcode of MUG: give each product its own",
        "'2' is the barcode of JUG: give each product its own",
    ]


def test_a_product_with_another_barcode_is_no_longer_known_by_the_first(bring):
    bring("MUG-6,MUG,6")
    assert bring("MUG,MUG in blue,7,A-01-1,300", head=PRODUCTS).updated == 1
    assert known() == {"7": 1, "MUG-6": 6}
    assert bring("MUG,MUG in blue,MUG-6,A-01-1,300", head=PRODUCTS).updated == 1
    assert known() == {"MUG-6": 1}


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE product SET barcode = '{UPC}' WHERE sku = 'PLATE'",
        f"UPDATE product SET barcode = '0{UPC}' WHERE sku = 'PLATE'",
        f"INSERT INTO barcode (barcode, sku, pieces) VALUES ('0{UPC}', 'PLATE', 1)",
        f"UPDATE barcode SET sku = 'PLATE' WHERE barcode = '{UPC}'",
        f"DELETE FROM barcode WHERE barcode = '{UPC}'",
        "UPDATE barcode SET pieces = 0",
    ],
)
def test_the_database_holds_barcodes_to_one_meaning_too(change):
    with pytest.raises(IntegrityError):
        execute(change)


@pytest.mark.parametrize(
    ("sides", "right"),
    [("120,90,100", True), (",,", True), ("120,,", False), (",90,100", False), ("0,1,1", False)],
)
def test_the_sides_of_a_product_come_together(bring, sides, right):
    head = PRODUCTS.replace("\n", ",length_mm,width_mm,height_mm\n")
    report = bring(f"CUP,Cup,5,A-1,300,{sides}", head=head)
    assert report.accepted == right


@pytest.mark.parametrize("sides", ["1, 1, NULL", "0, 1, 1"])
def test_the_database_knows_all_sides_or_none(sides):
    with pytest.raises(IntegrityError, match="ck_product"):
        execute(f"UPDATE product SET (length_mm, width_mm, height_mm) = ({sides})")
