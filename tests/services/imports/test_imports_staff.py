"""Staff from a file: several roles, and the warehouses where they work."""

import json

import pytest
from sqlalchemy.exc import IntegrityError

from adapters.database.sessions import transaction
from services.imports.files import import_file
from tests.factories import make_warehouse
from tests.process import execute, rows

ADA = "name,roles,warehouses\nAda,packer; warehouse staff;packer,YORK;MAIN\n"


@pytest.fixture(autouse=True)
def york(database):
    with transaction() as session:
        make_warehouse(session, "YORK", 2)


@pytest.fixture
def bring(tmp_path):
    def writer(content, name="staff.csv"):
        path = tmp_path / name
        path.write_text(content)
        return import_file(path)

    return writer


def places():
    return rows("SELECT name, warehouse FROM staff_warehouse ORDER BY 1, 2")


def reasons(report):
    return [reject.reason for reject in report.rejects]


def test_somebody_has_several_roles_and_warehouses(bring):
    assert bring(ADA).accepted == 1
    assert rows("SELECT roles FROM staff") == [(["warehouse staff", "packer"],)]
    assert places() == [("Ada", "MAIN"), ("Ada", "YORK")]


def test_the_same_in_another_order_changes_nothing(bring):
    bring(ADA)
    again = {"name": "Ada", "roles": ["warehouse staff", "packer"], "warehouses": ["MAIN", "YORK"]}
    assert bring(json.dumps(again), "staff.jsonl").unchanged == 1


@pytest.mark.parametrize(
    ("row", "left"), [("Ada,packer;warehouse staff,YORK", ["YORK"]), ("Ada,packer,", [])]
)
def test_what_a_later_file_does_not_name_is_gone(bring, row, left):
    bring(ADA)
    assert bring(f"name,roles,warehouses\n{row}\n").updated == 1
    assert places() == [("Ada", code) for code in left]


def test_a_warehouse_that_is_not_there_is_named_beside_all_else_that_is_wrong(bring):
    report = bring("name,roles,warehouses\nAda,elf; packer,HULL; MAIN; LYON\nBo,;,\n")
    ada, bo = reasons(report)
    assert ada.startswith("roles has the unknown elf: write warehouse staff, packer, ")
    assert "There is no warehouse 'HULL': there is MAIN and YORK" in ada
    assert "There is no warehouse 'LYON'" in ada
    assert bo.startswith("roles is empty: write one of warehouse staff, packer, ")
    assert rows("SELECT * FROM staff") == places() == []


@pytest.mark.parametrize("roles", ["{}", "{elf}", "{packer,elf}"])
def test_the_database_knows_the_roles_too(roles):
    with pytest.raises(IntegrityError, match="ck_staff_roles"):
        execute(f"INSERT INTO staff (name, roles, email) VALUES ('Bo', '{roles}', '')")
