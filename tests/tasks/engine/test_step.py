"""A step happens once: effect and record stand or fall together."""

from typing import Any

import httpx
import pytest
from prefect.states import Crashed, Failed
from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Session

import tasks.engine.step
from adapters.carriers.base import CarrierAway
from adapters.database.locks import AlreadyLocked
from adapters.database.sessions import DatabaseAway, transaction
from adapters.database.transient import is_transient
from adapters.mail.smtp import MailRefused, MailServerAway, MailServerRefuses
from domain.messages import Message, said
from domain.tax import NoTaxRate
from models.results.orders import StatusChange
from models.tables.shipments import Shipment
from services.execution.errors import Deferred, Superseded, UnknownOrder
from services.execution.runs import OrderRun, begin_attempt
from tasks.engine.step import _heals_at_once, step
from tests.factories import make_order, make_product
from tests.process import dying_before_the_record_of, rows, set_to
from tests.timelines import details

RUN = "a run"


class Named(str):
    """The name of a step that only tests have."""

    def __new__(cls, display_name: str) -> "Named":
        named = str.__new__(cls, display_name.lower().replace(" ", "-"))
        named.display_name = display_name
        return named


@step(Named("Move House"))
def move_house(session: Session, shipment: Shipment, city: str) -> StatusChange:
    shipment.order.city = city
    session.flush()
    if city == "Atlantis":
        raise RuntimeError("the machine stopped")
    return StatusChange(status=shipment.status, reason=city)


CALLS: list[Any] = []
AWAY: list[Exception] = []


def note_the_parcel(session: Session, shipment: Shipment, parcel: str) -> str:
    shipment.order.cancel_reason = f"{parcel} is wanted"
    return f"key of {parcel}"


def buy(key: str) -> str:
    CALLS.append(key)
    if AWAY:
        raise AWAY.pop()
    return f"bought with {key}"


@step(Named("Buy Parcel"), intent=note_the_parcel, effect=buy)
def buy_parcel(session: Session, shipment: Shipment, bought: str) -> StatusChange:
    shipment.order.city = bought
    return StatusChange(status=shipment.status, reason=bought)


@pytest.fixture
def started(monkeypatch):
    """The tasks that Prefect would show, as they are started."""
    names = []

    def in_place(name, attempt):
        def run(*given):
            names.append(name)
            return attempt(*given)

        return run

    monkeypatch.setattr(tasks.engine.step, "as_task", in_place)
    CALLS.clear()
    AWAY.clear()
    return names


@pytest.fixture
def number(database, started):
    with transaction() as session:
        make_product(session)
        return make_order(session)


def attempt_on(number) -> OrderRun:
    with transaction() as session:
        return begin_attempt(session, number, 1, RUN)


def city():
    return rows("SELECT city FROM sales_order")[0][0]


def records():
    return rows("SELECT step, round, result ->> 'reason' FROM step_record ORDER BY step, round")


def happened():
    return rows("SELECT kind, values FROM audit_event ORDER BY id")


def test_a_step_leaves_its_effect_its_record_and_a_line_in_the_timeline(number):
    result = move_house(attempt_on(number), "York")
    assert result == StatusChange(status="New", reason="York")
    assert city() == "York"
    assert records() == [("move-house", 1, "York")]
    assert happened() == [("move-house", {"status": "New"})]
    assert rows("SELECT subject, run_id FROM step_record") == [(f"order:{number}", RUN)]


def test_a_step_that_fails_leaves_neither_effect_nor_record(number):
    with pytest.raises(RuntimeError):
        move_house(attempt_on(number), "Atlantis")
    assert city() == "Leeds"
    assert records() == []


def test_a_failure_is_noted_in_the_timeline_with_its_reason(number):
    with pytest.raises(RuntimeError):
        move_house(attempt_on(number), "Atlantis")
    (detail,) = details("step-failed")
    assert detail.startswith("something in Packline itself is broken: the logs say what")
    ((_, values),) = happened()
    assert values["step"] == "move-house"


def test_a_record_that_cannot_be_written_takes_the_effect_with_it(number):
    with dying_before_the_record_of("move-house"), pytest.raises(DBAPIError):
        move_house(attempt_on(number), "York")
    assert city() == "Leeds"
    assert records() == []


