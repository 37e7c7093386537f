"""Signs of life: what a worker has in hand is seen alive, and what somebody stopped stops soon."""

import asyncio
import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from adapters.prefect.api import RunState
from deployments.worker import pulse as module
from deployments.worker.pulse import Pulse
from models.base import utc_now
from tests.deployments.played_worker import (
    PlayedStates,
    SilentStates,
    a_run,
    floor,
    until,
)
from tests.process import execute, rows, set_to

__all__ = ["floor"]

BEGAN = utc_now() - timedelta(minutes=1)
BEFORE, AFTER = BEGAN - timedelta(seconds=1), BEGAN + timedelta(seconds=1)


@pytest.fixture
def stopped(database, monkeypatch):
    """The runs that were told to leave before their next step, with the states to show."""
    told = []
    monkeypatch.setattr(module, "stop_soon", lambda *given: told.append(given))
    return told


def alive():
    return {run_id for (run_id,) in rows("SELECT run_id FROM run_heartbeat")}


def beat_of(run_id, state, began=BEGAN, **given):
    Pulse({UUID(run_id): began}).beat(PlayedStates({run_id: state}, **given))


def test_every_run_in_hand_has_its_sign_of_life_with_the_worker_that_has_it(database):
    runs = {uuid4(): BEGAN, uuid4(): BEGAN}
    Pulse(runs).beat(PlayedStates())
    assert alive() == {str(run) for run in runs}
    ((worker, ages),) = rows("SELECT worker, max(now() - seen_at) FROM run_heartbeat GROUP BY 1")
    assert ":" in worker
    assert ages < timedelta(seconds=10)


def test_a_later_beat_is_seen_later(database):
    pulse = Pulse({uuid4(): BEGAN})
    pulse.beat(PlayedStates())
    execute("UPDATE run_heartbeat SET seen_at = now() - interval '1 hour', worker = 'another'")
    pulse.beat(PlayedStates())
    ((fresh, worker),) = rows(
        "SELECT seen_at > now() - interval '1 minute', worker FROM run_heartbeat"
    )
    assert fresh
    assert worker != "another"


def test_the_sign_of_a_run_that_ended_goes_with_the_next_beat_and_no_other(database):
    execute("INSERT INTO run_heartbeat VALUES ('of another worker', 'w', now())")
    ended, goes_on = uuid4(), uuid4()
    in_hand = {ended: BEGAN, goes_on: BEGAN}
    pulse = Pulse(in_hand)
    pulse.beat(PlayedStates())
    del in_hand[ended]
    pulse.beat(PlayedStates())
    assert alive() == {"of another worker", str(goes_on)}


def test_the_sign_of_the_last_run_goes_too_and_prefect_is_not_asked_about_nothing(database):
    run = uuid4()
    in_hand = {run: BEGAN}
    pulse, prefect = Pulse(in_hand), PlayedStates()
    pulse.beat(prefect)
    in_hand.clear()
    pulse.beat(prefect)
    assert alive() == set()
    assert prefect.asked == [{str(run)}]


def test_a_worker_leaves_the_sign_of_a_run_that_has_gone_on_elsewhere(database):
    run = uuid4()
    in_hand = {run: BEGAN}
    pulse = Pulse(in_hand)
    pulse.beat(PlayedStates())
    del in_hand[run]
    pulse.beat(PlayedStates())
    execute(f"INSERT INTO run_heartbeat VALUES ('{run}', 'another worker', now())")
    in_hand[uuid4()] = BEGAN
    pulse.beat(PlayedStates())
    assert str(run) in alive()


def test_a_sign_that_could_not_be_taken_away_goes_later(database, monkeypatch):
    in_hand = {uuid4(): BEGAN}
    pulse = Pulse(in_hand)
    pulse.beat(PlayedStates())
    in_hand.clear()
    with monkeypatch.context() as away:
        away.setattr(module, "transaction", away_for_a_while)
        with pytest.raises(OSError, match="refused"):
            pulse.beat(PlayedStates())
    pulse.beat(PlayedStates())
    assert alive() == set()


def away_for_a_while():
    raise OSError("refused")


def test_a_worker_with_nothing_in_hand_asks_nobody(database, monkeypatch):
    monkeypatch.setattr(module, "transaction", away_for_a_while)
    prefect = PlayedStates()
    Pulse({}).beat(prefect)
    assert prefect.asked == []


@pytest.mark.parametrize(
    "state",
    [
        RunState("CANCELLING", "Cancelling", since=AFTER),
        RunState("CANCELLED", "Cancelled", since=AFTER),
        RunState("CRASHED", "Crashed", since=AFTER),
        RunState("SCHEDULED", "AwaitingRetry", since=AFTER),
        RunState("PAUSED", "Suspended", since=AFTER),
        RunState("PAUSED", "Suspended", "a pause of somebody's", since=AFTER),
    ],
    ids=lambda state: f"{state.name} {state.pause_key}",
)
def test_a_run_that_somebody_stopped_leaves_before_its_next_step(stopped, state):
    run = str(uuid4())
    beat_of(run, state)
    assert stopped == [(run, state.kind, state.name)]


