"""GTINs, and what GS1 element strings say."""

import pytest

from domain.barcodes import element_string, has_check_digit, is_in_scientific_notation, scan_key

GS = "\x1d"
EAN = "4006381333931"
GTIN = f"0{EAN}"
CASE = "14006381333938"
SSCC = "340123450000000000"


@pytest.mark.parametrize(
    ("barcode", "key"),
    [
        (EAN, GTIN),
        (GTIN, GTIN),
        ("036000291452", "00036000291452"),  # a UPC-A is
        ("0036000291452", "00036000291452"),  # the EAN-13 with a zero before it
        ("96385074", "00000096385074"),
        ("4711", "4711"),
        ("123456789", "123456789"),
        ("MUG-0036000291452", "MUG-0036000291452"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "٤٠٠٦٣٨١٣٣٣٩٣١"),
    ],
)
def test_gtins_of_all_lengths_are_compared_with_fourteen_digits(barcode, key):
    assert scan_key(barcode) == key


@pytest.mark.parametrize("digits", [EAN, GTIN, CASE, "036000291452", "96385074", SSCC])
def test_the_check_digit_is_that_of_gs1(digits):
    assert has_check_digit(digits)
    assert not has_check_digit(digits[:-1] + str((int(digits[-1]) + 1) % 10))
    assert has_check_digit(f"000{digits}")


@pytest.mark.parametrize("barcode", ["4.00638E+12", "4,00638E+12", "4E+12", "4.00638e+12"])
def test_what_a_spreadsheet_has_made_a_number_of_is_seen(barcode):
    assert is_in_scientific_notation(barcode)


@pytest.mark.parametrize("barcode", [EAN, "4E12", "ME+1", "4.5", "44.5E+12"])
def test_other_barcodes_are_no_such_numbers(barcode):
    assert not is_in_scientific_notation(barcode)


@pytest.mark.parametrize("symbology", ["]C1", "]e0", "]d2", "]Q3", ""])
def test_the_gtin_is_found_behind_each_symbology(symbology):
    read = element_string(f"{symbology}01{GTIN}17261231" + "10" + "LOT 7")
    assert (read.gtin, read.count) == (GTIN, 1)
    assert read.elements == {"01": GTIN, "17": "261231", "10": "LOT 7"}


@pytest.mark.parametrize(
    ("scanned", "elements"),
    [
        (f"10AB{GS}01{GTIN}", {"10": "AB", "01": GTIN}),
        (f"{GS}01{GTIN}{GS}21XYZ", {"01": GTIN, "21": "XYZ"}),  # a separator too many
        (f"]C110AB01{GTIN}", {"10": f"AB01{GTIN}"}),  # without one, the value goes on
        (f"01{GTIN}3103001750", {"01": GTIN, "31": "03001750"}),  # a weight
        (f"01{GTIN}240ART{GS}11260101", {"01": GTIN, "24": "0ART", "11": "260101"}),
        (f"00{SSCC}", {"00": SSCC}),
    ],
)
def test_values_end_where_their_identifiers_say(scanned, elements):
    assert element_string(scanned).elements == elements


def test_a_count_is_of_what_is_contained():
    contained = element_string(f"]C102{CASE}37" + "24")
    assert (contained.gtin, contained.count) == (CASE, 24)
    assert element_string(f"]C102{CASE}").count == 1
    assert element_string(f"]C101{GTIN}37" + "24").count == 1


@pytest.mark.parametrize(
    "scanned",
    [
        "",
        "]C1",
        EAN,
        "01" + GTIN[:-1] + "2",  # its check digit is wrong
        f"01{GTIN[:-1]}",
        f"01{GTIN}01{GTIN}",
        f"01{GTIN}10",
        f"02{GTIN}37x",
        "MUG-01",
        "10AB",  # this may be anything
        f"01{GTIN}1",
        "10" + "x" * 91,
    ],
)
def test_other_codes_are_no_element_strings(scanned):
    assert element_string(scanned) is None