def test_a_step_that_is_recorded_gives_its_result_and_starts_no_task(number, started):
    move_house(attempt_on(number), "York")
    again = move_house(attempt_on(number), "Hull")
    assert again.reason == "York"
    assert city() == "York"
    assert started == ["Move House"]


def test_the_second_call_in_an_attempt_is_the_second_round(number, started):
    first = attempt_on(number)
    move_house(first, "York")
    move_house(first, "Hull")
    assert records() == [("move-house", 1, "York"), ("move-house", 2, "Hull")]
    assert city() == "Hull"


def test_a_new_attempt_counts_its_rounds_from_one(number, started):
    first = attempt_on(number)
    move_house(first, "York")
    move_house(first, "Hull")
    second = attempt_on(number)
    results = [move_house(second, "Bath").reason for _ in range(3)]
    assert results == ["York", "Hull", "Bath"]
    assert started == ["Move House"] * 3


def test_rounds_of_different_steps_are_counted_apart(number):
    attempt = attempt_on(number)
    move_house(attempt, "York")
    buy_parcel(attempt, "P")
    assert [(name, round) for name, round, _ in records()] == [("buy-parcel", 1), ("move-house", 1)]


def test_an_effect_gets_what_was_intended_and_the_body_what_came_of_it(number):
    result = buy_parcel(attempt_on(number), "P")
    assert CALLS == ["key of P"]
    assert result.reason == city() == "bought with key of P"


def test_an_intent_is_kept_when_its_effect_fails(number):
    AWAY.append(CarrierAway("The carrier is away."))
    with pytest.raises(CarrierAway):
        buy_parcel(attempt_on(number), "P")
    assert rows("SELECT cancel_reason, city FROM sales_order") == [("P is wanted", "Leeds")]
    assert records() == []


def test_an_effect_that_is_tried_again_has_the_same_key(number):
    AWAY.append(CarrierAway("The carrier is away."))
    with pytest.raises(CarrierAway):
        buy_parcel(attempt_on(number), "P")
    buy_parcel(attempt_on(number), "P")
    assert CALLS == ["key of P", "key of P"]


def test_an_effect_happens_outside_any_transaction(number):
    """Nobody waits for the order's row while a carrier takes its time."""
    attempt = attempt_on(number)
    seen = []

    @step(
        Named("Look"), intent=note_the_parcel, effect=lambda key: seen.append(free_to_lock(number))
    )
    def look(session: Session, shipment: Shipment, _: None) -> StatusChange:
        return StatusChange(status=shipment.status)

    look(attempt, "P")
    assert seen == [True]


def free_to_lock(number):
    query = f"SELECT number FROM sales_order WHERE number = {number} FOR UPDATE SKIP LOCKED"
    return rows(query) == [(number,)]


def test_an_effect_that_is_recorded_does_not_happen_again(number):
    early, late = attempt_on(number), attempt_on(number)
    early.fence = late.fence
    buy_parcel(early, "P")
    assert buy_parcel(late, "P").reason == "bought with key of P"
    assert CALLS == ["key of P"]


def test_an_attempt_that_was_overtaken_may_neither_write_nor_act(number):
    old = attempt_on(number)
    attempt_on(number)
    with pytest.raises(Superseded):
        move_house(old, "York")
    with pytest.raises(Superseded):
        buy_parcel(old, "P")
    assert (city(), CALLS, records()) == ("Leeds", [], [])


def test_a_result_survives_the_ledger_as_it_was(number):
    given = move_house(attempt_on(number), "Zürich \N{SNOWMAN}")
    assert move_house(attempt_on(number), "York") == given


HEALED_AT_ONCE = [
    DatabaseAway("postgresql://me@localhost/shop", "refused"),
    OperationalError("UPDATE", {}, Exception("deadlock detected")),
]
LEFT_FOR_LATER = [
    CarrierAway("The carrier is away."),
    MailServerAway(OSError("refused")),
    Deferred(said("the mail server is away"), awaits="mail"),
    OperationalError("SELECT", {}, LockNotAvailable()),
    AlreadyLocked("order:1001 Create Shipping Label"),
    httpx.ConnectError("refused"),
]
NOT_HEALED_BY_TIME = [
    MailRefused(["ada@example.com"], "550"),
    MailServerRefuses("mail-login-refused", "535"),
    httpx.HTTPStatusError("", request=None, response=httpx.Response(422)),
    NoTaxRate("GB", "", "LS1", "standard"),
    UnknownOrder(7),
    Superseded(1001, RUN),
    IntegrityError("INSERT", {}, Exception("unique")),
    ValueError("wrong"),
    KeyError("sku"),
]


