"""Waiting runs whose answer is stored: a worker goes on with those whose mark it takes."""

import asyncio

from services.execution.wake_ups import READY
from tests.deployments.played_worker import (
    a_moment,
    a_run,
    floor,
    mark_ready,
    marked,
    tell_workers,
    until,
)
from tests.process import execute

__all__ = ["floor"]


def test_a_waiting_run_whose_answer_is_stored_goes_on_without_a_claim(floor):
    run = a_run()
    floor.server.known[run.id] = run

    async def play():
        async with floor.worker():
            mark_ready(run)
            await floor.until_begun(run)
        assert marked() == set()
        assert floor.server.claims == []
        assert floor.server.asked.count("run") == 1

    asyncio.run(play())


def test_no_more_waiting_runs_are_taken_than_there_are_threads_and_the_rest_follows(floor):
    runs = [a_run() for _ in range(3)]
    floor.server.known = {run.id: run for run in runs}
    floor.parts.last_long(*runs[:2])

    async def play():
        async with floor.worker(limit=2):
            mark_ready(*runs)
            await floor.until_begun(*runs[:2])
            await a_moment()
            assert marked() == {str(runs[2].id)}
            tell_workers(READY)
            await a_moment()
            assert marked() == {str(runs[2].id)}
            floor.parts.end(runs[1])
            await floor.until_begun(*runs)
        assert marked() == set()

    asyncio.run(play())


def test_no_more_waiting_runs_are_taken_than_threads_are_free(floor):
    at_work, first, second = a_run(), a_run(), a_run()
    floor.server.due = [at_work]
    floor.server.known = {run.id: run for run in (first, second)}
    floor.parts.last_long(at_work, first)

    async def play():
        async with floor.worker(limit=2):
            await floor.until_begun(at_work)
            mark_ready(first, second)
            await floor.until_begun(at_work, first)
            await a_moment()
            assert marked() == {str(second.id)}

    asyncio.run(play())


def test_a_run_that_this_worker_saw_wait_goes_on_without_asking_for_it(floor):
    run = a_run()
    floor.server.due = [run]
    floor.parts.suspends = {run.id}

    async def play():
        async with floor.worker():
            await floor.until_begun(run)
            await a_moment()
            mark_ready(run)
            await floor.until_begun(run, run)
        assert "run" not in floor.server.asked
        assert floor.server.asked.count("deployment") == 1

    asyncio.run(play())


def test_a_run_that_ended_is_not_kept_as_one_that_waits(floor):
    """Retry lets it start over elsewhere: what was known of it here is too old then."""
    run = a_run()
    floor.server.due = [run]
    floor.server.known[run.id] = run

    async def play():
        async with floor.worker():
            await floor.until_begun(run)
            await a_moment()
            mark_ready(run)
            await floor.until_begun(run, run)
        assert floor.server.asked.count("run") == 1

    asyncio.run(play())


def test_a_run_that_waits_is_known_for_one_part_only(floor):
    run = a_run()
    floor.server.due = [run]
    floor.server.known[run.id] = run
    floor.parts.suspends = {run.id}

    async def play():
        async with floor.worker():
            await floor.until_begun(run)
            await a_moment()
            floor.parts.suspends = set()
            for parts in (2, 3):
                mark_ready(run)
                await floor.until_begun(*[run] * parts)
                await a_moment()
                execute("DELETE FROM shipment_line; DELETE FROM shipment")
        assert floor.server.asked.count("run") == 1

    asyncio.run(play())


def test_of_runs_that_wait_the_latest_are_known(floor, monkeypatch):
    monkeypatch.setattr("deployments.worker.worker._KNOWN_RUNS", 1)
    first, second = a_run(), a_run()
    floor.server.due = [first, second]
    floor.server.known = {run.id: run for run in (first, second)}
    floor.parts.suspends = {first.id, second.id}
    floor.parts.last_long(second)

    async def play():
        async with floor.worker():
            await floor.until_begun(first, second)
            await a_moment()
            floor.parts.end(second)
            await a_moment()
            mark_ready(second)
            await floor.until_begun(first, second, second)
            assert "run" not in floor.server.asked
            mark_ready(first)
            await floor.until_begun(first, first, second, second)
            assert floor.server.asked.count("run") == 1

    asyncio.run(play())


def test_prefects_poll_takes_up_waiting_runs_too(floor):
    """Whoever marked them may have told nobody: a notification is lost with its connection."""
    run = a_run()
    floor.server.known[run.id] = run

    async def play():
        async with floor.worker() as worker:
            await until(lambda: "due" in floor.server.asked)
            mark_ready(run, heard=False)
            await a_moment()
            assert floor.parts.begun == []
            await worker.get_and_submit_flow_runs()
            await floor.until_begun(run)

    asyncio.run(play())


def test_what_was_told_before_anybody_listened_is_looked_for(floor):
    new, waiting = a_run(), a_run()
    floor.server.known[waiting.id] = waiting
    floor.server.due = [new]
    mark_ready(waiting)

    async def play():
        async with floor.worker():
            await floor.until_begun(new, waiting)

    asyncio.run(play())


def test_a_worker_that_stops_takes_no_waiting_run(floor):
    first, second = a_run(), a_run()
    floor.server.known = {run.id: run for run in (first, second)}

    async def play():
        async with floor.worker() as worker:
            floor.server.holds["run"] = asyncio.Event()
            mark_ready(first)
            await until(lambda: "run" in floor.server.asked)
            mark_ready(second)
            asyncio.get_running_loop().call_later(0.1, floor.server.holds["run"].set)
            await worker.teardown(None, None, None)
        assert floor.parts.begun == [first.id]
        assert marked() == {str(second.id)}

    asyncio.run(play())
