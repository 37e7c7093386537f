"""A worker that is killed or hangs between steps, while it takes a run up, or while it waits."""

import signal

import pytest

from adapters.database.sessions import transaction
from models.tables.staff import StaffTask
from tests.chaos.shop import (
    assert_shipped_once,
    open_kinds,
    run_of,
    status_of,
    take_in,
    until_ended,
    until_waiting,
    work,
)
from tests.process import rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

WORKERS = "worker start"
_STARTED_OVER = "SELECT subject FROM audit_event WHERE kind = 'run-starts-over'"
DISPATCHERS = "deployments.dispatcher"


@pytest.mark.slow
def test_killed_in_pending(chaos):
    """Taken up, and not begun: nothing in Prefect would ever set this run going again."""
    armed = chaos.arm("claimed")
    (number,) = take_in()
    until_ended(chaos, [number])
    assert not armed.exists()
    assert_shipped_once(chaos, [number])


@pytest.mark.slow
def test_without_a_dispatcher_a_killed_run_stays_where_it_is(chaos):
    """The fault with its protection off: this is what every other test here would look like."""
    armed = chaos.arm("Assign Picking Task: committed")
    (number,) = take_in()
    chaos.until(lambda: not armed.exists(), "the worker's end")
    stopped = chaos.kill(DISPATCHERS, signal.SIGSTOP)
    run_id = run_of(number)
    chaos.until(lambda: chaos.processes(WORKERS), "a worker again")
    with pytest.raises(pytest.fail.Exception, match="waited in vain"):
        chaos.until(lambda: not chaos.prefect.state(run_id).works, "a change", patience=10)
    for dispatcher in stopped:
        dispatcher.send_signal(signal.SIGCONT)
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


@pytest.mark.slow
@pytest.mark.parametrize("place", ["form shown", "suspended"])
def test_killed_while_the_run_is_suspended(chaos, place):
    """The form is there before the run waits, so no instant leaves a run that nobody can resume."""
    armed = chaos.arm(place)
    (number,) = take_in()
    chaos.until(lambda: not armed.exists(), "the worker's end")
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


def test_a_form_that_is_gone_from_prefect_is_shown_again(chaos):
    (number,) = take_in()
    run_id = until_waiting(chaos, number, "picking-1")
    schema = f"flow_runs/{run_id}/input/suspended-picking-1-schema"
    chaos.prefect._ask("DELETE", schema)
    refused = chaos.ask(f"flow_runs/{run_id}/resume", {"run_input": {"gate": "picking"}})
    assert refused["details"]["reason"] == "Run input schema not found."  # the fault itself
    work([number])
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


HANGING = {
    "before it writes": "Update Inventory Stock: before",
    "before it buys": "Create Shipping Label: before",
    "before it sends": "Send Shipment Notification: intended",
    "at its end": "Update Order Status to Shipped: before",
}


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(place, marks=() if name == "before it sends" else pytest.mark.slow)
        for name, place in HANGING.items()
    ],
    ids=HANGING,
)
def test_an_attempt_that_hung_and_was_replaced_wakes_and_writes_nothing(chaos, place):
    armed = chaos.arm(place, "stop")
    (number,) = take_in()
    until_ended(chaos, [number])
    assert not armed.exists()
    before = rows(f"SELECT * FROM step_record WHERE subject = 'order:{number}' ORDER BY at")
    sleeping = [found for found in chaos.processes(WORKERS) if found.status() == "stopped"]
    assert len(sleeping) == 1
    sleeping[0].send_signal(signal.SIGCONT)
    chaos.until(lambda: all_attempts_have_left(chaos, number), "the old attempt to leave")
    assert rows(f"SELECT * FROM step_record WHERE subject = 'order:{number}' ORDER BY at") == before
    assert_shipped_once(chaos, [number])


def all_attempts_have_left(chaos, number):
    """The one that woke up too: refused by the fence, or by a turn that it has lost, or because it
    saw that its run had gone on without it. The fence by itself is in test_protections.py.
    """
    logs = [file.read_text() for file in (chaos.stack.folder / "logs").glob("worker*.log")]
    begun, left = f"'order {number}' - Beginning", f"'order {number}' - Finished in state"
    return sum(log.count(begun) for log in logs) == sum(log.count(left) for log in logs)


@pytest.mark.slow
def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand(chaos):
    numbers = take_in(6)
    chaos.until(lambda: any(run_of(number) for number in numbers), "a run")
    for worker in chaos.kill(WORKERS, signal.SIGTERM):
        worker.wait(30)
    until_ended(chaos, numbers)
    lost = {subject for (subject,) in rows(_STARTED_OVER)}
    assert lost.isdisjoint(f"order:{number}" for number in numbers)
    assert_shipped_once(chaos, numbers)


def test_the_next_dispatcher_leads_when_the_leader_dies(chaos):
    (number,) = take_in()
    until_waiting(chaos, number, "picking-1")
    chaos.kill(DISPATCHERS)
    work([number])
    until_ended(chaos, [number])
    assert_shipped_once(chaos, [number])


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_workers_and_two_dispatchers_do_no_step_twice(chaos):
    numbers = take_in(100)
    until_ended(chaos, numbers, patience=1000)
    assert_shipped_once(chaos, numbers)
    for number in numbers:
        names = chaos.task_runs(run_of(number))
        assert len(names) == len(set(names))


@pytest.mark.slow
def test_an_answer_while_all_workers_are_gone_waits_for_the_next(chaos):
    numbers = take_in(3)
    for number in numbers:
        until_waiting(chaos, number, "picking-1")
    stopped = chaos.kill(WORKERS, signal.SIGSTOP)
    assert work(numbers) == 3
    with transaction() as session:
        done = session.get(StaffTask, rows("SELECT max(id) FROM staff_task")[0][0])
        assert done.answered_by
    for worker in stopped:
        worker.send_signal(signal.SIGCONT)
    chaos.until(lambda: all(open_kinds(number) == ["packing"] for number in numbers), "packing")
    until_ended(chaos, numbers)
    assert {status_of(number) for number in numbers} == {"Shipped"}
    assert_shipped_once(chaos, numbers)
