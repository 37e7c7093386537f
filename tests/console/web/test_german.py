"""The console as somebody sees it who reads German."""

import pytest

from models.enums import Role
from tests.console.web.conftest import text_of


@pytest.fixture
def picker(sign_in):
    ada = sign_in("Ada", Role.WAREHOUSE_STAFF)
    ada.post("/account/language", language="de")
    return ada


def test_the_list_of_work_is_in_german(picking, picker):
    shown = text_of(picker.get("/work"))
    assert "Meine Arbeit" in shown
    assert "Kommissionieren Auftrag 1001 3 Stück von 2 Lagerplätzen" in shown


def test_a_form_and_what_is_wrong_with_it_are_in_german(picking, picker):
    _, task = picking
    page = text_of(picker.get(f"/tasks/{task}"))
    assert "Gefundene Stücke" in page
    assert "nicht am Lagerplatz" in page
    fewer = {"found.0.sku": "MUG", "found.0.quantity": "1"}
    refused = text_of(picker.post(f"/tasks/{task}/answer", done="1", **fewer))
    assert "Sagen Sie, warum es weniger sind, einer dieser Gründe: nicht am Lagerplatz" in refused
