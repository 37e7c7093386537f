"""A carrier that hangs, or refuses us, is left alone; the port is all that it has to keep."""

import threading

import pytest

from adapters.carriers import registry
from adapters.carriers.base import CarrierAway, Voided
from services.execution.errors import Deferred
from services.shipping import carriers
from services.shipping.carriers import ask_carrier
from tests.process import rows, set_to

pytestmark = pytest.mark.usefixtures("database")


class Acme:
    """A carrier of the tests' own: it says what it is told to, when it is let."""

    name = "acme"
    title = "Acme"

    def __init__(self):
        self.asked = 0
        self.says = "A-1"
        self.hangs = threading.Event()
        self.hangs.set()

    def void_label(self, key):
        self.asked += 1
        self.hangs.wait(20)
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


@pytest.fixture
def acme(monkeypatch):
    acme = Acme()
    monkeypatch.setitem(registry.CARRIERS, "acme", acme)
    set_to(monkeypatch, PACKLINE_CARRIER_TIMEOUT_SECONDS="0.1", PACKLINE_RETRY_SECONDS="20")
    yield acme
    acme.hangs.set()


def ask():
    return ask_carrier("acme", lambda carrier: carrier.void_label("order:1:label:1"))


def test_a_carrier_is_asked_and_answers(acme):
    assert ask() == "A-1"


def test_what_a_carrier_says_of_one_parcel_goes_through(acme):
    acme.says = Voided("order:1:label:1")
    with pytest.raises(Voided):
        ask()
    assert rows("SELECT * FROM outage") == []


def test_a_carrier_that_hangs_is_asked_once_and_then_left_alone(acme):
    acme.hangs.clear()
    for _ in range(3):
        with pytest.raises(Deferred) as deferred:
            ask()
        assert deferred.value.awaits == "carrier acme"
    assert acme.asked == 1


def test_a_carrier_that_is_away_says_so_itself(acme):
    acme.says = CarrierAway()
    with pytest.raises(Deferred, match="does not answer"):
        ask()


def test_calls_that_hang_for_ever_do_not_become_more_and_more(acme, monkeypatch):
    monkeypatch.setattr(carriers, "_calls", threading.BoundedSemaphore(1))
    acme.hangs.clear()
    for _ in range(2):
        with pytest.raises(CarrierAway):
            carriers._in_time(lambda: acme.void_label("x"))
    assert acme.asked == 1
    acme.hangs.set()
    for thread in threading.enumerate():
        if thread.name == "carrier":
            thread.join()
