"""What looks the same in a file is the same, and what we changed ourselves is no difference."""

import unicodedata

import pytest
from sqlalchemy.exc import DatabaseError

from models.imports.requests import AddressIn
from services.imports.files import import_file
from tests.actors import change_address
from tests.process import assert_sound, everything, execute, rows
from tests.services.pricing.test_charged_orders import files, line, take

pytestmark = pytest.mark.lengthy

__all__ = ["files"]

QUEBEC = "Qu\u00e9bec"
DECOMPOSED = unicodedata.normalize("NFD", QUEBEC)
MARKS = {
    "zero-width space": "\u200b",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "left-to-right mark": "\u200e",
    "word joiner": "\u2060",
}
HYPHENS = {"hyphen": "\u2010", "non-breaking": "\u2011", "minus": "\u2212", "en dash": "\u2013"}
SPACES = {"no-break": "\u00a0", "thin": "\u2009", "narrow no-break": "\u202f"}


def bring(folder, name, *lines):
    path = folder / f"{name}.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return import_file(path)


def counts(report):
    return report.accepted, report.updated, report.unchanged, report.rejected


def reasons(report):
    return [reject.reason for reject in report.rejects]


def zone_of(number):
    return rows(f"SELECT quote ->> 'zone' FROM sales_order WHERE number = {number}")[0][0]


# What we changed ourselves


def redirect(number, **given):
    address = {
        "address_line1": "2 Quay Street", "city": "Leeds", "postal_code": "LS1 1AA",
        "country": "GB", "by": "Max",
    } | given  # fmt: skip
    return change_address(number, AddressIn(**address))


def test_an_order_that_goes_elsewhere_now_is_the_same_in_the_file(files):
    number = take(files, line("MUG-01", 2, "11.95"))
    redirect(number, address_line2="Flat 3", city="York", region="Yorkshire", postal_code="YO1 7HH")
    before = everything()
    assert take(files, line("MUG-01", 2, "11.95")) == number
    assert everything() == before
    redirect(number, address_line1="3 Third Street")
    assert take(files, line("MUG-01", 2, "11.95")) == number
    assert_sound()


@pytest.mark.parametrize(
    ("column", "value"), [("address_line1", "9 Elsewhere"), ("city", "York"), ("region", "Kent")]
)
@pytest.mark.parametrize("redirected", [0, 1, 2])
def test_a_file_that_says_something_else_than_it_did_is_refused_by_the_field(
    files, redirected, column, value
):
    number = take(files, line("MUG-01", 1, "11.95"))
    for street in range(redirected):
        there = {"address_line1": f"{street} New Street"} | ({column: value} if street else {})
        redirect(number, **there)
    (problem,) = take(files, line("MUG-01", 1, "11.95"), **{column: value})
    assert f"was imported before as {number}, with another {column}:" in problem


def test_a_region_that_is_gone_and_cancelled_pieces_are_no_difference(files):
    number = take(files, line("MUG-01", 2, "11.95"), region="Yorkshire")
    redirect(number)
    execute("UPDATE order_line SET cancelled = 1")
    assert take(files, line("MUG-01", 2, "11.95"), region="Yorkshire") == number


def test_what_an_order_was_taken_with_is_a_fact(files):
    number = take(files, line("MUG-01", 1, "11.95"))
    redirect(number)
    ((kept,),) = rows("SELECT brought_address FROM sales_order")
    assert kept["address_line1"] == "1 Mill Lane"
    for other in ("NULL", "'{}'"):
        with pytest.raises(DatabaseError, match="is a fact"):
            execute(f"UPDATE sales_order SET brought_address = {other}")


# Composed and decomposed


@pytest.mark.parametrize("table", [QUEBEC, DECOMPOSED], ids=["composed", "decomposed"])
@pytest.mark.parametrize("ordered", [QUEBEC, DECOMPOSED, "qu\u00c9bec ", "\u200eQu\u00e9bec"])
def test_a_region_has_its_tax_however_its_letters_are_composed(files, table, ordered):
    bring(
        files,
        "tax_rates",
        "country,region,tax_class,rate",
        "CA,,standard,0.05",
        f"CA,{table},standard,0.14975",
    )
    bring(files, "shipping_zones", "carrier,country,zone", "house,CA,UK1")
    number = take(
        files, line("MUG-01", 1, "100.00"), country="CA", region=ordered, postal_code="H2X 1Y4"
    )
    ((rate,),) = rows(f"SELECT tax_rate FROM order_line WHERE order_number = {number}")
    assert float(rate) == 0.14975


