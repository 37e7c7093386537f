"""Which new runs a worker takes, and which it leaves: a claim is granted by Prefect or refused."""

import asyncio
import logging
from datetime import timedelta

import httpx
import pytest
from prefect.client.schemas.responses import SetStateStatus

from deployments.worker.worker import PacklineWorker
from tests.deployments.played_worker import (
    SilentStates,
    a_moment,
    a_run,
    floor,
    tell_workers,
    until,
)
from tests.process import execute, rows, set_to

__all__ = ["floor"]


def test_a_claim_that_is_granted_begins_the_run_with_the_flow_of_its_deployment(floor):
    run = a_run()

    async def play():
        floor.server.due = [run]
        async with floor.worker():
            await floor.until_begun(run)
        assert floor.parts.flows == ["daily-summary"]
        assert floor.server.claims == [run.id]

    asyncio.run(play())


@pytest.mark.parametrize(
    "says",
    [SetStateStatus.REJECT, SetStateStatus.ABORT, SetStateStatus.WAIT, None],
    ids=["rejected", "aborted", "to wait", "not found"],
)
def test_a_run_whose_claim_is_refused_is_not_begun_and_the_next_one_is(floor, says):
    refused, granted = a_run(), a_run()
    floor.server.says[refused.id] = says
    floor.server.due = [refused, granted]

    async def play():
        async with floor.worker():
            await floor.until_begun(granted)
            await a_moment()
        assert floor.parts.begun == [granted.id]
        assert floor.server.claims[0] == refused.id

    asyncio.run(play())


def test_of_two_workers_one_begins_a_run(floor):
    run = a_run()
    floor.server.due = [run]

    async def play():
        async with floor.worker(), floor.worker():
            await floor.until_begun(run)
            floor.server.says[run.id] = SetStateStatus.ABORT  # it is Pending now
            floor.server.due = [run]
            tell_workers()
            await until(lambda: floor.server.claims.count(run.id) > 1)
            await a_moment()
        assert floor.parts.begun == [run.id]

    asyncio.run(play())


def test_a_run_in_hand_is_not_claimed_again_though_it_is_due(floor):
    run, other = a_run(), a_run()
    floor.parts.last_long(run)

    async def play():
        floor.server.due = [run]
        async with floor.worker():
            await floor.until_begun(run)
            floor.server.due = [run, other]
            tell_workers()
            await floor.until_begun(run, other)
            assert floor.server.claims == [run.id, other.id]

    asyncio.run(play())


def test_no_more_runs_are_claimed_than_there_are_threads_and_the_rest_follows(floor):
    """Nobody tells of it: the end of a run makes the worker look again."""
    runs = [a_run() for _ in range(3)]
    floor.server.due = list(runs)
    floor.parts.last_long(*runs[:2])

    async def play():
        async with floor.worker(limit=2):
            await floor.until_begun(*runs[:2])
            await a_moment()
            assert floor.server.claims == [runs[0].id, runs[1].id]
            floor.parts.end(runs[0])
            await floor.until_begun(*runs)

    asyncio.run(play())


def test_a_run_that_became_due_while_no_thread_was_free_follows(floor):
    """Somebody told of it then, and nobody tells again."""
    first, later = a_run(), a_run()
    floor.server.due = [first]
    floor.parts.last_long(first)

    async def play():
        async with floor.worker(limit=1):
            await floor.until_begun(first)
            floor.server.due = [later]
            tell_workers()
            await a_moment()
            floor.parts.end(first)
            await floor.until_begun(first, later)

    asyncio.run(play())


def test_a_worker_without_a_free_thread_does_not_ask_what_is_due(floor):
    run = a_run()
    floor.server.due = [run]
    floor.parts.last_long(run)

    async def play():
        async with floor.worker(limit=1):
            await floor.until_begun(run)
            asked = floor.server.asked.count("due")
            tell_workers()
            await a_moment()
            assert floor.server.asked.count("due") == asked

    asyncio.run(play())


def test_the_end_of_a_run_is_no_reason_to_ask_when_nothing_was_left_over(floor):
    run = a_run()
    floor.server.due = [run]
    floor.parts.last_long(run)

    async def play():
        async with floor.worker():
            await floor.until_begun(run)
            await a_moment()
            asked = floor.server.asked.count("due")
            floor.parts.end(run)
            await a_moment()
            assert floor.server.asked.count("due") == asked

    asyncio.run(play())


def test_a_part_that_breaks_in_the_worker_gives_its_place_to_the_next_run(floor, caplog):
    broken, next_one = a_run(name="order 1002"), a_run()
    floor.server.due = [broken, next_one]
    floor.parts.fails = {broken.id}

    async def play():
        async with floor.worker(limit=1):
            await floor.until_begun(broken, next_one)

    asyncio.run(play())
    assert "Flow run order 1002 ended in the worker, not in the flow" in caplog.text


def test_while_prefect_is_away_nothing_is_claimed_and_the_next_word_asks_again(floor, caplog):
    run = a_run()
    floor.server.due = [run]
    floor.server.trouble = [httpx.ConnectError("refused")]

    async def play():
        async with floor.worker():
            await until(lambda: "No work can be taken now" in caplog.text)
            assert floor.parts.begun == []
            tell_workers()
            await floor.until_begun(run)

    asyncio.run(play())


