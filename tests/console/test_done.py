"""Saying on the command line that a task is done."""

import pytest

from models.base import utc_now
from tests.console.asking import as_json
from tests.process import assert_sound, open_task_id


def test_work_is_said_to_be_done_from_picking_to_collection(packline, process, picking):
    number, task = picking
    assert packline("done", task, "--by", "Jo")[0] == 0
    process.run(number)
    (pack,) = as_json(packline("tasks", "--role", "packer", "--json"))
    assert packline("done", pack["id"], "--by", "Kim", "--parcel", "1900,300x200x100")[0] == 0
    process.run(number)
    (pickup,) = as_json(packline("tasks", "--role", "logistics coordinator", "--json"))
    at = utc_now().isoformat()
    done = packline(
        "done", pickup["id"], "--by", "Lee", "--confirmation", "C-1", "--at", at, "--json"
    )
    assert as_json(done)["state"] == "done"
    process.run(number)
    assert as_json(packline("order", number, "--json"))["order"]["status"] == "Shipped"
    assert as_json(packline("audit", "--json"))["ok"]


def test_an_answer_that_is_wrong_is_refused_in_one_sentence(packline, picking):
    _, task = picking
    for options, sentence in (
        (["--found", "MUG"], "--found 'MUG' is not understood"),
        (["--found", "VASE=1:other"], "VASE is not in this order"),
        (["--found", "MUG=3:other"], "You found 3 of MUG and the order has 2"),
        (["--found", "MUG=1:other"], "Your list says nothing of PLATE: add"),
        (["--found", "MUG=1", "--rest"], "say why there are fewer"),
        (["--found", "MUG=1:because", "--rest"], "Why 'because' is not 'not in bin', 'damaged'"),
        (["--found", "MUG=1:other", "--found", "MUG=0:other"], "--found names MUG twice"),
        (["--found", f"MUG={'9' * 5000}:other"], "is not understood"),
        (["--rest"], "listed no product"),
    ):
        status, _, err = packline("done", task, "--by", "Jo", *options)
        assert status == 1
        assert sentence in err
        assert "Traceback" not in err
        assert len(as_json(packline("tasks", "--json"))) == 1


def test_a_parcel_that_is_not_understood_is_refused_with_an_example(packline, process, picking):
    number, task = picking
    packline("done", task, "--by", "Jo")
    process.run(number)
    (pack,) = as_json(packline("tasks", "--json"))
    for options, sentence in (
        ([], "also needs --parcel"),
        (["--parcel", "heavy"], "write it like 1200,300x200x100"),
        (["--parcel", "1,1x1x1"], "The goods alone weigh 1,100 g"),
        (["--parcel", "0,1x1x1"], "Parcels, item 1, Weight (g) '0' is not more than 0"),
    ):
        status, _, err = packline("done", pack["id"], "--by", "Kim", *options)
        assert (status, sentence in err) == (1, True), err


def test_a_task_is_done_once(packline, picking):
    _, task = picking
    packline("done", task, "--by", "Jo")
    status, _, err = packline("done", task, "--by", "Max")
    assert status == 1
    assert "was done by Jo" in err
    status, _, err = packline("done", 4711, "--by", "Max")
    assert status == 1
    assert "There is no task 4711" in err


def test_a_task_cancels_its_order_instead(packline, picking):
    number, task = picking
    status, said, _ = packline("done", task, "--cancel", "all mugs are broken", "--by", "Jo")
    assert (status, said) == (0, f"Order {number} is being cancelled: all mugs are broken.\n")
    assert_sound()


@pytest.mark.parametrize("option", ["--damaged", "--missing"])
def test_a_product_that_is_named_twice_under_one_option_is_refused(
    packline, process, picking, option
):
    number, task = picking
    packline("done", task, "--by", "Jo")
    process.run(number)
    packline("cancel", number, "--reason", "changed their mind", "--by", "Max")
    process.run(number)
    twice = (option, "MUG=1", option, "MUG=1")
    status, _, err = packline("done", open_task_id("restock"), "--by", "Jo", *twice)
    assert status == 1
    assert err == f"{option} names MUG twice: give it once, with all its pieces.\n"
    assert open_task_id("restock")
    assert_sound()


def test_a_picker_counts_what_is_short_and_says_that_the_rest_is_as_listed(packline, picking):
    _, task = picking
    picked = packline("done", task, "--by", "Jo", "--found", "MUG=1:damaged", "--rest", "--json")
    assert as_json(picked)["answer"]["quantities"] == {"MUG": 1, "PLATE": 1}
    assert_sound()


