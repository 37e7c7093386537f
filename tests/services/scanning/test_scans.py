"""Scans count what is asked for, once, and only while the picking is in the scanner's hands."""

from threading import Barrier, Thread
from uuid import uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from adapters.database.sessions import transaction
from models.enums import EventKind, HoldReason, Role
from models.imports.requests import HoldIn
from models.scanning import ScanResult
from models.tables.staff import StaffTask
from services.scanning.state import picking_state
from services.worklist.taking import NotYours, give_back, give_out, take
from services.worklist.tasks import TaskNotOpen
from tests.actors import cancel_lines, put_on_hold, release, request_cancellation_of
from tests.factories import make_order, make_product
from tests.process import assert_sound, execute, open_task_id, rows, set_to
from tests.scanning import Scanner, picker

MUG, PLATE, CASE = "2000000000015", "barcode of PLATE", "12000000000012"


@pytest.fixture
def number(process):
    """An order of two mugs and a plate, to be picked; a case holds twelve mugs."""
    execute(f"INSERT INTO barcode (barcode, sku, pieces) VALUES ('{CASE}', 'MUG', 12)")
    with transaction() as session:
        number = make_order(session, {"MUG": 2, "PLATE": 1})
    assert process.run(number) == "picking-1"
    return number


@pytest.fixture
def task(number):
    return open_task_id("picking", number)


@pytest.fixture
def jo(task):
    """Jo, who has taken it."""
    return Scanner(task)


def counted(task):
    """Pieces by SKU of the take that counts."""
    of_take = (
        "SELECT sku, counted FROM scanned_item JOIN staff_task USING (take_number)"
        f" WHERE id = {task} AND task_id = {task} AND counted > 0"
    )
    return dict(rows(of_take))


def state_for(task, actor):
    with transaction() as session:
        return picking_state(session, session.get_one(StaffTask, task), actor)


def in_hand(scanner):
    return {it.sku: it.pieces for it in state_for(scanner.task_id, scanner.actor).in_hand}


def test_each_code_counts_its_pieces_until_the_line_is_full(jo, task):
    assert jo.scan(MUG) == ScanResult.COUNTED
    assert jo.scan(MUG) == ScanResult.LINE_DONE
    assert jo.scan(MUG) == ScanResult.SURPLUS
    assert jo.scan(PLATE) == ScanResult.LINE_DONE
    assert counted(task) == {"MUG": 2, "PLATE": 1}
    assert_sound()


def test_what_is_said_names_what_was_scanned_and_what_is_expected(process, jo):
    with transaction() as session:
        make_product(session, "VASE")
    (answer,) = jo.answers("barcode of VASE")
    assert answer.result == ScanResult.WRONG_ITEM
    assert str(answer.says) == "Leave VASE in blue: scan MUG in blue from A-01-1."
    (answer,) = jo.answers("4006381333931")
    assert str(answer.says) == "Scan it again: nobody knows 4006381333931."


def test_a_case_over_the_rest_counts_nothing(jo, task):
    jo.scan(MUG)
    (answer,) = jo.answers(CASE)
    assert answer.result == ScanResult.SURPLUS_CASE
    assert str(answer.says) == "Scan single pieces: 1 left, this code stands for 12."
    assert counted(task) == {"MUG": 1}


def test_a_case_within_the_rest_counts_all_of_it(process):
    execute(f"INSERT INTO barcode (barcode, sku, pieces) VALUES ('{CASE}', 'MUG', 4)")
    with transaction() as session:
        number = make_order(session, {"MUG": 6})
    process.run(number)
    jo = Scanner(open_task_id("picking", number))
    assert jo.scan(CASE, MUG, MUG) == ScanResult.LINE_DONE


def test_an_element_string_of_gs1_is_read(jo, task):
    assert jo.scan("]C10102000000000015") == ScanResult.COUNTED
    assert counted(task) == {"MUG": 1}


