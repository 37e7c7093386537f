"""Warehouses from a file, and products and stock that name them."""

import pytest
from sqlmodel import select

from adapters.database.sessions import transaction
from models.imports.kinds import Kind
from models.tables.catalogue import Warehouse
from services.imports.catalogue import SameRank
from services.imports.files import import_file
from tests.process import everything, rows

WAREHOUSES = "code,name,country,postal_code,rank\nMAIN,Leeds,GB,LS1 4AP,1\nYORK,York,GB,YO1 7HH,2\n"
COLUMNS = "sku,name,barcode,bin,weight_grams,on_hand,warehouse\n"
OWN_HOURS = (
    "code,name,country,rank,time_zone,working_days,opens_at,closes_at,holiday_country,"
    "holiday_subdivision\n"
)
HOURS = (
    "SELECT time_zone, working_days, opens_at, closes_at, holiday_country, holiday_subdivision"
    " FROM warehouse WHERE code = 'YORK'"
)
THE_SHOPS = (None,) * 6
IN_MAIN, IN_YORK = "MUG,Mug,1,A-1,300,12,\n", "MUG,Mug,1,Y-1,300,5,YORK\n"


@pytest.fixture
def write(tmp_path):
    def writer(content, name="file.csv"):
        path = tmp_path / name
        path.write_text(content)
        return path

    return writer


@pytest.fixture
def two(database, write):
    import_file(write(WAREHOUSES))


def ranks():
    with transaction() as session:
        return dict(session.exec(select(Warehouse.code, Warehouse.rank)).all())


def reasons(report):
    return [reject.reason for reject in report.rejects]


def test_there_is_one_warehouse_before_anybody_names_one(database):
    assert rows("SELECT code, rank FROM warehouse") == [("MAIN", 1)]


def test_new_warehouses_come_and_the_one_that_is_there_is_described(database, write):
    report = import_file(write(WAREHOUSES))
    assert (report.kind, report.accepted, report.updated) == (Kind.WAREHOUSES, 1, 1)
    assert rows("SELECT code, name, country, postal_code FROM warehouse ORDER BY rank") == [
        ("MAIN", "Leeds", "GB", "LS1 4AP"),
        ("YORK", "York", "GB", "YO1 7HH"),
    ]
    assert import_file(write(WAREHOUSES)).unchanged == 2


def test_warehouses_may_exchange_their_ranks(two, write):
    swapped = "code,name,country,rank\nMAIN,Leeds,GB,2\nYORK,York,GB,1\n"
    assert import_file(write(swapped)).updated == 2
    assert ranks() == {"YORK": 1, "MAIN": 2}


def test_two_warehouses_of_one_rank_are_named_and_nothing_is_taken(two, write):
    before = everything()
    given = "code,name,country,rank\nHULL,Hull,GB,3\nLYON,Lyon,FR,2\n"
    with pytest.raises(SameRank, match="LYON and YORK would have the same rank, 2"):
        import_file(write(given))
    assert everything() == before


def test_bad_warehouses_are_rejected_with_the_reason(database, write):
    given = "code,name,country,rank\nA,A,UK,2\nB,B,GB,0\nB,B,GB,3\nB,B,GB,4\n"
    report = import_file(write(given))
    assert report.accepted == 0
    assert reasons(report) == [
        "country 'UK' is not a country code of ISO 3166: write GB",
        "rank '0' is not between 1 and 10,000; stands in line 4 again: keep one of them",
        "stands in line 3 already: keep one of them",
        "stands in line 3 already: keep one of them",
    ]


def test_a_warehouse_may_have_hours_of_its_own(database, write):
    own = write(OWN_HOURS + "YORK,York,GB,2,Europe/Paris,tue-sat,06:00,24:00,GB,ENG\n")
    assert import_file(own).accepted == 1
    assert rows(HOURS) == [("Europe/Paris", "tue-sat", "06:00", "24:00", "GB", "ENG")]
    assert import_file(own).unchanged == 1


def test_hours_that_a_row_leaves_out_are_the_shops_again(two, write):
    assert rows(HOURS) == [THE_SHOPS]
    import_file(write(OWN_HOURS + "YORK,York,GB,2,,tue-sat,,,FR,\n"))
    assert rows(HOURS) == [(None, "tue-sat", None, None, "FR", None)]
    assert import_file(write(WAREHOUSES)).updated == 1
    assert rows(HOURS) == [THE_SHOPS]


def test_json_lines_say_the_same_of_hours(two, write):
    import_file(write(OWN_HOURS + "YORK,York,GB,2,,,06:00,14:00,none,\n"))
    given = (
        '{"code": "YORK", "name": "York", "country": "GB", "rank": 2, "opens_at": "06:00",'
        ' "closes_at": "14:00", "holiday_country": "none", "holiday_subdivision": null}\n'
    )
    assert import_file(write(given, "file.jsonl")).unchanged == 1
    assert rows(HOURS) == [(None, None, "06:00", "14:00", "", None)]


