"""What is done about a run that stands where it does not go on by itself."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlmodel import Session

from adapters.failpoints import failpoint
from adapters.prefect.api import DELETED, FormMissing, PrefectApi
from deployments.dispatcher.cases import Case
from domain.messages import Message
from domain.reasons import RUN_CANCELLED, Reason
from models.enums import Channel, EventKind
from models.events import OfRun
from models.tables.runs import SupersededRun
from models.tables.shipments import Shipment
from services.access.actors import Actor
from services.execution.deferrals import DueRun, note_came_back
from services.execution.events import add_event
from services.execution.locks import is_collected, unlocked_shipment
from services.execution.one_by_one import OneByOne, impatient_transaction
from services.execution.wake_ups import unmark_ready
from services.orders.cancellation import request_cancellation
from services.worklist.gates import GateRound, gate_round_of

DISPATCHER = Actor(name="dispatcher", channel=Channel.PACKLINE)
"""Its name in the timelines."""

PREFECT = Actor(name="Prefect", channel=Channel.PREFECT)
"""Who asks to cancel an order whose run somebody cancelled there."""

_SILENT = Message("worker-is-silent", "its worker gives no sign of life")
_CRASHED = Message("run-crashed", "it crashed")
_CANCELLED = Message("run-was-cancelled", "it was cancelled, and undoes what was done")
_DELETED = Message("run-was-deleted", "it was deleted")

logger = logging.getLogger("packline.dispatcher")


class Recovery:
    """Moves runs on in Prefect, one at a time; what it does is safe to do twice."""

    def __init__(self, prefect: PrefectApi, still_leads: Callable[[], None]) -> None:
        self._prefect, self._still_leads = prefect, still_leads

    def treat(self, case: Case, orders: OneByOne) -> bool:
        """Do for a run what the states on top of this package say; whether it goes on now."""
        return orders.attempt(f"Flow run {case.run_id}", case.which, partial(self._do, case))

    def bring_back(self, run: DueRun, orders: OneByOne) -> bool:
        """Let a deferred run come back now."""
        what = f"Flow run {run.run_id}"
        return orders.attempt(what, run.which, partial(self._bring_back, run))

    def end(self, superseded: SupersededRun, orders: OneByOne) -> bool:
        """End a run in Prefect whose order another run has taken over."""
        run_id, which = superseded.run_id, (superseded.order_number, 1)
        return orders.attempt(f"Flow run {run_id}", which, partial(self._end, run_id))

    def _do(self, case: Case) -> bool:
        if case.state.waits:
            return case.answered and self._resume(case)
        if case.state.works:
            return case.silent and self._start_over(case, _SILENT)
        if case.ended:
            return False
        if case.which is None:
            crashed = case.state.kind == "CRASHED" and case.is_over
            return crashed and self._start_over(case, _CRASHED)
        return self._mend(case)

    def _bring_back(self, run: DueRun) -> bool:
        self._still_leads()
        self._prefect.run_again(run.run_id, "It is due.")
        with impatient_transaction() as session:
            note_came_back(session, run)
        return True

    def _mend(self, case: Case) -> bool:
        """Its order is open, and it will not go on by itself."""
        state = case.state
        if state.is_cancelled:
            return self._cancel(case)
        if state == DELETED:
            return self._forget(case)
        if state.kind in ("CRASHED", "FAILED", "COMPLETED") and not case.stopped:
            return case.is_over and self._start_over(case, _not_at_its_end(state.name))
        return False

    def _resume(self, case: Case) -> bool:
        """Open the gate. What the form says is never read: the answer is in Postgres."""
        stop = gate_round_of(case.state.pause_key)
        if stop is None:
            return False
        with impatient_transaction() as session:
            unmark_ready(session, case.run_id)
        self._still_leads()
        try:
            return self._prefect.resume(case.run_id, stop.gate.example)
        except FormMissing:
            return self._resume_with_its_form(case, stop)

    def _resume_with_its_form(self, case: Case, stop: GateRound) -> bool:
        schema: dict[str, Any] = stop.gate.form.model_json_schema()
        self._prefect.show_form(case.run_id, case.state.pause_key or "", schema)
        logger.info("Flow run %s: its form was lost and is there again", case.run_id)
        return self._prefect.resume(case.run_id, stop.gate.example)

    def _start_over(self, case: Case, why: Message) -> bool:
        """Fence off whoever may still work on the run, then let it start over."""
        if not _fence_off(case, EventKind.RUN_STARTS_OVER, why):
            return False
        self._still_leads()
        self._prefect.run_again(case.run_id, f"Packline starts this run over: {why}.")
        logger.info("Flow run %s starts over: %s", case.run_id, why)
        return True

    def _cancel(self, case: Case) -> bool:
        """Ask to cancel the order of a cancelled run. The run comes back to undo what was done;
        what the carrier has goes on.
        """
        _ask_to_cancel(case)
        return self._start_over(case, _CANCELLED)

    def _forget(self, case: Case) -> bool:
        """A deleted run: the order gets a new one."""
        _fence_off(case, EventKind.RUN_GONE, _DELETED, forget=True)
        return False

    def _end(self, superseded: str) -> bool:
        self._still_leads()
        self._prefect.cancel(superseded, "Another run has taken over the order.")
        with impatient_transaction() as session:
            if gone := session.get(SupersededRun, superseded):
                session.delete(gone)
        return True


def _not_at_its_end(state: str) -> Message:
    return Message(
        "order-not-at-its-end", "it is {state}, and its order is not at its end", {"state": state}
    )


def _fence_off(case: Case, kind: EventKind, why: Message, *, forget: bool = False) -> bool:
    """From here on, no attempt of this run that may still be alive can write to its shipment.

    False: the shipment has another run or attempt by now, or somebody works on it. A run without a
    shipment has nothing to fence.
    """
    if case.which is None:
        return True
    with impatient_transaction() as session:
        shipment = _untouched(session, case)
        if shipment is None:
            return False
        if not shipment.has_ended:
            _raise_fence(shipment, forget=forget)
            what = OfRun(run_id=case.run_id, because=why)
            add_event(session, shipment.key, kind, what, actor=DISPATCHER)
            session.flush()
            failpoint("dispatcher: fenced off")
    return True


def _untouched(session: Session, case: Case) -> Shipment | None:
    """The shipment of a case, locked now; None if it is not as the case says, or somebody has it
    locked: a later sweep comes back.
    """
    shipment = unlocked_shipment(session, *(case.which or (0, 0)))
    as_known = shipment and (shipment.run_id, shipment.fence) == (case.run_id, case.fence)
    return shipment if as_known else None


def _raise_fence(shipment: Shipment, *, forget: bool) -> None:
    shipment.fence += 1
    shipment.run_id = None if forget else shipment.run_id
    shipment.await_nothing()


def _ask_to_cancel(case: Case) -> None:
    """Note that the order of a run is to be cancelled, unless it has another run by now."""
    with impatient_transaction() as session:
        shipment = _untouched(session, case)
        if shipment is None or shipment.has_ended:
            return
        if not is_collected(session, shipment):
            request_cancellation(session, shipment.order, Reason(RUN_CANCELLED), PREFECT)