def test_the_sign_of_a_codes_kind_is_no_part_of_it(jo, task):
    assert jo.scan(f"]E0{MUG}") == ScanResult.COUNTED
    assert jo.scan("]C0A-10-1") == ScanResult.AT_BIN
    assert jo.scan("]C0PL-UNDO") == ScanResult.UNDONE
    assert jo.scan("]C0PLB-s3cr3t") == ScanResult.BADGE


def test_a_code_of_any_signs_is_kept_and_unknown(jo):
    assert jo.scan("\x00\ud800 ' ; \x1d") == ScanResult.UNKNOWN_CODE
    assert jo.scan("9" * 500) == ScanResult.UNKNOWN_CODE


def test_a_scan_that_is_sent_again_counts_once_and_gets_the_same_answer(jo, task):
    scan = jo.made(MUG)
    first = jo.send(scan).answers[0]
    jo.scan(MUG)
    again = jo.send(scan, scan).answers
    assert [answer.says for answer in again] == [first.says, first.says]
    assert counted(task) == {"MUG": 2}


def test_scans_count_in_the_order_in_which_they_were_made(jo):
    codes = [jo.made(code) for code in (MUG, MUG, MUG)]
    results = [answer.result for answer in jo.send(*reversed(codes)).answers]
    assert results == [ScanResult.COUNTED, ScanResult.LINE_DONE, ScanResult.SURPLUS]


def test_a_badge_is_kept_nowhere(jo):
    assert jo.scan("PLB-k3y0fs0m3b0dy") == ScanResult.BADGE
    assert rows("SELECT raw FROM scan") == [("badge",)]
    assert "k3y0f" not in str(rows("SELECT answer FROM scan"))


def test_undo_takes_back_the_scan_that_it_names(jo, task):
    first, plate = jo.made(MUG), jo.made(PLATE)
    jo.send(first, plate)
    assert jo.undo(first.key) == ScanResult.UNDONE
    assert jo.undo(first.key) == ScanResult.NOTHING_TO_UNDO
    assert jo.undo(uuid4()) == ScanResult.NOTHING_TO_UNDO
    assert counted(task) == {"PLATE": 1}
    assert jo.press("undo") == ScanResult.UNDONE
    assert jo.press("undo") == ScanResult.NOTHING_TO_UNDO
    assert counted(task) == {}
    assert_sound()


def test_short_says_why_and_is_undone_by_a_full_line_or_by_hand(jo, task):
    assert jo.press("short", sku="MUG", why="damaged") == ScanResult.SHORT
    assert rows("SELECT short_reason FROM scanned_item WHERE sku = 'MUG'") == [("damaged",)]
    jo.scan(MUG, MUG)
    assert rows("SELECT short_reason FROM scanned_item WHERE sku = 'MUG'") == [(None,)]
    assert jo.press("short", sku="MUG", why="damaged") == ScanResult.NOTHING_SHORT
    assert jo.press("short", why="not in bin") == ScanResult.SHORT
    assert jo.press("undo") == ScanResult.UNDONE
    assert rows("SELECT short_reason FROM scanned_item WHERE sku = 'PLATE'") == [(None,)]
    assert_sound()


def test_a_skipped_line_comes_last_and_stays(jo, task):
    assert jo.press("skip") == ScanResult.SKIPPED
    assert [line.sku for line in state_for(task, jo.actor).lines] == ["PLATE", "MUG"]
    jo.press("skip")
    assert [line.sku for line in state_for(task, jo.actor).lines] == ["MUG", "PLATE"]


def test_printed_commands_do_what_buttons_do(jo, task):
    assert jo.scan(MUG, "PL-UNDO") == ScanResult.UNDONE
    assert jo.scan("pl-next") == ScanResult.SKIPPED
    assert jo.scan("PL-SHORT-DAMAGED") == ScanResult.SHORT
    assert rows("SELECT sku FROM scanned_item WHERE short_reason = 'damaged'") == [("PLATE",)]
    assert rows("SELECT DISTINCT source FROM scan WHERE raw ILIKE 'PL-%'") == [("command",)]


