"""Packing by scan as the pages do it, without JavaScript and with what a script asks for."""

import re
from uuid import uuid4

import pytest

from adapters.database.sessions import transaction
from models.enums import Role
from models.tables.shipping import Box
from services.worklist.totes import bind_tote
from tests.actors import request_cancellation_of
from tests.console.web.conftest import text_of
from tests.factories import make_order
from tests.pages import pages_of
from tests.process import assert_sound, execute, open_task_id, process, rows, set_to

__all__ = ["process"]

MUG = "2000000000015"
SIDES = {"length_mm": 300, "width_mm": 200, "height_mm": 100}


@pytest.fixture
def order(shop, console, process):
    """Two mugs and a plate that are picked; a box that takes them all."""
    sides = dict.fromkeys(("inner_length_mm", "inner_width_mm", "inner_height_mm"), 400)
    with transaction() as session:
        session.add(Box(code="L", weight_grams=100, max_content_grams=20_000, **sides))
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    process.run(number)
    process.answer("picking", number)
    process.run(number)
    return number


@pytest.fixture
def kim(order, sign_in):
    return sign_in("Kim", Role.PACKER)


@pytest.fixture
def task(kim, order):
    """The bench, opened by the order's code."""
    assert kim.post("/packing", code=f"SH{order}").url.path == f"/tasks/{open_task_id('packing')}"
    return open_task_id("packing")


def scan(person, task, code, parcel=1, **more):
    given = {"code": code, "parcel": parcel, "key": str(uuid4())} | more
    return person.post(f"/tasks/{task}/packing/scan", **given)


def pack_all(person, task):
    for code in (MUG, MUG, "PLATE"):
        answer = scan(person, task, code)
    return answer


def measures(place=0, number=1, **given):
    values = {"weight_grams": 1150} | SIDES | given
    named = {f"parcels.{place}.{name}": str(value) for name, value in values.items()}
    return named | {"parcel_number": str(number)}


def finish(person, task, **given):
    return person.post(f"/tasks/{task}/packing/done", **given)


def test_a_day_at_the_bench_without_javascript(kim, task, order, process):
    answer = scan(kim, task, MUG)
    assert answer.url.path == f"/tasks/{task}"
    assert "1 of 2 MUG in blue, in parcel 1." in text_of(answer)
    assert "All is packed: close and weigh the parcels." in text_of(pack_rest(kim, task))
    answer = finish(kim, task, **measures())
    assert answer.url.path == f"/tasks/{task}/papers"
    assert "The label is on its way." in text_of(answer)
    process.run(order)
    answer = kim.get(f"/tasks/{task}/papers")
    assert "Label of parcel 1 of 1" in text_of(answer)
    (label,) = re.findall(r'href="(/paper/labels/[^"]+)"', answer.text)
    assert kim.get(label).headers["content-type"] == "application/pdf"
    assert "data-waiting" not in answer.text
    assert rows("SELECT sku, pieces FROM parcel_item ORDER BY sku") == [("MUG", 2), ("PLATE", 1)]
    assert_sound()


def pack_rest(person, task):
    scan(person, task, MUG)
    return scan(person, task, "PLATE")


@pytest.mark.parametrize("code", ["{order}", "sh{order}", " SH{order} "])
def test_the_bench_is_opened_by_code_or_number(kim, order, code):
    answer = kim.post("/packing", code=code.format(order=order))
    assert answer.url.path == f"/tasks/{open_task_id('packing')}"
    assert 'id="packing"' in answer.text


def test_the_bench_is_opened_by_the_qr_code_of_a_paper(kim, order, monkeypatch):
    set_to(monkeypatch, PACKLINE_CONSOLE_URL="https://packline.example")
    slip = pages_of(kim.get(f"/paper/slips.pdf?order={order}").content)[0]
    (link,) = [code for code in slip.barcodes if code.startswith("https://")]
    task = open_task_id("packing")
    assert kim.post("/packing", code=link).url.path == f"/tasks/{task}"
    assert "the code of the order itself" in text_of(scan(kim, task, link))
    assert "none of ours" in text_of(scan(kim, task, f"{link}x"))
    assert "none of ours" in text_of(kim.post("/packing", code=f"{link}x"))


