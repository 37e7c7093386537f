"""A mail server, or a carrier, hangs or refuses us under many orders on the real stack: the others
go on, and when it is mended all go out, once.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapters.database.sessions import transaction
from models.enums import Channel
from services.access.actors import Actor
from services.alarms.alarms import open_alarms, retry_alarms
from tests.chaos.shop import (
    assert_audit_passes,
    assert_shipped_once,
    pause,
    run_of,
    status_of,
    take_in,
    until_ended,
    until_waiting,
    work,
)
from tests.mailserver import listening
from tests.process import rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

WITHIN_A_MINUTE = 60
MAX = Actor(name="Max", channel=Channel.COMMAND_LINE)
WORKER = "prefect worker start"


@contextmanager
def mute_mail_server(chaos) -> Iterator[None]:
    """It takes connections, and says nothing."""
    chaos.mail_server.stop()
    with listening(chaos.mail_server.port):
        yield
    chaos.mail_server.start()


def packed(chaos, count):
    """Orders that are picked and packed, all of them at once."""
    numbers = take_in(count)
    for gate in ("picking-1", "packing-1"):
        for number in numbers:
            until_waiting(chaos, number, gate)
        work(numbers)
    return numbers


def until_all_stand_still(chaos, numbers, service):
    chaos.until(lambda: standing_still(service) == numbers, f"all of them without {service}")


def standing_still(service):
    found = rows(f"SELECT order_number FROM shipment WHERE awaits = '{service}' ORDER BY 1")
    return [number for (number,) in found]


def busy_threads():
    """Runs that some worker has in hand."""
    return rows("SELECT count(*) FROM run_heartbeat WHERE seen_at > now() - interval '3 s'")[0][0]


def assert_another_order_goes_on(chaos):
    (other,) = take_in()
    until_waiting(chaos, other, "picking-1")
    assert busy_threads() <= 3  # one who probes, and whoever has just begun
    return other


@pytest.mark.parametrize("count", [14, pytest.param(60, marks=pytest.mark.slow)])
def test_a_mail_server_that_says_nothing_holds_up_no_other_order(chaos, count):
    """14 are more than the threads of two workers that may wait for services outside."""
    with mute_mail_server(chaos):
        stuck = packed(chaos, count)
        until_all_stand_still(chaos, stuck, "mail")
        other = assert_another_order_goes_on(chaos)
    chaos.until(lambda: standing_still("mail") == [], "all mails", WITHIN_A_MINUTE)
    until_ended(chaos, [*stuck, other])
    assert_shipped_once(chaos, [*stuck, other])


@pytest.mark.slow
def test_orders_that_stand_still_survive_kills_and_buttons(chaos):
    with mute_mail_server(chaos):
        stuck = packed(chaos, 14)
        until_all_stand_still(chaos, stuck, "mail")
        for _ in range(3):
            chaos.kill(WORKER)
            chaos.kill("deployments.dispatcher")
            pause(4)
        retried, cancelled, deleted, *_ = stuck
        chaos.retry(run_of(retried))
        chaos.set_state(run_of(cancelled), "CANCELLED", "Cancelled")
        chaos.delete(run_of(deleted))
        pause(10)
    until_ended(chaos, stuck)
    assert status_of(cancelled) == "Cancelled"
    stuck.remove(cancelled)
    assert_shipped_once(chaos, stuck)


@pytest.mark.slow
def test_a_sender_that_is_refused_stops_all_and_goes_on_with_one_action(chaos):
    chaos.mail_server.sender_answer = "550 not from here"
    stuck = packed(chaos, 10)
    until_all_stand_still(chaos, stuck, "mail")
    asked = chaos.mail_server.sessions
    other = assert_another_order_goes_on(chaos)
    pause(15)
    assert chaos.mail_server.sessions == asked
    with transaction() as session:
        (alarm,) = open_alarms(session)
    assert (alarm.kind, list(alarm.orders)) == ("refused", stuck)
    assert_audit_passes(chaos)
    chaos.mail_server.sender_answer = ""
    retry_alarms("mail", MAX)
    until_ended(chaos, [*stuck, other])
    assert_shipped_once(chaos, [*stuck, other])
    with transaction() as session:
        assert open_alarms(session) == []


class CarrierServer(ThreadingHTTPServer):
    """The server of a carrier, which hangs or refuses us until it is told otherwise."""

    daemon_threads = True
    status = 200

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answer)
        self.answers = threading.Event()
        self.answers.set()
        self.asked = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Answer(BaseHTTPRequestHandler):
    server: CarrierServer

    def do_POST(self) -> None:
        self.server.asked += 1
        self.server.answers.wait()
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def carrier(chaos) -> Iterator[CarrierServer]:
    """The workers of the stack, started again with that carrier."""
    server = CarrierServer()
    ours = {
        "PYTHONPATH": str(Path(__file__).with_name("carrier_by_http")),
        "TESTS_CARRIER": f"http://127.0.0.1:{server.server_address[1]}/",
    }
    chaos.stack.environment |= ours
    restart_workers(chaos)
    yield server
    server.answers.set()
    server.shutdown()
    for name in ours:
        del chaos.stack.environment[name]
    restart_workers(chaos)


def restart_workers(chaos):
    old = {process.pid for process in chaos.kill(WORKER)}
    chaos.until(lambda: len({p.pid for p in chaos.processes(WORKER)} - old) >= 2, "workers anew")


@pytest.mark.slow
@pytest.mark.parametrize("count", [14, 60])
def test_a_carrier_that_hangs_holds_up_no_other_order(chaos, carrier, count):
    carrier.answers.clear()
    stuck = packed(chaos, count)
    until_all_stand_still(chaos, stuck, "carrier house")
    other = assert_another_order_goes_on(chaos)
    carrier.answers.set()
    waits = lambda: standing_still("carrier house") == []  # noqa: E731
    chaos.until(waits, "all labels", WITHIN_A_MINUTE)
    until_ended(chaos, [*stuck, other])
    assert_shipped_once(chaos, [*stuck, other])


@pytest.mark.slow
def test_a_carrier_that_refuses_us_goes_on_with_one_action(chaos, carrier):
    carrier.status = 403
    stuck = packed(chaos, 10)
    until_all_stand_still(chaos, stuck, "carrier house")
    assert carrier.asked <= 12  # those who asked before it was known
    carrier.status = 200
    retry_alarms("carrier house", MAX)
    until_ended(chaos, stuck)
    assert_shipped_once(chaos, stuck)