def test_an_order_imported_again_in_the_other_form_is_the_same(files):
    said = {"customer_name": "Zo\u00eb \u00c5ngstr\u00f6m", "city": "K\u00f6ln", "region": QUEBEC}
    number = take(files, line("MUG-01", 1, "11.95"), **said)
    other = {name: unicodedata.normalize("NFD", value) for name, value in said.items()}
    assert take(files, line("MUG-01", 1, "11.95"), **other) == number
    assert rows("SELECT customer_name, city, region FROM sales_order") == [tuple(said.values())]
    spaced = other | {"customer_name": "Zo\u00eb\u00a0\u00c5ngstr\u00f6m"}
    assert take(files, line("MUG-01", 1, "11.95"), **spaced) == number


def test_rows_of_one_order_may_be_written_by_two_keyboards(files):
    lines = line("MUG-01", 1, "11.95"), line("PLATE-02", 1, "3.00") | {
        "external_id": "1\u200b", "region": DECOMPOSED, "address_line1": "1\u00a0Mill Lane",
    }  # fmt: skip
    number = take(files, *lines, region=QUEBEC)
    assert rows("SELECT count(*) FROM order_line") == [(2,)]
    assert rows("SELECT number, external_id FROM sales_order") == [(number, "1")]


def test_the_same_region_in_both_forms_is_one_row_of_the_table(files):
    report = bring(
        files, "tax_rates", "country,region,rate", f"CA,{QUEBEC},0.1", f"CA,{DECOMPOSED},0.2"
    )
    assert counts(report) == (0, 0, 0, 2)
    assert [reason.partition(":")[0] for reason in reasons(report)] == [
        "stands in line 3 again",
        "stands in line 2 already",
    ]


# Keys


ODD = {name: f"MUG{mark}-01{mark}" for name, mark in MARKS.items()}
ODD |= {name: f"MUG{hyphen}01" for name, hyphen in HYPHENS.items()}
ODD |= {f"{name} around": f"{space}MUG-01{space}" for name, space in SPACES.items()}


@pytest.mark.parametrize("sku", ODD.values(), ids=ODD)
def test_a_product_that_looks_the_same_is_the_same(files, sku):
    head = "sku,name,barcode,weight_grams,bin,on_hand"
    report = bring(files, "products", head, f"{sku},Mug,2000000000015,360,A-01-1,10")
    assert counts(report) == (0, 0, 1, 0)
    number = take(files, line(sku, 1, "11.95"))
    assert rows(f"SELECT sku FROM order_line WHERE order_number = {number}") == [("MUG-01",)]
    delivered = bring(files, "deliveries", "sku,quantity,reference,by", f"{sku},5,note 4711,Jo")
    assert counts(delivered) == (1, 0, 0, 0)
    assert rows("SELECT on_hand FROM product WHERE sku = 'MUG-01'") == [(15,)]


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_a_reference_with_another_space_is_booked_once(files, space):
    head = "sku,quantity,reference,by"
    bring(files, "deliveries", head, "MUG-01,5,note 4711,Jo")
    again = bring(files, "deliveries", head, f"MUG-01,5,note{space}4711,Jo\u200b")
    assert counts(again) == (0, 0, 1, 0)


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_the_other_keys_are_the_same_too(files, mark):
    known = {
        "warehouses": ("code,name,country,rank", "MAIN,Main,GB,1"),
        "staff": ("name,roles,email", "Ada Bright,packer,ada@shop.example"),
        "shipping_zones": ("carrier,country,postal_prefix,zone", "house,GB,LS1,UK1"),
        "shipping_rates": (
            "carrier,service_level,zone,currency,up_to_grams,price",
            "house,standard,UK1,GBP,30000,4.50",
        ),
        "tax_rates": ("country,region,postal_prefix,tax_class,rate", "GB,Kent,LS1,standard,0.2"),
    }
    keys = {
        "packer",
        "standard",
        "MAIN",
        "Ada Bright",
        "house",
        "GB",
        "LS1",
        "UK1",
        "Kent",
        "GBP",
        "4.50",
        "30000",
        "0.2",
    }
    for name, (head, row) in known.items():
        bring(files, name, head, row)
        odd = (f"{mark}{part}{mark}" if part in keys else part for part in row.split(","))
        assert counts(bring(files, name, head, ",".join(odd))) == (0, 0, 1, 0), name


