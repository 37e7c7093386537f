"""A service outside that is away is asked by one at a time, and costs the others nothing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from threading import Barrier, Event

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from adapters.carriers.base import CarrierAway, CarrierRefuses, Voided
from adapters.database.sessions import DatabaseAway
from adapters.mail.smtp import MailPostponed
from services.alarms.circuit import outside
from services.alarms.outages import note_answer, raise_lasting
from services.execution.errors import Deferred
from tests.process import execute, rows, set_to

ACME = "carrier acme"

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def long_pauses(database, monkeypatch):
    """No pause is over before a test says so."""
    set_to(monkeypatch, PACKLINE_RETRY_SECONDS="20")


class Service:
    """Something outside that counts who asks it, and raises what it is told to."""

    def __init__(self):
        self.asked = 0
        self.failure = None

    def ask(self, name=ACME):
        with outside(name):
            self.asked += 1
            if self.failure:
                raise self.failure
            return "yes"

    def defers(self, name=ACME):
        """Ask it in vain; what is awaited then."""
        with pytest.raises(Deferred) as deferred:
            self.ask(name)
        return deferred.value.awaits


@pytest.fixture
def service():
    return Service()


def answered(status):
    request = httpx.Request("POST", "https://api.acme.example/labels?key=hunter2")
    response = httpx.Response(status, request=request)
    return httpx.HTTPStatusError("no", request=request, response=response)


def pause():
    ((seconds,),) = rows("SELECT retry_at - now() FROM outage WHERE over_at IS NULL")
    return round(seconds.total_seconds(), -1)


def let_time_pass():
    execute("UPDATE outage SET retry_at = now() WHERE retry_at IS NOT NULL")


def kept():
    return rows("SELECT service, refused, over_at IS NOT NULL FROM outage ORDER BY id")


AWAY = [
    CarrierAway(),
    httpx.ConnectTimeout("timed out"),
    ConnectionResetError("reset"),
    *map(answered, (408, 429, 500, 503)),
]


@pytest.mark.parametrize("failure", AWAY, ids=repr)
def test_a_service_that_is_away_is_asked_once_and_not_again(service, failure):
    service.failure = failure
    assert [service.defers() for _ in range(5)] == [ACME] * 5
    assert service.asked == 1
    assert kept() == [(ACME, False, False)]


def test_other_services_are_asked_meanwhile(service):
    service.failure = CarrierAway()
    service.defers()
    service.failure = None
    assert service.ask("mail") == "yes"


def test_a_service_that_does_its_part_leaves_no_trace(service):
    assert service.ask() == "yes"
    assert kept() == []


def test_pauses_grow_from_probe_to_probe_up_to_half_a_minute(service, monkeypatch):
    set_to(monkeypatch, PACKLINE_RETRY_SECONDS="4")
    service.failure = CarrierAway()
    pauses = []
    for _ in range(5):
        service.defers()
        ((seconds,),) = rows("SELECT retry_at - now() FROM outage")
        pauses.append(round(seconds.total_seconds()))
        let_time_pass()
    assert pauses == [4, 8, 16, 30, 30]
    assert service.asked == 5


@pytest.mark.lengthy
def test_of_many_that_may_probe_one_does(service):
    service.failure = CarrierAway()
    service.defers()
    let_time_pass()
    started = Barrier(8)
    inside = Event()

    def probe(_):
        started.wait()
        with outside(ACME):
            service.asked += 1
            inside.wait(1)

    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(probe, n) for n in range(8)]
        problems = [future.exception() for future in found]
    assert service.asked == 2
    assert [type(problem) for problem in problems if problem] == [Deferred] * 7


def test_a_probe_that_falls_silent_is_followed_by_another(service, monkeypatch):
    set_to(monkeypatch, PACKLINE_LOST_AFTER_SECONDS="20")
    service.failure = CarrierAway()
    service.defers()
    let_time_pass()
    service.failure = KeyboardInterrupt()  # as if the process died there
    with suppress(KeyboardInterrupt):
        service.ask()
    assert pause() == 20
    service.failure = None
    assert service.defers() == ACME
    let_time_pass()
    assert service.ask() == "yes"


def test_all_may_ask_again_once_a_probe_got_an_answer(service):
    service.failure = CarrierAway()
    service.defers()
    let_time_pass()
    service.failure = None
    assert [service.ask() for _ in range(3)] == ["yes"] * 3
    assert kept() == [(ACME, False, True)]


def test_a_refusal_of_the_business_is_an_answer(service):
    service.failure = CarrierAway()
    service.defers()
    let_time_pass()
    service.failure = Voided("order:1:label:1")
    with pytest.raises(Voided):
        service.ask()
    assert kept() == [(ACME, False, True)]


@pytest.mark.parametrize(
    "failure",
    [DatabaseAway("postgresql://me@/shop", "gone"), OperationalError("", {}, Exception("gone"))],
    ids=repr,
)
def test_what_says_nothing_of_the_service_changes_nothing(service, failure):
    service.failure = failure
    with pytest.raises(type(failure)):
        service.ask()
    assert kept() == []
    service.failure = CarrierAway()
    service.defers()
    let_time_pass()
    service.failure = failure
    with pytest.raises(type(failure)):
        service.ask()
    assert kept() == [(ACME, False, False)]


def test_what_may_be_a_matter_of_one_order_keeps_no_other_from_asking(service):
    service.failure = MailPostponed(OSError("450 mailbox busy"))
    assert [service.defers("mail"), service.defers("mail")] == [None, None]
    service.failure = None
    assert service.ask("mail") == "yes"
    service.failure = MailPostponed(OSError("450 mailbox busy"))
    assert [service.defers("mail"), service.defers("mail")] == [None, None]


def test_several_of_them_in_a_row_are_a_matter_of_the_service(service):
    service.failure = MailPostponed(OSError("451 later"))
    assert [service.defers("mail") for _ in range(6)] == [
        None,
        None,
        "mail",
        "mail",
        "mail",
        "mail",
    ]
    assert service.asked == 3


@pytest.mark.parametrize("failure", [CarrierRefuses("closed"), *map(answered, (401, 402, 403))])
def test_what_refuses_us_is_asked_no_more_however_long_it_takes(service, failure):
    service.failure = failure
    service.defers()
    execute("UPDATE outage SET since = since - interval '9 days'")
    assert [service.defers() for _ in range(3)] == [ACME] * 3
    assert service.asked == 1
    assert rows("SELECT refused, retry_at, raised_at IS NOT NULL FROM outage") == [
        (True, None, True)
    ]


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_what_is_refused_for_one_order_keeps_no_other_from_asking(service, status):
    service.failure = answered(status)
    assert service.defers() == f"{ACME}, single orders"
    service.failure = None
    assert service.ask() == "yes"
    assert kept() == [(f"{ACME}, single orders", True, False)]


@pytest.mark.parametrize("failure", [answered(401), answered(422)], ids=["all", "one"])
def test_of_many_that_are_refused_at_once_one_raises_the_alarm(service, failure, monkeypatch):
    set_to(monkeypatch, PACKLINE_WORKER_THREADS="16")
    started = Barrier(8)

    def ask(_):
        with outside(ACME):
            started.wait()
            raise failure

    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(ask, n).exception for n in range(8)]
        assert {type(exception()) for exception in found} == {Deferred}
    assert rows("SELECT refused, over_at FROM outage") == [(True, None)]


def test_an_answer_that_was_long_on_its_way_ends_no_refusal(service):
    service.failure = answered(403)
    service.defers()
    note_answer(ACME)
    assert kept() == [(ACME, True, False)]


def test_no_secret_of_an_address_is_kept(service):
    service.failure = answered(403)
    service.defers()
    assert "hunter2" not in str(rows("SELECT problem FROM outage"))


def test_some_threads_of_a_worker_stay_free_of_all_services(service, monkeypatch):
    set_to(monkeypatch, PACKLINE_WORKER_THREADS="8")
    with ExitStack() as hanging:
        for number in range(6):
            hanging.enter_context(outside(f"carrier {number}"))
        assert service.defers("mail") is None
        assert service.asked == 0
    assert service.ask("mail") == "yes"
    assert kept() == []


def test_a_worker_with_one_thread_may_ask(service, monkeypatch):
    set_to(monkeypatch, PACKLINE_WORKER_THREADS="1")
    assert service.ask() == "yes"


def test_an_outage_that_lasts_is_an_alarm_once(service, monkeypatch):
    service.failure = CarrierAway()
    service.defers()
    assert raise_lasting() == 0
    execute("UPDATE outage SET since = since - interval '5 minutes'")
    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(lambda _: raise_lasting(), range(4))) == 1
    let_time_pass()
    service.failure = None
    service.ask()
    assert rows("SELECT raised_at IS NOT NULL, over_at IS NOT NULL FROM outage") == [(True, True)]


def test_what_was_away_and_then_refuses_us_is_another_alarm(service):
    service.failure = CarrierAway()
    service.defers()
    execute("UPDATE outage SET since = since - interval '5 minutes'")
    raise_lasting()
    let_time_pass()
    service.failure = answered(401)
    service.defers()
    assert kept() == [(ACME, False, True), (ACME, True, False)]