def name_of(problem):
    return type(problem).__name__


def is_tried_at_once(problem):
    return _heals_at_once(None, None, Failed(data=problem))


@pytest.mark.parametrize("problem", HEALED_AT_ONCE, ids=name_of)
def test_what_heals_at_once_is_tried_again_in_the_thread(problem):
    assert is_tried_at_once(problem)
    assert is_transient(problem)


@pytest.mark.parametrize("problem", LEFT_FOR_LATER, ids=name_of)
def test_nobody_waits_in_a_thread_for_somebody_who_is_away(problem):
    assert not is_tried_at_once(problem)
    assert is_transient(problem)


@pytest.mark.parametrize("problem", NOT_HEALED_BY_TIME, ids=name_of)
def test_a_business_answer_or_a_mistake_is_not_tried_again(problem):
    assert not is_tried_at_once(problem)
    assert not is_transient(problem)
    assert not _heals_at_once(None, None, Crashed(data=problem))


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_status_of_http_that_heals_is_worth_another_try(status):
    assert is_transient(httpx.HTTPStatusError("", request=None, response=httpx.Response(status)))


def deferral(number):
    query = "SELECT awaits, retry_at - now(), failed_attempts FROM shipment WHERE order_number ="
    ((awaits, pause, failed),) = rows(f"{query} {number}")
    return awaits, pause and pause.total_seconds(), failed


def test_an_order_whose_step_meets_somebody_away_is_deferred_ever_longer(number, monkeypatch):
    set_to(monkeypatch, PACKLINE_RETRY_SECONDS="40")
    longest = []
    for _ in range(5):
        AWAY.append(CarrierAway("The carrier is away."))
        with pytest.raises(CarrierAway):
            buy_parcel(attempt_on(number), "P")
        awaits, pause, failed = deferral(number)
        longest.append(round(pause, -1))
        assert awaits is None
    assert longest == [40, 80, 160, 300, 300]
    assert failed == 5


def test_an_order_is_deferred_once_in_its_timeline_however_often_it_is_tried(number):
    for _ in range(3):
        AWAY.append(CarrierAway("The carrier is away."))
        with pytest.raises(CarrierAway):
            buy_parcel(attempt_on(number), "P")
    assert details("step-failed") == ["The carrier is away."]


def test_a_step_that_fails_for_good_after_all_says_so_in_the_timeline(number):
    AWAY.append(CarrierAway("The carrier is away."))
    with pytest.raises(CarrierAway):
        buy_parcel(attempt_on(number), "P")
    AWAY.append(ValueError("burnt"))
    with pytest.raises(ValueError, match="burnt"):
        buy_parcel(attempt_on(number), "P")
    assert details("step-failed")[0] == "The carrier is away."
    assert details("step-failed")[1].startswith("something in Packline itself is broken")
    assert deferral(number) == (None, None, 1)


def test_an_order_that_awaits_a_service_has_no_time_of_its_own(number):
    AWAY.append(Deferred(said("away"), awaits="carrier house"))
    with pytest.raises(Deferred):
        buy_parcel(attempt_on(number), "P")
    assert deferral(number) == ("carrier house", None, 1)


def test_a_step_that_happens_makes_pauses_short_again(number):
    AWAY.append(CarrierAway("The carrier is away."))
    with pytest.raises(CarrierAway):
        buy_parcel(attempt_on(number), "P")
    buy_parcel(attempt_on(number), "P")
    assert deferral(number) == (None, None, 0)


def test_a_step_that_fails_for_good_waits_for_a_person_and_is_not_deferred(number):
    with pytest.raises(RuntimeError):
        move_house(attempt_on(number), "Atlantis")
    assert deferral(number) == (None, None, 0)
    ((problem,),) = rows("SELECT problem FROM shipment")
    assert str(Message.from_data(problem)).startswith(
        "Move House: something in Packline itself is broken: the logs say what"
    )
    assert problem["values"]["reason"]["values"] == {
        "kind": "RuntimeError",
        "detail": "the machine stopped",
    }