def test_two_rows_that_look_the_same_are_one(files):
    head = "sku,name,barcode,weight_grams,bin"
    report = bring(files, "products", head, "CUP,Cup,1,360,A", "CUP\u200b,Cup,1,360,A")
    assert counts(report) == (0, 0, 0, 2)


def test_a_key_in_which_nothing_can_be_seen_is_empty(files):
    head = "sku,name,barcode,weight_grams,bin"
    report = bring(files, "products", head, "\u200b,Cup,1,360,A", "CUP,\u200b,1,360,A")
    assert reasons(report) == ["sku is empty", "name is empty"]


@pytest.mark.parametrize("odd", ["\u200b{}", "{}\u00a0", "\ufeff{}\u200e"])
def test_words_to_choose_from_and_numbers_are_read_by_what_is_seen(files, odd):
    given = {
        "prices_include_tax": odd.format("true"), "service_level": odd.format("standard"),
        "currency": odd.format("GBP"), "placed_at": odd.format("2026-11-23T09:30:00Z"),
    }  # fmt: skip
    take(files, line("MUG-01", odd.format(2), odd.format("11.95")), **given)
    assert rows("SELECT quantity, unit_price_minor FROM order_line") == [(2, 1195)]
    head = "sku,quantity,kind,reason,reference,by"
    report = bring(files, "a", head, f"MUG-01,\u22123,{odd.format('damaged')},fell,slip 9,Jo")
    assert counts(report) == (1, 0, 0, 0)
    assert rows("SELECT on_hand FROM product WHERE sku = 'MUG-01'") == [(7,)]


# Zones and taxes by parts of a postal code


PLACES = {
    "PA67": "PA67 1AA", "PA6": "PA6 7LN", "PA": "PA1 1AA", "G": "G1 1AA", "GL": "GL1 1AA",
    "EC1": "EC1A 1BB", "SW1A": "SW1A 1AA", "SW1": "SW1P 3BT", "LS1 1": "LS1 1AA",
    "LS11": "LS11 5AA", "LS1": "ls12ab", "LS2 9JT": "ls29jt", "BFPO": "BFPO 57", "E1": "E1W 1AA",
}  # fmt: skip


@pytest.mark.parametrize("postal_code", ["PA6 7LN", "pa67ln", "GL1 1AA", "GL11AA", "B1 1AA"])
def test_a_zone_of_another_part_is_not_theirs(files, postal_code):
    zones = [f"house,GB,{prefix},FAR" for prefix in ("PA67", "G", "BFPO", "L", "GL11")]
    bring(files, "shipping_zones", "carrier,country,postal_prefix,zone", *zones)
    taxes = [f"GB,{prefix},0.9" for prefix in ("PA67", "G", "BFPO", "L", "GL11")]
    bring(files, "tax_rates", "country,postal_prefix,rate", *taxes)
    number = take(files, line("MUG-01", 1, "11.95"), postal_code=postal_code)
    assert zone_of(number) == "UK1"
    assert float(rows("SELECT tax_rate FROM order_line")[0][0]) == 0.2


@pytest.mark.parametrize("prefix", PLACES)
def test_a_zone_and_a_tax_reach_as_far_as_their_part_of_the_code(files, prefix):
    zones = [f"house,GB,{each},Z{number}" for number, each in enumerate(PLACES)]
    taxes = [f"GB,{each},0.{number:02}" for number, each in enumerate(PLACES, start=1)]
    rates = [f"house,standard,Z{number},GBP,30000,4.50" for number in range(len(PLACES))]
    head = "carrier,country,postal_prefix,zone"
    assert counts(bring(files, "shipping_zones", head, *zones))[0] == len(PLACES)
    bring(files, "tax_rates", "country,postal_prefix,rate", *taxes)
    bring(files, "r", "carrier,service_level,zone,currency,up_to_grams,price", *rates)
    number = take(files, line("MUG-01", 1, "11.95"), postal_code=PLACES[prefix])
    place = [*PLACES].index(prefix)
    assert zone_of(number) == f"Z{place}"
    ((rate,),) = rows(f"SELECT tax_rate FROM order_line WHERE order_number = {number}")
    assert float(rate) == (place + 1) / 100