def test_what_is_not_to_be_packed_is_said_where_it_was_scanned(kim, order, sign_in, process):
    def said(code):
        answer = kim.post("/packing", code=code)
        assert answer.status_code == 422
        return text_of(answer)

    assert "X-9&#39; is the code of no order" in said("X-9")
    with transaction() as session:
        other = make_order(session, {"MUG": 1})
    assert f"Lay order {other} aside: it is not picked yet." in said(f"SH{other}")
    pat = sign_in("Pat", Role.PACKER)
    pat.post("/packing", code=str(order))
    assert "Pat has taken task" in said(f"SH{order}")
    process.answer("packing", order)
    assert f"Lay order {order} with the parcels: Kim has packed it." in said(f"SH{order}")
    request_cancellation_of(other, "the customer asked", by="Max")
    assert f"Do not pack order {other}: it was cancelled" in said(f"SH{other}")


def test_a_refused_scan_says_why_and_the_bench_stays_as_it_is(kim, task):
    answer = scan(kim, task, "59012341")
    assert "nobody knows &#39;59012341&#39;" in text_of(answer)
    assert 'data-tone="refused"' in answer.text


def test_a_scan_that_is_sent_twice_counts_once(kim, task):
    key = str(uuid4())
    for _ in range(3):
        scan(kim, task, MUG, key=key)
    assert rows("SELECT counted FROM packing_line WHERE sku = 'MUG'") == [(1,)]


def test_command_codes_do_what_buttons_do(kim, task):
    scan(kim, task, MUG)
    scan(kim, task, "pl-undo")
    assert rows("SELECT counted FROM packing_line WHERE sku = 'MUG'") == [(0,)]
    scan(kim, task, MUG)
    answer = scan(kim, task, "PL-NEXT")
    assert answer.url.query == b"parcel=2"
    assert scan(kim, task, "PL-DONE").status_code == 200
    assert rows("SELECT state FROM staff_task WHERE kind = 'packing'") == [("open",)]


def test_a_script_gets_the_bench_alone(kim, task):
    fields = {"form_token": kim.token(), "code": MUG, "parcel": "1", "key": str(uuid4())}
    answer = kim.browser.post(f"/tasks/{task}/packing/scan", data=fields, headers={"X-Part": "1"})
    assert "<html" not in answer.text
    assert 'data-tone="counted"' in answer.text
    assert 'data-parcel="1"' in answer.text


def test_pieces_count_by_button_and_are_taken_out_again(kim, task):
    scan(kim, task, "", sku="PLATE")
    assert rows("SELECT counted FROM packing_line WHERE sku = 'PLATE'") == [(1,)]
    kim.post(f"/tasks/{task}/packing/undo", key=str(uuid4()))
    assert rows("SELECT counted FROM packing_line WHERE sku = 'PLATE'") == [(0,)]
    pack_all(kim, task)
    kim.post(f"/tasks/{task}/packing/start-over", key=str(uuid4()))
    assert rows("SELECT DISTINCT counted FROM packing_line") == [(0,)]


def test_several_parcels_in_boxes(kim, task, order, process):
    scan(kim, task, "L")
    scan(kim, task, MUG)
    kim.post(f"/tasks/{task}/packing/parcel")
    scan(kim, task, MUG, parcel=2)
    scan(kim, task, "PLATE", parcel=2)
    token = kim.token()
    given = measures(0, 1, weight_grams=400, length_mm="", width_mm="", height_mm="")
    given |= {"parcels.0.box": "L"} | measures(1, 2, weight_grams=900)
    kim.browser.post(
        f"/tasks/{task}/packing/done",
        data=given | {"form_token": token, "parcel_number": ["1", "2"]},
    )
    process.run(order)
    found = rows("SELECT parcel, box, weight_grams, length_mm FROM shipping_label ORDER BY 1")
    assert found == [(1, "L", 400, 400), (2, None, 900, 300)]


def test_what_was_measured_badly_is_said_at_its_field_and_nothing_is_lost(kim, task):
    pack_all(kim, task)
    answer = finish(kim, task, **measures(weight_grams="1,2", height_mm=""))
    assert answer.status_code == 422
    assert 'id="parcels.0.weight_grams-problem"' in answer.text
    assert 'value="1,2"' in answer.text
    assert rows("SELECT length_mm, weight_grams FROM packing_parcel") == [(300, None)]
    assert rows("SELECT state FROM staff_task WHERE kind = 'packing'") == [("open",)]


