"""A list that replaces an older one leaves nothing of it behind, and nothing of others goes."""

import pytest

from adapters.database.sessions import transaction
from models.tables.shipping import ShippingRate
from services.imports.files import import_file
from services.imports.reference_data import NoList
from services.worklist.departures import look_up_due_departures
from tests.factories import make_order, make_tariffs
from tests.process import process, rows

__all__ = ["process"]

RATES = "carrier,service_level,zone,currency,up_to_grams,price\n"
BANDS = "SELECT carrier, up_to_grams, price_minor FROM shipping_rate ORDER BY 1, 2"


@pytest.fixture
def rates(database):
    """Bands of two carriers, as they were."""
    with transaction() as session:
        for carrier in ("house", "other"):
            for grams in (1_000, 5_000, 30_000):
                band = {"service_level": "standard", "zone": "UK1", "currency": "GBP"}
                band |= {"up_to_grams": grams, "price_minor": grams}
                session.add(ShippingRate(carrier=carrier, **band))


def imported(tmp_path, name, text, **more):
    file = tmp_path / name
    file.write_text(text)
    return import_file(file, **more)


OTHERS = [("other", 1_000, 1_000), ("other", 5_000, 5_000), ("other", 30_000, 30_000)]


def test_none_of_the_old_bands_is_left_and_other_carriers_keep_theirs(rates, tmp_path):
    new = RATES + "house,standard,UK1,GBP,2000,4.50\nhouse,standard,UK1,GBP,30000,9.00\n"
    report = imported(tmp_path, "rates.csv", new, replaces=True)
    assert rows(BANDS) == [("house", 2_000, 450), ("house", 30_000, 900), *OTHERS]
    assert (report.accepted, report.updated, report.removed) == (1, 1, 2)
    assert "2 removed" in str(report)
    again = imported(tmp_path, "rates.csv", new, replaces=True)
    assert (again.unchanged, again.removed) == (2, 0)


def test_without_being_asked_nothing_is_removed(rates, tmp_path):
    imported(tmp_path, "rates.csv", RATES + "house,standard,UK1,GBP,2000,4.50\n")
    assert len(rows(BANDS)) == 7


def test_with_a_bad_row_in_it_nothing_is_removed_and_it_says_so(rates, tmp_path):
    new = RATES + "house,standard,UK1,GBP,2000,4.50\nhouse,standard,UK1,GBP,heavy,9.00\n"
    report = imported(tmp_path, "rates.csv", new, replaces=True)
    assert (report.accepted, report.rejected, report.removed) == (1, 1, 0)
    assert len(rows(BANDS)) == 7
    assert any("Nothing of the older list was removed" in note for note in report.notes)


def test_an_empty_list_removes_nothing(rates, tmp_path):
    report = imported(tmp_path, "rates.csv", RATES, replaces=True)
    assert report.removed == 0
    assert len(rows(BANDS)) == 6


def test_taxes_are_replaced_country_by_country(database, tmp_path):
    with transaction() as session:
        make_tariffs(session)
        make_tariffs(session, "FR", "EUR")
    new = "country,region,postal_prefix,tax_class,rate\nGB,,,reduced,0.05\n"
    imported(tmp_path, "taxes.csv", new, replaces=True)
    kept = "SELECT country, tax_class FROM tax_rate ORDER BY 1, 2"
    assert rows(kept) == [("FR", "standard"), ("GB", "reduced")]


def test_what_leaves_with_a_departure_that_is_no_more_leaves_with_another(process, tmp_path):
    columns = "warehouse,carrier,service_level,weekday,hands_over_at,cut_off\n"
    daily = ("mon", "tue", "wed", "thu", "fri")
    before = "".join(f"MAIN,house,standard,{day},17:00,15:00\n" for day in daily)
    imported(tmp_path, "departures.csv", columns + before)
    with transaction() as session:
        number = make_order(session)
    process.run(number)
    leaves = f"SELECT extract(isodow FROM departs_at) FROM shipment WHERE order_number = {number}"
    ((before,),) = rows(leaves)
    other = "tue" if before == 1 else "mon"
    new = columns + f"MAIN,house,standard,{other},17:00,15:00\n"
    report = imported(tmp_path, "departures.csv", new, replaces=True)
    assert report.removed == 4
    look_up_due_departures()
    assert rows(leaves) == [(2 if before == 1 else 1,)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("staff.csv", "name,roles\nAda,packer\n"),
        ("products.csv", "sku,name,barcode,weight_grams,bin,on_hand\nMUG,Mug,1,300,A-1,2\n"),
    ],
)
def test_what_others_refer_to_is_not_replaced_by_a_file(database, tmp_path, name, text):
    with pytest.raises(NoList, match="import it without --replace"):
        imported(tmp_path, name, text, replaces=True)
    assert rows("SELECT (SELECT count(*) FROM staff) + (SELECT count(*) FROM product)") == [(0,)]
