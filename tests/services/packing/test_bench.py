"""What the bench makes of scans and measures: an answer, and a look at the weights."""

import pytest

from adapters.database.sessions import transaction
from domain.messages import Message
from models.packing import MeasuresIn
from services.answers.submit import answer_task
from services.execution.errors import AnswerRefused
from services.packing.bench import bench_of, measure, packing_answer, weights_far_off
from tests.process import assert_sound, rows
from tests.services.packing.conftest import KIM
from tests.services.packing.test_scans import MUG, bench, scanned


@pytest.fixture
def packed(task):
    """Two mugs in parcel 1, the rest in parcel 2."""
    for code, parcel in ((MUG, 1), (MUG, 1), (MUG, 2), ("PLATE", 2)):
        scanned(task, code, parcel)
    return task


def measured(task, *parcels):
    measure(task, [MeasuresIn(parcel=number, **given) for number, given in parcels], KIM)


SIDES = {"length_mm": 300, "width_mm": 200, "height_mm": 100}


def test_what_is_in_which_parcel_is_kept_with_its_label(packed, order, process):
    measured(packed, (1, {"box": "S", "weight_grams": 720}), (2, SIDES | {"weight_grams": 850}))
    answer_task(packed, packing_answer(bench(packed), weight_confirmed=False), KIM)
    process.run(order)
    assert rows(
        "SELECT parcel, box, length_mm, sku, pieces FROM shipping_label JOIN parcel_item"
        " ON label = shipping_label.id ORDER BY parcel, sku"
    ) == [(1, "S", 150, "MUG", 2), (2, None, 300, "MUG", 1), (2, None, 300, "PLATE", 1)]
    assert_sound()


def test_expected_weight_is_that_of_goods_and_box(packed):
    measured(packed, (1, {"box": "S"}))
    assert [parcel.expected_grams for parcel in bench(packed).parcels] == [700, 800]


@pytest.mark.parametrize(
    ("box", "grams", "is_far"),
    [
        ("S", 700, False),
        ("S", 670, False),
        ("S", 660, True),
        ("S", 740, True),
        (None, 560, True),
        (None, 2000, False),  # who knows what the box weighs
    ],
)
def test_a_parcel_that_weighs_something_else_is_asked_about(packed, box, grams, is_far):
    measured(packed, (1, SIDES | {"box": box, "weight_grams": grams}))
    found = weights_far_off(bench(packed))
    assert [message.field for message in found] == ["parcels.0.weight_grams"] * is_far


def refusal(task, **answer):
    with pytest.raises(AnswerRefused) as refused:
        answer_task(task, {"gate": "packing"} | answer, KIM)
    assert rows(f"SELECT state FROM staff_task WHERE id = {task}") == [("open",)]
    return str(refused.value)


PARCEL = SIDES | {"weight_grams": 2000}


def test_contents_that_are_not_what_is_sent_are_refused(packed):
    half = PARCEL | {"items": {"MUG": 3}}
    assert "0 of PLATE lie in the parcels and 1 are to be packed" in refusal(packed, parcels=[half])
    assert "Parcel 2 holds nothing" in refusal(packed, parcels=[half, PARCEL])
    wrong = PARCEL | {"items": {"MUG": 3, "PLATE": 1, "BOWL": 1}}
    assert "1 of BOWL" in refusal(packed, parcels=[wrong])


def test_a_box_that_is_unknown_or_too_weak_is_refused(packed):
    assert "There is no box 'XL': choose one of S, L" in refusal(
        packed, parcels=[PARCEL | {"box": "XL"}]
    )
    items = {"MUG": 3, "PLATE": 1}
    assert "weigh 1,400 g and box S carries 1,000 g" in refusal(
        packed, parcels=[PARCEL | {"box": "S", "items": items}]
    )


def test_contents_need_not_be_said(packed, order, process):
    answer_task(packed, {"gate": "packing", "parcels": [PARCEL]}, KIM)
    process.run(order)
    assert rows("SELECT * FROM parcel_item") == []
    assert_sound()


def test_nothing_is_measured_of_an_untouched_bench(task):
    with transaction() as session:
        found = bench_of(session, task)
    assert found.filled == ()
    assert not found.all_packed
    assert isinstance(found.lines[0].name, str)
    assert weights_far_off(found) == [] == [x for x in found.parcels if isinstance(x, Message)]
