"""The worker's signs of life."""

import logging
import os
import socket
import threading
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from adapters.database.sessions import transaction
from adapters.database.transient import is_transient
from adapters.prefect.api import PrefectApi, RunState
from adapters.prefect.engine import stop_soon
from adapters.settings import settings
from models.tables.runs import RunHeartbeat
from services.worklist.gates import gate_round_of

logger = logging.getLogger("packline.worker")

_BEATS_PER_LOSS = 6
"""So many signs of life must be missing before a run is taken for lost."""


class Pulse(threading.Thread):
    """Says in Postgres that the runs in hand are alive, and sees which of them somebody stopped.

    In a thread of its own: it goes on while the worker waits for its last runs to end. `in_hand`
    says of each run when the state was set from which this part of it began; what Prefect has set
    since then is later than that, by its own clock.
    """

    def __init__(self, in_hand: dict[UUID, datetime]) -> None:
        super().__init__(name="pulse", daemon=True)
        self._in_hand = in_hand
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._stopped = threading.Event()
        self._told: set[str] = set()

    def run(self) -> None:
        """Beat until told to stop. While somebody is away, keep trying."""
        prefect = PrefectApi()
        beat = min(settings().sweep_seconds, settings().lost_after_seconds / _BEATS_PER_LOSS)
        while not self._stopped.wait(beat):
            try:
                self.beat(prefect)
            except Exception as problem:  # noqa: BLE001  (a worker goes on, whatever it is)
                note_problem("No sign of life could be given", problem)
        prefect.close()

    def stop(self) -> None:
        """The last run has ended."""
        self._stopped.set()

    def beat(self, prefect: PrefectApi) -> None:
        """One sign of life for each run, and one question about all of them."""
        begun = {str(run_id): began for run_id, began in self._in_hand.copy().items()}
        if begun or self._told:
            self._tell(set(begun))
        if begun:
            for run_id, state in prefect.states(begun).items():
                if self._was_stopped(run_id, begun[run_id], state):
                    stop_soon(run_id, state.kind, state.name)

    def _was_stopped(self, run_id: str, began: datetime, state: RunState) -> bool:
        """Somebody changed the state of this part of the run, and it was not the run itself."""
        by_itself = state.works or gate_round_of(state.pause_key) is not None
        still_in_hand = self._in_hand.get(UUID(run_id)) == began
        return not by_itself and state.since > began and still_in_hand

    def _tell(self, alive: set[str]) -> None:
        with transaction() as session:
            session.execute(
                delete(RunHeartbeat).where(col(RunHeartbeat.run_id).in_(self._told - alive))
            )
            if alive:
                session.execute(_sign_of_life(alive, self._worker))
        self._told = alive


def note_problem(what: str, problem: Exception) -> None:
    """The worker goes on, whatever it is; only what is not somebody's absence is shown in full."""
    logger.warning("%s: %s", what, problem, exc_info=not is_transient(problem))


def _sign_of_life(run_ids: set[str], worker: str) -> Any:
    rows = [
        {"run_id": run_id, "worker": worker, "seen_at": func.now()} for run_id in sorted(run_ids)
    ]
    new = insert(RunHeartbeat).values(rows)
    return new.on_conflict_do_update(
        index_elements=["run_id"], set_={"worker": worker, "seen_at": func.now()}
    )
