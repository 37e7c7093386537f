"""Telling open pages that their list has changed, as Postgres tells us: one connection for all of
them. While it is away the pages ask by themselves now and then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import psycopg

from adapters.database.notifications import TASKS_CHANNEL
from adapters.database.sessions import connect_async
from services.access.actors import Actor, works_in
from services.access.permissions import Action, may

_PAUSE_SECONDS = 1.0
"""Whoever looks at a list sees it change once in so long at the most."""
_AGAIN_SECONDS = 5.0

logger = logging.getLogger("packline.console")


class TaskFeed:
    """Listens to what the database says of tasks, and wakes the pages that it concerns."""

    def __init__(self) -> None:
        self._watchers: dict[asyncio.Event, Actor] = {}
        self._listening: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._listening = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Listen no more."""
        if self._listening:
            self._listening.cancel()
            with suppress(asyncio.CancelledError):
                await self._listening

    async def changes(self, actor: Actor) -> AsyncIterator[None]:
        """Something for each time that the actor's list has changed."""
        changed = asyncio.Event()
        self._watchers[changed] = actor
        try:
            while True:
                await changed.wait()
                changed.clear()
                yield
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            del self._watchers[changed]

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except psycopg.Error as problem:
                logger.warning("Lists are not live: Postgres is away (%s).", problem)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _hear(self) -> None:
        connection = await connect_async()
        async with connection:
            await connection.execute(f"LISTEN {TASKS_CHANNEL}")
            self._wake(None)  # what was said meanwhile was not heard
            async for heard in connection.notifies():
                self._wake(heard.payload)

    def _wake(self, payload: str | None) -> None:
        for changed, actor in self._watchers.items():
            if payload is None or _concerns(actor, payload):
                changed.set()


def _concerns(actor: Actor, payload: str) -> bool:
    """Whether a task of that `role|warehouse` may stand in the actor's list."""
    role, _, warehouse = payload.partition("|")
    here = works_in(actor.warehouses, warehouse or None)
    own = role in {str(own) for own in actor.roles} or may(actor, Action.DO_ANY_TASK)
    return own and here
