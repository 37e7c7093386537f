"""`packline status` and `packline alarm retry`: what stands still, and the one action."""

import json

import pytest

from adapters.database.sessions import transaction
from domain.messages import said
from services.alarms.failures import ServiceFailure
from services.alarms.outages import note_refusal
from tests.console.asking import as_json
from tests.factories import make_order
from tests.process import execute, rows


@pytest.fixture
def alarm(shop):
    """Nobody takes our mails, and two orders wait for that."""
    note_refusal("mail", ServiceFailure(said("535 who are you"), for_all=True, refused=True))
    with transaction() as session:
        numbers = [make_order(session) for _ in range(2)]
    execute("UPDATE shipment SET awaits = 'mail', run_id = 'a run'")
    return numbers


def test_without_an_alarm_all_is_well(packline, shop):
    status, out, _ = packline("status")
    assert (status, out.strip()) == (0, "All is well: no alarm.")
    assert as_json(packline("status", "--json")) == {"ok": True, "alarms": []}


def test_an_alarm_is_shown_with_its_orders_and_what_to_do(packline, alarm, wide):
    status, out, _ = packline("status")
    assert status == 1
    assert "ALARM    mail, refused since" in out
    assert "535 who are you" in out
    assert f"Orders: {alarm[0]}, {alarm[1]}" in out
    assert "packline alarm retry 'mail' --by NAME" in out


def test_programs_get_an_alarm_as_json(packline, alarm):
    status, out, _ = packline("status", "--json")
    assert status == 1
    given = json.loads(out)
    assert given["ok"] is False
    (one,) = given["alarms"]
    assert one["service"] == "mail"
    assert one["kind"] == "refused"
    assert one["problem"] == "535 who are you"
    assert one["orders"] == alarm


def test_a_long_list_of_orders_is_cut_for_people_only(packline, alarm, wide):
    with transaction() as session:
        for _ in range(10):
            make_order(session)
    execute("UPDATE shipment SET awaits = 'mail', run_id = 'a run'")
    assert "1010 and 2 more" in packline("status")[1]
    assert len(json.loads(packline("status", "--json")[1])["alarms"][0]["orders"]) == 12


@pytest.mark.parametrize("named", [(), ("mail",)])
def test_one_action_lets_the_orders_go_on(packline, alarm, named):
    status, out, _ = packline("alarm", "retry", *named, "--by", "Max")
    assert status == 0
    assert out.strip() == "mail is asked again; orders that wait: 2."
    assert rows("SELECT refused, retry_at <= now() FROM outage") == [(False, True)]
    assert rows("SELECT actor, channel FROM audit_event WHERE kind = 'alarm-retried'") == [
        ("Max", "command line")
    ]


def test_what_is_asked_again_is_given_as_json(packline, alarm):
    (one,) = as_json(packline("alarm", "retry", "mail", "--by", "Max", "--json"))
    assert one["orders"] == alarm


def test_there_is_nothing_to_ask_again_without_an_alarm(packline, shop):
    status, _, error = packline("alarm", "retry", "--by", "Max")
    assert (status, error.strip()) == (1, "There is no alarm: nothing stands still.")
    assert "'fax'" in packline("alarm", "retry", "fax", "--by", "Max")[2]


def test_whoever_asks_again_gives_a_name(packline, alarm):
    assert packline("alarm", "retry", "mail", "--by", " ")[0] != 0
    assert rows("SELECT refused FROM outage") == [(True,)]