@pytest.mark.parametrize(
    "state",
    [
        RunState("PENDING", "Pending", since=AFTER),
        RunState("RUNNING", "Running", since=AFTER),
        RunState("PAUSED", "Suspended", "picking-1", since=AFTER),
        RunState("PAUSED", "Suspended", "hold-2-again-3", since=AFTER),
    ],
    ids=lambda state: f"{state.name} {state.pause_key}",
)
def test_a_run_that_works_or_comes_to_wait_by_itself_is_left_alone(stopped, state):
    beat_of(str(uuid4()), state)
    assert stopped == []


@pytest.mark.parametrize("since", [BEFORE, BEGAN])
def test_a_state_from_before_this_part_stops_nothing(stopped, since):
    """Prefect hears a little later that a run that waited goes on."""
    beat_of(str(uuid4()), RunState("CANCELLED", "Cancelled", since=since))
    assert stopped == []


@pytest.mark.parametrize("next_part", [None, AFTER], ids=["ended", "next part"])
def test_a_part_that_ends_while_prefect_is_asked_stops_nothing(stopped, next_part):
    run = uuid4()
    in_hand = {run: BEGAN}

    def ends():
        del in_hand[run]
        if next_part:
            in_hand[run] = next_part

    state = RunState("SCHEDULED", "Resuming", since=AFTER)
    Pulse(in_hand).beat(PlayedStates({str(run): state}, meanwhile=ends))
    assert stopped == []


def test_of_several_runs_the_one_that_was_stopped_stops(stopped):
    stops, goes_on, unknown = (uuid4() for _ in range(3))
    states = {
        str(stops): RunState("CANCELLING", "Cancelling", since=AFTER),
        str(goes_on): RunState("RUNNING", "Running", since=AFTER),
    }
    Pulse(dict.fromkeys((stops, goes_on, unknown), BEGAN)).beat(PlayedStates(states))
    assert stopped == [(str(stops), "CANCELLING", "Cancelling")]


@pytest.mark.parametrize(
    "given",
    [
        {"PACKLINE_SWEEP_SECONDS": "60", "PACKLINE_LOST_AFTER_SECONDS": "0.3"},
        {"PACKLINE_SWEEP_SECONDS": "0.05", "PACKLINE_LOST_AFTER_SECONDS": "600"},
    ],
    ids=["six times before a run is lost", "with every sweep"],
)
def test_a_pulse_beats_often_enough_and_goes_on_while_prefect_is_away(
    stopped, monkeypatch, given, caplog
):
    set_to(monkeypatch, **given)
    prefect = PlayedStates(away=1)
    monkeypatch.setattr(module, "PrefectApi", lambda: prefect)
    pulse = Pulse({uuid4(): BEGAN})
    pulse.start()
    for _ in range(100):
        threading.Event().wait(0.05)
        if len(prefect.asked) >= 3:
            break
    pulse.stop()
    pulse.join(5)
    assert not pulse.is_alive()
    assert len(prefect.asked) >= 4
    assert prefect.asked[-1] == set()  # its connection is given back
    assert "No sign of life could be given: refused" in caplog.text


def test_a_run_is_in_hand_until_its_part_ends(floor):
    run = a_run()
    floor.server.due = [run]
    floor.parts.last_long(run)

    async def play():
        async with floor.worker() as worker:
            await floor.until_begun(run)
            worker._pulse.beat(PlayedStates())
            assert alive() == {str(run.id)}
            floor.parts.end(run)
            await until(lambda: beaten(worker) == set())

    asyncio.run(play())


def beaten(worker):
    worker._pulse.beat(PlayedStates())
    return alive()


def test_the_end_of_a_part_leaves_the_next_part_in_hand(floor):
    """An answer may set the run going before the thread of its last part has come to its end."""
    run = a_run()
    floor.server.due = [run]
    floor.server.known[run.id] = run
    floor.parts.last_long(run, parts=2)

    async def play():
        async with floor.worker() as worker:
            await floor.until_begun(run)
            flow = await worker._flow_of(run)
            worker._see_through(flow, run)
            await floor.until_begun(run, run)
            floor.parts.end(run, 0)
            await asyncio.sleep(0.3)
            assert beaten(worker) == {str(run.id)}
            floor.parts.end(run, 1)
            await until(lambda: beaten(worker) == set())

    asyncio.run(play())


def test_runs_are_seen_alive_until_they_end_though_the_worker_stops(floor, monkeypatch):
    monkeypatch.setattr(Pulse, "start", threading.Thread.start)
    monkeypatch.setattr(module, "PrefectApi", PlayedStates)
    set_to(monkeypatch, PACKLINE_SWEEP_SECONDS="0.05")
    told, run = SilentStates.told, a_run()
    floor.server.due = [run]
    floor.parts.last_long(run)
    seen = []

    def end_when_seen():
        for _ in range(100):
            threading.Event().wait(0.05)
            if alive():
                break
        execute("DELETE FROM run_heartbeat")
        threading.Event().wait(0.5)
        seen.extend(alive())
        floor.parts.end(run)

    async def play():
        async with floor.worker() as worker:
            await floor.until_begun(run)
            ending = threading.Thread(target=end_when_seen)
            ending.start()
            await worker.teardown(None, None, None)
            ending.join()
        assert seen == [str(run.id)]
        worker._pulse.join(5)
        assert not worker._pulse.is_alive()
        assert SilentStates.told == told + 1

    asyncio.run(play())
