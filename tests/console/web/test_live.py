"""Lists that are looked at change by themselves, for those whom it concerns."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.web.live import TaskFeed
from models.enums import Channel, Role
from services.access.actors import Actor
from tests.process import execute


def person(*roles, warehouses=()):
    given = {"roles": frozenset(roles), "warehouses": frozenset(warehouses)}
    return Actor(name="Ada", channel=Channel.CONSOLE, **given)


async def heard(actor, happens, patience=10.0):
    """Whether the actor's page is woken by what happens, once it listens."""
    feed = TaskFeed()
    feed.start()
    changes = feed.changes(actor)
    try:
        await asyncio.wait_for(anext(changes), 30)  # it listens now: whatever was before, look
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.to_thread(happens)
        done, _ = await asyncio.wait({waiting}, timeout=patience)
        waiting.cancel()
        return bool(done)
    finally:
        await feed.stop()


def hears(actor, sql, patience=10.0):
    """In a thread of its own: a browser of other tests may keep an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, heard(actor, changed(sql), patience)).result()


def changed(sql):
    return lambda: execute(sql)


TAKEN = """UPDATE staff_task SET taken_by = 'Bea', taken_at = now(), take_number = 1,
    taken_until = now() + interval '1 hour'"""


@pytest.mark.parametrize(
    "sql",
    [TAKEN, "UPDATE staff_task SET state = 'held'", "UPDATE staff_task SET state = 'withdrawn'"],
)
def test_a_task_that_is_taken_or_goes_wakes_the_list_that_has_it(picking, sql):
    assert hears(person(Role.WAREHOUSE_STAFF), sql)


def test_an_operator_hears_of_all(picking):
    assert hears(person(Role.OPERATOR), TAKEN)


@pytest.mark.parametrize(
    "actor", [person(Role.PACKER), person(Role.WAREHOUSE_STAFF, warehouses=("YORK",))]
)
def test_whom_it_does_not_concern_is_left_alone(picking, actor):
    assert not hears(actor, TAKEN, patience=2)


def test_what_no_list_shows_wakes_nobody(picking):
    quiet = "UPDATE staff_task SET times_presented = 7"
    assert not hears(person(Role.OPERATOR), quiet, patience=2)
