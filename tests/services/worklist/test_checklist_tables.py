"""Tables of a checklist in a form as narrow as Prefect's."""

import pytest

from models.enums import TaskKind
from tests.services.worklist.test_checklists import ITEM, shown

BLANK = "\N{NO-BREAK SPACE}"


def head(kind, item):
    text = shown(kind, {"items": [ITEM | item], "goods_grams": 1})
    return next(line for line in text.splitlines() if line.startswith("| "))


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ({"bin": "A-01-1"}, f"Bin{BLANK * 9} "),
        ({"bin": "A1"}, "Bin "),
        ({"sku": "PLATE-26"}, f"SKU{BLANK * 15} "),
        ({"sku": "A-VERY-LONG-CODE-OF-A-SUPPLIER"}, f"SKU{BLANK * 27} "),
    ],
)
def test_a_code_has_a_column_in_which_it_stays_in_one_line(item, title):
    assert f"| {title}|" in head("picking", item)


def test_a_name_may_take_several_lines():
    assert head("packing", {"name": "A name of many words " * 9}).endswith(" | Product |")


@pytest.mark.parametrize(("pieces", "said"), [(1, "**1 piece**"), (1200, "**1,200 pieces**")])
def test_the_pieces_to_pick_are_counted(pieces, said):
    assert said in shown("picking", {"items": [ITEM | {"quantity": pieces}]})


def test_the_operator_sees_what_was_ordered_and_what_there_is():
    assert "| Ordered | Available |" in shown(TaskKind.SHORTAGE)
    assert "| Ordered | Found |" in shown(TaskKind.SHORT_PICK)