def test_a_warehouse_whose_hours_cannot_be_is_rejected_and_the_others_are_taken(database, write):
    given = (
        "HULL,Hull,GB,2,,,18:00,18:00,,\n"
        "LYON,Lyon,FR,3,,,08:00,,,\n"
        "BONN,Bonn,DE,4,,,,,,NW\n"
        "YORK,York,GB,5,,sun,08:00,08:01,,\n"
        "KYIV,Kyiv,UA,6,Europe/Kyiv,,,,UA,\n"
    )
    report = import_file(write(OWN_HOURS + given))
    *first, never = reasons(report)
    assert first == [
        "closes_at '18:00' is when it opens: write another time, which may be on the day after",
        "closes_at goes with opens_at: give both or none",
        "holiday_subdivision 'NW' needs a holiday_country",
    ]
    assert never.startswith("Warehouse YORK does not work 2000 hours in the century after ")
    assert rows("SELECT code FROM warehouse ORDER BY rank") == [("MAIN",), ("KYIV",)]


def test_a_product_has_a_bin_and_opening_stock_in_each_warehouse(two, write):
    report = import_file(write(COLUMNS + IN_MAIN + IN_YORK))
    assert (report.accepted, report.rejected) == (2, 0)
    assert rows("SELECT warehouse, bin, on_hand FROM stock_level ORDER BY 1") == [
        ("MAIN", "A-1", 12),
        ("YORK", "Y-1", 5),
    ]
    assert rows("SELECT on_hand FROM product") == [(17,)]
    assert import_file(write(COLUMNS + IN_MAIN + IN_YORK)).unchanged == 2


def test_without_a_warehouse_a_product_lies_in_the_first_by_rank(two, write):
    import_file(write("code,name,country,rank\nYORK,York,GB,1\nMAIN,Leeds,GB,2\n"))
    import_file(write(COLUMNS + IN_MAIN))
    assert rows("SELECT warehouse FROM stock_level") == [("YORK",)]


def test_a_known_product_may_come_to_another_warehouse_with_its_opening_stock(two, write):
    import_file(write(COLUMNS + IN_MAIN))
    report = import_file(write(COLUMNS + IN_MAIN + IN_YORK))
    assert (report.accepted, report.updated, report.unchanged) == (1, 0, 1)
    assert rows("SELECT warehouse, on_hand FROM stock_level ORDER BY 1") == [
        ("MAIN", 12),
        ("YORK", 5),
    ]


def test_a_bin_changes_in_its_warehouse_only_and_the_stock_stays(two, write):
    import_file(write(COLUMNS + IN_MAIN + IN_YORK))
    moved = IN_YORK.replace("Y-1", "Y-9").replace(",5,", ",99,")
    report = import_file(write(COLUMNS + IN_MAIN + moved))
    assert (report.updated, report.unchanged) == (1, 1)
    assert rows("SELECT bin, on_hand FROM stock_level ORDER BY warehouse") == [
        ("A-1", 12),
        ("Y-9", 5),
    ]


def test_rows_of_a_product_that_describe_it_in_two_ways_are_rejected(two, write):
    report = import_file(write(COLUMNS + IN_MAIN + IN_YORK.replace("300", "310")))
    assert reasons(report) == ["describes its product otherwise than line 2: make them alike"]
    assert report.accepted == 1


def test_an_unknown_warehouse_is_rejected_with_those_there_are(two, write):
    report = import_file(write(COLUMNS + IN_MAIN + IN_YORK.replace("YORK", "york")))
    assert reasons(report) == [
        "There is no warehouse 'york': there is MAIN and YORK; import another with"
        " `packline import warehouses.csv`"
    ]
    assert report.accepted == 1


@pytest.mark.parametrize(
    ("content", "kind", "in_york"),
    [
        ("sku,quantity,reference,by,warehouse\nMUG,3,D-1,Jo,{}\n", Kind.DELIVERIES, 8),
        ("sku,quantity,reason,reference,by,warehouse\nMUG,-1,wet,A-1,Jo,{}\n", Kind.ADJUSTMENTS, 4),
        ("sku,counted,reference,by,warehouse\nMUG,7,C-1,Kim,{}\n", Kind.STOCK_COUNTS, 7),
        (
            "sku,quantity,from_warehouse,to_warehouse,reason,reference,by\n"
            "MUG,2,MAIN,{},near,T-1,Jo\n",
            Kind.TRANSFERS,
            7,
        ),
    ],
)
def test_changes_of_stock_name_their_warehouse(two, write, content, kind, in_york):
    import_file(write(COLUMNS + IN_MAIN + IN_YORK))
    for accepted, unchanged in ((1, 0), (0, 1)):
        report = import_file(write(content.format("YORK")))
        assert (report.kind, report.accepted, report.unchanged) == (kind, accepted, unchanged)
        assert rows("SELECT on_hand FROM stock_level WHERE warehouse = 'YORK'") == [(in_york,)]
    (reason,) = reasons(import_file(write(content.format("HULL"))))
    assert reason.startswith("There is no warehouse 'HULL': there is MAIN and YORK")


def test_one_reference_may_stand_in_a_file_once_for_each_warehouse(two, write):
    import_file(write(COLUMNS + IN_MAIN + IN_YORK))
    note = "sku,quantity,reference,by,warehouse\nMUG,3,D-1,Jo,MAIN\nMUG,4,D-1,Jo,YORK\n"
    assert import_file(write(note)).accepted == 2
    again = import_file(write(note + "MUG,4,D-1,Jo,YORK\n"))
    assert (again.unchanged, again.rejected) == (1, 2)