def test_a_bin_never_counts_goods(jo, task):
    assert jo.scan("A-01-1") == ScanResult.AT_BIN
    assert jo.scan("A-01-1") == ScanResult.AT_BIN
    jo.scan(MUG, MUG)
    (answer,) = jo.answers("A-01-1")
    assert str(answer.says) == "Leave bin A-01-1: go to A-10-1."
    assert counted(task) == {"MUG": 2}


def test_where_bins_come_first_goods_wait_for_theirs(jo, task, monkeypatch):
    set_to(monkeypatch, PACKLINE_SCAN_BINS="first")
    (answer,) = jo.answers(MUG)
    assert str(answer.says) == "Scan bin A-01-1 first, then MUG in blue."
    jo.scan("A-10-1")
    assert jo.scan(MUG) == ScanResult.BIN_FIRST
    jo.scan("A-01-1")
    assert jo.scan(MUG) == ScanResult.COUNTED
    assert counted(task) == {"MUG": 1}


def test_two_devices_count_the_last_piece_once(jo, task):
    jo.scan(MUG)
    ready, results = Barrier(6), []

    def scan():
        device = Scanner(task, jo.actor)
        ready.wait()
        results.append(device.scan(MUG))

    threads = [Thread(target=scan) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([ScanResult.LINE_DONE] + [ScanResult.SURPLUS] * 5)
    assert counted(task) == {"MUG": 2}
    assert_sound()


def test_the_same_scan_sent_twice_at_once_counts_once(jo, task):
    scan, ready, answers = jo.made(MUG), Barrier(4), []

    def send():
        ready.wait()
        answers.append(jo.send(scan).answers[0].says)

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert set(map(str, answers)) == {"Counted: MUG in blue, 1 of 2."}
    assert counted(task) == {"MUG": 1}


def test_the_database_refuses_more_than_is_asked_for(jo):
    jo.scan(MUG)
    with pytest.raises(IntegrityError, match="counted_within_asked"):
        execute("UPDATE scanned_item SET counted = 3 WHERE sku = 'MUG'")


def test_late_after_it_was_given_back(jo, task):
    jo.scan(MUG)
    give_back(task, jo.actor)
    assert jo.scan(MUG, PLATE) == ScanResult.GIVEN_BACK
    assert in_hand(jo) == {"MUG": 2, "PLATE": 1}
    assert counted(task) == {"MUG": 1}
    assert_sound()


def test_late_after_another_took_it(jo, task):
    jo.scan(MUG)
    execute("UPDATE staff_task SET taken_until = now() - interval '1 s' WHERE taken_by = 'Jo'")
    kim = Scanner(task, picker("Kim"))
    kim.scan(PLATE)
    (answer,) = jo.answers(MUG)
    assert answer.result == ScanResult.TAKEN_BY_ANOTHER
    assert "Kim has this task" in str(answer.says)
    assert in_hand(jo) == {"MUG": 2}
    assert in_hand(kim) == {}
    assert counted(task) == {"PLATE": 1}


def test_a_long_silence_loses_nothing_while_nobody_else_came(jo, task):
    execute("UPDATE staff_task SET taken_until = now() - interval '1 h'")
    assert jo.scan(MUG) == ScanResult.COUNTED
    assert rows("SELECT taken_until > now() FROM staff_task WHERE taken_by = 'Jo'") == [(True,)]
    execute("UPDATE staff_task SET taken_until = now() - interval '1 h'")
    assert Scanner(task).take == jo.take
    assert counted(task) == {"MUG": 1}


def test_late_after_an_operator_gave_it_to_somebody(jo, task):
    execute("INSERT INTO staff (name, roles, email) VALUES ('Kim', '{warehouse staff}', '')")
    give_out(task, "Kim", picker("Max", Role.OPERATOR))
    assert jo.scan(MUG) == ScanResult.TAKEN_BY_ANOTHER


def test_late_after_a_cancellation(process, number, jo):
    jo.scan(MUG)
    request_cancellation_of(number, "changed their mind", "Max")
    assert jo.scan(MUG) == ScanResult.WITHDRAWN
    process.run(number)
    assert jo.scan(PLATE) == ScanResult.WITHDRAWN
    assert in_hand(jo) == {"MUG": 2, "PLATE": 1}


def test_late_after_it_was_done_elsewhere(process, number, jo):
    jo.scan(MUG)
    process.answer("picking", number, picked_by="Max")
    (answer,) = jo.answers(PLATE)
    assert answer.result == ScanResult.ALREADY_DONE
    assert "Max has finished this" in str(answer.says)
    assert in_hand(jo) == {"MUG": 1, "PLATE": 1}


def test_on_hold_the_tote_waits_and_the_rest_is_returned(number, jo):
    jo.scan(MUG)
    put_on_hold(number, HoldIn(reason=HoldReason.OTHER, note="", by="Max"))
    assert jo.scan(PLATE) == ScanResult.ON_HOLD
    assert in_hand(jo) == {"PLATE": 1}
    release(number, "Max")
    assert jo.scan(MUG) == ScanResult.LINE_DONE


def test_what_was_returned_is_in_nobodys_hands(jo, task):
    jo.scan(MUG)
    give_back(task, jo.actor)
    jo.scan(PLATE)
    assert jo.press("returned") == ScanResult.RETURNED
    assert in_hand(jo) == {}
    again = Scanner(task)
    again.scan(MUG)
    assert in_hand(again) == {}
    give_back(task, jo.actor)
    assert in_hand(again) == {"MUG": 1}


def test_a_late_scan_that_is_undone_is_in_nobodys_hands(jo, task):
    give_back(task, jo.actor)
    late = jo.made(MUG)
    jo.send(late)
    jo.undo(late.key)
    assert in_hand(jo) == {}


def test_a_new_take_counts_from_nothing(jo, task):
    jo.scan(MUG)
    give_back(task, jo.actor)
    again = Scanner(task)
    assert again.take == jo.take + 1
    assert counted(task) == {}
    assert again.scan(MUG, MUG) == ScanResult.LINE_DONE
    assert_sound()


def test_what_is_cancelled_meanwhile_is_taken_off_the_count(number, jo, task):
    jo.scan(MUG, MUG)
    cancel_lines(number, "Max", pieces={"MUG": 1})
    assert jo.scan(PLATE) == ScanResult.LINE_DONE
    assert counted(task) == {"MUG": 1, "PLATE": 1}
    assert in_hand(jo) == {"MUG": 1}
    assert_sound()


def test_a_line_that_is_cancelled_whole_is_not_on_the_list(number, jo, task):
    jo.scan(PLATE)
    cancel_lines(number, "Max", pieces={"PLATE": 1})
    jo.scan(MUG)
    assert [line.sku for line in state_for(task, jo.actor).lines] == ["MUG"]
    assert in_hand(jo) == {"PLATE": 1}
    assert_sound()


def test_the_first_scan_that_counts_is_noted(jo, task):
    jo.scan("nonsense")
    assert rows("SELECT first_scan_at FROM staff_task WHERE first_scan_at IS NOT NULL") == []
    jo.scan(MUG)
    ((first,),) = rows("SELECT first_scan_at FROM staff_task WHERE first_scan_at IS NOT NULL")
    jo.scan(MUG)
    assert rows(f"SELECT first_scan_at FROM staff_task WHERE id = {task}") == [(first,)]


def test_who_may_not_do_the_task_scans_nothing(jo, task):
    packer = picker("Pat", Role.PACKER)
    with pytest.raises(NotYours):
        Scanner(task, packer)
    jo.actor = packer
    with pytest.raises(NotYours):
        jo.scan(MUG)
    jo.task_id = 999_999
    with pytest.raises(TaskNotOpen):
        jo.scan(MUG)


def test_taking_again_is_told_once(jo, task):
    take(task, jo.actor)
    told = f"SELECT count(*) FROM audit_event WHERE kind = '{EventKind.TASK_TAKEN}'"
    assert rows(told) == [(1,)]


def test_the_state_shows_no_lines_of_what_is_not_theirs(jo, task):
    jo.scan(MUG)
    assert state_for(task, picker("Kim")).lines == ()
