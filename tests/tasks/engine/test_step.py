"""A step happens once: effect and record stand or fall together."""

from typing import Any

import httpx
import pytest
from prefect.states import Crashed, Failed
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlmodel import Session

import tasks.engine.step
from adapters.carriers.base import CarrierAway
from adapters.database.locks import AlreadyLocked
from adapters.database.sessions import DatabaseAway, transaction
from adapters.mail.smtp import MailRefused, MailServerAway
from domain.tax import NoTaxRate
from models.results.orders import StatusChange
from models.tables.shipments import Shipment
from services.execution.errors import Superseded, UnknownOrder
from services.execution.runs import OrderRun, begin_attempt
from tasks.engine.step import _is_transient, step
from tests.factories import make_order, make_product
from tests.process import dying_before_the_record_of, rows
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
    assert details("step-failed") == ["the machine stopped"]
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


POSTGRES_SAYS = "deadlock detected"
HEALED_BY_TIME = [
    CarrierAway("The carrier is away."),
    DatabaseAway("postgresql://me@localhost/shop", "refused"),
    OperationalError("UPDATE", {}, Exception(POSTGRES_SAYS)),
    AlreadyLocked("order:1001 Create Shipping Label"),
    httpx.ConnectError("refused"),
]
NOT_HEALED_BY_TIME = [
    MailRefused(["ada@example.com"], "550"),
    NoTaxRate("GB", "", "LS1", "standard"),
    UnknownOrder(7),
    Superseded(1001, RUN),
    IntegrityError("INSERT", {}, Exception("unique")),
    ValueError("wrong"),
    KeyError("sku"),
]


@pytest.mark.parametrize("problem", HEALED_BY_TIME, ids=lambda problem: type(problem).__name__)
def test_what_time_can_heal_is_tried_again(problem):
    assert _is_transient(None, None, Failed(data=problem))


def test_a_mail_server_that_is_away_is_tried_again():
    assert _is_transient(None, None, Failed(data=MailServerAway(OSError("refused"))))


@pytest.mark.parametrize("problem", NOT_HEALED_BY_TIME, ids=lambda problem: type(problem).__name__)
def test_a_business_answer_or_a_mistake_is_not_tried_again(problem):
    assert not _is_transient(None, None, Failed(data=problem))
    assert not _is_transient(None, None, Crashed(data=problem))
