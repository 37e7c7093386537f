"""A process that stands still (SIGSTOP) inside a transaction, with all that it has locked.

Seen before sessions had limits: the whole shop stood still for as long as it did. Now the other
orders go on within seconds, another process does its work, and when it wakes it writes nothing.
"""

import signal
from contextlib import contextmanager

import pytest

from tests.chaos.shop import (
    assert_shipped_once,
    open_kinds,
    pause,
    run_of,
    staff_at_work,
    status_of,
    still_open,
    take_in,
    until_ended,
    until_resumed,
)
from tests.process import ORDER_STEPS, everything

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

WORKERS, DISPATCHERS = "worker start", "deployments.dispatcher"
GATES = ("picking", "packing", "carrier-pickup")
GO_ON_SECONDS = 90
"""Patience: on a quiet machine it is a third of that."""
QUICK = "Check Inventory Levels"
"""In `make test` too: it has the row of a product that all orders want."""


@contextmanager
def frozen(chaos, armed, processes):
    """From when the process that reaches the armed place stands still, until it has woken up and
    had its say.
    """
    chaos.until(lambda: not armed.exists(), "somebody at the armed place")
    chaos.until(lambda: sleepers(chaos, processes), "somebody who stands still")
    yield
    before = kept()
    for sleeper in sleepers(chaos, processes):
        sleeper.send_signal(signal.SIGCONT)
    pause(5)
    assert kept() == before


def sleepers(chaos, processes):
    return [found for found in chaos.processes(processes) if found.status() == "stopped"]


def kept():
    """All that was written, but for signs of life."""
    return {table: found for table, found in everything().items() if table != "run_heartbeat"}


def others_go_on(chaos):
    """Orders that come in now come to their end, though somebody stands still."""
    others = take_in(5)
    with staff_at_work(others):
        ended = chaos.until(
            lambda: not still_open(others), "the other orders at their end", GO_ON_SECONDS
        )
    assert ended
    return others


@pytest.mark.parametrize(
    "step", [pytest.param(x, marks=() if x == QUICK else pytest.mark.slow) for x in ORDER_STEPS]
)
def test_a_worker_frozen_in_a_step_holds_up_no_other_order(chaos, step):
    armed = chaos.arm(f"{step}: acted", "stop")
    (number,) = take_in()
    with staff_at_work([number]), frozen(chaos, armed, WORKERS):
        others = others_go_on(chaos)
        until_ended(chaos, [number])
    assert_shipped_once(chaos, [number, *others])


@pytest.mark.slow
@pytest.mark.parametrize("gate", GATES)
def test_a_worker_frozen_at_a_gate_holds_up_no_other_order(chaos, gate):
    (number,) = take_in()
    for before in GATES[: GATES.index(gate)]:
        until_resumed(chaos, number, before)
    armed = chaos.arm(f"gate: {gate}: acted", "stop")
    until_resumed(chaos, number, gate)
    with frozen(chaos, armed, WORKERS):
        others = others_go_on(chaos)
        until_ended(chaos, [number])
    assert_shipped_once(chaos, [number, *others])


@pytest.mark.slow
def test_a_dispatcher_frozen_while_it_notes_a_run_is_replaced(chaos):
    armed = chaos.arm("dispatcher: run noted", "stop")
    (number,) = take_in()
    with frozen(chaos, armed, DISPATCHERS):
        others = others_go_on(chaos)
        until_ended(chaos, [number])
    assert_shipped_once(chaos, [number, *others])


@pytest.mark.slow
def test_a_dispatcher_frozen_while_it_fences_off_a_run_is_replaced(chaos):
    killed = chaos.arm("Assign Picking Task: committed")
    armed = chaos.arm("dispatcher: fenced off", "stop")
    (number,) = take_in()
    chaos.until(lambda: not killed.exists(), "the worker's end")
    with frozen(chaos, armed, DISPATCHERS):
        others = others_go_on(chaos)
        until_ended(chaos, [number])
    assert_shipped_once(chaos, [number, *others])


@pytest.mark.slow
def test_staff_are_told_to_try_again_while_a_worker_stands_still_and_then_go_on(chaos):
    armed = chaos.arm("Assign Packing Task: acted", "stop")
    (number,) = take_in()
    chaos.until(lambda: open_kinds(number) == ["picking"], "picking")
    with staff_at_work([number]), frozen(chaos, armed, WORKERS):
        assert run_of(number)
        until_ended(chaos, [number])
    assert status_of(number) == "Shipped"
    assert_shipped_once(chaos, [number])