def test_a_picker_counts_each_product_and_those_in_full_need_no_reason(packline, picking):
    _, task = picking
    counts = ("--found", "MUG=0:not in bin", "--found", "PLATE=1")
    picked = packline("done", task, "--by", "Jo", *counts, "--json")
    assert as_json(picked)["answer"]["quantities"] == {"MUG": 0, "PLATE": 1}
    assert_sound()


def test_goods_of_a_cancelled_order_are_restocked(packline, process, picking):
    number, task = picking
    packline("done", task, "--by", "Jo")
    packline("cancel", number, "--reason", "a mistake", "--by", "Max")
    assert process.run(number) == "restock-1"
    options = ("--by", "Jo", "--damaged", "MUG=1", "--missing", "PLATE=1")
    assert packline("done", open_task_id("restock"), *options)[0] == 0
    assert process.run(number).startswith(f"Order {number} is Cancelled")
    assert_sound()


@pytest.fixture
def packing(packline, process, picking):
    """The same order, with the packers."""
    number, task = picking
    packline("done", task, "--by", "Jo")
    assert process.run(number) == "packing-1"
    return number, open_task_id("packing")


def test_a_packer_says_what_is_lacking_in_place_of_parcels(packline, process, packing):
    number, task = packing
    lacking = ("--lacking", "MUG=1:damaged", "--lacking", "PLATE=1:wrong:MUG", "--json")
    packed = as_json(packline("done", task, "--by", "Kim", *lacking))
    assert packed["answer"]["lacking"] == [
        {"sku": "MUG", "pieces": 1, "why": "damaged", "instead": ""},
        {"sku": "PLATE", "pieces": 1, "why": "wrong", "instead": "MUG"},
    ]
    assert process.run(number) == "short-pick-1"
    decision = ("--by", "Max", "--decision", "cancel line")
    assert packline("done", open_task_id("short-pick"), *decision)[0] == 0
    assert process.run(number) == "packing-2"
    _, sheet, _ = packline("task", open_task_id("packing"))
    assert "1 of MUG, picked in place of something else" in " ".join(sheet.split())
    assert_sound()


def test_what_cannot_be_lacking_is_refused_in_one_sentence(packline, packing):
    _, task = packing
    for options, sentence in (
        ([], "also needs --parcel, or --lacking"),
        (["--lacking", "MUG"], "write it like MUG-01=1:damaged"),
        (["--lacking", "MUG=1"], "write it like MUG-01=1:damaged"),
        (["--lacking", "MUG=1:lost"], "Why 'lost' is not 'missing', 'damaged' or 'wrong'"),
        (["--lacking", "MUG=9:missing"], "You lack 9 of MUG and the list has 2"),
        (["--lacking", "MUG=0:missing"], "Pieces lacking '0' is not more than 0"),
        (["--lacking", "VASE=1:missing"], "VASE is not on this list: it has MUG, PLATE"),
        (["--lacking", "MUG=1:missing"] * 2, "MUG stands twice in your list as missing"),
        (["--lacking", "MUG=1:missing:PLATE"], "PLATE lies in the place of MUG"),
        (["--lacking", "MUG=1:missing", "--parcel", "1200,3x2x1"], "leave the parcels out"),
    ):
        status, _, err = packline("done", task, "--by", "Kim", *options)
        assert (status, sentence in err, "Traceback" in err) == (1, True, False), err
        assert open_task_id("packing") == task


def test_a_picking_said_by_mistake_is_undone(packline, process, picking, packing):
    (number, picked), (_, pack) = picking, packing
    undone = packline("undo", picked, "--by", "Jo", "--reason", "the wrong tote")
    again = open_task_id("picking")
    assert undone[:2] == (
        0,
        f"Task {picked} is undone; order {number} is picked again, in task {again}.\n",
    )
    assert process.run(number) == "picking-2"
    status, _, err = packline("undo", picked, "--by", "Jo", "--reason", "twice", "--json")
    assert (status, f"was followed by picking task {again}" in err) == (1, True)
    status, _, err = packline("done", pack, "--by", "Kim", "--parcel", "1900,300x200x100")
    assert (status, "was called back by Jo" in err) == (1, True)
    packline("done", again, "--by", "Jo")
    record = as_json(packline("undo", again, "--by", "Jo", "--reason", "again", "--json"))
    assert (record["kind"], record["state"], record["round"]) == ("picking", "open", 3)
    assert_sound()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--by", "Kim", "--reason", "x"], "only Jo or an operator can undo it"),
        (["--by", "Jo", "--reason", " "], "reason"),
        (["--by", "Jo", "--reason", "a\nb"], "line break"),
    ],
)
def test_what_cannot_be_undone_is_refused_in_one_sentence(
    packline, picking, packing, options, sentence
):
    _, task = picking
    status, _, err = packline("undo", task, *options)
    assert (status, sentence in err, "Traceback" in err) == (1, True, False), err
    assert open_task_id("packing")
