"""Every gate has a page with its form, and an answer there has the same result as anywhere else."""

import pytest

from adapters.database.sessions import transaction
from models.enums import Role
from services.worklist.gates import GATES
from tests.console.test_a_new_gate import GIFT_WRAP
from tests.console.web.conftest import text_of
from tests.console.web.test_my_work import fields_of_page, found
from tests.factories import make_order
from tests.process import assert_sound, open_task_id, rows

PARCEL = {
    "parcels.0.weight_grams": "1200",
    "parcels.0.length_mm": "300",
    "parcels.0.width_mm": "200",
    "parcels.0.height_mm": "100",
}


@pytest.fixture
def everybody(sign_in):
    return sign_in("Ada", *Role)


@pytest.fixture
def number(process, shop):
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    process.run(number)
    return number


def test_a_whole_order_is_shipped_by_plain_forms(process, number, everybody):
    picking = open_task_id("picking")
    everybody.post(f"/tasks/{picking}/answer", **found(everybody, picking))
    process.run(number)
    everybody.post(f"/tasks/{open_task_id('packing')}/answer", **PARCEL)
    process.run(number)
    pickup = open_task_id("carrier-pickup")
    assert "JE" not in text_of(everybody.get(f"/tasks/{pickup}"))
    collected = everybody.post(f"/tasks/{pickup}/answer", confirmation_number="C-77")
    assert "is done" in text_of(collected)
    process.run(number)
    assert rows("SELECT status FROM sales_order") == [("Shipped",)]
    channels = "SELECT DISTINCT answered_by, answered_through FROM staff_task"
    assert rows(channels) == [("Ada", "console")]
    assert_sound()


def test_too_few_pieces_with_a_reason_ask_the_operator(process, number, everybody):
    picking = open_task_id("picking")
    form = found(everybody, picking)
    (mug,) = [name for name, value in form.items() if value == "MUG"]
    place = mug.removesuffix(".sku")
    form[f"{place}.quantity"] = "1"
    refused = everybody.post(f"/tasks/{picking}/answer", **form)
    assert refused.status_code == 422
    assert "MUG" in text_of(refused)
    assert f'name="{place}.quantity" value="1"' in refused.text, "what was typed stays"
    form[f"{place}.why"] = "damaged"
    assert "is done" in text_of(everybody.post(f"/tasks/{picking}/answer", **form))
    decision = open_task_id("short-pick")
    seen = text_of(everybody.get(f"/tasks/{decision}"))
    assert "MUG 2 1 damaged" in seen
    everybody.post(f"/tasks/{decision}/answer", decision="split", note="the rest later")
    assert rows("SELECT count(*) FROM shipment") == [(2,)]


@pytest.mark.parametrize("wrong", ["-1", "3", "two", "9" * 30, "1.5"])
def test_a_number_that_cannot_be_is_told_at_its_field(number, everybody, wrong):
    picking = open_task_id("picking")
    form = found(everybody, picking)
    form["found.0.quantity"] = wrong
    refused = everybody.post(f"/tasks/{picking}/answer", **form)
    assert refused.status_code == 422
    assert "Nothing was stored yet" in text_of(refused)
    assert rows("SELECT state FROM staff_task") == [("open",)]


def test_all_faults_of_a_form_are_told_at_once_each_at_its_field(process, number, everybody):
    picking = open_task_id("picking")
    everybody.post(f"/tasks/{picking}/answer", **found(everybody, picking))
    process.run(number)
    packing = open_task_id("packing")
    wrong = PARCEL | {"parcels.0.weight_grams": "0", "parcels.0.width_mm": "wide"}
    refused = everybody.post(f"/tasks/{packing}/answer", **wrong)
    assert refused.status_code == 422
    for name in ("weight_grams", "width_mm"):
        assert f'id="parcels.0.{name}-problem"' in refused.text
        assert f'href="#parcels.0.{name}"' in refused.text
    assert 'id="parcels.0.length_mm-problem"' not in refused.text


def test_one_more_parcel_is_one_more_row_and_no_answer(process, number, everybody):
    picking = open_task_id("picking")
    everybody.post(f"/tasks/{picking}/answer", **found(everybody, picking))
    process.run(number)
    packing = open_task_id("packing")
    more = everybody.post(f"/tasks/{packing}/answer", more="parcels", **PARCEL)
    assert 'name="parcels.1.weight_grams"' in more.text
    assert 'name="parcels.0.weight_grams" value="1200"' in more.text
    second = {name.replace(".0.", ".1."): value for name, value in PARCEL.items()}
    everybody.post(f"/tasks/{packing}/answer", **PARCEL, **second)
    process.run(number)
    assert rows("SELECT count(*) FROM shipping_label") == [(2,)]


def test_an_order_is_cancelled_from_the_page_of_a_task(number, everybody):
    picking = open_task_id("picking")
    everybody.post(f"/tasks/{picking}/answer", cancel="the customer called")
    asked = "SELECT cancel_requested_by, cancel_reason FROM sales_order"
    assert rows(asked) == [("Ada", "the customer called")]


def test_what_is_restocked_is_told_by_what_is_not_back(process, number, everybody):
    picking = open_task_id("picking")
    everybody.post(f"/tasks/{picking}/answer", **found(everybody, picking))
    process.run(number)
    packing = open_task_id("packing")
    everybody.post(f"/tasks/{packing}/answer", cancel="changed her mind")
    process.run(number)
    restock = open_task_id("restock")
    form = fields_of_page(everybody.get(f"/tasks/{restock}").text)
    form["lost.0.damaged"] = "1"
    assert "is done" in text_of(everybody.post(f"/tasks/{restock}/answer", **form))
    process.run(number)
    assert rows("SELECT sum(quantity) FROM stock_movement WHERE kind = 'damaged'") == [(-1,)]
    assert_sound()


def test_a_form_that_nobody_filled_in_answers_nothing(process, number, everybody):
    picking = open_task_id("picking")
    everybody.post(f"/tasks/{picking}/answer", **found(everybody, picking))
    process.run(number)
    packing = open_task_id("packing")
    assert everybody.post(f"/tasks/{packing}/answer").status_code == 422


def test_nobody_answers_in_anothers_name(number, everybody):
    picking = open_task_id("picking")
    form = found(everybody, picking) | {"picked_by": "Somebody else"}
    everybody.post(f"/tasks/{picking}/answer", **form)
    assert rows("SELECT answered_by FROM staff_task WHERE kind = 'picking'") == [("Ada",)]


def test_a_gate_that_comes_tomorrow_has_a_page(number, everybody, monkeypatch):
    monkeypatch.setitem(GATES, GIFT_WRAP.kind, GIFT_WRAP)
    rows_of_it = """
        INSERT INTO staff_task
            (order_number, shipment, warehouse, kind, round, role, state, checklist)
        SELECT order_number, shipment, warehouse, 'gift-wrap', 1, 'packer', 'open',
            '{"card": "<b>Happy birthday</b>"}'
        FROM staff_task RETURNING id
    """
    ((task,),) = rows(rows_of_it)
    page = everybody.get(f"/tasks/{task}")
    assert page.status_code == 200
    assert GIFT_WRAP.title in text_of(page)
    assert "&lt;b&gt;Happy birthday" in page.text
    assert "is done" in text_of(everybody.post(f"/tasks/{task}/answer", paper="gold"))
