"""A picking that was said to be done by mistake is undone, before a packer has answered."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DatabaseError

from adapters.database.sessions import transaction
from models.enums import Role
from models.imports.requests import HoldIn
from models.imports.stock import StockCountIn
from models.tables.staff import Staff
from services.answers.undo import CannotUndo
from services.execution.errors import OnHold
from services.execution.wake_ups import claim_ready_runs
from services.worklist.tasks import TaskNotOpen
from tests.actors import (
    answer_task,
    count,
    put_on_hold,
    release,
    request_cancellation_of,
    undo,
)
from tests.process import (
    assert_sound,
    everything,
    execute,
    form,
    open_task_id,
    rows,
)
from tests.services.answers.test_lacking import at_the_bench, lacking, picked, rounds, ships
from tests.services.answers.test_short_picks import decide, found, movements, stock
from tests.services.stock_control.test_backorders import order_of, plates_arrive
from tests.timelines import timeline

pytestmark = pytest.mark.lengthy


def last_picking():
    return rows("SELECT max(id) FROM staff_task WHERE kind = 'picking' AND state = 'done'")[0][0]


@pytest.fixture
def packing(process):
    """An order of three plates and two mugs, said to be picked by Jo, with the packers."""
    return at_the_bench(process, PLATE=3, MUG=2)


def test_it_is_picked_again_and_packed_after_that(process, packing):
    pack = open_task_id("packing", packing)
    again = undo(last_picking(), "Jo")
    assert again.id == open_task_id("picking", packing)
    assert picked(packing) == {"MUG": 0, "PLATE": 0}
    assert_sound()
    assert process.run(packing) == "picking-2"
    assert "| 3 | PLATE |" in process.description
    assert "| 2 | MUG |" in process.description
    with pytest.raises(TaskNotOpen, match=f"Task {pack} was called back by Jo: the goods are"):
        answer_task(pack, form("packing"))
    process.answer("picking", packing)
    assert process.run(packing) == "packing-2"
    assert ships(process, packing)
    assert rounds("picking") == rounds("packing") == [(1, "done"), (2, "done")]


def test_the_run_that_waits_for_the_packers_is_handed_to_a_worker(process, packing):
    undo(last_picking(), "Jo")
    assert [run.number for run in claim_ready_runs(5)] == [packing]


def test_a_deferred_run_comes_back(process, packing):
    execute("UPDATE shipment SET retry_at = now() + interval '1 hour', pause_key = NULL")
    undo(last_picking(), "Jo")
    assert rows("SELECT retry_at <= now() FROM shipment") in ([(True,)], [(None,)])
    assert process.run(packing) == "picking-2"


def test_before_anybody_is_asked_to_pack_the_packers_are_not_asked(process):
    number = order_of(MUG=2)
    process.run(number)
    process.answer("picking", number)
    undo(last_picking(), "Jo")
    assert_sound()
    assert process.run(number) == "picking-2"
    assert rounds("packing") == [(1, "done")]
    assert_sound()
    process.answer("picking", number)
    assert process.run(number) == "packing-2"
    assert ships(process, number)


@pytest.mark.parametrize("times", [1, 2])
def test_what_is_undone_and_picked_again_before_the_run_goes_on_is_packed(process, times):
    number = order_of(MUG=2, PLATE=3)
    process.run(number)
    process.answer("picking", number)
    for _ in range(times):
        undo(last_picking(), "Jo")
        process.answer("picking", number)
    assert_sound()
    assert process.run(number) == f"packing-{1 + times}"
    assert picked(number) == {"MUG": 2, "PLATE": 3}
    process.answer("packing", number, **lacking(("PLATE", 1, "wrong")))
    assert process.run(number) == "short-pick-1"
    assert decide(process, number, "try again") == f"picking-{2 + times}"
    process.answer("picking", number)
    assert process.run(number) == f"packing-{2 + times}"
    assert ships(process, number)


def test_what_is_undone_and_picked_short_before_the_run_goes_on_asks_the_operator(process):
    number = order_of(MUG=2, PLATE=3)
    process.run(number)
    process.answer("picking", number)
    undo(last_picking(), "Jo")
    process.answer("picking", number, **found(PLATE=(1, "damaged")))
    assert_sound()
    assert process.run(number) == "short-pick-1"
    assert decide(process, number, "cancel line") == "packing-2"
    assert picked(number) == {"MUG": 2, "PLATE": 1}
    assert ships(process, number)


def test_a_short_pick_that_was_decided_is_undone_before_the_run_goes_on(process):
    number = order_of(MUG=2, PLATE=3)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(1, "damaged")))
    process.answer("short-pick", number, decision="cancel line")
    undo(last_picking(), "Jo")
    assert_sound()
    assert process.run(number) == "picking-2"
    process.answer("picking", number)
    assert process.run(number) == "packing-2"
    assert ships(process, number)


def test_only_what_the_last_round_found_is_picked_again(process):
    number = order_of(PLATE=4)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(3, "damaged")))
    process.run(number)
    plates_arrive(1)
    decide(process, number, "try again")
    process.answer("picking", number)
    assert process.run(number) == "packing-1"
    undo(last_picking(), "Jo")
    assert picked(number) == {"PLATE": 3}
    assert process.run(number) == "picking-3"
    assert "| 1 | PLATE |" in process.description
    process.answer("picking", number)
    process.run(number)
    assert ships(process, number)


def test_what_a_short_pick_wrote_off_stays_away(process):
    number = order_of(PLATE=4)
    process.run(number)
    process.answer("picking", number, **found(PLATE=(3, "not in bin")))
    process.run(number)
    before = everything()
    with pytest.raises(CannotUndo, match="what was missing has left the stock: count it"):
        undo(last_picking(), "Jo")
    assert everything() == before
    assert decide(process, number, "cancel line") == "packing-1"
    undo(last_picking(), "Jo")
    assert (stock(), len(movements())) == ((3, 3), 1)
    assert process.run(number) == "picking-2"
    assert "| 3 | PLATE |" in process.description
    assert_sound()
    process.answer("picking", number)
    process.run(number)
    assert ships(process, number)


def test_what_is_picked_again_may_be_short(process, packing):
    undo(last_picking(), "Jo")
    process.run(packing)
    process.answer("picking", packing, **found(PLATE=(1, "damaged")))
    assert process.run(packing) == "short-pick-1"
    assert decide(process, packing, "cancel line") == "packing-2"
    assert ships(process, packing)


def test_what_is_picked_again_gives_way_to_a_count(process, packing):
    undo(last_picking(), "Jo")
    count(StockCountIn(sku="PLATE", counted=1, reference="C-1", by="Kim"))
    assert_sound()
    assert process.run(packing) == "short-pick-1"
    plates_arrive(2)
    assert decide(process, packing, "try again") == "picking-3"
    process.answer("picking", packing)
    process.run(packing)
    assert ships(process, packing)


def test_the_timeline_says_who_undid_it_and_why(process, packing):
    task = last_picking()
    again = undo(task, "Jo", "the wrong tote").id
    told = [(one.actor, one.event, one.detail) for one in timeline()][-2:]
    assert told == [
        ("Jo", "Pack: called back", "the goods are to be picked first (through Packline)"),
        ("Jo", "Undo Picking", f"5 pieces are picked again, in task {again}: the wrong tote"),
    ]


def staff(name, role):
    with transaction() as session:
        session.add(Staff(name=name, roles=[role]))


def test_its_person_or_an_operator_may_undo_it(process, packing):
    staff("Olga", Role.OPERATOR), staff("Kim", Role.PACKER)
    for somebody in ("Kim", "jo", "Nobody"):
        with pytest.raises(CannotUndo, match="said to be done by Jo: only Jo or an operator"):
            undo(last_picking(), somebody)
    undo(last_picking(), "Olga")
    assert process.run(packing) == "picking-2"
    assert_sound()


def test_once_a_packer_has_answered_it_is_too_late(process, packing):
    task = last_picking()
    process.answer("packing", packing)
    with pytest.raises(CannotUndo, match="Kim has answered packing task"):
        undo(task, "Jo")
    assert ships(process, packing)
    with pytest.raises(CannotUndo, match="Kim has answered packing task"):
        undo(task, "Jo")


def test_what_a_packer_lacks_is_an_answer_too(process, packing):
    task = last_picking()
    process.answer("packing", packing, **lacking(("PLATE", 1, "missing")))
    for _ in range(2):  # while the operator is asked, and with the packers again
        with pytest.raises(CannotUndo, match="Kim has answered packing task"):
            undo(task, "Jo")
        process.run(packing)
        if rounds("short-pick") == [(1, "open")]:
            decide(process, packing, "cancel line")
    assert ships(process, packing)


def test_a_form_that_was_refused_is_no_answer(process, packing):
    process.answers[process.keys[-1]] = form("packing", **lacking(("PLATE", 9, "missing")))
    assert process.run(packing) == "packing-2"
    undo(last_picking(), "Jo")
    assert_sound()
    assert process.run(packing) == "picking-2"
    process.answer("picking", packing)
    assert process.run(packing) == "packing-3"
    assert ships(process, packing)


def test_it_is_undone_once(process, packing):
    task = last_picking()
    again = undo(task, "Jo").id
    with pytest.raises(CannotUndo, match=f"was followed by picking task {again}"):
        undo(task, "Jo")
    with pytest.raises(CannotUndo, match=f"Task {again} is open"):
        undo(again, "Jo")


def test_other_tasks_are_not_undone(process, packing):
    with pytest.raises(CannotUndo, match="is 'Pack': only picking"):
        undo(open_task_id("packing"), "Kim")
    with pytest.raises(TaskNotOpen, match="There is no task 4711"):
        undo(4711, "Jo")


def test_what_packline_closed_nobody_undoes(process):
    number = order_of(MUG=1, PLATE=3)
    process.run(number)
    count(StockCountIn(sku="PLATE", counted=1, reference="C-1", by="Kim"))
    with pytest.raises(CannotUndo, match="closed by Packline"):
        undo(last_picking(), "Kim")


def test_a_cancelled_order_has_nothing_to_undo(process, packing):
    task = last_picking()
    request_cancellation_of(packing, "changed their mind", "Max")
    with pytest.raises(CannotUndo, match="is being cancelled: what was picked"):
        undo(task, "Jo")
    process.run(packing)
    assert_sound()


def test_on_hold_it_waits_for_the_release(process, packing):
    task = last_picking()
    put_on_hold(packing, HoldIn(reason="other", by="Max"))
    with pytest.raises(OnHold):
        undo(task, "Jo")
    release(packing, "Max")
    undo(task, "Jo")
    put_on_hold(packing, HoldIn(reason="other", by="Max"))
    assert_sound()
    process.run(packing)
    release(packing, "Max")
    assert process.run(packing) == "picking-2"
    assert_sound()


def test_put_on_hold_after_that_before_the_run_goes_on_it_comes_to_picking(process):
    number = order_of(MUG=2)
    process.run(number)
    process.answer("picking", number)
    undo(last_picking(), "Jo")
    put_on_hold(number, HoldIn(reason="other", by="Max"))
    assert process.run(number) == "hold-1"
    release(number, "Max")
    process.run(number)
    assert process.run(number) == "picking-2"
    assert_sound()


def test_cancelled_while_it_is_picked_again_nothing_is_restocked(process, packing):
    undo(last_picking(), "Jo")
    request_cancellation_of(packing, "changed their mind", "Max")
    assert process.run(packing).startswith(f"Order {packing} is Cancelled")
    assert (stock(), stock("MUG")) == ((4, 0), (10, 0))
    assert_sound()


def test_a_crash_leaves_all_as_it_was(process, packing):
    before = everything()
    execute(
        "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'stopped'; END $$;"
        "CREATE TRIGGER die BEFORE INSERT ON audit_event FOR EACH ROW"
        " WHEN (NEW.kind = 'undo-picking') EXECUTE FUNCTION die()"
    )
    with pytest.raises(DatabaseError, match="stopped"):
        undo(last_picking(), "Jo")
    execute("DROP TRIGGER die ON audit_event; DROP FUNCTION die()")
    assert everything() == before


def test_of_a_packer_and_a_picker_who_undoes_one_is_heard(process, packing):
    task, pack = last_picking(), open_task_id("packing", packing)

    def heard(what):
        try:
            return what()
        except (CannotUndo, TaskNotOpen):
            return None

    both = [lambda: undo(task, "Jo"), lambda: answer_task(pack, form("packing"))]
    with ThreadPoolExecutor(2) as people:
        assert len([one for one in people.map(heard, both) if one]) == 1
    process.run(packing)
    assert_sound()


def test_a_further_shipment_is_undone_for_itself(process):
    number = at_the_bench(process, PLATE=3, MUG=2)
    process.answer("packing", number, **lacking(("PLATE", 1, "missing")))
    process.run(number)
    decide(process, number, "split")
    other = process.another()
    other.run(number, 2)
    other.answer("picking", number, 2)
    assert other.run(number, 2) == "packing-1"
    undo(last_picking(), "Jo")
    assert other.run(number, 2) == "picking-2"
    assert process.run(number) == "packing-2"
    assert_sound()
    other.answer("picking", number, 2)
    assert other.run(number, 2) == "packing-2"
