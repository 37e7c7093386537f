"""The forms as Prefect's two UIs show them, and as its server checks them."""

import json

import pytest

from models.forms.pickup import CarrierPickupForm
from services.worklist.gates import GATES

gates = pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())
PICKUP = {"gate": "carrier-pickup", "handed_over_by": "Lee", "confirmation_number": "C-1"}


def lists_of(gate):
    """The fields of the items that a person adds; a list may also be of plain texts."""
    fields = gate.form.model_json_schema()["properties"].values()
    items = [field["items"] for field in fields if "items" in field]
    return [item["properties"] for item in items if item["type"] == "object"]


@gates
def test_a_form_refers_to_nothing_outside_its_fields(gate):
    schema = json.dumps(gate.form.model_json_schema())
    assert "$ref" not in schema
    assert "$defs" not in schema


@gates
def test_the_items_of_a_list_say_in_words_what_they_are(gate):
    for fields in lists_of(gate):
        assert all(field["title"] and field["description"] for field in fields.values())


def test_the_items_that_a_person_adds_are_those_of_the_forms():
    assert [sorted(fields) for gate in GATES.values() for fields in lists_of(gate)] == [
        ["quantity", "sku", "why"],
        ["box", "height_mm", "length_mm", "weight_grams", "width_mm"],
        ["instead", "quantity", "sku", "why"],
        ["damaged", "missing", "sku"],
    ]


def test_the_time_of_a_collection_is_typed_in_and_not_chosen_in_utc():
    field = CarrierPickupForm.model_json_schema()["properties"]["collected_at"]
    assert field["type"] == "string"
    assert "format" not in field


@pytest.mark.parametrize("typed", ["2026-11-23 16:05", " 2026-11-23 16:05\n", "2026-11-23T16:05"])
def test_a_time_may_have_blanks_around_it_and_no_zone(typed):
    form = CarrierPickupForm.model_validate(PICKUP | {"collected_at": typed})
    assert form.collected_at.isoformat() == "2026-11-23T16:05:00"
    assert form.collected_at.tzinfo is None