def test_a_pool_that_is_not_made_yet_has_nothing_due(floor, caplog):
    run = a_run()
    floor.server.due = [run]
    floor.server.pool_is_made = False

    async def play():
        async with floor.worker() as worker:
            await until(lambda: "due" in floor.server.asked)
            floor.server.pool_is_made = True
            assert await worker.get_and_submit_flow_runs() == []  # Prefect's poll
            await floor.until_begun(run)

    asyncio.run(play())
    assert not [entry for entry in caplog.records if entry.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    ("problem", "in_full"), [(httpx.ConnectError("refused"), False), (ValueError("wrong"), True)]
)
def test_only_what_is_nobodys_absence_is_shown_in_full(floor, caplog, problem, in_full):
    floor.server.trouble = [problem]

    async def play():
        async with floor.worker():
            await until(lambda: "No work can be taken now" in caplog.text)

    asyncio.run(play())
    assert ("Traceback" in caplog.text) == in_full


def test_prefects_health_check_sees_that_the_worker_asks(floor):
    async def play():
        async with floor.worker() as worker:
            worker._last_polled_time -= timedelta(days=1)
            assert not worker.is_worker_still_polling(1)
            tell_workers()
            await until(lambda: worker.is_worker_still_polling(1))

    asyncio.run(play())


def test_steps_that_take_long_are_shown_while_they_do(floor):
    async def play():
        shown = SilentStates.shown
        async with floor.worker():
            await until(lambda: SilentStates.shown > shown + 1)

    asyncio.run(play())


def test_a_worker_that_lost_its_ear_listens_again(floor, monkeypatch, caplog):
    set_to(monkeypatch, PACKLINE_SWEEP_SECONDS="0.05")
    run = a_run()

    async def play():
        async with floor.worker():
            await until(lambda: "due" in floor.server.asked)
            cut_off_listeners()
            await until(lambda: "Postgres does not notify of work now" in caplog.text)
            floor.server.due = [run]  # nothing tells of it
            await floor.until_begun(run)
            another = a_run()
            floor.server.due = [another]
            await until(lambda: listeners() == 1)
            tell_workers()
            await floor.until_begun(run, another)

    asyncio.run(play())


def listeners():
    ((count,),) = rows(
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        " AND datname = current_database()"
    )
    return count


def cut_off_listeners():
    execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
        " AND datname = current_database()"
    )


@pytest.mark.parametrize(("queues", "asked"), [(None, None), (["fast"], ["fast"])])
def test_a_worker_asks_for_its_queues_or_for_all(floor, queues, asked):
    async def play():
        async with floor.worker(work_queues=queues):
            await until(lambda: "due" in floor.server.asked)
        assert floor.server.queues[0] == asked

    asyncio.run(play())


def test_a_run_without_a_deployment_is_named_and_holds_up_nobody(floor, caplog):
    lost = a_run(deployment_id=None, name="order 1003")
    floor.server.due = [lost]

    async def play():
        async with floor.worker():
            await until(lambda: "Flow run order 1003 has no deployment" in caplog.text)
            assert floor.server.claims == []
            run = a_run()
            floor.server.due = [run]
            tell_workers()
            await floor.until_begun(run)

    asyncio.run(play())


async def stop_while_asking(floor, what, run):
    """Stop a worker between its question to the server and the answer."""
    async with floor.worker() as worker:
        await until(lambda: "due" in floor.server.asked)
        floor.server.holds[what] = asyncio.Event()
        floor.server.due = [run]
        asked = floor.server.asked.count(what)
        tell_workers()
        await until(lambda: floor.server.asked.count(what) > asked)
        asyncio.get_running_loop().call_later(0.1, floor.server.holds[what].set)
        await worker.teardown(None, None, None)


def test_a_worker_that_stops_claims_no_more(floor):
    asyncio.run(stop_while_asking(floor, "due", a_run()))
    assert floor.server.claims == floor.parts.begun == []


def test_what_a_worker_has_claimed_in_the_instant_in_which_it_stops_is_begun(floor):
    run = a_run()
    asyncio.run(stop_while_asking(floor, "claim", run))
    assert floor.parts.begun == [run.id]


def test_a_worker_without_a_limit_has_as_many_threads_as_the_settings_say(floor, monkeypatch):
    set_to(monkeypatch, PACKLINE_WORKER_THREADS="1")
    runs = [a_run() for _ in range(2)]
    floor.server.due = list(runs)
    floor.parts.last_long(runs[0])

    async def play():
        async with floor.worker(limit=None):
            await floor.until_begun(runs[0])
            await a_moment()
            assert floor.server.claims == [runs[0].id]

    asyncio.run(play())


def test_prefect_may_hand_over_a_run_by_itself(floor):
    run = a_run()
    told = []

    async def play():
        async with floor.worker() as worker:
            status = type("Status", (), {"started": told.append})()
            result = await worker.run(run, None, status)
            assert (result.identifier, result.status_code) == (str(run.id), 0)
        assert floor.parts.begun == [run.id]
        assert told == [0]

    asyncio.run(play())


def test_a_worker_that_is_not_set_up_takes_nothing(floor):
    with pytest.raises(RuntimeError, match="only while it is set up"):
        PacklineWorker("packline", limit=1)._see_through(None, a_run())
