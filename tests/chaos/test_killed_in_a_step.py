"""A worker that is killed by SIGKILL in a step: before it, inside it, right after it.

What the protection is: the ledger and the step's effect are one transaction, and the dispatcher
notices that the worker gives no sign of life. What happens without them is shown in
test_protections.py; here they are on, since a stack without a dispatcher would wait for ever.
"""

import pytest

from adapters.prefect.api import DAILY_SUMMARY
from tests.chaos.shop import (
    assert_audit_passes,
    assert_shipped_once,
    still_open,
    take_in,
    until_ended,
    until_resumed,
)
from tests.process import DAY_STEPS, ORDER_STEPS, rows

PLACES = ("before", "acted", "committed")
OUTSIDE = (
    "Create Shipping Label",
    "Send Shipment Notification",
    "Dispatch Carrier Pickup",
)
"""Steps that act outside the database may also die between intent and effect."""
GATES = ("picking", "packing", "carrier-pickup")
MAIL_TAKEN = "mail taken"
"""In the instant between the mail server's yes and our note of it: the mail goes out again."""
UNCLEAR = {MAIL_TAKEN, "Send Shipment Notification: intended"}
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def places(steps, *more, quick=()):
    """Where to die: those that run in `make test` too, one of each kind, apart from the others."""
    named = [f"{step}: {place}" for step in steps for place in PLACES]
    return [
        pytest.param(place, marks=() if place in quick else pytest.mark.slow)
        for place in [*named, *more]
    ]


@pytest.mark.parametrize(
    "place",
    places(
        ORDER_STEPS,
        MAIL_TAKEN,
        *[f"{step}: intended" for step in OUTSIDE],
        quick={MAIL_TAKEN},
    ),
)
def test_killed_in_a_step_of_an_order(chaos, place):
    armed = chaos.arm(place)
    (number,) = take_in()
    until_ended(chaos, [number])
    assert not armed.exists()
    twice = place == MAIL_TAKEN
    assert_shipped_once(chaos, [number], mails=range(2, 3) if twice else range(1, 2))
    assert mail_is_named(number) == (place in UNCLEAR)


@pytest.mark.parametrize(
    "place", places([f"gate: {gate}" for gate in GATES], quick={"gate: picking: acted"})
)
def test_killed_at_a_gate_whose_form_was_filled_in(chaos, place):
    armed = chaos.arm(place)
    (number,) = take_in()
    for gate in GATES:
        until_resumed(chaos, number, gate)
    chaos.until(lambda: not still_open([number]), f"order {number} at its end")
    assert not armed.exists()
    assert_shipped_once(chaos, [number])
    through = f"SELECT DISTINCT answered_through FROM staff_task WHERE order_number = {number}"
    assert rows(through) == [("Prefect",)]


@pytest.mark.parametrize(
    "place",
    places(DAY_STEPS, MAIL_TAKEN, "Notify Management of Daily Stats: intended"),
)
def test_killed_in_a_step_of_the_summary(chaos, place, days):
    armed = chaos.arm(place)
    day = next(days)
    run_id = chaos.prefect.start(DAILY_SUMMARY, name="day", parameters={"day": day})
    chaos.until_state(run_id, "COMPLETED")
    assert not armed.exists()
    assert rows(f"SELECT revision FROM daily_summary WHERE day = '{day}'") == [(1,)]
    mails = [mail for mail in chaos.mail_server.mails if "management" in mail["To"]]
    assert len(mails) == (2 if place == MAIL_TAKEN else 1)
    assert len({mail["Message-ID"] for mail in mails}) == 1
    assert_audit_passes(chaos)


@pytest.fixture(scope="session")
def days():
    """A day of its own for each summary."""
    return iter([f"2025-{month:02}-01" for month in range(1, 13)])


def mail_is_named(number):
    unclear = f"SELECT unclear FROM message WHERE key = 'order:{number}:shipment'"
    return rows(unclear) == [(1,)]
