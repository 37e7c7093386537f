"""What the form in Prefect's UI shows, whatever the names in it."""

import pytest

from domain.messages import said
from models.tables.staff import StaffTask
from services.worklist.checklists import checklist_markdown, checklist_of
from services.worklist.gates import GATES

ITEM = {
    "bin": "A-01-1",
    "quantity": 2,
    "sku": "MUG",
    "name": "Mug",
    "barcode": "2000000000015",
    "weight_grams": 300,
}
CHECKLISTS = {
    "picking": {"items": [ITEM]},
    "packing": {"items": [ITEM], "goods_grams": 1600},
    "carrier-pickup": {
        "carrier": "house",
        "reference": "PU00000001",
        "weight_grams": 2345,
        "tracking_numbers": ["CP1GB", "CP2GB"],
    },
    "shortage": {"shortages": [{"sku": "MUG", "wanted": 2, "available": 1}]},
    "short-pick": {"shortages": [{"sku": "MUG", "wanted": 2, "available": 0, "why": "damaged"}]},
    "restock": {"items": [ITEM], "warehouse": ""},
    "hold": {"reason": "fraud check", "note": "two cards", "held_by": "Max"},
}


def shown(kind, checklist=None, error=""):
    task = StaffTask(
        order_number=1001,
        kind=kind,
        checklist=checklist or CHECKLISTS[kind],
        error=said(error).as_data() if error else None,
    )
    return checklist_markdown(GATES[kind], "order 1001", task)


def test_every_gate_has_a_checklist_to_test_it_with():
    assert set(CHECKLISTS) == set(GATES)


@pytest.mark.parametrize("kind", CHECKLISTS)
def test_a_checklist_is_stored_as_the_data_that_it_was(kind):
    checklist = GATES[kind].checklist.model_validate(CHECKLISTS[kind])
    stored = checklist.model_dump(mode="json")
    assert set(CHECKLISTS[kind]) <= set(stored)
    task = StaffTask(order_number=1001, kind=kind, checklist=stored)
    assert checklist_of(GATES[kind], task) == checklist


def test_a_task_that_has_no_list_yet_says_what_to_do_all_the_same():
    task = StaffTask(order_number=1001, kind="picking")
    assert "pick **0 pieces**" in checklist_markdown(GATES["picking"], "order 1001", task)


@pytest.mark.parametrize("kind", CHECKLISTS)
def test_every_task_says_what_to_do_and_for_which_order(kind):
    assert shown(kind).startswith(f"## {GATES[kind].title}: order 1001\n\n")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("picking", "| A-01-1 | 2 | MUG | Mug | 2000000000015 |"),
        ("packing", "They weigh **1,600 g** together"),
        ("carrier-pickup", "Hand **2 parcels**, together **2,345 g**"),
        ("carrier-pickup", "| 2 | CP2GB |"),
        ("shortage", "| MUG | 2 | 1 |"),
        ("short-pick", "| MUG | 2 | 0 | damaged |"),
        ("short-pick", "Decide what becomes of the rest."),
        ("restock", "restock **2 pieces**"),
        ("hold", "Max put this order on hold, **fraud check**: two cards"),
    ],
)
def test_a_task_shows_its_list(kind, said):
    assert said in shown(kind)


def test_what_was_wrong_stands_before_the_list():
    text = shown("picking", error="You found 3 of MUG.")
    assert text.index("**Your last answer was not accepted.** You found 3") < text.index("Walk")


def test_nothing_is_said_to_be_wrong_the_first_time():
    assert "not accepted" not in shown("picking")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Mug | blue", r"Mug \| blue"),
        ("<script>alert(1)</script>", r"\<script\>alert(1)\</script\>"),
        ("**bold** _and_ `code`", r"\*\*bold\*\* \_and\_ \`code\`"),
        ("[link](https://example.com)", r"\[link\](https://example.com)"),
        ("two\nlines\r\nand a\ttab", "two lines and a tab"),
        ("Fish & Chips &amp;", r"Fish \& Chips \&amp;"),
        ("back\\slash", r"back\\slash"),
    ],
)
def test_a_name_is_shown_as_it_is_written(name, written):
    assert f"| {written} |" in shown("picking", {"items": [ITEM | {"name": name}]})


def test_a_complaint_that_quotes_somebody_cannot_change_the_page():
    text = shown("picking", error="<img src=x> is not in this order\n# Title")
    assert r"\<img src=x\> is not in this order # Title" in text
    assert "\n# Title" not in text