def test_a_weight_that_is_far_off_is_weighed_again_or_confirmed(kim, task):
    pack_all(kim, task)
    answer = finish(kim, task, **measures(weight_grams=700))
    assert "Parcel 1 weighs 700 g, and 1,100 g are expected" in text_of(answer)
    assert "I have weighed again" in text_of(answer)
    answer = finish(kim, task, **measures(weight_grams=700), weight_confirmed="1")
    assert answer.url.path == f"/tasks/{task}/papers"


def test_pieces_that_are_lacking_have_a_reason_each(kim, task, order):
    given = {"lacking_sku": ["MUG", "PLATE"], "form_token": kim.token()}
    given |= {"lacking.MUG.missing": "1", "lacking.MUG.damaged": "1", "lacking.PLATE.wrong": "1"}
    kim.browser.post(f"/tasks/{task}/packing/lacking", data=given | {"lacking.PLATE.instead": "X"})
    assert rows("SELECT state FROM staff_task WHERE kind = 'packing'") == [("open",)]
    answer = kim.browser.post(f"/tasks/{task}/packing/lacking", data=given)
    assert answer.url.path == "/work"
    assert rows("SELECT lacking->>'sku', lacking->>'why', lacking->>'pieces' FROM staff_task,"
                " jsonb_array_elements(answer->'lacking') AS lacking ORDER BY 1, 2") == [
        ("MUG", "damaged", "1"), ("MUG", "missing", "1"), ("PLATE", "wrong", "1")]  # fmt: skip
    assert_sound()


def test_pressed_twice_and_after_a_cancellation(kim, task, order, process):
    pack_all(kim, task)
    for _ in range(2):
        assert finish(kim, task, **measures()).url.path == f"/tasks/{task}/papers"
    process.run(order)
    assert len(rows("SELECT * FROM shipping_label")) == 1
    request_cancellation_of(order, "the customer asked", by="Max")
    answer = kim.get(f"/tasks/{task}/papers")
    assert "The order is being cancelled: keep the parcels here." in text_of(answer)


def test_a_cancellation_in_the_middle_of_packing(kim, task, order, process):
    scan(kim, task, MUG)
    request_cancellation_of(order, "the customer asked", by="Max")
    process.run(order)
    answer = scan(kim, task, MUG)
    assert answer.status_code == 404
    assert f"Task {task} is withdrawn" in text_of(answer)


def test_what_keeps_a_label_from_coming_is_said(kim, task, order):
    pack_all(kim, task)
    finish(kim, task, **measures())
    execute(
        'UPDATE shipment SET problem = \'{"code": "x", "field": null, "values": {},'
        ' "text": "The carrier refuses the address."}\''
    )
    assert "The carrier refuses the address." in text_of(kim.get(f"/tasks/{task}/papers/list"))


def test_the_form_stays_the_other_road(kim, task):
    answer = kim.get(f"/tasks/{task}?form=1")
    assert 'name="parcels.0.weight_grams"' in answer.text
    assert 'name="parcels.0.items"' not in answer.text
    assert 'name="parcels.0.box"' in answer.text


def test_only_packers_pack(task, sign_in):
    ida = sign_in("Ida", Role.WAREHOUSE_STAFF)
    assert ida.get("/packing").status_code == 403
    assert scan(ida, task, MUG).status_code == 403
    pat = sign_in("Pat", Role.PACKER)
    assert scan(pat, task, MUG).status_code == 409
    assert rows("SELECT * FROM packing_scan") == []


def test_a_tote_opens_its_shipment_and_says_whose_another_is(kim, order, process):
    with transaction() as session:
        other = make_order(session, {"MUG": 1})
        bind_tote(session, "PLT-0001", (order, 1), "Jo")
        bind_tote(session, "PLT-0002", (other, 1), "Jo")
    assert "PLT-0003 holds no order" in text_of(kim.post("/packing", code="PLT-0003"))
    assert f"order {other} aside: it is not picked yet" in text_of(
        kim.post("/packing", code="PLT-0002")
    )
    task = open_task_id("packing")
    assert kim.post("/packing", code="plt-0001").url.path == f"/tasks/{task}"
    assert "the code of the order itself" in text_of(scan(kim, task, "PLT-0001"))
    assert f"this is the code of SH{other}" in text_of(scan(kim, task, "PLT-0002"))
    assert "tote PLT-0003 holds no order" in text_of(scan(kim, task, "PLT-0003"))
