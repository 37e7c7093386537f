"""Scans at the bench, by what becomes of them."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from adapters.database.sessions import transaction
from models.enums import PackingVerdict
from models.packing import PackingScanIn
from services.packing.bench import bench_of
from services.packing.scans import next_parcel, scan, start_over, undo
from services.worklist.taking import NotYours, give_back, take
from services.worklist.tasks import TaskNotOpen
from tests.actors import request_cancellation_of
from tests.factories import make_product
from tests.process import assert_sound, execute, rows
from tests.services.packing.conftest import KIM, PAT

MUG = "96385074"


def scanned(task, code="", parcel=1, by=KIM, key=None, sku=None):
    given = PackingScanIn(key=key or uuid4(), code=code, parcel=parcel, sku=sku)
    return scan(task, given, by)


def bench(task):
    with transaction() as session:
        return bench_of(session, task)


def counted(task):
    return {line.sku: line.counted for line in bench(task).lines}


def test_pieces_count_into_their_parcels_until_all_is_packed(task):
    assert scanned(task, MUG).verdict == PackingVerdict.COUNTED
    assert scanned(task, MUG, parcel=2).verdict == PackingVerdict.COUNTED
    done = scanned(task, MUG, parcel=2)
    assert (done.verdict, str(done.says)) == (
        PackingVerdict.LINE_DONE,
        "3 of 3 MUG in blue, in parcel 2.",
    )
    assert not bench(task).all_packed
    assert scanned(task, "PLATE").verdict == PackingVerdict.ALL_DONE
    assert [parcel.items for parcel in bench(task).parcels] == [{"MUG": 1, "PLATE": 1}, {"MUG": 2}]
    assert bench(task).all_packed
    assert_sound()


REFUSALS = {
    "59012341": "Look at the goods: nobody knows '59012341'. Count a piece by its button.",
    "CASE-OF-6": "Scan single pieces of MUG in blue: 3 are left, and the case holds 6.",
    "BOWL-1": "Lay BOWL in blue aside: it is not in this order. Scan MUG in blue or PLATE in blue.",
    "SH{order}": "Scan the goods: this is the code of the order itself.",
    "SH77": "Finish SH{order} first, or give it back: this is the code of SH77.",
}


@pytest.mark.parametrize("code", REFUSALS)
def test_what_is_not_to_be_packed_counts_nothing_and_says_what_to_do(task, order, code):
    with transaction() as session:
        make_product(session, "BOWL", stock=0, barcode="BOWL-1")
    answer = scanned(task, code.format(order=order))
    assert answer.verdict == PackingVerdict.REFUSED
    assert str(answer.says) == REFUSALS[code].format(order=order)
    assert counted(task) == {"MUG": 0, "PLATE": 0}


def test_surplus_is_laid_aside(task):
    scanned(task, "PLATE")
    assert str(scanned(task, "PLATE").says) == "Lay PLATE in blue aside: all 1 are packed."
    assert counted(task)["PLATE"] == 1


def test_a_gtin_is_the_same_with_zeros_before_it_and_in_an_element_string(task):
    for code in ("0000096385074", f"]C101{MUG:0>14}"):
        assert scanned(task, code).verdict == PackingVerdict.COUNTED


def test_a_repeat_of_a_key_is_told_the_same_and_counts_nothing(task):
    first, refused = uuid4(), uuid4()
    answers = [scanned(task, MUG, key=first) for _ in range(3)]
    assert answers == [answers[0]] * 3
    assert counted(task)["MUG"] == 1
    scanned(task, "PLATE")
    said = scanned(task, "PLATE", key=refused)
    undo(task, uuid4(), KIM)
    assert scanned(task, "PLATE", key=refused) == said
    assert counted(task)["PLATE"] == 0


def test_undo_takes_out_one_scan_after_the_other(task):
    scanned(task, MUG)
    scanned(task, "PLATE", parcel=2)
    key = uuid4()
    assert str(undo(task, key, KIM).says) == "Take 1 of PLATE in blue out of parcel 2 again."
    undo(task, key, KIM)  # pressed twice
    assert counted(task) == {"MUG": 1, "PLATE": 0}
    undo(task, uuid4(), KIM)
    assert undo(task, uuid4(), KIM).verdict == PackingVerdict.REFUSED
    assert_sound()


def test_starting_over_takes_everything_out(task):
    for code in (MUG, "PLATE", MUG):
        scanned(task, code)
    start_over(task, uuid4(), KIM)
    assert counted(task) == {"MUG": 0, "PLATE": 0}
    assert scanned(task, MUG).verdict == PackingVerdict.COUNTED
    assert_sound()


def test_a_box_is_that_of_an_empty_parcel_or_of_the_next_one(task):
    assert scanned(task, "S").parcel == 1
    scanned(task, MUG)
    assert scanned(task, "L").parcel == 2
    assert [parcel.box.code for parcel in bench(task).parcels] == ["S", "L"]


def test_another_parcel_is_begun_once_something_lies_in_the_last(task):
    assert next_parcel(task, KIM) == 1
    scanned(task, MUG)
    assert next_parcel(task, KIM) == next_parcel(task, KIM) == 2


def test_a_piece_counts_by_its_button(task):
    assert scanned(task, sku="PLATE").verdict == PackingVerdict.LINE_DONE


def test_only_who_has_taken_it_packs_and_the_next_goes_on_where_they_stopped(task):
    scanned(task, MUG)
    with pytest.raises(NotYours):
        scanned(task, MUG, by=PAT)
    give_back(task, KIM)
    with pytest.raises(NotYours):
        scanned(task, MUG)
    take(task, PAT)
    scanned(task, MUG, by=PAT)
    assert counted(task)["MUG"] == 2
    assert rows("SELECT take_number, actor FROM packing_scan ORDER BY id") == [
        (1, "Kim"),
        (2, "Pat"),
    ]


def test_nothing_counts_once_the_order_is_cancelled(task, order, process):
    scanned(task, MUG)
    request_cancellation_of(order, "the customer asked", by="Max")
    process.run(order)
    with pytest.raises(TaskNotOpen):
        scanned(task, MUG)
    assert counted(task)["MUG"] == 1


def test_the_last_piece_counts_once_however_many_scan_it(task):
    with ThreadPoolExecutor(max_workers=6) as pool:
        answers = list(pool.map(lambda _: scanned(task, "PLATE").verdict, range(6)))
    assert answers.count(PackingVerdict.REFUSED) == 5
    assert counted(task)["PLATE"] == 1
    assert_sound()


def test_one_key_from_two_tabs_at_once_counts_once(task):
    key = uuid4()
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(pool.map(lambda _: scanned(task, MUG, key=key), range(4)))
    assert answers == [answers[0]] * 4
    assert counted(task)["MUG"] == 1


def test_the_database_lets_nobody_count_more_than_is_asked(task):
    scanned(task, MUG)
    with pytest.raises(IntegrityError, match="counted_within_asked"):
        execute("UPDATE packing_line SET counted = 4 WHERE sku = 'MUG'")


def test_the_first_scan_is_kept_with_its_task(task):
    assert rows(f"SELECT first_scan_at FROM staff_task WHERE id = {task}") == [(None,)]
    scanned(task, MUG)
    ((first,),) = rows(f"SELECT first_scan_at FROM staff_task WHERE id = {task}")
    scanned(task, MUG)
    assert rows(f"SELECT first_scan_at FROM staff_task WHERE id = {task}") == [(first,)]