@pytest.mark.parametrize(
    ("postal_code", "zone"),
    [("D6W XY45", "W"), ("d06x285", "6"), ("D02 X285", "D"), ("A65 F4E2", "A"), ("", "IRL")],
)
def test_an_irish_zone_is_a_routing_key(files, postal_code, zone):
    zones = {"D6W": "W", "D6": "6", "D": "D", "A65": "A", "": "IRL"}
    lines = [f"house,IE,{prefix},{name}" for prefix, name in zones.items()]
    bring(files, "shipping_zones", "carrier,country,postal_prefix,zone", *lines)
    rates = [f"house,standard,{name},GBP,30000,4.50" for name in zones.values()]
    bring(files, "r", "carrier,service_level,zone,currency,up_to_grams,price", *rates)
    bring(files, "tax_rates", "country,rate", "IE,0.23")
    number = take(files, line("MUG-01", 1, "11.95"), country="IE", postal_code=postal_code)
    assert zone_of(number) == zone


def test_a_prefix_that_ends_within_a_part_is_named_with_what_would_be_right(files):
    report = bring(
        files,
        "shipping_zones",
        "carrier,country,postal_prefix,zone",
        "house,GB,LS1 1A,UK1",
        "house,IE,D02 X,UK1",
        "house,US,0213,UK1",
    )
    assert counts(report) == (1, 0, 0, 2)
    assert reasons(report)[0] == (
        "postal_prefix 'LS1 1A' is no area, district, sector or whole postal code, such as SW, SW1,"
        " SW1A, SW1A 1 or SW1A 1AA"
    )


def test_a_prefix_written_otherwise_is_the_same_row(files):
    head = "carrier,country,postal_prefix,zone"
    bring(files, "shipping_zones", head, "house,GB,LS1 1,UK1", "house,IE,D06,UK1")
    again = bring(files, "shipping_zones", head, "house,GB,ls1-1,UK1", "house,IE,d6,UK1")
    assert counts(again) == (0, 0, 2, 0)


# Countries


def test_kosovo_is_a_country_by_its_name(files):
    bring(files, "shipping_zones", "carrier,country,zone", "house,XK,UK1")
    bring(files, "tax_rates", "country,rate", "XK,0.18")
    number = take(files, line("MUG-01", 1, "11.95"), country="xk", city="Prishtina")
    assert rows("SELECT country FROM sales_order") == [("XK",)]
    changed = redirect(number, city="Prizren", postal_code="20000", country="XK")
    assert changed.address.endswith("KOSOVO")
    assert (
        counts(bring(files, "warehouses", "code,name,country,rank", "PRN,Prishtina,XK,2"))[0] == 1
    )
    assert_sound()


@pytest.mark.parametrize("country", ["AC", "TA", "SH", "JE"])
def test_islands_with_codes_of_their_own_are_places(files, country):
    bring(files, "shipping_zones", "carrier,country,zone", f"house,{country},UK1")
    bring(files, "tax_rates", "country,rate", f"{country},0")
    assert take(files, line("MUG-01", 1, "11.95"), country=country, postal_code="") == 1001


@pytest.mark.parametrize(
    ("given", "right"), [("UK", "GB"), ("el", "GR"), ("IC", "ES"), ("EA", "ES"), ("KV", "XK")]
)
def test_a_code_that_is_none_says_which_is(files, given, right):
    (problem,) = take(files, line("MUG-01", 1, "11.95"), country=given)
    assert problem == f"country '{given}' is not a country code of ISO 3166: write {right}"


# Mail


@pytest.mark.parametrize(
    "domain", ["m\u00fcller-m\u00f6bel.example", "xn--mller-mbel-kcb9d.example"]
)
def test_a_mail_address_is_kept_as_people_write_it_and_is_the_same_either_way(files, domain):
    number = take(files, line("MUG-01", 1, "11.95"), email=f"info@{domain}")
    assert rows("SELECT email FROM sales_order") == [("info@m\u00fcller-m\u00f6bel.example",)]
    for other in ("M\u00dcLLER-m\u00f6bel.example", "xn--mller-mbel-kcb9d.example"):
        assert take(files, line("MUG-01", 1, "11.95"), email=f"info@{other}") == number
